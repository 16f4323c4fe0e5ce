//! What each check of a connection means, for whoever has to mend it.

use askama::Template;

use super::{Chrome, filters};

/// The codes of failed checks, in the order in which they can come up.
pub const EXPLAINED: &[&str] = &[
    "discovery",
    "discovery_incomplete",
    "issuer_mismatch",
    "invalid_json",
    "http_status",
    "not_found",
    "redirects",
    "server_error",
    "unreachable",
    "timeout",
    "tls_fault",
    "too_large",
    "address_forbidden",
    "signing_keys",
    "signature_algorithm",
    "client_credentials",
    "settings",
    "setup",
    "redirect_uri",
    "not_understood",
    "invalid_xml",
    "metadata_incomplete",
    "metadata_expired",
    "metadata_changed",
    "metadata_unreachable",
    "invalid_certificate",
    "certificate_alone",
    "weak_key",
    "certificate_expired",
    "certificate_expiring",
    "saml_response_missing",
    "saml_refused",
    "wrong_request",
    "encrypted_assertion",
    "assertion_missing",
    "unsigned_assertion",
    "wrong_certificate",
    "wrong_destination",
    "wrong_recipient",
    "assertion_expired",
    "missing_name_id",
    "transient_name_id",
    "saml_not_acceptable",
    "authorization_answer",
    "cancelled",
    "login_required",
    "account_disabled",
    "token_exchange",
    "client_refused",
    "redirect_uri_mismatch",
    "invalid_redirect_uri",
    "code_refused",
    "scope_refused",
    "id_token",
    "wrong_issuer",
    "wrong_audience",
    "weak_algorithm",
    "unknown_key",
    "wrong_signature",
    "token_expired",
    "clock_skew",
    "token_refused",
    "wrong_nonce",
    "userinfo",
    "identity",
    "claim_unmet",
    "email_missing",
    "groups_missing",
    "groups_overage",
    "domain_not_covered",
];

/// One paragraph.
pub struct Explained {
    /// The code: also the anchor.
    pub code: &'static str,
}

impl Explained {
    fn key(&self, family: &str) -> String {
        format!("{family}-{}", self.code.replace('_', "-"))
    }
}

/// All of them.
#[derive(Template)]
#[template(path = "pages/help_checks.html")]
pub struct HelpChecksPage {
    /// Frame.
    pub chrome: Chrome,
    /// Its paragraphs.
    pub all: Vec<Explained>,
}

impl HelpChecksPage {
    /// The page.
    pub fn new(chrome: Chrome) -> Self {
        let all = EXPLAINED.iter().map(|code| Explained { code }).collect();
        Self { chrome, all }
    }
}

#[cfg(test)]
impl HelpChecksPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self::new(Chrome::sample())]
    }
}

#[cfg(test)]
mod tests {
    use super::EXPLAINED;
    use crate::views::has_text;

    #[test]
    fn each_has_a_title_and_a_paragraph() {
        for code in EXPLAINED {
            for family in ["check", "explain"] {
                let key = format!("{family}-{}", code.replace('_', "-"));
                assert!(has_text(&key), "{key}");
            }
        }
    }
}
