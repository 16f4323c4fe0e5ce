//! People of a live Keycloak who are managed from here: what is said where the right is missing,
//! and who is not taken over.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::harness::app::Options;
use crate::harness::realms::Realms;

/// An app in front of the realm, with its people managed from here; the upstream's address.
async fn in_front(realms: &Realms) -> (TestApp, String) {
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::sqlite_with(options).await;
    let mut upstream = realms.bootstrap("kc").await;
    upstream["options"] = json!({ "directory": true });
    let made = app.admin("POST", "/v1/admin/upstreams", upstream).await;
    let made = made.expect(201).json();
    let path = format!(
        "/v1/admin/upstreams/{}",
        made["id"].as_str().expect("an id")
    );
    let primary = json!({ "role": "primary" });
    app.admin("PATCH", &path, primary).await.expect(200);
    (app, path)
}

async fn people(app: &TestApp) -> Value {
    let all = app.admin("GET", "/v1/admin/users", Value::Null).await;
    all.expect(200).json()["items"].clone()
}

#[tokio::test]
async fn without_the_right_it_is_said_and_nobody_is_made() {
    let Some(mut realms) = Realms::new().await else {
        return;
    };
    let (app, upstream) = in_front(&realms).await;
    let new = json!({ "email": "new@acme.test", "name": "New Person" });
    let refused = app.admin("POST", "/v1/admin/users", new.clone()).await;
    refused.refused(409, "not_supported_by_upstream");
    assert_eq!(people(&app).await, json!([]));
    let probe = format!("{upstream}/probe");
    let probe = app.admin("POST", &probe, Value::Null).await.expect(200);
    let probe = probe.json().to_string();
    assert!(probe.contains("--directory"), "{probe}");

    // With the right, an address that is taken there opens nothing to whoever has taken it.
    realms.directory = true;
    realms.bootstrap("kc").await;
    let subject = realms.person(&realms.home, "new", "staff").await;
    let refused = app.admin("POST", "/v1/admin/users", new.clone()).await;
    refused.refused(409, "duplicate");
    assert_eq!(people(&app).await, json!([]));
    let path = format!("/{}/users/{subject}", realms.home);
    realms.send(Method::DELETE, &path, None).await;
    let made = app.admin("POST", "/v1/admin/users", new).await.expect(201);
    let id = made.json()["id"].as_str().expect("an id").to_owned();

    // Whoever was removed there meanwhile can still be changed and removed here.
    let found = format!("/{}/users?username=new@acme.test&exact=true", realms.home);
    let found = realms.send(Method::GET, &found, None).await;
    let subject = found[0]["id"].as_str().expect("an id");
    let path = format!("/{}/users/{subject}", realms.home);
    realms.send(Method::DELETE, &path, None).await;
    let path = format!("/v1/admin/users/{id}");
    let change = json!({ "name": "Other Person", "state": "disabled" });
    app.admin("PATCH", &path, change).await.expect(200);
    app.admin("DELETE", &path, Value::Null).await.expect(204);
    realms.remove().await;
}
