//! Whatever an administrator has at hand, read: an issuer, the address of a discovery document,
//! or of metadata, or the metadata itself.
//!
//! Owns: telling these apart.
//! Must not know: what a connection needs beside it.

use bytes::Bytes;
use http::{Request, StatusCode, header};
use laneway_saml::{IdpMetadata, SamlConfig};
use serde_json::Value;
use url::Url;

use super::check::Check;
use super::vendors::{self, GENERIC};
use crate::core::Core;
use crate::domain::connection::Protocol;
use crate::domain::upstream::Trust;

pub(super) const WELL_KNOWN: &str = "/.well-known/openid-configuration";
const MAX_TEXT: usize = 256 * 1024;
/// The finding about a certificate without anything else.
pub const CERTIFICATE_ALONE: &str = "certificate_alone";

/// The finding about a key that should not have been given away.
pub const PRIVATE_KEY: &str = "private_key";

/// What was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// Whose it is.
    pub vendor: &'static str,
    /// What it speaks.
    pub protocol: Protocol,
    /// Issuer, or entity id.
    pub issuer: String,
    /// Where metadata came from.
    pub metadata_url: Option<Url>,
    /// Metadata as it was read or pasted.
    pub metadata_xml: Option<String>,
}

/// Reads what was pasted; what is wrong with it, as a finding.
pub async fn understand(core: &Core, trust: Trust, text: &str) -> Result<Understood, Box<Check>> {
    // A byte order mark, and the quotes of a copied value, are no part of it.
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '"');
    if text.is_empty() || text.len() > MAX_TEXT {
        return Err(nothing(text).into());
    }
    if text.starts_with('<') {
        return metadata(core, text, None);
    }
    if text.contains("PRIVATE KEY-----") {
        let fix = "This is a private key. It stays with your provider; nobody else may have it. Paste the metadata or the certificate.";
        let expected = "metadata, an issuer or a certificate";
        return Err(Check::fail(PRIVATE_KEY, "a private key", expected, fix).into());
    }
    if text.starts_with("-----BEGIN") || is_bare_certificate(text) {
        return Err(certificate_alone().into());
    }
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    match Url::parse(&text) {
        Ok(url)
            if matches!(url.scheme(), "https" | "http") && !text.contains(char::is_whitespace) =>
        {
            at(core, trust, &url).await
        }
        _ => Err(nothing(&text).into()),
    }
}

/// A certificate as some consoles show it: base64 without the lines around it.
fn is_bare_certificate(text: &str) -> bool {
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c) || c.is_whitespace();
    text.len() > 400 && text.starts_with("MII") && text.chars().all(base64)
}

fn nothing(text: &str) -> Check {
    let received: String = text.chars().take(60).collect();
    Check::fail(
        "not_understood",
        received,
        "an issuer or the address of a discovery document",
        "Paste the issuer of your provider, or the address of its discovery document.",
    )
}

async fn at(core: &Core, trust: Trust, url: &Url) -> Result<Understood, Box<Check>> {
    let named = url.path().ends_with(WELL_KNOWN);
    // An issuer is asked for its document; anything else may be a document itself.
    let first = fetch(core, trust, url).await;
    if let Ok(body) = &first {
        if let Some(issuer) = issuer_of(body) {
            return oidc(&issuer, url);
        }
        let text = String::from_utf8_lossy(body);
        if text.contains("EntityDescriptor") {
            return metadata(core, &text, Some(url));
        }
    }
    if named {
        return Err(first.err().unwrap_or_else(|| no_issuer(url).into()));
    }
    let base = url.as_str().trim_end_matches('/');
    let Ok(document) = Url::parse(&format!("{base}{WELL_KNOWN}")) else {
        return Err(nothing(base).into());
    };
    let body = fetch(core, trust, &document).await?;
    match issuer_of(&body) {
        Some(issuer) => oidc(&issuer, url),
        None => Err(no_issuer(&document).into()),
    }
}

fn oidc(issuer: &str, url: &Url) -> Result<Understood, Box<Check>> {
    // A place is left open for the directory: it is the document of all of them.
    if issuer.contains(['{', '}']) {
        let fix = "This address stands for all directories of the provider. Paste the one of your own: it has its id in the place where this one says “common” or the like.";
        let check = Check::fail(
            "issuer_mismatch",
            issuer,
            "the issuer of one directory",
            fix,
        );
        return Err(check.into());
    }

    let vendor = Url::parse(issuer).map_or(GENERIC, |issuer| vendors::of_address(&issuer));
    let vendor = if vendor == GENERIC {
        vendors::of_address(url)
    } else {
        vendor
    };
    Ok(Understood {
        vendor,
        protocol: Protocol::Oidc,
        issuer: issuer.to_owned(),
        metadata_url: None,
        metadata_xml: None,
    })
}

fn issuer_of(body: &[u8]) -> Option<String> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let issuer = document.get("issuer")?.as_str()?;
    document.get("authorization_endpoint")?;
    Some(issuer.to_owned())
}

fn no_issuer(url: &Url) -> Check {
    Check::fail(
        "discovery_incomplete",
        url.as_str(),
        "a discovery document with an issuer",
        "Paste the issuer of your provider exactly as it states it.",
    )
}

/// Metadata as it was pasted or read at an address.
fn metadata(core: &Core, xml: &str, at: Option<&Url>) -> Result<Understood, Box<Check>> {
    let read = IdpMetadata::read(xml, core.now()).map_err(|fault| Check::from(fault.check()))?;
    let named = [read.entity_id.as_str(), read.sso.0.as_str()];
    let known = named
        .into_iter()
        .filter_map(|text| Url::parse(text).ok())
        .chain(at.cloned())
        .map(|url| vendors::of_address(&url))
        .find(|vendor| *vendor != GENERIC);
    Ok(Understood {
        vendor: known.unwrap_or(GENERIC),
        protocol: Protocol::Saml,
        issuer: read.entity_id,
        metadata_url: at.cloned(),
        metadata_xml: at.is_none().then(|| xml.to_owned()),
    })
}

/// Refuses what was typed in instead of metadata where it can never work.
///
/// # Errors
/// What is wrong with it, as a finding.
pub fn by_fields(
    entity_id: &str,
    sso_url: &str,
    certificates: &[String],
) -> Result<(), Box<Check>> {
    let incomplete = |received: &str, expected, fix| {
        Err(Check::fail("metadata_incomplete", received, expected, fix).into())
    };
    if entity_id.is_empty() {
        return incomplete("", "an entity id", "Give the provider's entity id.");
    }
    let sso = Url::parse(sso_url).ok();
    if !sso.is_some_and(|url| matches!(url.scheme(), "https" | "http")) {
        return incomplete(
            sso_url,
            "an address",
            "Give the address of the provider's single sign-on page.",
        );
    }
    if certificates.is_empty() {
        return incomplete(
            "",
            "a certificate",
            "Copy the whole signing certificate of the provider, with its first and last line.",
        );
    }
    SamlConfig::read_certificates(certificates)
        .map(drop)
        .map_err(|fault| Check::from(fault.check()).into())
}

/// A certificate says what somebody signs with, and neither who nor where.
fn certificate_alone() -> Check {
    Check::fail(
        CERTIFICATE_ALONE,
        "a certificate",
        "the metadata that it belongs to",
        "Paste the SAML metadata of your provider, or its address: the certificate is in it. Without metadata, give the other values by hand.",
    )
}

pub(super) async fn fetch(core: &Core, trust: Trust, url: &Url) -> Result<Bytes, Box<Check>> {
    let request = Request::get(url.as_str())
        .header(
            header::ACCEPT,
            "application/json, application/samlmetadata+xml, application/xml, text/xml",
        )
        .body(Bytes::new())
        .map_err(|_| nothing(url.as_str()))?;
    let answer = match core.providers.fetch(trust, request).await {
        Ok(answer) => answer,
        Err(error) => {
            let error = laneway_contract::ProviderError::from(error);
            let code = error.code().unwrap_or("unreachable").to_owned();
            let fix = "Use an address that can be reached from the internet over https, with a certificate that browsers trust.";
            return Err(Check::fail(&code, url.as_str(), "an answer", fix).into());
        }
    };
    let status = answer.status();
    if status == StatusCode::OK {
        return Ok(answer.into_body());
    }
    let code = match status.as_u16() {
        404 | 410 => "not_found",
        300..=399 => "redirects",
        500.. => "server_error",
        _ => "http_status",
    };
    let received = format!("{url}: HTTP {}", status.as_u16());
    let fix = "Paste the address of the document itself, as your provider shows it.";
    Err(Check::fail(code, received, "a document", fix).into())
}
