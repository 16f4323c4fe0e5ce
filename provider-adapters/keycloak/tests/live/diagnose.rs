//! Each fault that an administrator can make is named, with the step that mends it.

use laneway_contract::{Addresses, Check, Diagnose as _};
use laneway_keycloak::{Keycloak, KeycloakConfig};
use reqwest::Method;
use serde_json::json;

use crate::outside::env;
use crate::realm::{TestRealm, unheard};

async fn failed(config: &KeycloakConfig, addresses: &Addresses) -> Vec<Check> {
    let keycloak = Keycloak::new(config.clone(), env()).unwrap();
    let checks = keycloak.diagnose(addresses).await;
    assert!(!checks.is_empty());
    checks.into_iter().filter(|check| !check.ok).collect()
}

fn names(checks: &[Check]) -> Vec<&str> {
    checks.iter().map(|check| check.name.as_str()).collect()
}

#[tokio::test]
async fn every_fault_has_its_name_and_its_fix() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let request = realm.request(&unheard());
    let outcome = laneway_keycloak::bootstrap::apply(&request, &env())
        .await
        .unwrap();
    let good = realm.config(&outcome);
    assert_eq!(failed(&good, &unheard()).await, []);

    let without_rights = KeycloakConfig {
        admin: None,
        ..good.clone()
    };
    let mut moved = unheard();
    moved.redirect_uri = "http://localhost:9/federation/callback/other"
        .parse()
        .unwrap();
    moved.post_logout_uri = "http://localhost:9/elsewhere".parse().unwrap();
    let found = failed(&without_rights, &moved).await;
    assert_eq!(names(&found), ["redirect_uri", "post_logout_redirect_uri"]);
    assert!(
        found[0]
            .fix
            .contains("http://localhost:9/federation/callback/other"),
        "{found:?}"
    );
    assert!(
        found[1].fix.contains("http://localhost:9/elsewhere"),
        "{found:?}"
    );
    let mut deaf = unheard();
    deaf.backchannel_uri = "http://localhost:9/bff/backchannel/other".parse().unwrap();
    let found = failed(&good, &deaf).await;
    assert_eq!(names(&found), ["setup_client_laneway"]);
    assert!(
        found[0]
            .received
            .as_ref()
            .unwrap()
            .contains("backchannel.logout.url"),
        "{found:?}"
    );

    let wrong_secret = KeycloakConfig {
        client_secret: "canary-wrong".into(),
        ..without_rights.clone()
    };
    let found = failed(&wrong_secret, &unheard()).await;
    assert_eq!(names(&found), ["client_credentials"]);
    assert!(!format!("{found:?}").contains("canary"));
    let wrong_client = KeycloakConfig {
        client_id: "nobody".into(),
        ..without_rights.clone()
    };
    let found = failed(&wrong_client, &unheard()).await;
    assert_eq!(
        names(&found),
        [
            "client_credentials",
            "redirect_uri",
            "post_logout_redirect_uri"
        ]
    );

    let wrong_realm = KeycloakConfig {
        issuer: format!("{}x", good.issuer),
        ..good.clone()
    };
    assert_eq!(names(&failed(&wrong_realm, &unheard()).await), ["realm"]);
    let other_name = KeycloakConfig {
        issuer: good.issuer.replace("localhost", "127.0.0.1"),
        ..good.clone()
    };
    assert_eq!(names(&failed(&other_name, &unheard()).await), ["discovery"]);
    let gone = KeycloakConfig {
        issuer: "http://127.0.0.1:9/realms/x".into(),
        ..good.clone()
    };
    assert_eq!(names(&failed(&gone, &unheard()).await), ["realm"]);

    realm
        .admin(Method::PUT, "", Some(json!({"enabled": false})))
        .await;
    let found = failed(&good, &unheard()).await;
    assert_eq!(names(&found), ["realm"]);
    assert!(found[0].fix.contains(&realm.name), "{found:?}");
    realm.delete().await;
}

#[tokio::test]
async fn who_may_not_read_events_is_told_so_and_signs_people_in_all_the_same() {
    let Some(realm) = TestRealm::create().await else {
        return;
    };
    let request = realm.request(&unheard());
    let outcome = laneway_keycloak::bootstrap::apply(&request, &env())
        .await
        .unwrap();
    let own = KeycloakConfig {
        admin: None,
        ..realm.config(&outcome)
    };
    let warnings = async || {
        let keycloak = Keycloak::new(own.clone(), env()).unwrap();
        let checks = keycloak.diagnose(&unheard()).await;
        assert!(checks.iter().all(|check| check.ok), "{checks:?}");
        let all = checks.into_iter().filter(Check::is_warning);
        all.collect::<Vec<_>>()
    };
    assert_eq!(warnings().await, []);

    let mut events = realm.admin(Method::GET, "/events/config", None).await;
    events["adminEventsDetailsEnabled"] = json!(false);
    realm
        .admin(Method::PUT, "/events/config", Some(events))
        .await;
    let found = warnings().await;
    assert_eq!(names(&found), ["events"]);
    let received = found[0].received.as_ref().unwrap();
    assert!(received.contains("what they have set"), "{received}");

    // As a set-up of an earlier version has left it: no right, and no account at all.
    realm.forget_rights("laneway").await;
    assert_eq!(names(&warnings().await), ["events", "credentials"]);
    let mut client = realm
        .admin(Method::GET, "/clients?clientId=laneway", None)
        .await[0]
        .take();
    client["serviceAccountsEnabled"] = json!(false);
    let path = format!("/clients/{}", client["id"].as_str().unwrap());
    realm.admin(Method::PUT, &path, Some(client)).await;
    let found = warnings().await;
    assert_eq!(names(&found), ["events", "credentials"]);
    assert!(
        found[0].fix.contains("laneway upstream bootstrap keycloak"),
        "{found:?}"
    );
    realm.delete().await;
}
