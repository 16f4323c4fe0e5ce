//! Customers' providers that Keycloak speaks to: the realm of theirs, and one of them as it is
//! told, told again and switched off.

use laneway_contract::{
    ConnectionAdmin, CustomerOidc, CustomerSettings, Provider as _, ProviderError, SecretIn,
    Speech, WantedConnection,
};
use laneway_keycloak::bootstrap::{BootstrapRequest, PlanStep, StepAction, apply, plan};
use laneway_keycloak::{ConnectionsOptions, Keycloak, KeycloakConfig, Spoken};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outside::env;
use crate::realm::{TestRealm, unheard};

fn open(steps: &[PlanStep]) -> Vec<&str> {
    let open = steps
        .iter()
        .filter(|step| step.action != StepAction::Present);
    open.map(|step| step.name.as_str()).collect()
}

struct Both {
    home: TestRealm,
    between: TestRealm,
    request: BootstrapRequest,
    keycloak: Keycloak,
}

impl Both {
    async fn new() -> Option<Self> {
        let home = TestRealm::create().await?;
        let between = home.beside("connections");
        let mut request = home.request(&unheard());
        request.connections = Some(between.name.clone());
        let outcome = apply(&request, &env()).await.unwrap();
        let mut config: KeycloakConfig = home.config(&outcome);
        config.options.connections = Some(ConnectionsOptions {
            realm: between.name.clone(),
            usual_for: vec![Spoken::Saml],
        });
        let keycloak = Keycloak::new(config, env()).unwrap();
        Some(Self {
            home,
            between,
            request,
            keycloak,
        })
    }

    fn admin(&self) -> &dyn ConnectionAdmin {
        self.keycloak.connection_admin().unwrap()
    }

    async fn delete(self) {
        self.between.delete().await;
        self.home.delete().await;
    }
}

fn wanted(scopes: &[&str]) -> WantedConnection {
    let url = |path: &str| format!("https://idp.acme.test/{path}").parse().unwrap();
    WantedConnection {
        name: "c-1".into(),
        label: "Acme".into(),
        settings: CustomerSettings::Oidc(Box::new(CustomerOidc {
            issuer: "https://idp.acme.test".into(),
            authorization_endpoint: url("authorize"),
            token_endpoint: url("token"),
            jwks_uri: url("keys"),
            userinfo_endpoint: None,
            client_id: "laneway".into(),
            client_secret: "canary-of-the-customer".into(),
            secret_in: SecretIn::Body,
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        })),
    }
}

#[tokio::test]
async fn a_realm_of_their_own_is_made_and_mended() {
    let Some(both) = Both::new().await else {
        return;
    };
    let after = plan(&both.request, &env()).await.unwrap();
    assert_eq!(open(&after), Vec::<&str>::new(), "{after:?}");
    let found = both.admin().examine().await;
    assert!(found.iter().all(|check| check.ok), "{found:?}");

    let between = &both.between;
    let loose = json!({ "registrationAllowed": true });
    between.admin(Method::PUT, "", Some(loose)).await;
    let flows = between
        .admin(Method::GET, "/authentication/flows", None)
        .await;
    let mut flows = flows.as_array().unwrap().iter();
    let flow = flows.find(|one| one["alias"] == "laneway-first-login");
    let step = json!({ "parentFlow": flow.unwrap()["id"], "authenticator": "idp-auto-link",
        "requirement": "ALTERNATIVE", "priority": 5, "authenticatorFlow": false });
    let path = "/authentication/executions";
    between.admin(Method::POST, path, Some(step)).await;
    let clients = between
        .admin(Method::GET, "/clients?clientId=laneway", None)
        .await;
    let client = format!("/clients/{}", clients[0]["id"].as_str().unwrap());
    let secret = json!({ "clientId": "laneway", "secret": "another" });
    between.admin(Method::PUT, &client, Some(secret)).await;
    assert!(!both.admin().examine().await[0].ok, "the secret is another");

    let spoilt = plan(&both.request, &env()).await.unwrap();
    let names = open(&spoilt);
    for part in ["realm ", "flow laneway-first-login", "client laneway"] {
        assert!(names.iter().any(|name| name.starts_with(part)), "{names:?}");
    }
    let told: String = spoilt
        .iter()
        .flat_map(|step| step.details.clone())
        .collect();
    assert!(!told.contains("another\""), "no secret is told: {told}");
    apply(&both.request, &env()).await.unwrap();
    let after = plan(&both.request, &env()).await.unwrap();
    assert_eq!(open(&after), Vec::<&str>::new(), "{after:?}");
    assert!(both.admin().examine().await[0].ok);
    both.delete().await;
}

#[tokio::test]
async fn the_realm_of_people_is_none_for_connections() {
    let Some(home) = TestRealm::create().await else {
        return;
    };
    let mut request = home.request(&unheard());
    request.connections = Some(home.name.clone());
    let refused = plan(&request, &env()).await.unwrap_err();
    assert!(matches!(refused, ProviderError::Misconfigured(_)));
    home.delete().await;
}

#[tokio::test]
async fn a_connection_is_what_it_was_told_last() {
    let Some(both) = Both::new().await else {
        return;
    };
    let (admin, between) = (both.admin(), &both.between);
    let given = admin.prepare("c-1", Speech::Oidc).await.unwrap();
    let endpoint = format!("{}/broker/c-1/endpoint", between.issuer());
    assert_eq!(given.answers_to.as_str(), endpoint);
    assert_eq!(given.entity_id, None);
    let given = admin.prepare("c-1", Speech::Saml).await.unwrap();
    assert_eq!(given.entity_id, Some(format!("{endpoint}/descriptor")));
    assert!(admin.is_usual_for(Speech::Saml) && !admin.is_usual_for(Speech::Oidc));

    // Nothing happens to what is not there.
    admin.set_enabled("c-1", false).await.unwrap();
    admin.apply(&wanted(&["openid", "email"])).await.unwrap();
    let path = "/identity-provider/instances/c-1";
    let first: Value = between.admin(Method::GET, path, None).await;
    for (member, value) in [
        ("enabled", true),
        ("trustEmail", false),
        ("storeToken", false),
        ("hideOnLogin", true),
    ] {
        assert_eq!(first[member], value, "{member}");
    }
    assert_eq!(first["config"]["validateSignature"], "true");
    assert_eq!(first["config"]["defaultScope"], "openid email");

    // What somebody has added by hand goes, and the id stays: links of people hang on it.
    let mapper = json!({ "name": "by hand", "identityProviderAlias": "c-1",
        "identityProviderMapper": "hardcoded-attribute-idp-mapper",
        "config": { "syncMode": "FORCE", "attribute": "a", "attribute.value": "b" } });
    let mappers = format!("{path}/mappers");
    between.admin(Method::POST, &mappers, Some(mapper)).await;
    admin.apply(&wanted(&["openid"])).await.unwrap();
    admin.apply(&wanted(&["openid"])).await.unwrap();
    let again = between.admin(Method::GET, path, None).await;
    assert_eq!(again["config"]["defaultScope"], "openid");
    assert_eq!(again["internalId"], first["internalId"]);
    let left = between.admin(Method::GET, &mappers, None).await;
    assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
    assert_eq!(left[0]["config"]["template"], "${ALIAS}.${CLAIM.sub}");

    for enabled in [false, true] {
        admin.set_enabled("c-1", enabled).await.unwrap();
        let now = between.admin(Method::GET, path, None).await;
        assert_eq!(now["enabled"], enabled);
        assert_eq!(now["config"]["clientSecret"], "**********", "it is kept");
    }
    admin.delete("c-1").await.unwrap();
    admin.delete("c-1").await.unwrap();
    both.delete().await;
}
