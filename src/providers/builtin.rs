//! The adapters that this program contains: from a row to a provider.
//!
//! Owns: which options are the core's and which the adapter's.
//! Must not know: tenants, flows, where secrets come from.

use std::path::Path;
use std::sync::Arc;

use laneway_contract::{Env, ForeignHash, HashFault, MethodKind, Provider};
use laneway_embedded::{Keys, Vault, VaultPlace};
use laneway_keycloak::{AdminCredential, Keycloak, KeycloakConfig, KeycloakOptions};
use laneway_oidc::{OidcConfig, OidcProvider};
use laneway_saml::{Binding, SamlConfig, SamlProvider, SigningKey};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::Parts;
use crate::domain::TenantId;
use crate::domain::bearer::{self, Accepted};
use crate::domain::connection::RequestBinding;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::Upstream;
use crate::store::seal::{Place, Sealer};

/// Options that the core reads itself; the rest is the adapter's.
const CORE_OPTIONS: &[&str] = &["label", "max_acr", bearer::OPTION, PRESET];

/// The option that names a preset.
const PRESET: &str = "preset";
/// What the embedded provider has of them: it issues no tokens, and there is one of it.
const EMBEDDED_OPTIONS: &[&str] = &["label", "max_acr"];

/// Leaked passwords, as the embedded provider keeps them.
pub type BreachedPasswords = laneway_embedded::BreachedList;

/// Reads the operator's list of leaked passwords.
///
/// # Errors
/// What is wrong with the file, in one sentence.
pub fn read_breached(path: &Path) -> Result<BreachedPasswords, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    if size > laneway_embedded::MAX_BREACHED_BYTES {
        return Err("it is larger than 256 MiB".to_owned());
    }
    BreachedPasswords::read(std::io::BufReader::new(file))
}

/// What the embedded provider offers by an upstream's options: `methods`, by default all but
/// passwords.
///
/// # Errors
/// What is wrong with the options, in one sentence.
pub fn embedded_methods(options: &Value) -> Result<Vec<MethodKind>, String> {
    const KNOWN: [MethodKind; 4] = [
        MethodKind::Passkey,
        MethodKind::EmailCode,
        MethodKind::Password,
        MethodKind::Totp,
    ];
    let fix = "methods is a list of passkey, email-code, password and totp";
    if let Some(members) = options.as_object()
        && let Some(unknown) = members
            .keys()
            .find(|key| *key != "methods" && !EMBEDDED_OPTIONS.contains(&key.as_str()))
    {
        return Err(format!("{unknown} is not known; there is methods"));
    }
    let Some(listed) = options.get("methods") else {
        return Ok(KNOWN
            .into_iter()
            .filter(|kind| *kind != MethodKind::Password)
            .collect());
    };
    let listed: Vec<String> = serde_json::from_value(listed.clone()).map_err(|_| fix)?;
    let known = |name: &String| KNOWN.iter().find(|kind| kind.as_str() == name).copied();
    let kinds: Option<Vec<MethodKind>> = listed.iter().map(known).collect();
    let kinds = kinds.ok_or(fix)?;
    if kinds.iter().all(|kind| kind.is_second_only()) {
        return Err("methods must name one that signs people in".to_owned());
    }
    Ok(kinds)
}

pub(super) fn embedded(
    parts: &Parts,
    tenant: &Tenant,
    row: &Upstream,
    env: Env,
) -> Result<Arc<dyn Provider>, String> {
    let (code_ttl_s, max_tries, resend_after_s) = parts.codes;
    let mut methods = embedded_methods(&row.options)?;
    methods.retain(|kind| *kind != MethodKind::EmailCode || parts.mail);
    let tenant_id = tenant.id.as_str().to_owned();
    let config = laneway_embedded::EmbeddedConfig {
        code_ttl_s,
        max_tries,
        resend_after_s,
        methods,
        breached: parts.breached.clone(),
        ..laneway_embedded::EmbeddedConfig::new(tenant_id, tenant.slug.clone())
    };
    let keys = Keys {
        mac: parts.code_keys.clone(),
        vault: Arc::new(TenantVault {
            sealer: parts.sealer.clone(),
            tenant: tenant.id.clone(),
        }),
    };
    let provider = laneway_embedded::Embedded::new(config, parts.db.clone(), keys, env);
    Ok(Arc::new(provider))
}

/// The master keys, for one tenant's rows.
struct TenantVault {
    sealer: Sealer,
    tenant: TenantId,
}

impl TenantVault {
    fn place<'a>(&'a self, place: VaultPlace<'a>) -> Place<'a> {
        Place {
            tenant: self.tenant.as_str(),
            table: place.table,
            column: place.column,
            row: place.row,
        }
    }
}

impl Vault for TenantVault {
    fn seal(&self, place: VaultPlace<'_>, plain: &[u8]) -> Vec<u8> {
        self.sealer.seal(self.place(place), plain)
    }

    fn open(&self, place: VaultPlace<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        self.sealer.open(self.place(place), sealed).ok()
    }
}

/// What a well-known provider does differently.
pub type Vendor = laneway_oidc::Vendor;

/// The well-known provider of a name.
pub fn vendor(name: &str) -> Option<&'static Vendor> {
    laneway_oidc::vendor(name)
}

/// The names of what is known about providers as a tenant's own.
pub fn preset_names() -> impl Iterator<Item = &'static str> {
    laneway_oidc::preset_names()
}

/// What is special of a provider, where its row says which it is.
fn preset(options: &Value) -> Result<Option<&'static laneway_oidc::Preset>, String> {
    match options.get(PRESET).map(Value::as_str) {
        None => Ok(None),
        Some(name) => name
            .and_then(laneway_oidc::preset)
            .map(Some)
            .ok_or_else(|| "there is no preset of this name".to_owned()),
    }
}

/// Which of a provider's access tokens count, by its options.
///
/// # Errors
/// What is wrong with it, in one sentence.
pub fn accepted(options: &Value) -> Result<Option<Accepted>, String> {
    let base = preset(options)?.map(|preset| preset.bearer.clone());
    Accepted::read(options, &base.unwrap_or_default())
}

pub(super) fn oidc(
    row: &Upstream,
    secret: Option<SecretString>,
    env: Env,
) -> Result<Arc<dyn Provider>, String> {
    let mut options = adapter_options(row);
    if let (Some(preset), Some(own)) = (preset(&row.options)?, options.as_object_mut()) {
        for (name, value) in &preset.options {
            own.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let scopes = match options
        .as_object_mut()
        .and_then(|members| members.remove("scopes"))
    {
        Some(scopes) => serde_json::from_value(scopes).map_err(|error| error.to_string())?,
        None => vec![
            "openid".to_owned(),
            "profile".to_owned(),
            "email".to_owned(),
        ],
    };
    let config = OidcConfig {
        issuer: row.issuer.clone(),
        client_id: row.client_id.clone(),
        client_secret: secret,
        scopes,
        options: serde_json::from_value(options).map_err(|error| error.to_string())?,
    };
    let provider = OidcProvider::new(config, env).map_err(|error| error.to_string())?;
    Ok(Arc::new(provider))
}

/// What a SAML connection's row says beside its issuer.
#[derive(Deserialize)]
struct SamlOptions {
    sso_url: Url,
    sso_binding: RequestBinding,
    certificates: Vec<String>,
    metadata_url: Option<Url>,
    slo_url: Option<Url>,
    slo_binding: RequestBinding,
    sp_entity_id: String,
    acs_url: Url,
    logout_url: Url,
    request_page: Url,
    sign_requests: bool,
    groups_claim: Option<String>,
    email_claim: Option<String>,
    name_claim: Option<String>,
}

/// Our side towards the SAML provider of a row.
pub(super) fn saml_provider(
    row: &Upstream,
    secret: Option<SecretString>,
    env: Env,
) -> Result<Arc<SamlProvider>, String> {
    let options: SamlOptions =
        serde_json::from_value(adapter_options(row)).map_err(|error| error.to_string())?;
    let secret = secret.ok_or("our signing key is missing")?;
    let certificates = SamlConfig::read_certificates(&options.certificates);
    let by = |binding: RequestBinding| match binding {
        RequestBinding::Redirect => Binding::Redirect,
        RequestBinding::Post => Binding::Post,
    };
    let config = SamlConfig {
        entity_id: row.issuer.clone(),
        sso_url: options.sso_url,
        sso_binding: by(options.sso_binding),
        slo: options.slo_url.map(|url| (url, by(options.slo_binding))),
        certificates: certificates.map_err(|fault| fault.to_string())?,
        metadata_url: options.metadata_url,
        sp_entity_id: options.sp_entity_id,
        acs_url: options.acs_url,
        logout_url: options.logout_url,
        request_page: options.request_page,
        key: SigningKey::from_secret(&secret)?,
        sign_requests: options.sign_requests,
        groups_claim: options.groups_claim,
        email_claim: options.email_claim,
        name_claim: options.name_claim,
    };
    SamlProvider::new(config, env)
}

pub(super) fn saml(
    row: &Upstream,
    secret: Option<SecretString>,
    env: Env,
) -> Result<Arc<dyn Provider>, String> {
    Ok(Arc::new(laneway_saml::Handle(saml_provider(
        row, secret, env,
    )?)))
}

/// With rights in its realm only where somebody sets it up or compares it.
pub(super) fn keycloak(
    row: &Upstream,
    secret: Option<SecretString>,
    admin: Option<AdminCredential>,
    env: Env,
) -> Result<Arc<dyn Provider>, String> {
    let options: KeycloakOptions =
        serde_json::from_value(adapter_options(row)).map_err(|error| error.to_string())?;
    let config = KeycloakConfig {
        issuer: row.issuer.clone(),
        client_id: row.client_id.clone(),
        client_secret: secret.ok_or("the client secret is missing")?,
        options,
        admin,
    };
    let provider = Keycloak::new(config, env).map_err(|error| error.to_string())?;
    Ok(Arc::new(provider))
}

fn adapter_options(row: &Upstream) -> Value {
    let mut options = row.options.clone();
    if let Some(members) = options.as_object_mut() {
        members.retain(|key, _| !CORE_OPTIONS.contains(&key.as_str()));
    }
    options
}

/// A password's hash as somebody hands it over: its text, or what an export of Keycloak has.
///
/// # Errors
/// Why it is not taken.
pub fn read_hash(handed: &Value) -> Result<ForeignHash, HashFault> {
    match handed {
        Value::String(text) => ForeignHash::parse(text),
        other => laneway_keycloak::exported_password(other),
    }
}
