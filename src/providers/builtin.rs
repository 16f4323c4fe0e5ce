//! The adapters that this program contains: from a row to a provider.
//!
//! Owns: which options are the core's and which the adapter's.
//! Must not know: tenants, flows, where secrets come from.

use std::sync::Arc;

use laneway_contract::{Addresses, Env, HttpClient, Provider};
use laneway_keycloak::bootstrap::{self, BootstrapRequest, PlanStep};
use laneway_keycloak::{AdminCredential, Keycloak, KeycloakConfig, KeycloakOptions};
use laneway_oidc::{OidcConfig, OidcProvider};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::problem;
use crate::config;
use crate::domain::upstream::{Trust, Upstream};
use crate::domain::{Code, Problem};
use crate::outbound::{GuardedClient, SystemClock, SystemRandom};

/// Options that the core reads itself; the rest is the adapter's.
const CORE_OPTIONS: &[&str] = &["label", "max_acr"];

pub(super) fn oidc(
    row: &Upstream,
    secret: Option<SecretString>,
    env: Env,
) -> Result<Arc<dyn Provider>, String> {
    let mut options = adapter_options(row);
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

pub(super) fn keycloak(
    row: &Upstream,
    secret: Option<SecretString>,
    env: Env,
) -> Result<Arc<dyn Provider>, String> {
    let options: KeycloakOptions =
        serde_json::from_value(adapter_options(row)).map_err(|error| error.to_string())?;
    let config = KeycloakConfig {
        issuer: row.issuer.clone(),
        client_id: row.client_id.clone(),
        client_secret: secret.ok_or("the client secret is missing")?,
        options,
        admin: None,
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

/// What `laneway upstream bootstrap keycloak` is told.
pub struct BootstrapKeycloak {
    /// Address of Keycloak.
    pub url: Url,
    /// Realm in which people are.
    pub realm: String,
    /// Realm of the administrator.
    pub admin_realm: String,
    /// Administrator.
    pub admin_user: String,
    /// Their password.
    pub admin_password: SecretString,
    /// Client id to create.
    pub client_id: String,
    /// Our addresses to register there.
    pub addresses: Addresses,
}

impl BootstrapKeycloak {
    fn request(&self) -> BootstrapRequest {
        BootstrapRequest {
            admin_url: self.url.clone(),
            realm: self.realm.clone(),
            credential: AdminCredential::Password {
                realm: self.admin_realm.clone(),
                username: self.admin_user.clone(),
                password: self.admin_password.clone(),
            },
            addresses: self.addresses.clone(),
            client_id: self.client_id.clone(),
        }
    }
}

/// Says what a bootstrap would do; one line each.
///
/// # Errors
/// As Keycloak.
pub async fn plan_keycloak(request: &BootstrapKeycloak) -> Result<String, Problem> {
    let steps = bootstrap::plan(&request.request(), &env()?)
        .await
        .map_err(explain)?;
    Ok(steps.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn line(step: &PlanStep) -> String {
    let action = json!(step.action);
    let action = action.as_str().unwrap_or_default();
    let mut text = format!("{action:<8} {}", step.name);
    for detail in &step.details {
        text.push_str("\n           ");
        text.push_str(detail);
    }
    text
}

/// Does it; answers `{"issuer","client_id","client_secret","steps"}`.
///
/// # Errors
/// As Keycloak.
pub async fn bootstrap_keycloak(request: &BootstrapKeycloak) -> Result<Value, Problem> {
    let made = bootstrap::apply(&request.request(), &env()?)
        .await
        .map_err(explain)?;
    Ok(json!({
        "issuer": made.issuer,
        "client_id": made.client_id,
        "client_secret": made.client_secret.expose_secret(),
        "steps": made.steps,
    }))
}

/// Whoever runs this command is the operator: they hear what Keycloak said.
fn explain(error: laneway_contract::ProviderError) -> Problem {
    let mut told = problem(&error);
    told.detail = error.to_string();
    told
}

fn env() -> Result<Env, Problem> {
    let federation = config::Federation {
        allow_private: false,
    };
    let http = GuardedClient::new(Trust::Operator, config::Outbound::default(), federation)
        .map_err(|error| {
            Problem::new(Code::Internal, "The outbound client cannot be set up.").because(error)
        })?;
    Ok(Env {
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        http: Arc::new(http) as Arc<dyn HttpClient>,
    })
}
