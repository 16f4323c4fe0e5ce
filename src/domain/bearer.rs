//! Which access tokens of a tenant's own identity provider count here, and how far they reach.
//!
//! Owns: reading it from the provider's options. Must not know: how a token is judged.

use laneway_contract::BearerRules;
use serde_json::{Map, Value, json};

use super::api_token::API;

/// The member of a provider's options.
pub const OPTION: &str = "bearer";

/// What an operator has said about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What a token must be.
    pub rules: BearerRules,
    /// What it opens, in the words of API tokens; a limit, never a grant.
    pub grants: Vec<String>,
}

impl Accepted {
    /// Reads it from a provider's options, over what is the same for all of its kind. `None`:
    /// nobody has said anything, and none counts.
    ///
    /// # Errors
    /// What is wrong, in one sentence.
    pub fn read(options: &Value, base: &Map<String, Value>) -> Result<Option<Self>, String> {
        let said = match options.get(OPTION) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(said)) => said,
            Some(_) => return Err("bearer is an object".to_owned()),
        };
        let mut all = base.clone();
        all.extend(said.clone());
        let grants = match all.remove("grants") {
            None => json!([API, "account:read"]),
            Some(grants) => grants,
        };
        let grants = serde_json::from_value(grants).map_err(|_| "grants is a list of scopes")?;
        let rules: BearerRules = serde_json::from_value(Value::Object(all))
            .map_err(|error| format!("bearer cannot be read: {error}"))?;
        match rules.fault() {
            Some(fault) => Err(fault.to_owned()),
            None => Ok(Some(Self { rules, grants })),
        }
    }
}

/// How long before its end a token that does not say when it was issued may have been.
const UNSAID_MS: i64 = 86_400_000;

/// Was a token issued before its person's sessions were ended? One that does not say when it was
/// is taken to be as old as a token can reasonably be.
pub fn is_outlived(issued_at: Option<i64>, ended_at: i64, now: i64) -> bool {
    match issued_at {
        Some(issued) => issued < ended_at,
        None => now < ended_at.saturating_add(UNSAID_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bearer: Value) -> Result<Option<Accepted>, String> {
        Accepted::read(&json!({ "label": "x", "bearer": bearer }), &Map::new())
    }

    #[test]
    fn nothing_counts_until_somebody_names_an_audience() {
        assert_eq!(Accepted::read(&json!({}), &Map::new()), Ok(None));
        assert_eq!(read(Value::Null), Ok(None));
        for bad in [
            json!({}),
            json!(true),
            json!({ "audiences": [] }),
            json!({ "audiences": "us" }),
            json!({ "audiences": ["us"], "grants": "api" }),
            json!({ "audiences": ["us"], "algorithms": ["HS256"] }),
            json!({ "audiences": ["us"], "unknown": 1 }),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
        let good = read(json!({ "audiences": ["us"] }))
            .expect("good")
            .expect("said");
        assert_eq!(good.grants, ["api", "account:read"]);
        assert_eq!(good.rules.audience_claim, "aud");
    }

    #[test]
    fn what_is_the_same_for_all_of_a_kind_need_not_be_said() {
        let base = json!({ "subject_claim": "uid", "algorithms": ["RS256"] });
        let base = base.as_object().expect("an object");
        let options = json!({ "bearer": { "audiences": ["us"], "algorithms": ["ES256"] } });
        let read = Accepted::read(&options, base).expect("good").expect("said");
        assert_eq!(read.rules.subject_claim, "uid");
        assert_eq!(read.rules.algorithms, ["ES256"]);
        // What is the same for all switches nothing on.
        assert_eq!(Accepted::read(&json!({}), base), Ok(None));
    }

    #[test]
    fn a_token_is_older_than_an_end_if_it_may_be() {
        assert!(is_outlived(Some(9), 10, 100));
        assert!(!is_outlived(Some(10), 10, 100));
        assert!(is_outlived(None, 10, 100));
        assert!(!is_outlived(None, 10, 10 + UNSAID_MS));
    }
}
