//! The set-up: says what it will do, does that, and then finds nothing to do.

use laneway_contract::ProviderError;
use laneway_keycloak::AdminCredential;
use laneway_keycloak::bootstrap::{PlanStep, StepAction, apply, plan};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::outside::env;
use crate::realm::{TestRealm, unheard};

fn open(steps: &[PlanStep]) -> Vec<(&str, StepAction)> {
    let done = |step: &&PlanStep| step.action.is_work();
    steps
        .iter()
        .filter(done)
        .map(|step| (step.name.as_str(), step.action))
        .collect()
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let request = realm.request(&unheard());
    let planned = plan(&request, &env()).await.unwrap();
    assert_eq!(
        open(&planned),
        [
            ("passkeys (whole realm)", StepAction::Change),
            ("events (whole realm)", StepAction::Change),
            ("login flow laneway-login", StepAction::Create),
            ("client laneway", StepAction::Create),
            ("claim mapper laneway amr", StepAction::Create),
            ("claim mapper laneway groups", StepAction::Create),
            ("claim mapper laneway identity provider", StepAction::Create),
            ("rights of the client", StepAction::Change),
        ]
    );
    assert_eq!(
        realm
            .admin(Method::GET, "/clients?clientId=laneway", None)
            .await,
        json!([])
    );

    let first = apply(&request, &env()).await.unwrap();
    assert_eq!(first.steps, planned);
    // Administrators are told it whole.
    let version = first.version.clone().unwrap();
    assert_eq!(version.split('.').count(), 3, "{version}");
    assert_eq!(first.issuer, realm.issuer());
    assert!(first.client_secret.expose_secret().len() >= 32);
    let after = plan(&request, &env()).await.unwrap();
    assert_eq!(open(&after), [], "{after:?}");

    let events = realm
        .admin(Method::GET, "/clients?clientId=laneway", None)
        .await;
    let second = apply(&request, &env()).await.unwrap();
    assert_eq!(open(&second.steps), []);
    assert_eq!(
        second.client_secret.expose_secret(),
        first.client_secret.expose_secret()
    );
    assert_eq!(
        realm
            .admin(Method::GET, "/clients?clientId=laneway", None)
            .await,
        events
    );
    // Other clients of the realm keep the login that they had.
    assert_eq!(
        realm.admin(Method::GET, "", None).await["browserFlow"],
        "browser"
    );
    realm.delete().await;
}

#[tokio::test]
async fn what_was_spoilt_is_named_and_mended() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let request = realm.request(&unheard());
    apply(&request, &env()).await.unwrap();

    let mut client = realm
        .admin(Method::GET, "/clients?clientId=laneway", None)
        .await[0]
        .take();
    let path = format!("/clients/{}", client["id"].as_str().unwrap());
    client["redirectUris"] = json!(["*"]);
    client["attributes"]["pkce.code.challenge.method"] = json!("");
    client["attributes"]["somebody.elses"] = json!("kept");
    realm.admin(Method::PUT, &path, Some(client)).await;
    spoil_flow(&realm).await;

    let steps = plan(&request, &env()).await.unwrap();
    assert_eq!(
        open(&steps),
        [
            ("login flow laneway-login", StepAction::Change),
            ("client laneway", StepAction::Change),
        ]
    );
    let said: Vec<&String> = steps.iter().flat_map(|step| &step.details).collect();
    for word in [
        "redirectUris",
        "pkce.code.challenge.method",
        "auth-otp-form",
    ] {
        assert!(
            said.iter().any(|detail| detail.contains(word)),
            "{word} not in {said:?}"
        );
    }
    apply(&request, &env()).await.unwrap();
    let after = plan(&request, &env()).await.unwrap();
    assert_eq!(open(&after), [], "{after:?}");
    let client = realm
        .admin(Method::GET, "/clients?clientId=laneway", None)
        .await;
    assert_eq!(client[0]["attributes"]["somebody.elses"], "kept");
    realm.delete().await;
}

#[tokio::test]
async fn events_are_recorded_and_our_account_may_read_them_and_people_and_nothing_else() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let request = realm.request(&unheard());
    apply(&request, &env()).await.unwrap();
    let config = realm.admin(Method::GET, "/events/config", None).await;
    for name in [
        "eventsEnabled",
        "adminEventsEnabled",
        "adminEventsDetailsEnabled",
    ] {
        assert_eq!(config[name], true, "{name}");
    }
    // Nobody had asked for records: no more are kept than we need, and for a week.
    assert_eq!(config["enabledEventTypes"].as_array().unwrap().len(), 5);
    assert_eq!(config["eventsExpiration"], 604_800);
    let account = realm.account("laneway").await;
    let path = format!("/users/{account}/role-mappings");
    let held = realm.admin(Method::GET, &path, None).await;
    let roles = &held["clientMappings"]["realm-management"]["mappings"];
    let mut names: Vec<&str> = roles
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|role| role["name"].as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["view-events", "view-users"], "{held}");

    // What somebody keeps for themselves stays kept.
    let own = json!({"eventsEnabled": true, "enabledEventTypes": ["LOGIN", "LOGOUT"],
        "eventsExpiration": 60, "eventsListeners": ["jboss-logging"], "adminEventsEnabled": false});
    realm.admin(Method::PUT, "/events/config", Some(own)).await;
    realm.forget_rights("laneway").await;
    let steps = plan(&request, &env()).await.unwrap();
    assert_eq!(
        open(&steps),
        [
            ("events (whole realm)", StepAction::Change),
            ("rights of the client", StepAction::Change),
        ]
    );
    let said: Vec<&String> = steps.iter().flat_map(|step| &step.details).collect();
    for word in [
        "UPDATE_CREDENTIAL",
        "administrators",
        "add view-events",
        "add view-users",
    ] {
        assert!(
            said.iter().any(|detail| detail.contains(word)),
            "{word} not in {said:?}"
        );
    }
    apply(&request, &env()).await.unwrap();
    let config = realm.admin(Method::GET, "/events/config", None).await;
    assert_eq!(config["enabledEventTypes"].as_array().unwrap().len(), 6);
    assert_eq!(config["eventsExpiration"], 60);
    assert_eq!(open(&plan(&request, &env()).await.unwrap()), []);
    realm.delete().await;
}

/// Switches the one-time code off.
async fn spoil_flow(realm: &TestRealm) {
    let path = "/authentication/flows/laneway-login/executions";
    let all = realm.admin(Method::GET, path, None).await;
    let otp = all
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["providerId"] == "auth-otp-form");
    let mut otp: Value = otp.unwrap().clone();
    otp["requirement"] = json!("DISABLED");
    realm.admin(Method::PUT, path, Some(otp)).await;
}

#[tokio::test]
async fn wrong_credentials_and_a_wrong_realm_are_told_apart() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let mut request = realm.request(&unheard());
    request.realm = "no-such-realm".into();
    let error = plan(&request, &env()).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Misconfigured(text) if text.contains("no-such-realm")));

    let mut request = realm.request(&unheard());
    request.credential = AdminCredential::Password {
        realm: "master".into(),
        username: "admin".into(),
        password: "canary-wrong".into(),
    };
    let error = plan(&request, &env()).await.unwrap_err();
    assert!(matches!(&error, ProviderError::Misconfigured(text) if text.contains("credentials")));
    assert!(!format!("{request:?} {error:?}").contains("canary"));

    request.admin_url = "http://127.0.0.1:9".parse().unwrap();
    assert!(matches!(
        plan(&request, &env()).await,
        Err(ProviderError::Unreachable(_))
    ));
    realm.delete().await;
}
