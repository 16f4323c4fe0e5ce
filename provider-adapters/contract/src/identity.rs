//! What a provider asserts about a person after a completed login.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Acr, UpstreamSession};

/// A person as one provider knows them. Found again by `(issuer, subject)` only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UpstreamIdentity {
    /// Issuer identifier (OIDC Core §2), or the adapter's own URN.
    pub issuer: String,
    /// Stable, never reassigned id of the person at the issuer.
    pub subject: String,
    /// Set when the provider itself delegated to a customer's IdP.
    pub via: Option<Brokered>,
    /// E-mail address as asserted; an attribute, never an identifier.
    pub email: Option<String>,
    /// Only JSON `true` counts.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// Group membership as far as it is known.
    pub groups: Groups,
    /// All claims as received.
    pub claims: Map<String, Value>,
    /// How the person proved themselves.
    pub evidence: AuthEvidence,
    /// The provider's session, where it has one.
    pub session: Option<UpstreamSession>,
    /// Ids of the messages that prove this and count once each, whoever brings them (SAML
    /// Profiles §4.1.4.5).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub once: Vec<String>,
}

impl UpstreamIdentity {
    /// Who asserted it in the end, and of whom: the customer's provider where another one stands
    /// in between. What is stored by it outlives the one in between.
    pub fn origin(&self) -> (&str, &str) {
        match &self.via {
            Some(via) => (&via.issuer, &via.subject),
            None => (&self.issuer, &self.subject),
        }
    }
}

/// The customer's IdP behind a brokering provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brokered {
    /// The connection's alias at the provider.
    pub connection: String,
    /// The customer IdP's issuer.
    pub issuer: String,
    /// The person's subject at the customer's IdP.
    pub subject: String,
}

/// Group claim: "none asserted" and "too many to list" are different from "empty".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Groups {
    /// The complete list.
    Known(Vec<String>),
    /// The provider said nothing about groups.
    Absent,
    /// The provider has more than fits a token.
    Overage,
}

impl Groups {
    /// What claims say about groups. `claim` is a name, or a JSON pointer if it starts
    /// with `/`.
    pub fn read(claims: &Map<String, Value>, claim: &str) -> Self {
        let found = if claim.starts_with('/') {
            Value::Object(claims.clone()).pointer(claim).cloned()
        } else {
            claims.get(claim).cloned()
        };
        match found {
            Some(Value::Array(list)) => Self::Known(
                list.into_iter()
                    .filter_map(|group| group.as_str().map(str::to_owned))
                    .collect(),
            ),
            Some(Value::String(one)) => Self::Known(vec![one]),
            _ if elsewhere(claims, claim) => Self::Overage,
            _ => Self::Absent,
        }
    }
}

/// OIDC Core §5.6.2: claims may be elsewhere. We follow no such pointer, but we know then
/// that the list is longer than what we see.
fn elsewhere(claims: &Map<String, Value>, claim: &str) -> bool {
    let named = claims
        .get("_claim_names")
        .and_then(Value::as_object)
        .is_some_and(|names| names.contains_key(claim));
    named || claims.get("hasgroups") == Some(&Value::Bool(true))
}

/// How, how strongly and when the person authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthEvidence {
    /// RFC 8176 values plus `email`.
    pub amr: Vec<String>,
    /// Rung of our ladder.
    pub acr: Acr,
    /// Instant of authentication, milliseconds since the epoch.
    pub auth_time_ms: i64,
    /// Who vouches for it.
    pub source: EvidenceSource,
}

/// Where evidence comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    /// Checked by the adapter itself.
    Own,
    /// A signed claim of the provider.
    Asserted,
    /// The provider said nothing; the lowest rung is assumed.
    Assumed,
    /// What was typed on our page and the provider found right.
    Headless,
}
