//! Flows: passkeys, and proving it again.

use laneway_fake::{Conduct, SoftAuthenticator};
use serde_json::{Value, json};

use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, answer, both};

/// One passkey ceremony of a flow.
async fn present(
    browser: &mut Browser,
    flow: &str,
    keys: &SoftAuthenticator,
    conduct: &Conduct,
) -> Reply {
    let step = answer(browser, flow, "passkey", json!({}))
        .await
        .expect(200)
        .json()["step"]
        .clone();
    let credential = keys
        .get_with(&step["public_key"], LOGIN, conduct)
        .expect("a passkey answers");
    answer(
        browser,
        flow,
        "passkey",
        json!({ "credential": credential }),
    )
    .await
}

pub async fn login(app: &TestApp, keys: &SoftAuthenticator) -> Browser {
    let mut browser = app.browser();
    let flow = app.begin(&mut browser, json!({})).await;
    let id = flow["id"].as_str().expect("an id").to_owned();
    let reply = present(&mut browser, &id, keys, &Conduct::default())
        .await
        .expect(200);
    assert_eq!(reply.json()["state"], "done");
    browser
}

fn id_of(flow: &Value) -> String {
    flow["id"].as_str().expect("an id").to_owned()
}

both! {
    async fn a_passkey_made_at_signup_signs_in(app: TestApp) {
        let keys = SoftAuthenticator::new();
        let mut browser = app.browser();
        let (id, code) = app.asked_for_code(&mut browser, "signup", "ana@x.test").await;
        answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200);
        let step = answer(&mut browser, &id, "profile", json!({ "name": "Ana" })).await.expect(200).json()["step"].clone();
        let foreign = keys.create(&step["public_key"], "https://evil.test").expect("a passkey");
        let reply = answer(&mut browser, &id, "enrol", json!({ "credential": foreign })).await;
        let step = reply.refused(422, "invalid_credentials").json()["flow"]["step"].clone();
        let keys = SoftAuthenticator::new();
        let credential = keys.create(&step["public_key"], LOGIN).expect("a passkey");
        answer(&mut browser, &id, "enrol", json!({ "credential": credential })).await.expect(200);
        let sub = browser.me().await["sub"].clone();

        let mut again = login(&app, &keys).await;
        let me = again.me().await;
        assert_eq!((&me["sub"], &me["acr"], &me["amr"]), (&sub, &json!("phr"), &json!(["hwk", "user"])));
        assert_eq!(app.events("passkey.enrolled").await.len(), 1);
    }

    async fn a_step_up_raises_the_session_and_replaces_its_cookie(app: TestApp) {
        let keys = SoftAuthenticator::new();
        let mut first = app.signup("ana@x.test").await;
        app.enrol(&mut first, &keys).await;
        let mut browser = app.login("ana@x.test").await;
        let refused = browser.post("/v1/me/passkeys", json!({ "label": "second" })).await.refused(403, "step_up_required");
        let body = refused.json();
        assert_eq!((&body["acr_values"], &body["max_age"]), (&json!(["phr"]), &json!(300)));
        assert!(body["step_up_url"].as_str().is_some_and(|url| url.starts_with("https://login.test/bff/login?")));

        let before = (browser.me().await, browser.clone());
        let flow = app.begin(&mut browser, json!({ "purpose": "step_up" })).await;
        assert_eq!(flow["methods"], json!([{ "kind": "passkey", "mode": "headless" }]));
        let id = id_of(&flow);
        answer(&mut browser, &id, "email-code", json!({})).await.refused(409, "wrong_step");
        present(&mut browser, &id, &keys, &Conduct::default()).await.expect(200);
        let after = browser.me().await;
        assert_eq!((&after["sid"], &after["sub"]), (&before.0["sid"], &before.0["sub"]));
        assert_eq!(after["acr"], "phr");
        assert_ne!(before.1.cookie(LOGIN, "__Host-lw"), browser.cookie(LOGIN, "__Host-lw"));
        before.1.clone().user(LOGIN).await.refused(401, "unauthenticated");
        browser.post("/v1/me/passkeys", json!({ "label": "second" })).await.expect(201);
    }

    async fn a_proof_is_fresh_for_five_minutes(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        app.clock.advance_s(300);
        browser.post("/v1/me/passkeys", json!({})).await.expect(201);
        app.clock.advance_s(1);
        let refused = browser.post("/v1/me/passkeys", json!({})).await.refused(403, "step_up_required");
        assert_eq!(refused.json()["acr_values"], json!(["aal1"]), "as strong as this person can be");
        let flow = app.begin(&mut browser, json!({ "purpose": "step_up" })).await;
        let id = id_of(&flow);
        answer(&mut browser, &id, "email-code", json!({})).await.expect(200);
        let code = app.code_for("ana@x.test").await;
        answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200);
        browser.post("/v1/me/passkeys", json!({})).await.expect(201);
    }
}

#[tokio::test]
async fn a_step_up_needs_a_session_and_the_same_person() {
    let app = TestApp::sqlite().await;
    app.browser()
        .post("/v1/auth/flows", json!({ "purpose": "step_up" }))
        .await
        .refused(401, "unauthenticated");
    let (ana, bob) = (SoftAuthenticator::new(), SoftAuthenticator::new());
    let mut browser = app.signup("ana@x.test").await;
    app.enrol(&mut browser, &ana).await;
    let mut other = app.signup("bob@x.test").await;
    app.enrol(&mut other, &bob).await;
    let flow = app
        .begin(&mut browser, json!({ "purpose": "step_up" }))
        .await;
    let id = id_of(&flow);
    let step = answer(&mut browser, &id, "passkey", json!({}))
        .await
        .expect(200)
        .json()["step"]
        .clone();
    assert_eq!(
        step["public_key"]["allowCredentials"]
            .as_array()
            .map(Vec::len),
        Some(1),
        "their own only"
    );
    let mut any = step["public_key"].clone();
    any["allowCredentials"] = json!([]);
    let credential = bob.get(&any, LOGIN).expect("a passkey answers");
    let refused = answer(
        &mut browser,
        &id,
        "passkey",
        json!({ "credential": credential }),
    )
    .await;
    refused.refused(422, "invalid_credentials");
    assert_eq!(browser.me().await["acr"], "aal1");
}

#[tokio::test]
async fn more_than_a_person_can_give_is_told() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let reply = browser
        .post(
            "/v1/auth/flows",
            json!({ "purpose": "step_up", "acr_values": "phr" }),
        )
        .await;
    reply.refused(409, "not_supported_by_upstream");
    let reply = browser
        .post(
            "/v1/auth/flows",
            json!({ "purpose": "step_up", "acr_values": "gold" }),
        )
        .await;
    reply.refused(422, "invalid_field");
}

#[tokio::test]
async fn dishonest_passkeys_are_wrong_answers() {
    let app = TestApp::sqlite().await;
    let keys = SoftAuthenticator::new();
    let mut first = app.signup("ana@x.test").await;
    app.enrol(&mut first, &keys).await;
    let mut browser = app.browser();
    let flow = app.begin(&mut browser, json!({})).await;
    let id = id_of(&flow);
    let table = [
        Conduct {
            user_verified: false,
            ..Conduct::default()
        },
        Conduct {
            broken_signature: true,
            ..Conduct::default()
        },
        Conduct {
            rp_id: Some("evil.test".into()),
            ..Conduct::default()
        },
        Conduct {
            user_handle: Some(Some(vec![1; 16])),
            ..Conduct::default()
        },
        Conduct {
            cross_origin: true,
            ..Conduct::default()
        },
    ];
    for conduct in table {
        let reply = present(&mut browser, &id, &keys, &conduct).await;
        reply.refused(422, "invalid_credentials");
        assert!(browser.cookie(LOGIN, "__Host-lw").is_none(), "{conduct:?}");
    }
    let mut options = answer(&mut browser, &id, "passkey", json!({}))
        .await
        .expect(200)
        .json()["step"]["public_key"]
        .clone();
    options["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let stale = keys.get(&options, LOGIN).expect("a passkey answers");
    answer(&mut browser, &id, "passkey", json!({ "credential": stale }))
        .await
        .refused(422, "invalid_credentials");
    for garbage in [
        json!(null),
        json!("x"),
        json!({}),
        json!({ "id": 1 }),
        json!([1]),
    ] {
        answer(&mut browser, &id, "passkey", json!({}))
            .await
            .expect(200);
        let reply = answer(
            &mut browser,
            &id,
            "passkey",
            json!({ "credential": garbage }),
        )
        .await;
        reply.refused(422, "invalid_credentials");
    }
    present(&mut browser, &id, &keys, &Conduct::default())
        .await
        .expect(200);
}

#[tokio::test]
async fn an_assertion_counts_once() {
    let app = TestApp::sqlite().await;
    let keys = SoftAuthenticator::new();
    let mut first = app.signup("ana@x.test").await;
    app.enrol(&mut first, &keys).await;
    let mut browser = app.browser();
    let id = id_of(&app.begin(&mut browser, json!({})).await);
    let step = answer(&mut browser, &id, "passkey", json!({}))
        .await
        .expect(200)
        .json()["step"]
        .clone();
    let credential = keys
        .get(&step["public_key"], LOGIN)
        .expect("a passkey answers");
    let body = json!({ "credential": credential });
    answer(&mut browser, &id, "passkey", body.clone())
        .await
        .expect(200);
    let mut other = app.browser();
    let fresh = id_of(&app.begin(&mut other, json!({})).await);
    answer(&mut other, &fresh, "passkey", json!({}))
        .await
        .expect(200);
    answer(&mut other, &fresh, "passkey", body)
        .await
        .refused(422, "invalid_credentials");
}

#[tokio::test]
async fn the_last_way_in_stays_and_removing_a_passkey_ends_other_sessions() {
    let app = TestApp::sqlite().await;
    let keys = SoftAuthenticator::new();
    let mut browser = app.signup("ana@x.test").await;
    let passkey = app.enrol(&mut browser, &keys).await;
    let mut other = login(&app, &keys).await;
    let mut strong = login(&app, &keys).await;
    let listed = strong.get("/v1/me/passkeys").await.expect(200).json();
    assert_eq!(listed["items"][0]["id"], passkey.as_str());
    let path = format!("/v1/me/passkeys/{passkey}");
    let remove = || Call::new("DELETE", &path).header("x-csrf", "1");
    browser
        .send(remove())
        .await
        .refused(403, "step_up_required");
    strong.send(remove()).await.expect(204);
    other.user(LOGIN).await.refused(401, "unauthenticated");
    strong.user(LOGIN).await.expect(200);
    strong.send(remove()).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_ceremony_belongs_to_one_session_and_counts_once() {
    let app = TestApp::sqlite().await;
    let keys = SoftAuthenticator::new();
    let mut ana = app.signup("ana@x.test").await;
    let mut bob = app.signup("bob@x.test").await;
    let begun = ana
        .post("/v1/me/passkeys", json!({ "label": "x" }))
        .await
        .expect(201)
        .json();
    let credential = keys.create(&begun["public_key"], LOGIN).expect("a passkey");
    let path = format!("/v1/me/passkeys/{}", begun["id"].as_str().expect("an id"));
    let body = json!({ "credential": credential });
    bob.post(&path, body.clone())
        .await
        .refused(404, "not_found");
    let begun = ana
        .post("/v1/me/passkeys", json!({ "label": "x" }))
        .await
        .expect(201)
        .json();
    let credential = keys.create(&begun["public_key"], LOGIN).expect("a passkey");
    let path = format!("/v1/me/passkeys/{}", begun["id"].as_str().expect("an id"));
    let body = json!({ "credential": credential });
    ana.post(&path, body.clone()).await.expect(201);
    ana.post(&path, body).await.refused(404, "not_found");
}
