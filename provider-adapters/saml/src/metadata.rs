//! A provider's metadata, read (SAML Metadata §2); and ours, made of the settings.
//!
//! Owns: which of its parts count. Must not know: where a document came from, whether it is
//! trusted: who names it vouches for it.

use quick_xml::escape::escape;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

use crate::config::{Binding, SamlConfig};
use crate::dom::{self, Element};
use crate::{Certificate, Fault};

const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
pub(crate) const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const SAML2: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// What a provider's metadata states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpMetadata {
    /// Who it is.
    pub entity_id: String,
    /// Where browsers are sent, and how.
    pub sso: (String, Binding),
    /// Where it is told that sessions have ended, and how.
    pub slo: Option<(String, Binding)>,
    /// What it signs with.
    pub certificates: Vec<Certificate>,
    /// It takes signed requests only.
    pub wants_signed_requests: bool,
    /// It may not be used afterwards, ms since the epoch.
    pub valid_until_ms: Option<i64>,
}

impl IdpMetadata {
    /// Reads the metadata of one identity provider.
    ///
    /// # Errors
    /// `too_large`, `invalid_xml`, `metadata_incomplete`, `metadata_expired`,
    /// `invalid_certificate`.
    pub fn read(xml: &str, now_ms: i64) -> Result<Self, Fault> {
        let root = dom::parse(xml)?;
        let entity = entity(&root)?;
        let idp = entity
            .all(MD, "IDPSSODescriptor")
            .find(|role| {
                let protocols = role.attribute("protocolSupportEnumeration");
                protocols.is_some_and(|all| all.split_whitespace().any(|one| one == SAML2))
            })
            .ok_or_else(|| incomplete("no identity provider for SAML 2.0"))?;
        let entity_id = entity
            .attribute("entityID")
            .map(str::trim)
            .filter(|id| !id.is_empty() && id.len() <= 1024)
            .ok_or_else(|| incomplete("no entityID"))?;
        let ends = [&root, entity, idp].map(|one| one.attribute("validUntil"));
        let mut valid_until_ms = None;
        for end in ends.into_iter().flatten() {
            let end = instant(end).ok_or_else(|| incomplete("an unreadable validUntil"))?;
            valid_until_ms = Some(valid_until_ms.map_or(end, |known: i64| known.min(end)));
        }
        if let Some(end) = valid_until_ms.filter(|end| *end <= now_ms) {
            return Err(Fault::new(
                "metadata_expired",
                format!("valid until {}", crate::certificate::day(end)),
                "metadata that is valid today",
                "Export the metadata from the provider again; what you gave is out of date.",
            ));
        }
        Ok(Self {
            entity_id: entity_id.to_owned(),
            sso: sso(idp)?,
            slo: slo(idp),
            certificates: certificates(idp)?,
            wants_signed_requests: idp.attribute("WantAuthnRequestsSigned").is_some_and(yes),
            valid_until_ms,
        })
    }
}

/// The one entity that is an identity provider.
fn entity(root: &Element) -> Result<&Element, Fault> {
    if root.is(MD, "EntityDescriptor") {
        return Ok(root);
    }
    if !root.is(MD, "EntitiesDescriptor") {
        return Err(incomplete(&format!("the element {}", root.name)));
    }
    let mut found = root
        .all(MD, "EntityDescriptor")
        .filter(|entity| entity.first(MD, "IDPSSODescriptor").is_some());
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(incomplete("no identity provider")),
        (Some(_), Some(_)) => Err(incomplete("more than one identity provider")),
    }
}

fn sso(idp: &Element) -> Result<(String, Binding), Fault> {
    service(idp, "SingleSignOnService", &["Location"])
        .ok_or_else(|| incomplete("no single sign-on service by redirect or POST"))
}

/// Where answers to its logout requests go; many offer none.
fn slo(idp: &Element) -> Option<(String, Binding)> {
    service(
        idp,
        "SingleLogoutService",
        &["ResponseLocation", "Location"],
    )
}

/// The address of a service by the binding that we like best, in the first of these attributes.
fn service(idp: &Element, name: &str, places: &[&str]) -> Option<(String, Binding)> {
    let known = [(REDIRECT, Binding::Redirect), (POST, Binding::Post)];
    known.into_iter().find_map(|(urn, binding)| {
        let mut all = idp.all(MD, name);
        let service = all.find(|service| service.attribute("Binding") == Some(urn))?;
        let place = places.iter().find_map(|place| service.attribute(place))?;
        Some((place.trim().to_owned(), binding))
    })
}

fn certificates(idp: &Element) -> Result<Vec<Certificate>, Fault> {
    let texts: Vec<String> = idp
        .all(MD, "KeyDescriptor")
        .filter(|key| key.attribute("use").is_none_or(|use_| use_ == "signing"))
        .filter_map(|key| key.first(DS, "KeyInfo"))
        .flat_map(|info| info.all(DS, "X509Data"))
        .flat_map(|data| data.all(DS, "X509Certificate"))
        .map(|certificate| certificate.text.clone())
        .take(11)
        .collect();
    if texts.is_empty() {
        return Err(incomplete("no signing certificate"));
    }
    SamlConfig::read_certificates(&texts)
}

fn incomplete(received: &str) -> Fault {
    Fault::new(
        "metadata_incomplete",
        received,
        "an entityID, a single sign-on service and a signing certificate",
        "Export the metadata of the identity provider itself, not that of an application or of a federation.",
    )
}

/// `xs:boolean`.
fn yes(text: &str) -> bool {
    matches!(text.trim(), "true" | "1")
}

/// `xs:dateTime` in UTC, ms since the epoch (SAML Core §1.3.3).
pub(crate) fn instant(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text.trim(), &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Metadata that states exactly what is set, for a library that takes nothing else.
pub(crate) fn of_settings(config: &SamlConfig) -> String {
    let service = |name: &str, place: &Url, binding: Binding| {
        let urn = match binding {
            Binding::Redirect => REDIRECT,
            Binding::Post => POST,
        };
        format!(
            r#"<md:{name} Binding="{urn}" Location="{}"/>"#,
            escape(place.as_str())
        )
    };
    let keys: Vec<String> = config
        .certificates
        .iter()
        .map(|one| {
            format!(
                r#"<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#,
                one.base64
            )
        })
        .collect();
    let slo = config.slo.as_ref();
    let slo = slo.map(|(place, binding)| service("SingleLogoutService", place, *binding));
    format!(
        r#"<md:EntityDescriptor xmlns:md="{MD}" xmlns:ds="{DS}" entityID="{}"><md:IDPSSODescriptor WantAuthnRequestsSigned="{}" protocolSupportEnumeration="{SAML2}">{}{}{}</md:IDPSSODescriptor></md:EntityDescriptor>"#,
        escape(&config.entity_id),
        config.sign_requests,
        keys.concat(),
        slo.unwrap_or_default(),
        service("SingleSignOnService", &config.sso_url, config.sso_binding),
    )
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
