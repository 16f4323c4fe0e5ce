//! Well-known providers by name: what a connection there need not say.
//!
//! Owns: which members are filled in and which are missing.
//! Must not know: what such a provider does differently (`laneway_oidc`).

use crate::domain::Problem;
use crate::domain::connection::Oidc;
use crate::providers::vendor;

/// The settings with what is known of the provider that they name.
///
/// # Errors
/// `invalid_field` for a provider that nobody knows, or a member that it cannot do without.
pub(super) fn filled(mut oidc: Oidc) -> Result<Oidc, Problem> {
    let Some(name) = &oidc.provider else {
        return Ok(oidc);
    };
    let Some(known) = vendor(name) else {
        let detail = "Use apple, github, google or microsoft, or leave it out and give the issuer.";
        return Err(Problem::field("/config/provider", "unknown", detail));
    };
    for member in &known.needs {
        if oidc.named(member).is_none_or(|text| text.trim().is_empty()) {
            let pointer = format!("/config/{member}");
            let detail = "This provider cannot be used without it.";
            return Err(Problem::field(&pointer, "required", detail));
        }
    }
    if oidc.issuer.is_empty() {
        oidc.issuer.clone_from(&known.issuer);
    }
    Ok(oidc)
}
