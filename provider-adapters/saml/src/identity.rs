//! From a verified response to a person.
//!
//! Owns: what is asked of the two readings, and what of them becomes a claim.
//! Must not know: how a signature is verified.

use laneway_contract::{Acr, AuthEvidence, EvidenceSource, UpstreamIdentity, UpstreamSession};
use serde_json::json;

use crate::answer::Asserted;
use crate::engine::{Verified, wrong_signature};
use crate::{Fault, SamlConfig, attributes};

const EMAIL_FORMAT: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

/// Both readings must be of one assertion about one person.
///
/// # Errors
/// `wrong_signature` where they are not.
pub(crate) fn agree(ours: &Asserted, verified: &Verified) -> Result<(), Fault> {
    let name_id = ours.name_id.as_ref().map(|(value, _)| value.as_str());
    let same = ours.id == verified.assertion_id
        && ours.issuer == verified.issuer
        && name_id == Some(verified.name_id.as_str());
    if same {
        return Ok(());
    }
    Err(wrong_signature("another assertion than the signed one"))
}

/// The person.
pub(crate) fn build(
    config: &SamlConfig,
    ours: &Asserted,
    verified: Verified,
    now_ms: i64,
) -> UpstreamIdentity {
    let mut claims = attributes::claims(config, &ours.attributes);
    claims.insert("name_id".into(), json!(verified.name_id));
    let format = ours
        .name_id
        .as_ref()
        .and_then(|(_, format)| format.as_deref());
    if let Some(format) = format {
        claims.insert("name_id_format".into(), json!(format));
    }
    let by_name = format == Some(EMAIL_FORMAT);
    let email = attributes::email(config, &claims)
        .or_else(|| by_name.then(|| verified.name_id.clone()))
        .filter(|text| text.contains('@'));
    if let Some(email) = &email {
        claims.entry("email").or_insert_with(|| json!(email));
    }
    UpstreamIdentity {
        issuer: config.entity_id.clone(),
        subject: verified.name_id,
        via: None,
        // SAML has no word for it: the address is the provider's own record of the person.
        email_verified: email.is_some(),
        email,
        name: attributes::name(config, &claims),
        groups: attributes::groups(config, &claims),
        claims,
        evidence: evidence(ours, now_ms),
        session: Some(UpstreamSession {
            sid: ours.session_index.clone(),
            ..UpstreamSession::default()
        }),
        once: verified.once,
    }
}

/// What the context class says about how somebody signed in; mostly nothing.
fn evidence(ours: &Asserted, now_ms: i64) -> AuthEvidence {
    let says = |names: &[&str]| {
        let one = |context: &String| names.iter().any(|name| context == name);
        ours.contexts.iter().any(one)
    };
    let (amr, acr, source) = if says(&[
        "https://refeds.org/profile/mfa",
        "http://schemas.microsoft.com/claims/multipleauthn",
    ]) {
        (vec!["mfa"], Acr::Aal2, EvidenceSource::Asserted)
    } else if says(&[
        "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
    ]) {
        (vec!["pwd"], Acr::Aal1, EvidenceSource::Asserted)
    } else {
        (Vec::new(), Acr::Aal1, EvidenceSource::Assumed)
    };
    AuthEvidence {
        amr: amr.into_iter().map(str::to_owned).collect(),
        acr,
        auth_time_ms: ours.authenticated_at_ms.unwrap_or(now_ms).min(now_ms),
        source,
    }
}
