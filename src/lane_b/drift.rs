//! What an OpenID provider states about itself, against what was taken as right.
//!
//! Endpoints and keys are read anew for every sign-in, so a change of them breaks nothing here.
//! It is told all the same: whoever runs the other side knows whether they changed it.
//!
//! Owns: which statements count, and how two of them differ.
//! Must not know: who is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::check::Check;
use super::drafts::hex;
use super::paste::{self, WELL_KNOWN};
use crate::core::Core;
use crate::domain::connection::{Config, Revision};

/// Members of the discovery document whose change is worth a look (OpenID Connect Discovery §3).
const MEMBERS: &[&str] = &[
    "authorization_endpoint",
    "end_session_endpoint",
    "id_token_signing_alg_values_supported",
    "jwks_uri",
    "token_endpoint",
    "token_endpoint_auth_methods_supported",
    "userinfo_endpoint",
];
/// The finding about keys alone.
pub const KEYS_CHANGED: &str = "signing_keys_changed";
/// The findings that come of a change.
pub const CODES: &[&str] = &["discovery_changed", KEYS_CHANGED];
const ISSUER: &str = "issuer";
const KEYS: &str = "signing_keys";

/// What counts of it, by member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stated(BTreeMap<String, String>);

/// One member that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its name in the discovery document, or `signing_keys`.
    pub member: String,
    /// As it was taken as right; empty where it was absent.
    pub before: String,
    /// As it is now; empty where it is absent.
    pub now: String,
}

impl Stated {
    /// Reads what was kept; nothing where it cannot be read.
    pub fn kept(text: Option<&str>) -> Option<Self> {
        serde_json::from_str(text?).ok()
    }

    /// As it is kept.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Stands for all of it.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.to_text()))
    }

    /// Speaks of the same provider.
    pub fn is_of(&self, other: &Self) -> bool {
        self.0.get(ISSUER) == other.0.get(ISSUER)
    }

    /// What is different in the other one, which is newer.
    pub fn changes(&self, now: &Self) -> Vec<Changed> {
        let text = |of: &Self, member: &str| of.0.get(member).cloned().unwrap_or_default();
        let members = MEMBERS.iter().chain([&KEYS]);
        members
            .map(|member| Changed {
                member: (*member).to_owned(),
                before: text(self, member),
                now: text(now, member),
            })
            .filter(|one| one.before != one.now)
            .collect()
    }

    fn of(document: &Value, keys: &Value) -> Self {
        let stated = |member: &&str| Some(((*member).to_owned(), plain(document.get(member)?)));
        let mut all: BTreeMap<String, String> =
            MEMBERS.iter().chain([&ISSUER]).filter_map(stated).collect();
        let listed = keys["keys"].as_array().into_iter().flatten();
        let mut keys: Vec<String> = listed.map(name_of_key).collect();
        keys.sort_unstable();
        all.insert(KEYS.to_owned(), keys.join(" "));
        Self(all)
    }
}

/// A text, or a list in order.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => {
            let mut all: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            all.sort_unstable();
            all.join(" ")
        }
        other => other.to_string(),
    }
}

/// Its id and a mark of what it is made of: an id may stay while the key changes.
fn name_of_key(key: &Value) -> String {
    let parts = ["kty", "crv", "n", "e", "x", "y"].map(|part| key[part].as_str().unwrap_or(""));
    let mark = &hex(&Sha256::digest(parts.join(".")))[..8];
    match key["kid"].as_str() {
        Some(id) => format!("{}:{mark}", id.chars().take(60).collect::<String>()),
        None => mark.to_owned(),
    }
}

/// What the provider of an OpenID Connect revision states now; `None` where there is nothing of
/// that kind, or where it cannot be read (another finding says so).
pub async fn stated(core: &Core, revision: &Revision) -> Option<Stated> {
    let Config::Oidc(oidc) = &revision.config else {
        return None;
    };
    let base = oidc.issuer.trim_end_matches('/');
    let document = document(core, revision, &format!("{base}{WELL_KNOWN}")).await?;
    let keys = match &oidc.jwks_uri {
        Some(url) => url.to_string(),
        None => document["jwks_uri"].as_str()?.to_owned(),
    };
    let keys = self::document(core, revision, &keys).await?;
    Some(Stated::of(&document, &keys))
}

async fn document(core: &Core, revision: &Revision, url: &str) -> Option<Value> {
    let url = Url::parse(url).ok()?;
    let body = paste::fetch(core, revision.trust, &url).await.ok()?;
    serde_json::from_slice(&body).ok()
}

/// The finding about changes, if there are any. Keys come and go by themselves at most providers.
pub fn finding(changes: &[Changed]) -> Option<Check> {
    let only_keys = changes.iter().all(|one| one.member == KEYS);
    let code = match (changes.is_empty(), only_keys) {
        (true, _) => return None,
        (false, true) => KEYS_CHANGED,
        (false, false) => "discovery_changed",
    };
    // Said with what is stated now, so that another change is another finding; keys would make it
    // one each time they change.
    let said = changes.iter().filter(|one| only_keys || one.member != KEYS);
    let said: Vec<String> = said
        .map(|one| match (only_keys, one.now.as_str()) {
            (true, _) | (_, "") => one.member.clone(),
            (false, now) => {
                let now: String = now.chars().take(200).collect();
                format!("{}: {now}", one.member)
            }
        })
        .collect();
    let fix =
        "Compare what is stated now with what you changed at the provider, and take it as right.";
    Some(Check::fail(code, said.join(", "), "what was stated before", fix).as_advice())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Stated, finding};

    fn stated(token: &str, key: &str) -> Stated {
        let document = json!({
            "issuer": "https://idp.test", "token_endpoint": token, "claims_supported": [token],
            "token_endpoint_auth_methods_supported": ["b", "a"],
        });
        let keys = json!({ "keys": [{ "kid": "1", "kty": "RSA", "n": key, "e": "AQAB" }] });
        Stated::of(&document, &keys)
    }

    #[test]
    fn what_counts_is_compared_and_nothing_else() {
        let before = stated("https://idp.test/token", "abc");
        assert_eq!(before.changes(&before), []);
        assert_eq!(finding(&[]), None);
        let keys = before.changes(&stated("https://idp.test/token", "xyz"));
        let code = |changes| finding(changes).map(|check| check.code);
        assert_eq!(code(&keys).as_deref(), Some("signing_keys_changed"));
        let all = before.changes(&stated("https://idp.test/other", "xyz"));
        assert_eq!(code(&all).as_deref(), Some("discovery_changed"));
        let members: Vec<&str> = all.iter().map(|one| one.member.as_str()).collect();
        assert_eq!(members, ["token_endpoint", "signing_keys"]);
        assert_eq!(all[0].now, "https://idp.test/other");
    }

    #[test]
    fn it_is_kept_as_it_was() {
        let one = stated("https://idp.test/token", "abc");
        assert_eq!(Stated::kept(Some(&one.to_text())), Some(one.clone()));
        assert_eq!(Stated::kept(Some("?")), None);
        assert_eq!(one.hash().len(), 64);
    }
}
