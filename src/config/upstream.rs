//! The identity provider that the operator names.
//!
//! Its `options` are judged by the adapter; here they are only carried.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::section::Section;
use super::values;
use crate::domain::bearer;
use crate::domain::upstream::Role;

/// A provider from configuration.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Which adapter.
    pub kind: UpstreamKind,
    /// Slug: part of the redirect URI.
    pub name: String,
    /// Exactly as the provider names itself; empty for embedded.
    pub issuer: String,
    /// Our id there; empty for embedded.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<SecretString>,
    /// For the adapter.
    pub options: serde_json::Map<String, Value>,
    /// What it is used for.
    pub role: Role,
}

/// An adapter that this program contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamKind {
    /// Keycloak.
    Keycloak,
    /// Any OpenID provider.
    Oidc,
    /// Our own.
    Embedded,
}

impl UpstreamKind {
    /// The word in configuration and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keycloak => "keycloak",
            Self::Oidc => "oidc",
            Self::Embedded => "embedded",
        }
    }
}

/// Words for `kind`. Behind those that are no kind of their own stands what is special of that
/// provider, as data of the adapter.
const KINDS: [(&str, (UpstreamKind, Option<&str>)); 10] = [
    ("keycloak", (UpstreamKind::Keycloak, None)),
    ("oidc", (UpstreamKind::Oidc, None)),
    ("embedded", (UpstreamKind::Embedded, None)),
    ("auth0", (UpstreamKind::Oidc, Some("auth0"))),
    ("cognito", (UpstreamKind::Oidc, Some("cognito"))),
    ("entra", (UpstreamKind::Oidc, Some("entra"))),
    ("generic", (UpstreamKind::Oidc, Some("generic"))),
    ("google", (UpstreamKind::Oidc, Some("google"))),
    ("okta", (UpstreamKind::Oidc, Some("okta"))),
    ("ory", (UpstreamKind::Oidc, Some("ory"))),
];

const ROLES: [(&str, Role); 4] = [
    ("primary", Role::Primary),
    ("companion", Role::Companion),
    ("secondary", Role::Secondary),
    ("retired", Role::Retired),
];

/// Only a public client has no secret, and it must say so.
const NO_SECRET: (&str, &str) = ("token_endpoint_auth_method", "none");

pub(super) fn read(root: &mut Section<'_>) -> Option<Upstream> {
    let mut section = root.section("upstream");
    if section.is_empty() {
        return None;
    }
    if !section.has("kind") {
        section.missing(
            "kind",
            "write keycloak, oidc, embedded, or the name of a preset",
        );
    }
    let kind = section.parsed("kind", |text| values::choice(text, &KINDS));
    let name = section.parsed("name", values::slug);
    let role = section.choice("role", Role::Primary, &ROLES);
    let mut options = options(&mut section);
    if let Some((_, Some(preset))) = kind {
        options.entry("preset").or_insert_with(|| json!(preset));
    }
    let upstream = match kind {
        Some((UpstreamKind::Embedded, _)) => {
            refuse_client(&mut section);
            Some((String::new(), String::new(), None))
        }
        _ => {
            audience(&mut section, &mut options);
            external(&mut section, &options)
        }
    };
    section.finish();
    let (kind, preset) = kind?;
    let (issuer, client_id, client_secret) = upstream?;
    let name = name.unwrap_or_else(|| preset.unwrap_or(kind.as_str()).to_owned());
    Some(Upstream {
        kind,
        name,
        issuer,
        client_id,
        client_secret,
        options,
        role,
    })
}

type Client = (String, String, Option<SecretString>);

fn external(section: &mut Section<'_>, options: &serde_json::Map<String, Value>) -> Option<Client> {
    for name in ["issuer", "client_id"] {
        if !section.has(name) {
            section.missing(name, "copy it from the identity provider");
        }
    }
    let public = options.get(NO_SECRET.0).and_then(Value::as_str) == Some(NO_SECRET.1);
    if !section.has("client_secret") && !public {
        section.missing(
            "client_secret",
            "copy it from the identity provider into LANEWAY_UPSTREAM_CLIENT_SECRET (or …_FILE)",
        );
    }
    let issuer = section.parsed("issuer", issuer);
    let client_id = section.parsed("client_id", |text| values::label(text, 255));
    let client_secret = section.secret("client_secret");
    Some((issuer?, client_id?, client_secret))
}

/// What the provider calls us as a resource: with it, its access tokens count here.
fn audience(section: &mut Section<'_>, options: &mut serde_json::Map<String, Value>) {
    let audience = section.parsed("audience", |text| values::label(text, 255));
    if let Some(audience) = audience {
        let bearer = options.entry(bearer::OPTION).or_insert_with(|| json!({}));
        if let Some(bearer) = bearer.as_object_mut() {
            let all = bearer.entry("audiences").or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.push(json!(audience));
            }
        }
    }
    // What is the same for all of a kind is not known here, and needs no judging.
    let base = json!({ "introspection": {} });
    let base = base.as_object().cloned().unwrap_or_default();
    if let Err(fix) = bearer::Accepted::read(&Value::Object(options.clone()), &base) {
        section.fault("options", "access tokens that cannot be judged", &fix);
    }
}

/// Embedded has no client; a half-edited section must not pass for it.
fn refuse_client(section: &mut Section<'_>) {
    for name in ["issuer", "client_id", "client_secret", "audience"] {
        if section.has(name) {
            section.fault(name, "a value", "remove it, or choose another kind");
            // Taken, so that it is not reported as unknown too.
            section.text(name);
        }
    }
}

/// The text as written: issuers are compared byte by byte (OpenID Connect Discovery §4.3).
fn issuer(text: &str) -> Result<String, String> {
    let url = values::secure_address(text)?;
    if url.query().is_some() || text.contains(char::is_whitespace) {
        return Err("write the issuer as in the provider's discovery document".to_owned());
    }
    Ok(text.to_owned())
}

fn options(section: &mut Section<'_>) -> serde_json::Map<String, Value> {
    let table = section.foreign("options");
    if let Ok(Value::Object(map)) = serde_json::to_value(table) {
        return map;
    }
    section.fault(
        "options",
        "a value that JSON cannot hold",
        "use texts, numbers and lists",
    );
    serde_json::Map::new()
}
