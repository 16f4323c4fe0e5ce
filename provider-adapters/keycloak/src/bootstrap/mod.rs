//! Sets a realm up for us: our client, the claims it needs, and a login flow that knows our
//! ladder of assurance. Works out what is missing, then does exactly that; a second run finds
//! nothing to do.
//!
//! The flow is bound to our client alone: other clients of the realm notice nothing, except
//! that passkeys need user verification and are offered on every sign-in form. The realm records
//! what ends sessions, and our client's account may read these records, manage the realm's people
//! where that is asked for, and see how the realm is set up where that is.
//!
//! Owns: order and report. Must not know: how Laneway stores the outcome.

mod account;
mod actions;
mod client;
mod connections;
pub(crate) mod events;
mod flow;
mod mapper;
mod policy;
mod profile;

use laneway_contract::{Addresses, Env, ProviderError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use self::connections::Login;
use crate::AdminCredential;
use crate::admin::Admin;
use crate::realm::Realm;
use crate::{directory, version};

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
    /// Whether we may ask about passwords that are typed on our page (direct grant).
    pub headless_password: bool,
    /// Whether our own account is to see how the realm is set up.
    pub drift: bool,
    /// The domain of passkeys; without one it stays as it is.
    pub passkey_rp_id: Option<String>,
    /// What of the realm the team keeps to itself.
    pub leave: Vec<Part>,
}

/// A part of the whole realm that is not changed where a team wants it otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Whether sign-in forms offer passkeys, and which passkeys are made.
    Passkeys,
    /// Which required actions are switched on.
    RequiredActions,
    /// Who may write what about people.
    UserProfile,
}

impl BootstrapRequest {
    /// With nothing but what signing in needs.
    pub fn new(
        (admin_url, realm): (Url, impl Into<String>),
        credential: AdminCredential,
        addresses: Addresses,
        client_id: impl Into<String>,
    ) -> Self {
        Self {
            admin_url,
            realm: realm.into(),
            credential,
            addresses,
            client_id: client_id.into(),
            connections: None,
            directory: false,
            headless_password: false,
            drift: false,
            passkey_rp_id: None,
            leave: Vec::new(),
        }
    }

    fn leaves(&self, part: Part) -> bool {
        self.leave.contains(&part)
    }
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
    /// Nothing: it is for the team to say whether it stays so.
    Decide,
}

impl StepAction {
    /// Is there something for us to do?
    pub fn is_work(self) -> bool {
        matches!(self, Self::Create | Self::Change)
    }
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

/// What lets our own account see how the realm is set up.
pub(crate) const SEES: [&str; 2] = ["view-realm", "view-clients"];

/// What our account may do in the realm of people, and no more.
fn rights(request: &BootstrapRequest) -> Vec<&'static str> {
    let mut rights = vec!["view-events", "view-users"];
    rights.extend(request.directory.then_some(directory::RIGHT));
    rights.extend(request.drift.then_some(SEES).into_iter().flatten());
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
    /// Which Keycloak it is, as far as whoever set it up may see it.
    pub version: Option<String>,
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
    policy::ensure(&admin, &found.realm, request).await?;
    found.actions.ensure(&admin).await?;
    profile::ensure(&admin, found.profile).await?;
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
        version: version::seen(&admin).await.ok().flatten(),
        steps,
    })
}

struct Found {
    realm: Value,
    actions: actions::Found,
    profile: Option<Value>,
    events: Value,
    flow: flow::Found,
    client: Option<Value>,
    lacks: account::Lacks,
    connections: Option<connections::Found>,
}

impl Found {
    fn steps(&self, request: &BootstrapRequest) -> Vec<PlanStep> {
        let client = self.client.as_ref();
        let mut steps = vec![PlanStep::new(
            format!("realm {}", request.realm),
            StepAction::Present,
            Vec::new(),
        )];
        steps.extend(policy::steps(&self.realm, request));
        steps.extend(self.actions.steps(request));
        steps.extend(profile::steps(self.profile.as_ref()));
        steps.push(events::step(&self.events));
        steps.push(flow::step(&self.flow));
        steps.push(client::step(client, request, self.flow.id()));
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
    if let Some(id) = &request.passkey_rp_id {
        policy::fits(id, &issuer(home, env).await?)?;
    }
    let client = client::find(admin, &request.client_id).await?;
    let connections = match &request.connections {
        None => None,
        Some(name) => {
            let login = match &client {
                Some(client) => client::secret(admin, client)
                    .await
                    .map_or(Login::Hidden, Login::By),
                None => Login::New,
            };
            Some(connections::Found::look(home, name, request, &login, env).await?)
        }
    };
    let lacks = match &client {
        Some(client) => account::Lacks::look(admin, client, &rights(request)).await?,
        None => account::Lacks::all(&rights(request), false),
    };
    Ok(Found {
        realm,
        actions: actions::look(admin, request).await?,
        profile: profile::look(admin, request).await?,
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
