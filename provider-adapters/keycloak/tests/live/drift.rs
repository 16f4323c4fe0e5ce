//! What has changed in a realm since it was set up, seen by our own account or by whoever sets up.

use laneway_contract::{Check, Diagnose as _};
use laneway_keycloak::bootstrap::apply;
use laneway_keycloak::{ConnectionsOptions, Headless, Keycloak, KeycloakConfig, Spoken};
use reqwest::Method;
use serde_json::json;

use crate::outside::env;
use crate::realm::{TestRealm, unheard};

async fn looked(config: &KeycloakConfig) -> Vec<Check> {
    let keycloak = Keycloak::new(config.clone(), env()).unwrap();
    keycloak.diagnose(&unheard()).await
}

fn wrong(checks: &[Check]) -> Vec<(&str, bool)> {
    let found = checks
        .iter()
        .filter(|check| !check.ok || check.is_warning());
    let told = |check: &Check| {
        assert!(!check.fix.is_empty(), "{check:?}");
    };
    found
        .inspect(|check| told(check))
        .map(|check| (check.name.as_str(), check.ok))
        .collect()
}

fn of<'c>(checks: &'c [Check], name: &str) -> &'c Check {
    let found = checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {checks:?}"))
}

#[tokio::test]
async fn the_version_is_seen_whole_by_administrators_and_as_a_release_by_us() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let outcome = apply(&realm.request(&unheard()), &env()).await.unwrap();
    let by_administrator = realm.config(&outcome);
    let own = KeycloakConfig {
        admin: None,
        ..by_administrator.clone()
    };
    let (whole, release) = (looked(&by_administrator).await, looked(&own).await);
    let (whole, release) = (of(&whole, "version"), of(&release, "version"));
    let seen = |check: &Check| check.received.clone().unwrap();
    let (major, minor) = seen(whole)
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert!(minor.parse::<u32>().is_ok());
    assert!(seen(release).starts_with(&major), "{release:?} {whole:?}");
    assert_eq!(seen(release).split('.').count(), 2);
    realm.delete().await;
}

#[tokio::test]
async fn our_own_account_names_all_that_has_changed() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let mut request = realm.request(&unheard());
    request.drift = true;
    request.directory = true;
    request.headless_password = true;
    let outcome = apply(&request, &env()).await.unwrap();
    let mut own = KeycloakConfig {
        admin: None,
        ..realm.config(&outcome)
    };
    own.options.directory = true;
    own.options.headless = Some(Headless::Password);
    let checks = looked(&own).await;
    assert_eq!(wrong(&checks), []);
    for name in [
        "setup_client_laneway",
        "setup_passkey_policy",
        "setup_passkeys",
        "setup_required_actions",
        "setup_user_profile",
        "setup_events",
        "setup_login_flow_laneway_login",
        "setup_claim_mapper_laneway_groups",
        "setup_client_scopes",
        "setup_rights_of_the_client",
    ] {
        assert!(of(&checks, name).ok, "{name}");
    }

    // An administrator who tidies up.
    let mut client = realm
        .admin(Method::GET, "/clients?clientId=laneway", None)
        .await[0]
        .take();
    client["attributes"]["backchannel.logout.url"] = json!("https://elsewhere.example.test/out");
    let id = client["id"].as_str().unwrap().to_owned();
    let mapper = client["protocolMappers"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/clients/{id}");
    realm.admin(Method::PUT, &path, Some(client)).await;
    let path = format!("/clients/{id}/protocol-mappers/models/{mapper}");
    realm.admin(Method::DELETE, &path, None).await;
    let path = "/authentication/required-actions/UPDATE_PASSWORD";
    let mut action = realm.admin(Method::GET, path, None).await;
    action["enabled"] = json!(false);
    realm.admin(Method::PUT, path, Some(action)).await;
    let checks = looked(&own).await;
    let found = wrong(&checks);
    assert!(
        found.contains(&("setup_client_laneway", false)),
        "{found:?}"
    );
    assert!(
        found.contains(&("setup_required_actions", true)),
        "{found:?}"
    );
    let mappers = found
        .iter()
        .filter(|(name, ok)| name.starts_with("setup_claim_mapper") && !ok);
    assert_eq!(mappers.count(), 1, "{found:?}");
    assert_eq!(found.len(), 3, "{found:?}");
    let client = of(&checks, "setup_client_laneway");
    let said = client.received.as_ref().unwrap();
    assert!(said.contains("backchannel.logout.url"), "{said}");
    // Without them the next run would take back what they stand for.
    for flag in ["--directory", "--headless-password"] {
        assert!(client.fix.contains(flag), "{client:?}");
    }
    assert!(!format!("{checks:?}").contains(secret(&own)));
    realm.delete().await;
}

fn secret(config: &KeycloakConfig) -> &str {
    use secrecy::ExposeSecret as _;
    config.client_secret.expose_secret()
}

#[tokio::test]
async fn without_the_rights_to_look_it_is_said_which_and_whoever_sets_up_sees_all() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let between = realm.beside("connections");
    let mut request = realm.request(&unheard());
    request.connections = Some(between.name.clone());
    let outcome = apply(&request, &env()).await.unwrap();
    let mut own = KeycloakConfig {
        admin: None,
        ..realm.config(&outcome)
    };
    own.options.connections = Some(ConnectionsOptions {
        realm: between.name.clone(),
        usual_for: vec![Spoken::Saml],
    });
    let checks = looked(&own).await;
    assert_eq!(wrong(&checks), []);
    let said = of(&checks, "setup").received.clone().unwrap();
    for word in ["view-realm", "view-clients", "--setup-client", "--drift"] {
        assert!(said.contains(word), "{word}: {said}");
    }

    // One of the two is nobody's wish.
    realm.give("laneway", "view-realm").await;
    let checks = looked(&own).await;
    assert_eq!(wrong(&checks), [("setup", true)]);
    let said = of(&checks, "setup").received.clone().unwrap();
    assert!(said.ends_with("view-clients"), "{said}");

    // Whoever sets up sees the realm of connections too.
    let full = KeycloakConfig {
        admin: Some(realm.credential()),
        ..own.clone()
    };
    assert_eq!(wrong(&looked(&full).await), []);
    let off = json!({"duplicateEmailsAllowed": false});
    between.admin(Method::PUT, "", Some(off)).await;
    let checks = looked(&full).await;
    let name = format!("setup_realm_{}", between.name.replace('-', "_"));
    assert!(
        wrong(&checks).contains(&(name.as_str(), false)),
        "{checks:?}"
    );
    assert!(of(&checks, &name).fix.contains(&between.name));

    // Whoever has too few rights for it is told which.
    realm
        .client_with("onlooker", "onlooker-secret", &["view-realm"])
        .await;
    let few = KeycloakConfig {
        admin: Some(realm.by_client("onlooker", "onlooker-secret")),
        ..own
    };
    let checks = looked(&few).await;
    assert!(wrong(&checks).contains(&("setup", false)), "{checks:?}");
    assert!(of(&checks, "setup").fix.contains("realm-admin"));
    between.delete().await;
    realm.delete().await;
}
