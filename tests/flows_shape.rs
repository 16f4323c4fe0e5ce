//! Flows: what they look like from outside, and that they tell nobody who is known.

use laneway_fake::SoftAuthenticator;
use serde_json::{Value, json};

use crate::harness::app::Options;
use crate::harness::{APP, Browser, Call, LOGIN, TestApp, answer, both, members};

both! {
    async fn a_signup_has_exactly_the_promised_members(app: TestApp) {
        let mut browser = app.browser();
        let body = json!({ "purpose": "signup", "username": "ana@x.test", "return_to": "/next" });
        let reply = browser.post("/v1/auth/flows", body).await.expect(201);
        let flow = reply.json();
        let id = flow["id"].as_str().expect("an id").to_owned();
        assert_eq!(reply.location(), format!("/v1/auth/flows/{id}"));
        let all = ["expires_in", "id", "methods", "purpose", "return_to", "state", "step"];
        assert_eq!(members(&flow), all);
        assert_eq!(
            flow,
            json!({
                "id": id, "purpose": "signup", "state": "pending", "expires_in": 600, "return_to": "/next",
                "step": { "kind": "choose" }, "methods": [{ "kind": "email-code", "mode": "headless" }],
            })
        );
        let flow = answer(&mut browser, &id, "email-code", json!({})).await.expect(200).json();
        assert_eq!(flow["step"], json!({ "kind": "email-code", "resend_in": 30 }));
        let code = app.code_for("ana@x.test").await;
        let flow = answer(&mut browser, &id, "email-code", json!({ "code": code })).await.expect(200).json();
        assert_eq!(flow["step"], json!({ "kind": "profile", "fields": ["name"] }));
        let read = browser.send(Call::new("GET", &format!("/v1/auth/flows/{id}")).header("x-csrf", "1")).await;
        assert_eq!(read.expect(200).json(), flow, "reading shows the same");
        let flow = answer(&mut browser, &id, "profile", json!({ "name": " Ana " })).await.expect(200).json();
        assert_eq!(members(&flow["step"]), ["enrol", "kind", "public_key", "skippable"]);
        assert_eq!((&flow["step"]["enrol"], &flow["step"]["skippable"]), (&json!("passkey"), &json!(true)));
        assert!(browser.cookie(LOGIN, "__Host-lw").is_none(), "no session before the end");
        let reply = answer(&mut browser, &id, "enrol", json!({ "skip": true })).await.expect(200);
        let flow = reply.json();
        assert_eq!((&flow["state"], &flow["step"]), (&json!("done"), &json!({ "kind": "done" })));
        assert_eq!(flow["methods"], json!([]));
        let token = browser.cookie(LOGIN, "__Host-lw").expect("a session");
        assert!(!reply.text().contains(token), "no token in any body");
        let me = browser.me().await;
        assert_eq!((&me["name"], &me["acr"], &me["amr"]), (&json!("Ana"), &json!("aal1"), &json!(["email"])));
    }

    async fn a_login_offers_what_the_tenant_has(app: TestApp) {
        app.add_fake().await;
        let mut browser = app.browser();
        let flow = app.begin(&mut browser, json!({})).await;
        assert_eq!((&flow["purpose"], &flow["step"]), (&json!("login"), &json!({ "kind": "identify" })));
        let kinds = json!([
            { "kind": "passkey", "mode": "headless" }, { "kind": "email-code", "mode": "headless" },
        ]);
        assert_eq!(flow["methods"], kinds);
        let id = flow["id"].as_str().expect("an id");
        let flow = answer(&mut browser, id, "identify", json!({ "username": "ana@x.test" })).await.expect(200);
        assert_eq!(flow.json()["step"], json!({ "kind": "choose" }));
        let flow = answer(&mut browser, id, "passkey", json!({})).await.expect(200).json();
        assert_eq!(members(&flow["step"]), ["kind", "public_key"]);
        assert_eq!(flow["step"]["public_key"]["rpId"], "login.test");
        assert_eq!(flow["step"]["public_key"]["userVerification"], "required");
    }
}

#[tokio::test]
async fn the_flow_cookie_has_the_promised_attributes() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let reply = browser.post("/v1/auth/flows", json!({})).await.expect(201);
    let text = reply.header("set-cookie").to_owned();
    let parsed = cookie::Cookie::parse(text.clone()).expect("a cookie");
    assert_eq!(
        (parsed.name(), parsed.path(), parsed.domain()),
        ("__Host-lw-flow", Some("/"), None)
    );
    assert!(
        parsed.secure() == Some(true) && parsed.http_only() == Some(true),
        "{text}"
    );
    assert_eq!(parsed.same_site(), Some(cookie::SameSite::Lax));
    assert!(
        parsed
            .max_age()
            .is_some_and(|age| age.whole_seconds() <= 600)
    );
    assert!(parsed.value().len() >= 43, "256 bits");
}

/// Everything a visitor can see of a flow, without what differs from flow to flow.
async fn seen(app: &TestApp, purpose: &str, email: &str) -> Vec<(u16, Vec<String>, Value)> {
    let mut browser = app.browser();
    let mut all = Vec::new();
    app.clock.advance_s(1);
    let begin = json!({ "purpose": purpose, "username": email });
    let first = browser.post("/v1/auth/flows", begin).await;
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    let mut replies = vec![first];
    for (kind, body) in [
        ("identify", json!({ "username": email })),
        ("email-code", json!({})),
        ("email-code", json!({ "code": "000000x" })),
        ("email-code", json!({ "resend": true })),
        ("passkey", json!({})),
        ("profile", json!({ "name": "x" })),
        ("password", json!({ "password": "x" })),
    ] {
        replies.push(answer(&mut browser, &id, kind, body).await);
    }
    for reply in replies {
        let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
        names.sort();
        all.push((reply.code(), names, without_values(reply.json())));
    }
    all
}

fn without_values(mut value: Value) -> Value {
    for name in ["id", "challenge", "request_id"] {
        if let Some(found) = value.get_mut(name) {
            *found = json!("…");
        }
    }
    if let Value::Object(map) = &mut value {
        for inner in map.values_mut() {
            *inner = without_values(inner.take());
        }
    }
    value
}

#[tokio::test]
async fn known_and_unknown_people_see_the_same() {
    for signup in ["open", "invite", "closed"] {
        let app = TestApp::sqlite_with(Options {
            signup,
            ..Options::default()
        })
        .await;
        let body = json!({ "email": "known@x.test", "email_verified": true, "name": "Known" });
        app.admin("POST", "/v1/admin/users", body).await.expect(201);
        let keys = SoftAuthenticator::new();
        let mut known = app.login("known@x.test").await;
        app.enrol(&mut known, &keys).await;
        let body = json!({ "email": "off@x.test", "name": "Off" });
        let off = app
            .admin("POST", "/v1/admin/users", body)
            .await
            .expect(201)
            .json();
        app.login("off@x.test").await;
        let path = format!("/v1/admin/users/{}", off["id"].as_str().expect("an id"));
        app.admin("PATCH", &path, json!({ "state": "disabled" }))
            .await
            .expect(200);
        for purpose in ["login", "signup"] {
            let wanted = seen(&app, purpose, "unknown@x.test").await;
            for email in ["known@x.test", "off@x.test"] {
                assert_eq!(
                    seen(&app, purpose, email).await,
                    wanted,
                    "{signup} {purpose} {email}"
                );
            }
        }
    }
}

#[tokio::test]
async fn flows_are_not_begun_by_foreign_pages() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let json = |call: Call| {
        call.header("content-type", "application/json")
            .body(b"{}".to_vec())
    };
    let post = || Call::new("POST", "/v1/auth/flows");
    browser
        .send(json(post()))
        .await
        .refused(403, "csrf_required");
    browser
        .send(json(post()).header("x-csrf", "0"))
        .await
        .refused(403, "csrf_required");
    let plain = post()
        .header("x-csrf", "1")
        .header("content-type", "text/plain")
        .body(b"{}".to_vec());
    browser
        .send(plain)
        .await
        .refused(415, "unsupported_media_type");
    for origin in [
        "https://evil.test",
        "null",
        "https://listed.example",
        "http://login.test",
        "https://app.test",
    ] {
        let call = json(post()).header("x-csrf", "1").header("origin", origin);
        browser.send(call).await.refused(403, "origin_not_allowed");
    }
    for site in ["cross-site", "same-site"] {
        let call = json(post())
            .header("x-csrf", "1")
            .header("sec-fetch-site", site);
        browser.send(call).await.refused(403, "origin_not_allowed");
    }
    let own = json(post())
        .header("x-csrf", "1")
        .header("origin", LOGIN)
        .header("sec-fetch-site", "same-origin");
    browser.send(own).await.expect(201);
    let on_app = Call::api("POST", &format!("{APP}/v1/auth/flows"), &json!({}));
    browser.send(on_app).await.refused(404, "not_found");
}

#[tokio::test]
async fn another_browsers_flow_does_not_exist() {
    let app = TestApp::sqlite().await;
    let mut mine = app.browser();
    let (id, code) = app.asked_for_code(&mut mine, "signup", "ana@x.test").await;
    let mut other = app.browser();
    app.begin(&mut other, json!({})).await;
    let mut without = app.browser();
    for browser in [&mut other, &mut without] {
        let read = Call::new("GET", &format!("/v1/auth/flows/{id}")).header("x-csrf", "1");
        browser.send(read).await.refused(404, "not_found");
        answer(browser, &id, "email-code", json!({ "code": code }))
            .await
            .refused(404, "not_found");
    }
    let missing = answer(
        &mut mine,
        "0199-nothing",
        "email-code",
        json!({ "code": code }),
    )
    .await;
    missing.refused(404, "not_found");
    answer(&mut mine, &id, "email-code", json!({ "code": code }))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_step_that_is_not_open_is_told() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let flow = app
        .begin(
            &mut browser,
            json!({ "purpose": "signup", "username": "ana@x.test" }),
        )
        .await;
    let id = flow["id"].as_str().expect("an id").to_owned();
    for (kind, body) in [
        ("email-code", json!({ "code": "123456" })),
        ("email-code", json!({ "resend": true })),
        ("passkey", json!({ "credential": {} })),
        ("passkey", json!({})),
        ("redirect", json!({})),
        ("redirect", json!({ "connection": "corp" })),
        ("profile", json!({ "name": "x" })),
        ("enrol", json!({ "skip": true })),
        ("organization", json!({ "organization": "x" })),
        ("password", json!({ "password": "x" })),
        ("totp", json!({ "code": "x" })),
    ] {
        let reply = answer(&mut browser, &id, kind, body)
            .await
            .refused(409, "wrong_step");
        assert_eq!(reply.json()["step"], json!({ "kind": "choose" }), "{kind}");
    }
    answer(&mut browser, &id, "nonsense", json!({}))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn return_addresses_are_checked_at_the_start() {
    let app = TestApp::sqlite().await;
    let mut browser: Browser = app.browser();
    for bad in [
        "//evil.test",
        "https://evil.test/",
        "javascript:alert(1)",
        "/\\evil.test",
        "x",
        "",
    ] {
        let reply = browser
            .post("/v1/auth/flows", json!({ "return_to": bad }))
            .await;
        reply.refused(400, "invalid_return_to");
    }
    for good in ["/a?b=c", "https://app.test/x", "https://listed.example/y"] {
        let reply = browser
            .post("/v1/auth/flows", json!({ "return_to": good }))
            .await
            .expect(201);
        assert_eq!(reply.json()["return_to"], good);
    }
}
