//! The embedded provider as companion beside a live Keycloak: passkeys, apps and codes by mail on
//! our page, for people who are Keycloak's.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::realms::Realms;
use crate::harness::{Browser, LOGIN, TestApp, answer};
use crate::suite::web;

/// An app in front of the realm, with the embedded provider beside it.
async fn beside(realms: &Realms) -> TestApp {
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::sqlite_with(options).await;
    let upstream = realms.bootstrap("kc").await;
    let made = app.admin("POST", "/v1/admin/upstreams", upstream).await;
    let kc = made.expect(201).json()["id"].clone();
    role(&app, &kc, "primary").await;
    let all = app.admin("GET", "/v1/admin/upstreams", Value::Null).await;
    let all = all.expect(200).json();
    let mut all = all["items"].as_array().expect("a list").iter();
    let own = all.find(|one| one["kind"] == "embedded").expect("embedded");
    role(&app, &own["id"], "companion").await;
    app
}

async fn role(app: &TestApp, id: &Value, role: &str) {
    let path = format!("/v1/admin/upstreams/{}", id.as_str().expect("an id"));
    let body = json!({ "role": role });
    app.admin("PATCH", &path, body).await.expect(200);
}

/// Signs in on Keycloak's page.
async fn over_there(app: &TestApp, realms: &Realms, login: &str) -> Browser {
    let mut browser = app.browser();
    let start = browser.get("/federation/kc/start").await.expect(303);
    let mut abroad = web::Browser::new();
    let home = realms.walk(&mut abroad, start.location(), login).await;
    let home = home.strip_prefix(LOGIN).expect("our own address");
    browser.get(home).await.expect(303);
    browser
}

#[tokio::test]
async fn keycloaks_people_add_ways_to_sign_in_here_and_stay_keycloaks() {
    let Some(realms) = Realms::new().await else {
        return;
    };
    let app = beside(&realms).await;
    let ana = realms.person(&realms.home, "ana", "staff").await;
    let mut browser = over_there(&app, &realms, "ana").await;
    let sub = browser.me().await["sub"].clone();
    let asked = browser
        .post("/v1/me/email", json!({ "email": "ana@own.test" }))
        .await;
    asked.expect(202);
    let code = app.code_for("ana@own.test").await;
    browser
        .post("/v1/me/email/confirm", json!({ "code": code }))
        .await
        .expect(200);
    let keys = laneway_fake::SoftAuthenticator::new();
    app.enrol(&mut browser, &keys).await;

    // By the passkey.
    let mut by_key = app.browser();
    let flow = app.begin(&mut by_key, json!({})).await;
    let methods = flow["methods"].as_array().expect("methods");
    for (kind, mode) in [
        ("passkey", "facade"),
        ("email-code", "facade"),
        ("redirect", "redirect"),
    ] {
        let found = methods.iter().find(|one| one["kind"] == kind);
        assert_eq!(found.expect(kind)["mode"], mode, "{kind}");
    }
    assert!(!methods.iter().any(|one| one["kind"] == "password"));
    let id = flow["id"].as_str().expect("an id");
    let asked = answer(&mut by_key, id, "passkey", json!({}))
        .await
        .expect(200)
        .json();
    let credential = keys
        .get(&asked["step"]["public_key"], LOGIN)
        .expect("an answer");
    answer(
        &mut by_key,
        id,
        "passkey",
        json!({ "credential": credential }),
    )
    .await
    .expect(200);
    let me = by_key.me().await;
    assert_eq!(
        (&me["sub"], &me["acr"], &me["upstream"]["id"]),
        (&sub, &json!("phr"), &json!("kc"))
    );

    // By a code to the address that they have proven here.
    let mut by_mail = app.login("ana@own.test").await;
    let me = by_mail.me().await;
    assert_eq!((&me["sub"], &me["upstream"]["id"]), (&sub, &json!("kc")));

    // Switched off at Keycloak, all of them are out.
    let _jobs = app.jobs();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let path = format!("/{}/users/{ana}", realms.home);
    realms
        .send(Method::PUT, &path, Some(json!({ "enabled": false })))
        .await;
    for (way, browser) in [
        ("redirect", &mut browser),
        ("passkey", &mut by_key),
        ("mail", &mut by_mail),
    ] {
        let mut code = 0;
        for _ in 0..50 {
            code = browser.user(LOGIN).await.code();
            if code == 401 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert_eq!(code, 401, "disabled at Keycloak and still in by {way}");
    }
    realms.remove().await;
}
