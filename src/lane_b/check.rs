//! Findings about a connection in the words of its administrator (CONTRACT §10).
//!
//! Owns: their form, and which of them stand in the way.
//! Must not know: how anything was found out.

use laneway_contract::{Check as Finding, Who};
use serde::{Deserialize, Serialize};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stable, `snake_case`; each has a paragraph in `docs/customers/checks.md`.
    pub code: String,
    /// Passed?
    pub ok: bool,
    /// What was found.
    pub received: Option<String>,
    /// What was wanted.
    pub expected: Option<String>,
    /// Who can mend it: `customer` or `us`.
    pub who: String,
    /// What to do, in one sentence; empty when `ok`.
    pub fix: String,
    /// Where more is said about it.
    pub link: Option<String>,
    /// A failed one that does not stand in the way.
    pub advice: bool,
    /// The member of the config that it is about, where it is about one.
    pub member: Option<String>,
}

impl From<Finding> for Check {
    fn from(found: Finding) -> Self {
        let code = found.code.unwrap_or(found.name);
        // The sentence ends with the code, which is told apart from it here.
        let plain = |text: String| {
            let suffix = format!(" [{code}]");
            text.strip_suffix(&suffix)
                .map(str::to_owned)
                .unwrap_or(text)
        };
        Self {
            link: (!found.ok).then(|| help(&code)),
            received: found.received.map(plain),
            ok: found.ok,
            expected: found.expected,
            // The settings are the customer's too: what an adapter finds is ours to mend only where
            // it stands between the two of us.
            who: if BETWEEN.contains(&code.as_str()) {
                "us".to_owned()
            } else {
                "customer".to_owned()
            },
            fix: found.fix,
            advice: !found.ok && ADVICE.contains(&code.as_str()),
            code,
            member: None,
        }
    }
}

/// The paragraph about a code.
fn help(code: &str) -> String {
    format!("/help/checks#{code}")
}

impl Check {
    /// A passed one.
    pub fn pass(code: &str, received: impl Into<String>) -> Self {
        Self::from(Finding::pass(code, received))
    }

    /// A failed one that the customer can mend.
    pub fn fail(
        code: &str,
        received: impl Into<String>,
        expected: impl Into<String>,
        fix: &str,
    ) -> Self {
        Self::from(Finding::fail(code, received, expected, Who::Customer, fix))
    }

    /// It does not stand in the way.
    #[must_use]
    pub fn as_advice(mut self) -> Self {
        self.advice = true;
        self
    }

    /// It is about this member of the config.
    #[must_use]
    pub fn about(mut self, member: &str) -> Self {
        self.member = Some(member.to_owned());
        self
    }

    /// Stands in the way?
    pub fn blocks(&self) -> bool {
        !self.ok && !self.advice
    }
}

/// Findings about an upstream that speaks to the customer's provider.
const BETWEEN: &[&str] = &["broker", "another_connection"];

/// Findings of adapters that do not stand in the way: what they are about works today.
const ADVICE: &[&str] = &[
    "certificate_expiring",
    "client_secret_expiring",
    "metadata_changed",
    "metadata_unreachable",
];

/// Findings for which an address or document is refused as it is: saving it would be of no use.
pub const REFUSED: &[&str] = &[
    "address_forbidden",
    "discovery_incomplete",
    "http_status",
    "invalid_certificate",
    "invalid_json",
    "invalid_xml",
    "issuer_mismatch",
    "metadata_incomplete",
    "metadata_expired",
    "not_found",
    "redirects",
    "server_error",
    "tenants_missing",
    "timeout",
    "tls_fault",
    "too_large",
    "unreachable",
    "weak_key",
];
