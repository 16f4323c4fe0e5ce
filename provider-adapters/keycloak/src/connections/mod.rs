//! Customers' identity providers that Keycloak speaks to on our behalf.
//!
//! They live in a realm of their own: there, nobody else's session stands in a browser's way,
//! addresses need not be unique, and nobody can sign in but through one of them. Our client
//! there has the id and the secret of the one that everybody signs in by, and the rights to
//! manage these providers. [`crate::bootstrap`] makes both.
//!
//! Owns: the realm's connections, sign-in through them, and what is wrong with the realm.
//! Must not know: what a customer's provider says about a person.

mod instance;
mod passage;

use async_trait::async_trait;
use laneway_contract::{
    AdapterState, BeginRedirect, Callback, Check, ConnectionAdmin, Env, PassageTrial,
    ProviderError, RedirectTo, Registration, Speech, WantedConnection, Who,
};
use laneway_oidc::{OidcConfig, OidcOptions, OidcProvider};
use serde_json::{Value, json};

use crate::admin::Admin;
use crate::options::{ConnectionsOptions, Spoken};
use crate::realm::Realm;
use crate::{AdminCredential, KeycloakConfig};

/// The flow at somebody's first sign-in: a person of their own, nothing asked, nobody linked.
pub(crate) const FIRST_LOGIN: &str = "laneway-first-login";
/// Claim with the connection that was used.
pub(crate) const USED: &str = "identity_provider";
/// Claim with the ID token of the customer's provider.
pub(crate) const ANSWER: &str = "brokered_id_token";

/// The realm of customers' providers.
pub(crate) struct Connections {
    oidc: OidcProvider,
    realm: Realm,
    credential: AdminCredential,
    usual_for: Vec<Spoken>,
    env: Env,
}

impl Connections {
    pub(crate) fn new(
        config: &KeycloakConfig,
        options: &ConnectionsOptions,
        env: Env,
    ) -> Result<Self, ProviderError> {
        let home = Realm::of_issuer(&config.issuer)?;
        if home.name == options.realm {
            return Err(ProviderError::Misconfigured(
                "connections.realm must be another realm than the one that people sign in at"
                    .into(),
            ));
        }
        let realm = home.sibling(&options.realm)?;
        let oidc = OidcConfig {
            issuer: realm.url(&[]).into(),
            client_id: config.client_id.clone(),
            client_secret: Some(config.client_secret.clone()),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            options: OidcOptions {
                // The signed token says all that is asked of this realm.
                userinfo: false,
                ..OidcOptions::default()
            },
        };
        Ok(Self {
            oidc: OidcProvider::new(oidc, env.clone())?,
            credential: AdminCredential::Client {
                realm: realm.name.clone(),
                client_id: config.client_id.clone(),
                client_secret: config.client_secret.clone(),
            },
            realm,
            usual_for: options.usual_for.clone(),
            env,
        })
    }

    async fn admin(&self) -> Result<Admin, ProviderError> {
        Admin::sign_in(&self.realm, &self.credential, &self.env).await
    }
}

fn path(name: &str) -> [&str; 3] {
    ["identity-provider", "instances", name]
}

#[async_trait]
impl ConnectionAdmin for Connections {
    fn is_usual_for(&self, speech: Speech) -> bool {
        let one = match speech {
            Speech::Oidc => Spoken::Oidc,
            Speech::Saml => Spoken::Saml,
        };
        self.usual_for.contains(&one)
    }

    async fn prepare(&self, name: &str, speech: Speech) -> Result<Registration, ProviderError> {
        let answers_to = self.realm.url(&["broker", name, "endpoint"]);
        let metadata = self.realm.url(&["broker", name, "endpoint", "descriptor"]);
        // Without one of its own, all connections would have the realm's entity id.
        let saml = (speech == Speech::Saml).then_some(metadata);
        Ok(Registration {
            answers_to,
            entity_id: saml.as_ref().map(ToString::to_string),
            metadata_url: saml,
        })
    }

    async fn apply(&self, wanted: &WantedConnection) -> Result<(), ProviderError> {
        let admin = self.admin().await?;
        let name = wanted.name.as_str();
        let mut body = instance::body(wanted);
        match admin.get(&path(name)).await? {
            // What is not sent is reset, the secret included: all of it is always sent.
            Some(old) => {
                body["internalId"] = old["internalId"].clone();
                admin.put(&path(name), &body).await?;
            }
            None => {
                admin
                    .post(&["identity-provider", "instances"], &body)
                    .await?;
            }
        }
        self.apply_mappers(&admin, wanted).await
    }

    async fn set_enabled(&self, name: &str, enabled: bool) -> Result<(), ProviderError> {
        let admin = self.admin().await?;
        let Some(mut body) = admin.get(&path(name)).await? else {
            return Ok(());
        };
        if body["enabled"] == enabled {
            return Ok(());
        }
        // The secret comes back masked; sent back like that it stays.
        body["enabled"] = json!(enabled);
        admin.put(&path(name), &body).await
    }

    async fn delete(&self, name: &str) -> Result<(), ProviderError> {
        match self.admin().await?.delete(&path(name)).await {
            Err(ProviderError::NotFound) => Ok(()),
            other => other,
        }
    }

    async fn examine(&self) -> Vec<Check> {
        let fix = "Run `laneway upstream bootstrap keycloak` with --connections-realm, and set the options that it prints.";
        let fail = |received: String| {
            let expected = format!("the realm {} as the set-up makes it", self.realm.name);
            vec![Check::fail("connections", received, expected, Who::Us, fix)]
        };
        match self.look().await {
            Ok(missing) if missing.is_empty() => {
                vec![Check::pass("connections", &self.realm.name)]
            }
            Ok(missing) => fail(missing),
            Err(error) => fail(error.to_string()),
        }
    }

    async fn begin(&self, name: &str, request: BeginRedirect) -> Result<RedirectTo, ProviderError> {
        self.oidc
            .begin_with(request, &[("kc_idp_hint", name)])
            .await
    }

    async fn complete(&self, name: &str, state: &AdapterState, callback: Callback) -> PassageTrial {
        self.pass(name, state, callback).await
    }
}

impl Connections {
    /// What is missing, in words; nothing where all is there.
    async fn look(&self) -> Result<String, ProviderError> {
        self.oidc.metadata().await?;
        let admin = self.admin().await?;
        let unknown = admin.get(&path("laneway-configuration-check")).await?;
        if unknown.is_some() {
            return Ok("another connection of this name".into());
        }
        let metadata = self.oidc.metadata().await?;
        let said = self.oidc.probe_client(&metadata).await?;
        Ok(if said == "invalid_grant" {
            String::new()
        } else {
            format!("the client is refused: {said}")
        })
    }

    /// Exactly ours: a mapper that somebody added could let a customer decide more than who
    /// their people are.
    async fn apply_mappers(
        &self,
        admin: &Admin,
        wanted: &WantedConnection,
    ) -> Result<(), ProviderError> {
        let [first, second, name] = path(&wanted.name);
        let all = [first, second, name, "mappers"];
        let shall = instance::mapper(wanted);
        let found = admin.get(&all).await?.unwrap_or_default();
        let mut there = false;
        for one in found.as_array().into_iter().flatten() {
            let id = one["id"].as_str().unwrap_or_default();
            let place = [first, second, name, "mappers", id];
            if one["name"] != shall["name"] || there {
                admin.delete(&place).await?;
                continue;
            }
            there = true;
            if differs(one, &shall) {
                let mut body = shall.clone();
                body["id"] = json!(id);
                admin.put(&place, &body).await?;
            }
        }
        if !there {
            admin.post(&all, &shall).await?;
        }
        Ok(())
    }
}

fn differs(is: &Value, shall: &Value) -> bool {
    is["identityProviderMapper"] != shall["identityProviderMapper"]
        || is["config"] != shall["config"]
}
