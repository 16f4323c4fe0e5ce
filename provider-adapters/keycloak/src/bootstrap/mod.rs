//! Sets a realm up for us: our client, the claims it needs, and a login flow that knows our
//! ladder of assurance. Works out what is missing, then does exactly that; a second run finds
//! nothing to do.
//!
//! The flow is bound to our client alone: other clients of the realm notice nothing, except
//! that passkeys need user verification. The realm records what ends sessions, and our client's
//! account may read these records, and manage the realm's people where that is asked for.
//!
//! Owns: order and report. Must not know: how Laneway stores the outcome.

mod account;
mod client;
mod connections;
pub(crate) mod events;
mod flow;
mod mapper;
mod policy;

use laneway_contract::{Addresses, Env, ProviderError};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::AdminCredential;
use crate::admin::Admin;
use crate::directory;
use crate::realm::Realm;

/// What to set up, and with whose rights.
#[derive(Debug, Clone)]
pub struct BootstrapRequest {
    /// Keycloak's base address, without `/realms/…`.
    pub admin_url: Url,
    /// The realm whose people sign in.
    pub realm: String,
    /// Who may change that realm.
    pub credential: AdminCredential,
    /// Our addresses.
    pub addresses: Addresses,
    /// Client id to use there.
    pub client_id: String,
    /// The realm for customers' identity providers, where there is to be one.
    pub connections: Option<String>,
    /// Whether we are to manage the realm's people.
    pub directory: bool,
}

/// What a step does, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepAction {
    /// Nothing: it is as it should be.
    Present,
    /// Make it.
    Create,
    /// Correct it.
    Change,
}

/// One thing that the realm needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanStep {
    /// What it is about.
    pub name: String,
    /// What is to be done about it.
    pub action: StepAction,
    /// Each difference, in words; holds no secret.
    pub details: Vec<String>,
}

impl PlanStep {
    fn new(name: impl Into<String>, action: StepAction, details: Vec<String>) -> Self {
        Self {
            name: name.into(),
            action,
            details,
        }
    }

    /// About something that is there, with what is otherwise.
    fn changed(name: impl Into<String>, details: Vec<String>) -> Self {
        let action = if details.is_empty() {
            StepAction::Present
        } else {
            StepAction::Change
        };
        Self::new(name, action, details)
    }
}

/// What our account may do in the realm of people, and no more.
fn rights(request: &BootstrapRequest) -> Vec<&'static str> {
    let mut rights = vec!["view-events", "view-users"];
    rights.extend(request.directory.then_some(directory::RIGHT));
    rights
}

/// A realm that is ready for us.
#[derive(Debug, Clone)]
pub struct BootstrapOutcome {
    /// What to configure as issuer.
    pub issuer: String,
    /// What to configure as client id.
    pub client_id: String,
    /// What to configure as client secret.
    pub client_secret: SecretString,
    /// What was done.
    pub steps: Vec<PlanStep>,
}

/// What would be done. Changes nothing.
///
/// # Errors
/// `Misconfigured` where realm, credentials or rights are not right, `Unreachable` in silence.
pub async fn plan(request: &BootstrapRequest, env: &Env) -> Result<Vec<PlanStep>, ProviderError> {
    let (realm, admin) = sign_in(request, env).await?;
    look(&realm, &admin, request, env)
        .await
        .map(|found| found.steps(request))
}

/// Does what [`plan`] says, in its order; a crash in between is mended by the next run.
///
/// # Errors
/// As [`plan`], and where Keycloak refuses a change.
pub async fn apply(
    request: &BootstrapRequest,
    env: &Env,
) -> Result<BootstrapOutcome, ProviderError> {
    let (realm, admin) = sign_in(request, env).await?;
    let found = look(&realm, &admin, request, env).await?;
    let steps = found.steps(request);
    policy::ensure(&admin, &found.realm).await?;
    events::ensure(&admin, found.events).await?;
    let flow_id = flow::ensure(&admin, found.flow, found.client.as_ref()).await?;
    let client = client::ensure(&admin, found.client, request, &flow_id).await?;
    mapper::ensure(&admin, &client, &mapper::of_login()).await?;
    client::ensure_scopes(&admin, &client).await?;
    let lacks = account::Lacks::look(&admin, &client, &rights(request)).await?;
    lacks.ensure(&admin, &client).await?;
    let client_secret = client::secret(&admin, &client).await?;
    if let Some(found) = found.connections {
        found.ensure(&realm, request, &client_secret, env).await?;
    }
    Ok(BootstrapOutcome {
        issuer: issuer(&realm, env).await?,
        client_id: request.client_id.clone(),
        client_secret,
        steps,
    })
}

struct Found {
    realm: Value,
    events: Value,
    flow: flow::Found,
    client: Option<Value>,
    lacks: account::Lacks,
    connections: Option<connections::Found>,
}

impl Found {
    fn steps(&self, request: &BootstrapRequest) -> Vec<PlanStep> {
        let client = self.client.as_ref();
        let mut steps = vec![
            PlanStep::new(
                format!("realm {}", request.realm),
                StepAction::Present,
                Vec::new(),
            ),
            policy::step(&self.realm),
            events::step(&self.events),
            flow::step(&self.flow),
            client::step(client, request, self.flow.id()),
        ];
        steps.extend(mapper::steps(client, &mapper::of_login()));
        steps.push(client::scopes_step(client));
        steps.push(self.lacks.step("rights of the client"));
        steps.extend(self.connections.iter().flat_map(|one| one.steps(request)));
        steps
    }
}

async fn sign_in(request: &BootstrapRequest, env: &Env) -> Result<(Realm, Admin), ProviderError> {
    let realm = Realm::new(&request.admin_url, &request.realm)?;
    let admin = Admin::sign_in(&realm, &request.credential, env).await?;
    Ok((realm, admin))
}

async fn look(
    home: &Realm,
    admin: &Admin,
    request: &BootstrapRequest,
    env: &Env,
) -> Result<Found, ProviderError> {
    let realm = admin.get(&[]).await?.ok_or_else(|| {
        ProviderError::Misconfigured(format!("there is no realm `{}`", request.realm))
    })?;
    if realm.get("enabled") == Some(&Value::Bool(false)) {
        return Err(ProviderError::Misconfigured(format!(
            "the realm `{}` is switched off",
            request.realm
        )));
    }
    let client = client::find(admin, &request.client_id).await?;
    let connections = match &request.connections {
        None => None,
        Some(name) => {
            let secret = match &client {
                Some(client) => Some(client::secret(admin, client).await?),
                None => None,
            };
            let login = secret.as_ref();
            Some(connections::Found::look(home, name, request, login, env).await?)
        }
    };
    let lacks = match &client {
        Some(client) => account::Lacks::look(admin, client, &rights(request)).await?,
        None => account::Lacks::all(&rights(request), false),
    };
    Ok(Found {
        realm,
        events: events::look(admin).await?,
        flow: flow::find(admin).await?,
        client,
        lacks,
        connections,
    })
}

/// The issuer as the realm calls itself: it may have another public name than the address
/// that its administration is reached by.
async fn issuer(realm: &Realm, env: &Env) -> Result<String, ProviderError> {
    let url = realm.url(&[".well-known", "openid-configuration"]);
    let request = http::Request::get(url.as_str())
        .header(http::header::ACCEPT, "application/json")
        .body(bytes::Bytes::new())
        .map_err(|_| ProviderError::Misconfigured("the address cannot be called".into()))?;
    let response = env.http.send(request).await?;
    serde_json::from_slice::<Value>(response.body())
        .ok()
        .and_then(|document| document.get("issuer")?.as_str().map(str::to_owned))
        .ok_or_else(|| ProviderError::InvalidResponse("the realm's discovery is unreadable".into()))
}
