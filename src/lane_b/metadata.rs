//! SAML settings made whole: what metadata states is read once and kept as it was read.
//!
//! Owns: where metadata comes from, and which member a fault in it is about.
//! Must not know: what a document says in detail (`laneway_saml`).

use laneway_saml::{Binding, IdpMetadata, SamlConfig, SigningKey};
use url::Url;

use super::check::Check;
use super::drafts::{self, Secret};
use super::{known, paste};
use crate::core::Core;
use crate::domain::connection::{Config, RequestBinding, Saml};
use crate::domain::tenant::Tenant;
use crate::domain::upstream::Trust;
use crate::domain::{Code, Problem};

/// The settings with what the provider's metadata states, read now where it has to be.
///
/// # Errors
/// `invalid_field` with the finding's code.
pub(super) async fn filled(core: &Core, trust: Trust, config: Config) -> Result<Config, Problem> {
    let saml = match config {
        Config::Oidc(oidc) => return known::filled(oidc).map(Config::Oidc),
        Config::Saml(saml) => saml,
    };
    match fill(core, trust, saml.clone()).await {
        Ok(saml) => Ok(Config::Saml(saml)),
        Err(check) => {
            let config = Config::Saml(saml);
            drafts::acceptable(&config, vec![*check])?;
            Ok(config)
        }
    }
}

async fn fill(core: &Core, trust: Trust, mut saml: Saml) -> Result<Saml, Box<Check>> {
    let now = core.now();
    if let Some(xml) = saml.metadata_xml.take() {
        let read = IdpMetadata::read(&xml, now);
        let read = read.map_err(|fault| Check::from(fault.check()).about("metadata_xml"))?;
        return Ok(stated(saml, read));
    }
    if let Some(url) = saml
        .metadata_url
        .clone()
        .filter(|_| saml.certificates.is_empty())
    {
        let body = paste::fetch(core, trust, &url).await;
        let body = body.map_err(|check| check.about("metadata_url"))?;
        let read = IdpMetadata::read(&String::from_utf8_lossy(&body), now);
        let read = read.map_err(|fault| Check::from(fault.check()).about("metadata_url"))?;
        return Ok(stated(saml, read));
    }
    let read = SamlConfig::read_certificates(&saml.certificates);
    let read = read.map_err(|fault| Check::from(fault.check()).about("certificates"))?;
    saml.certificates = read.into_iter().map(|one| one.base64).collect();
    Ok(saml)
}

fn stated(saml: Saml, read: IdpMetadata) -> Saml {
    let by = |binding: Binding| match binding {
        Binding::Redirect => RequestBinding::Redirect,
        Binding::Post => RequestBinding::Post,
    };
    let (sso_url, binding) = read.sso;
    // Many state no place for that: one that was given by hand stays.
    let (slo_url, slo_binding) = match read.slo {
        Some((url, binding)) => (Some(url), by(binding)),
        None => (saml.slo_url.clone(), saml.slo_binding),
    };
    Saml {
        entity_id: read.entity_id,
        sso_url,
        sso_binding: by(binding),
        slo_url,
        slo_binding,
        certificates: read
            .certificates
            .into_iter()
            .map(|one| one.base64)
            .collect(),
        sign_requests: saml.sign_requests || read.wants_signed_requests,
        ..saml
    }
}

/// A key of our own for a new connection: made once, kept with every later draft, so that what
/// the other side was given stays good.
///
/// # Errors
/// `internal` where no key can be made.
pub(super) async fn signing_key(core: &Core, tenant: &Tenant) -> Result<Secret, Problem> {
    let host = Url::parse(&tenant.address("/")).ok();
    let host = host.and_then(|url| url.host_str().map(str::to_owned));
    let (name, now) = (host.unwrap_or_else(|| "laneway".to_owned()), core.now());
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(&name, now)).await;
    let failed = |error: String| {
        Problem::new(
            Code::Internal,
            "The incident is logged under the reference below.",
        )
        .because(error)
    };
    let key = made
        .map_err(|error| failed(error.to_string()))?
        .map_err(failed)?;
    Ok(Secret::Set(key.to_secret()))
}
