//! May somebody whom a customer's own provider vouches for come in, and as what?
//!
//! One pure function serves sign-in, the trace of a test and the simulator: who explains is
//! who enforces.
//!
//! Owns: the order of the bars at an organization's door.
//! Must not know: where any of it is stored.

use std::collections::{BTreeMap, BTreeSet};

use super::advance::Refusal;
use super::connection::{Config, Rollout};
use super::mapping::{self, Assertion, Mapped, Mapping, Standing};

/// What opens a connection that is rolled out to admins only.
const SETS_UP: &str = "connections:write";

/// Somebody at the door.
pub struct Arrival<'a> {
    /// What the connection is set to.
    pub config: &'a Config,
    /// Its rules.
    pub mapping: &'a Mapping,
    /// For whom it is open; `None` for a test, which is open to whoever tests.
    pub rollout: Option<Rollout>,
    /// What the provider says.
    pub assertion: Assertion<'a>,
    /// What they are in the organization.
    pub place: Place,
}

/// What somebody is in an organization before they come in.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Nobody has signed in through this connection as this person yet.
    pub first: bool,
    /// They were a member and are kept out.
    pub suspended: bool,
    /// Their address is one of those that a rollout to some names.
    pub picked: bool,
    /// Roles that this connection's mapping has granted.
    pub mapped: BTreeSet<String>,
    /// Roles from elsewhere.
    pub others: BTreeSet<String>,
    /// Every role that is defined there, with what it permits.
    pub defined: BTreeMap<String, BTreeSet<String>>,
}

/// The verdict, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Why not.
    pub bar: Option<Refusal>,
    /// In words, bar by bar.
    pub lines: Vec<(&'static str, String)>,
    /// What the rules say.
    pub mapped: Mapped,
    /// All roles from now on, whatever their source.
    pub roles: BTreeSet<String>,
}

/// Judges somebody at the door.
pub fn judge(arrival: &Arrival<'_>) -> Entry {
    let place = &arrival.place;
    let standing = Standing {
        first: place.first,
        had: place.mapped.clone(),
        defined: place.defined.keys().cloned().collect(),
    };
    let mapped = mapping::map(arrival.mapping, &arrival.assertion, &standing);
    let roles: BTreeSet<String> = &mapped.roles | &place.others;
    let (bar, lines) = bars(arrival, &mapped, &roles);
    Entry {
        bar,
        lines,
        mapped,
        roles,
    }
}

fn bars(
    arrival: &Arrival<'_>,
    mapped: &Mapped,
    roles: &BTreeSet<String>,
) -> (Option<Refusal>, Vec<(&'static str, String)>) {
    let mut lines = Vec::new();
    if let Some((name, _)) = arrival.config.unmet(arrival.assertion.claims) {
        lines.push(("required_claims", format!("{name} is not as demanded")));
        return (Some(Refusal::UnmetClaim), lines);
    }
    if arrival.place.suspended {
        lines.push(("membership", "suspended".into()));
        return (Some(Refusal::Suspended), lines);
    }
    let granted: Vec<&str> = roles.iter().map(String::as_str).collect();
    lines.push(("role_mapping", format!("groups {}", mapped.groups)));
    if !mapped.member {
        lines.push(("role_mapping", "a rule keeps them out".into()));
        return (Some(Refusal::KeptOut), lines);
    }
    lines.push(("roles", granted.join(", ")));
    let open = match arrival.rollout {
        None | Some(Rollout::All) => true,
        Some(rollout) => {
            let admin = roles
                .iter()
                .filter_map(|role| arrival.place.defined.get(role))
                .any(|words| words.contains(SETS_UP));
            admin || (rollout == Rollout::Some && arrival.place.picked)
        }
    };
    if let Some(rollout) = arrival.rollout {
        let verdict = if open {
            "open to them"
        } else {
            "not yet open to them"
        };
        lines.push(("rollout", format!("{}: {verdict}", rollout.as_str())));
    }
    ((!open).then_some(Refusal::NotRolledOut), lines)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::domain::connection::Protocol;

    fn config() -> Config {
        let text = json!({ "issuer": "https://idp.test", "client_id": "c",
            "required_claims": { "hd": "acme.test" } });
        Config::read(Protocol::Oidc, &text.to_string()).expect("a config")
    }

    fn verdict(rollout: Option<Rollout>, claims: &Value, rules: &Value, place: Place) -> Entry {
        let claims: Map<String, Value> = serde_json::from_value(claims.clone()).expect("claims");
        let mapping: Mapping =
            serde_json::from_value(json!({ "rules": rules })).expect("a mapping");
        judge(&Arrival {
            config: &config(),
            mapping: &mapping,
            rollout,
            assertion: Assertion::of_claims(&claims, "groups"),
            place: Place {
                defined: [
                    ("admin".to_owned(), [SETS_UP.to_owned()].into()),
                    ("member".to_owned(), BTreeSet::new()),
                ]
                .into(),
                ..place
            },
        })
    }

    #[test]
    fn each_bar_keeps_out_and_nothing_else_does() {
        let staff = json!([{ "when": { "group": "staff" }, "roles": ["member"] },
            { "when": { "group": "it" }, "roles": ["admin"] },
            { "when": { "group": "left" }, "access": "deny" }]);
        let of = |groups: &Value| json!({ "hd": "acme.test", "groups": groups });
        let all = Some(Rollout::All);
        let bar = |rollout, claims: &Value, place| verdict(rollout, claims, &staff, place).bar;
        let person = of(&json!(["staff"]));
        assert_eq!(bar(all, &person, Place::default()), None);
        assert_eq!(
            bar(all, &json!({ "groups": ["staff"] }), Place::default()),
            Some(Refusal::UnmetClaim)
        );
        assert_eq!(
            bar(all, &of(&json!(["left"])), Place::default()),
            Some(Refusal::KeptOut)
        );
        let suspended = Place {
            suspended: true,
            ..Place::default()
        };
        assert_eq!(bar(all, &person, suspended), Some(Refusal::Suspended));
    }

    #[test]
    fn a_rollout_lets_in_whom_it_names() {
        let rules = json!([{ "when": { "group": "it" }, "roles": ["admin"] }]);
        let claims = |groups: Value| json!({ "hd": "acme.test", "groups": groups });
        let bar = |rollout, groups: Value, place| {
            verdict(Some(rollout), &claims(groups), &rules, place).bar
        };
        let picked = Place {
            picked: true,
            ..Place::default()
        };
        let admin = Place {
            others: ["admin".to_owned()].into(),
            ..Place::default()
        };
        let no = Some(Refusal::NotRolledOut);
        assert_eq!(bar(Rollout::Admins, json!([]), Place::default()), no);
        assert_eq!(bar(Rollout::Admins, json!([]), picked.clone()), no);
        assert_eq!(bar(Rollout::Admins, json!([]), admin), None, "by hand");
        assert_eq!(
            bar(Rollout::Admins, json!(["it"]), Place::default()),
            None,
            "by mapping"
        );
        assert_eq!(bar(Rollout::Some, json!([]), picked), None);
        assert_eq!(bar(Rollout::Some, json!([]), Place::default()), no);
        assert_eq!(bar(Rollout::All, json!([]), Place::default()), None);
        let test = verdict(None, &claims(json!([])), &rules, Place::default());
        assert_eq!(test.bar, None, "a test is open to whoever tests");
    }

    #[test]
    fn roles_from_elsewhere_stay_beside_mapped_ones() {
        let place = Place {
            others: ["admin".to_owned()].into(),
            ..Place::default()
        };
        let rules = json!([{ "when": { "always": true }, "roles": ["member", "ghost"] }]);
        let entry = verdict(None, &json!({ "hd": "acme.test" }), &rules, place);
        assert_eq!(
            entry.roles,
            ["admin".to_owned(), "member".to_owned()].into()
        );
        assert_eq!(entry.mapped.undefined, ["ghost".to_owned()].into());
    }
}
