//! The realm of customers' identity providers, and our client in it.
//!
//! Owns: how they must be set up. Must not know: any customer.

use laneway_contract::{Env, ProviderError};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::account::Lacks;
use super::{BootstrapRequest, PlanStep, StepAction, client, mapper};
use crate::admin::Admin;
use crate::connections::FIRST_LOGIN;
use crate::realm::Realm;

/// What the account of our client may do there, and no more.
const RIGHTS: [&str; 1] = ["manage-identity-providers"];
/// Creates somebody of their own, or refuses. Everything else asks the person something, or
/// links them to somebody by an address that their provider has only asserted.
const CREATE: &str = "idp-create-user-if-unique";
const PROFILE: &str = "VERIFY_PROFILE";

/// The secret of the client that people sign in by, which the client here has too.
pub(super) enum Login {
    /// That client is still to be made.
    New,
    /// It is not for us to see.
    Hidden,
    By(SecretString),
}

/// What there is of it.
pub(super) struct Found {
    name: String,
    /// `None` until the realm exists.
    inside: Option<Inside>,
}

struct Inside {
    realm: Value,
    profile: Value,
    flow: Flow,
    client: Option<Value>,
    same_secret: bool,
    lacks: Lacks,
}

#[derive(PartialEq, Eq)]
enum Flow {
    Nothing,
    Right,
    Wrong(String),
}

impl Found {
    pub(super) async fn look(
        home: &Realm,
        name: &str,
        request: &BootstrapRequest,
        login: &Login,
        env: &Env,
    ) -> Result<Self, ProviderError> {
        if name == home.name {
            return Err(ProviderError::Misconfigured(
                "customers' providers need another realm than the one that people sign in at"
                    .into(),
            ));
        }
        let admin = Admin::sign_in(&home.sibling(name)?, &request.credential, env).await?;
        let inside = match admin.get(&[]).await? {
            None => None,
            Some(realm) => Some(Inside::look(&admin, realm, request, login).await?),
        };
        Ok(Self {
            name: name.to_owned(),
            inside,
        })
    }

    pub(super) fn steps(&self, request: &BootstrapRequest) -> Vec<PlanStep> {
        let inside = self.inside.as_ref();
        let client = inside.and_then(|one| one.client.as_ref());
        let realm = format!("realm {}", self.name);
        let place = format!("in realm {}", self.name);
        let mut steps = vec![
            match inside {
                None => PlanStep::new(
                    realm,
                    StepAction::Create,
                    client::differences(&Value::Null, &wanted_realm()),
                ),
                Some(one) => PlanStep::changed(realm, one.realm_differences()),
            },
            match inside.map(|one| &one.flow) {
                Some(Flow::Right) => PlanStep::new(
                    format!("flow {FIRST_LOGIN} {place}"),
                    StepAction::Present,
                    Vec::new(),
                ),
                Some(Flow::Wrong(_)) => PlanStep::new(
                    format!("flow {FIRST_LOGIN} {place}"),
                    StepAction::Change,
                    vec![format!("exactly one step, {CREATE}")],
                ),
                Some(Flow::Nothing) | None => PlanStep::new(
                    format!("flow {FIRST_LOGIN} {place}"),
                    StepAction::Create,
                    vec![CREATE.to_owned()],
                ),
            },
            self.client_step(request, &place),
        ];
        let mappers = mapper::steps(client, &mapper::of_connections());
        steps.extend(mappers.into_iter().map(|step| PlanStep {
            name: format!("{} {place}", step.name),
            ..step
        }));
        let name = format!("rights of the client {place}");
        steps.push(match inside {
            None => Lacks::all(&RIGHTS, true).step(name),
            Some(one) => one.lacks.step(name),
        });
        steps
    }

    fn client_step(&self, request: &BootstrapRequest, place: &str) -> PlanStep {
        let name = format!("client {} {place}", request.client_id);
        let wanted = wanted_client(request);
        let inside = self.inside.as_ref();
        match inside.and_then(|one| one.client.as_ref().map(|client| (one, client))) {
            None => PlanStep::new(
                name,
                StepAction::Create,
                client::differences(&Value::Null, &wanted),
            ),
            Some((one, client)) => {
                let mut details = client::differences(client, &wanted);
                if !one.same_secret {
                    details.push("secret: that of the client that people sign in by".into());
                }
                PlanStep::changed(name, details)
            }
        }
    }

    pub(super) async fn ensure(
        self,
        home: &Realm,
        request: &BootstrapRequest,
        secret: &SecretString,
        env: &Env,
    ) -> Result<(), ProviderError> {
        let realm = home.sibling(&self.name)?;
        let mut admin = Admin::sign_in(&realm, &request.credential, env).await?;
        let inside = if let Some(inside) = self.inside {
            inside
        } else {
            let mut body = Value::Object(wanted_realm());
            body["realm"] = json!(self.name);
            admin.create_realm(&body).await?;
            admin = Admin::sign_in(&realm, &request.credential, env).await?;
            let made = admin.get(&[]).await?.ok_or(ProviderError::NotFound)?;
            Inside::look(&admin, made, request, &Login::By(secret.clone())).await?
        };
        inside.ensure(&admin, request, secret).await
    }
}

impl Inside {
    async fn look(
        admin: &Admin,
        realm: Value,
        request: &BootstrapRequest,
        login: &Login,
    ) -> Result<Self, ProviderError> {
        let profile = ["authentication", "required-actions", PROFILE];
        let client = client::find(admin, &request.client_id).await?;
        let (mut same_secret, mut lacks) = (false, Lacks::all(&RIGHTS, true));
        if let Some(client) = &client {
            let own = client::secret(admin, client).await;
            same_secret = match (login, own) {
                (Login::New, _) => false,
                (Login::By(login), Ok(own)) => login.expose_secret() == own.expose_secret(),
                // Whoever may only look sees no difference.
                (Login::Hidden, _) | (_, Err(_)) => true,
            };
            lacks = Lacks::look(admin, client, &RIGHTS).await?;
        }
        Ok(Self {
            realm,
            profile: admin.get(&profile).await?.unwrap_or_default(),
            flow: flow(admin).await?,
            client,
            same_secret,
            lacks,
        })
    }

    fn realm_differences(&self) -> Vec<String> {
        let mut all = client::differences(&self.realm, &wanted_realm());
        if self.profile["enabled"] == true {
            all.push("people are asked to complete their profile: true → false".into());
        }
        all
    }

    async fn ensure(
        self,
        admin: &Admin,
        request: &BootstrapRequest,
        secret: &SecretString,
    ) -> Result<(), ProviderError> {
        if !client::differences(&self.realm, &wanted_realm()).is_empty() {
            admin.put(&[], &Value::Object(wanted_realm())).await?;
        }
        if self.profile["enabled"] == true {
            let mut profile = self.profile.clone();
            profile["enabled"] = json!(false);
            let place = ["authentication", "required-actions", PROFILE];
            admin.put(&place, &profile).await?;
        }
        ensure_flow(admin, self.flow).await?;
        let client = ensure_client(admin, (self.client, self.same_secret), request, secret).await?;
        mapper::ensure(admin, &client, &mapper::of_connections()).await?;
        client::ensure_scopes(admin, &client).await?;
        let lacks = Lacks::look(admin, &client, &RIGHTS).await?;
        lacks.ensure(admin, &client).await
    }
}

/// Two customers may know the same address, and it opens nothing here.
fn wanted_realm() -> Map<String, Value> {
    fields(json!({
        "enabled": true,
        "sslRequired": "external",
        "loginWithEmailAllowed": false,
        "duplicateEmailsAllowed": true,
        "registrationAllowed": false,
        "resetPasswordAllowed": false,
        "rememberMe": false,
        "verifyEmail": false,
        "organizationsEnabled": false,
    }))
}

fn wanted_client(request: &BootstrapRequest) -> Map<String, Value> {
    let addresses = &request.addresses;
    let home = addresses.redirect_uri.join("/");
    let home = home.map(String::from).unwrap_or_default();
    fields(json!({
        "enabled": true,
        "protocol": "openid-connect",
        "publicClient": false,
        "clientAuthenticatorType": "client-secret",
        "standardFlowEnabled": true,
        "implicitFlowEnabled": false,
        "directAccessGrantsEnabled": false,
        "serviceAccountsEnabled": true,
        "frontchannelLogout": false,
        // The rights of its own account, and of people to hear what their provider has said.
        "fullScopeAllowed": true,
        "baseUrl": home,
        "redirectUris": [addresses.redirect_uri],
        "webOrigins": [],
        "attributes": {"pkce.code.challenge.method": "S256"},
    }))
}

fn fields(all: Value) -> Map<String, Value> {
    match all {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

async fn flow(admin: &Admin) -> Result<Flow, ProviderError> {
    let flows = admin
        .get(&["authentication", "flows"])
        .await?
        .unwrap_or_default();
    let found = flows
        .as_array()
        .and_then(|all| all.iter().find(|flow| flow["alias"] == FIRST_LOGIN));
    let Some(id) = found.and_then(|flow| flow["id"].as_str()) else {
        return Ok(Flow::Nothing);
    };
    let path = ["authentication", "flows", FIRST_LOGIN, "executions"];
    let steps = admin.get(&path).await?.unwrap_or_default();
    let right = steps.as_array().is_some_and(|all| {
        matches!(all.as_slice(), [one] if one["providerId"] == CREATE && one["requirement"] == "REQUIRED")
    });
    Ok(if right {
        Flow::Right
    } else {
        Flow::Wrong(id.to_owned())
    })
}

/// A flow that is in use cannot be made anew: what does not belong in it is taken out.
async fn ensure_flow(admin: &Admin, found: Flow) -> Result<(), ProviderError> {
    let id = match found {
        Flow::Right => return Ok(()),
        Flow::Nothing => {
            let body = json!({"alias": FIRST_LOGIN, "providerId": "basic-flow", "topLevel": true,
                "builtIn": false, "description": "First sign-in through a connection"});
            admin.post(&["authentication", "flows"], &body).await?
        }
        Flow::Wrong(id) => {
            let path = ["authentication", "flows", FIRST_LOGIN, "executions"];
            let steps = admin.get(&path).await?.unwrap_or_default();
            for one in steps.as_array().into_iter().flatten() {
                let step = one["id"].as_str().unwrap_or_default();
                if one["level"] == 0 {
                    let place = ["authentication", "executions", step];
                    admin.delete(&place).await?;
                }
            }
            id
        }
    };
    let body = json!({"parentFlow": id, "authenticator": CREATE, "requirement": "REQUIRED",
        "priority": 10, "authenticatorFlow": false});
    admin
        .post(&["authentication", "executions"], &body)
        .await
        .map(drop)
}

async fn ensure_client(
    admin: &Admin,
    (found, same_secret): (Option<Value>, bool),
    request: &BootstrapRequest,
    secret: &SecretString,
) -> Result<Value, ProviderError> {
    let wanted = wanted_client(request);
    match found {
        None => {
            let mut client = Value::Object(wanted);
            client["clientId"] = json!(request.client_id);
            client["name"] = json!("Laneway");
            client["secret"] = json!(secret.expose_secret());
            admin.post(&["clients"], &client).await?;
        }
        Some(client) if same_secret && client::differences(&client, &wanted).is_empty() => {
            return Ok(client);
        }
        Some(mut client) => {
            let id = client::id(&client)?.to_owned();
            for (name, shall) in wanted {
                client::merge(&mut client, &name, shall);
            }
            client["secret"] = json!(secret.expose_secret());
            admin.put(&["clients", &id], &client).await?;
        }
    }
    client::find(admin, &request.client_id)
        .await?
        .ok_or(ProviderError::NotFound)
}
