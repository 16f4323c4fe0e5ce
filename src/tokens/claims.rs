//! Claims of an access token (RFC 9068, CONTRACT §4).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `client_id` and `token_use` of tokens that the proxy attaches.
pub const CLIENT_BFF: &str = "bff";

/// `token_use` of tokens that apps get.
pub const USE_OAUTH: &str = "oauth";

/// `token_use` of tokens that apps and service accounts get in their own name: nobody has signed
/// in.
pub const USE_MACHINE: &str = "machine";

/// The key that a token is bound to (RFC 7800, RFC 9449 §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Its thumbprint.
    pub jkt: String,
}

/// A service that acts for somebody, and those before it (RFC 8693 §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Its `client_id`.
    pub sub: String,
    /// Who acted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

impl Actor {
    /// Who acts, the nearest first.
    pub fn chain(&self) -> Vec<String> {
        std::iter::successors(Some(self), |actor| actor.act.as_deref())
            .map(|actor| actor.sub.clone())
            .collect()
    }

    /// The claim for such a chain; `None` where nobody acts.
    pub fn of(chain: &[String]) -> Option<Self> {
        chain.iter().rev().fold(None, |before, sub| {
            Some(Self {
                sub: sub.clone(),
                act: before.map(Box::new),
            })
        })
    }
}

/// All claims; instants in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the registered claim names")]
pub struct AccessClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub client_id: String,
    pub sid: String,
    pub jti: String,
    pub iat: i64,
    pub exp: i64,
    pub scope: String,
    pub org_id: Option<String>,
    pub org_slug: Option<String>,
    pub org_roles: Vec<String>,
    pub org_permissions: Vec<String>,
    pub acr: String,
    pub amr: Vec<String>,
    pub auth_time: i64,
    pub token_use: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// The position of the invalidation log that it reckons with. What is said later about its
    /// session, person or organization may make it untrue.
    #[serde(default)]
    pub seen: i64,
}

/// What the token of a service account says beside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the registered claim names")]
pub struct AccountClaims {
    /// The id of the key that it came of, and ends with.
    pub sid: String,
    pub org_id: Option<String>,
    pub org_slug: Option<String>,
    pub org_roles: Vec<String>,
    pub org_permissions: Vec<String>,
}

/// Claims of a token that stands for no person, but for its app or a service account: without all
/// that a sign-in has, it is no [`AccessClaims`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the registered claim names")]
pub struct MachineClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub client_id: String,
    pub jti: String,
    pub iat: i64,
    pub exp: i64,
    pub scope: String,
    pub token_use: String,
    /// Of a service account.
    #[serde(flatten)]
    pub account: Option<AccountClaims>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// The position of the invalidation log that it reckons with.
    #[serde(default)]
    pub seen: i64,
}

/// Claims of an ID token (OpenID Connect Core §2): that somebody signed in, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are the registered claim names")]
pub struct IdClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub iat: i64,
    pub exp: i64,
    pub auth_time: i64,
    pub acr: String,
    pub amr: Vec<String>,
    pub sid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_slug: Option<String>,
    /// Claims that were asked for by name.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Claims of a logout token (OpenID Connect Back-Channel Logout §2.4): that a sign-in has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are the registered claim names")]
pub struct LogoutClaims {
    pub iss: String,
    pub aud: String,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    pub sid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    pub events: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_acts_is_told_on_as_it_was_told() {
        let text = r#"{"sub":"c","act":{"sub":"b","act":{"sub":"a"}}}"#;
        let actor: Actor = serde_json::from_str(text).expect("a chain");
        assert_eq!(actor.chain(), ["c", "b", "a"]);
        assert_eq!(Actor::of(&actor.chain()), Some(actor));
        assert_eq!(Actor::of(&[]), None);
    }
}
