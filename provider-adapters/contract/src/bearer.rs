//! Access tokens that a provider has issued and somebody shows us: the rules by which they are
//! judged, and what a good one says.
//!
//! Owns: the words for it. Must not know: who of ours the token stands for.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::AuthEvidence;

/// All algorithms that anybody may sign with: none whose key we would have to share, and never
/// none at all (RFC 8725 §3.1).
pub const ASYMMETRIC: &[&str] = &[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
];

/// What a token of a provider must be to count here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BearerRules {
    /// What the provider calls us as a resource: one of these must be an audience of the token.
    pub audiences: Vec<String>,
    /// Where the provider says for whom a token is.
    pub audience_claim: String,
    /// Where it says whom it calls so in a sign-in too.
    pub subject_claim: String,
    /// Scopes that the token must have, all of them.
    pub scopes: Vec<String>,
    /// What tokens may be signed with; nothing means all of [`ASYMMETRIC`].
    pub algorithms: Vec<String>,
    /// Signed tokens are judged by the provider's keys.
    pub jwt: bool,
    /// Others, and signed ones where `jwt` is off, are asked about.
    pub introspection: Option<Introspection>,
}

impl Default for BearerRules {
    fn default() -> Self {
        Self {
            audiences: Vec::new(),
            audience_claim: "aud".to_owned(),
            subject_claim: "sub".to_owned(),
            scopes: Vec::new(),
            algorithms: Vec::new(),
            jwt: true,
            introspection: None,
        }
    }
}

impl BearerRules {
    /// What is wrong with them, in one sentence.
    pub fn fault(&self) -> Option<&'static str> {
        let plain = |text: &String| !text.is_empty() && text.len() <= 255;
        if self.audiences.is_empty() || !self.audiences.iter().all(plain) {
            return Some("audiences must name what the provider calls us as a resource");
        }
        if !plain(&self.audience_claim) || !plain(&self.subject_claim) {
            return Some("audience_claim and subject_claim are names of claims");
        }
        let known = |name: &String| ASYMMETRIC.contains(&name.as_str());
        if !self.algorithms.iter().all(known) {
            return Some("algorithms are asymmetric ones, such as RS256 or ES256");
        }
        if !self.jwt && self.introspection.is_none() {
            return Some("without jwt, introspection is needed");
        }
        None
    }
}

/// How the provider is asked about a token (RFC 7662).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Introspection {
    /// Replaces the discovered one.
    pub endpoint: Option<Url>,
    /// The member of the form that the token is in.
    pub parameter: String,
    /// Its status alone says whether a token counts, and nobody has to say who asks.
    pub by_status: bool,
}

impl Default for Introspection {
    fn default() -> Self {
        Self {
            endpoint: None,
            parameter: "token".to_owned(),
            by_status: false,
        }
    }
}

/// What a provider, or its key, says about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BearerVerdict {
    /// It counts.
    Good(Box<BearerIdentity>),
    /// It did once.
    Expired,
    /// It does not; why is for the log.
    Refused(String),
}

/// Whom a token that counts stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerIdentity {
    /// Who asserts.
    pub issuer: String,
    /// About whom: the same as in a sign-in there.
    pub subject: String,
    /// How they had proven themselves.
    pub evidence: AuthEvidence,
    /// The provider's session that it belongs to, where it says so.
    pub session: Option<String>,
    /// Instant of issue in milliseconds since the epoch, where it is said.
    pub issued_at_ms: Option<i64>,
    /// End in milliseconds since the epoch, where it is said; signed tokens always have one.
    pub expires_at_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_name_an_audience_and_nothing_that_everybody_could_sign_with() {
        let rules = |value| serde_json::from_value::<BearerRules>(value).expect("rules");
        assert!(rules(json!({ "audiences": ["us"] })).fault().is_none());
        for bad in [
            json!({}),
            json!({ "audiences": [] }),
            json!({ "audiences": [""] }),
            json!({ "audiences": ["us"], "algorithms": ["HS256"] }),
            json!({ "audiences": ["us"], "algorithms": ["none"] }),
            json!({ "audiences": ["us"], "subject_claim": "" }),
            json!({ "audiences": ["us"], "jwt": false }),
        ] {
            assert!(rules(bad.clone()).fault().is_some(), "{bad}");
        }
        assert!(serde_json::from_value::<BearerRules>(json!({ "audience": "us" })).is_err());
    }
}
