//! Requests that are pushed before the browser comes (RFC 9126).

use serde_json::json;

use super::client::{CALLBACK, Client, challenge, encoded, parameter, refused};
use crate::harness::{Call, LOGIN, TestApp, both};

/// Pushes the request that works, with changes.
fn pushes(client: &Client, changes: &[(&str, &str)]) -> Call {
    let challenge = challenge();
    let mut all = vec![
        ("redirect_uri", client.redirect.as_str()),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "s-1"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    client.form("/oauth/par", &all)
}

fn comes(id: &str, reference: &str, more: &[(&str, &str)]) -> String {
    let mut all = vec![("client_id", id), ("request_uri", reference)];
    all.extend_from_slice(more);
    format!("{LOGIN}/oauth/authorize?{}", encoded(&all))
}

async fn reference(app: &TestApp, client: &Client) -> String {
    let body = app.browser().send(pushes(client, &[])).await.expect(201);
    assert_eq!(body.header("cache-control"), "no-store");
    let body = body.json();
    assert!(
        body["expires_in"]
            .as_i64()
            .is_some_and(|s| (5..=60).contains(&s))
    );
    body["request_uri"]
        .as_str()
        .expect("a reference")
        .to_owned()
}

both! {
    async fn what_was_pushed_counts_and_nothing_beside_it(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({})).await;
        let at = reference(&app, &client).await;
        assert!(at.starts_with("urn:ietf:params:oauth:request_uri:"));
        let more = [("redirect_uri", "https://evil.test/"), ("scope", "openid plans:read"), ("state", "other"), ("prompt", "none login")];
        let back = browser.get(&comes(&client.id, &at, &more)).await.expect(303);
        assert!(back.location().starts_with(CALLBACK), "{}", back.location());
        assert_eq!((parameter(&back, "state").as_str(), parameter(&back, "iss").as_str()), ("s-1", LOGIN));
        let tokens = app.browser().send(client.redeems(&parameter(&back, "code"))).await.expect(200).json();
        assert_eq!(tokens["scope"], "email openid");
        // Once.
        browser.get(&comes(&client.id, &at, &[])).await.refused(400, "invalid_request");
        // Somebody who has to sign in first comes back to what was pushed.
        let at = reference(&app, &client).await;
        let mut stranger = app.browser();
        let asks = comes(&client.id, &at, &[]);
        let reply = stranger.get(&asks).await.expect(303);
        let waiting = reply.location().to_owned();
        stranger.follow(reply, asks).await;
        app.login_in(&mut stranger, "ana@x.test").await;
        let back = stranger.get(&waiting).await.expect(303);
        assert!(back.location().starts_with(CALLBACK) && !parameter(&back, "code").is_empty());
    }

    async fn a_reference_is_for_its_app_and_one_minute(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let (client, other) = (app.client(json!({})).await, app.client(json!({})).await);
        let at = reference(&app, &client).await;
        for asks in [comes(&other.id, &at, &[]), format!("{LOGIN}/oauth/authorize?{}", encoded(&[("request_uri", &at)]))] {
            let page = browser.get(&asks).await.refused(400, "invalid_request");
            assert!(page.location().is_empty());
        }
        // Neither has used it up.
        browser.get(&comes(&client.id, &at, &[])).await.expect(303);
        let at = reference(&app, &client).await;
        app.clock.advance_s(61);
        browser.get(&comes(&client.id, &at, &[])).await.refused(400, "invalid_request");
        let never = "urn:ietf:params:oauth:request_uri:never-was";
        browser.get(&comes(&client.id, never, &[])).await.refused(400, "invalid_request");
    }

    async fn what_cannot_be_answered_is_said_to_the_app(app: TestApp) {
        let client = app.client(json!({})).await;
        for (change, error) in [
            (("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"), (("redirect_uri", "https://evil.test/"), "invalid_request"),
            (("redirect_uri", ""), "invalid_request"), (("response_type", "token"), "unsupported_response_type"), (("scope", "root"), "invalid_scope"),
            (("code_challenge", ""), "invalid_request"), (("resource", "https://other.test/"), "invalid_target"), (("client_id", "other"), "invalid_request"),
            (("request", "e30.e30."), "request_not_supported"), (("prompt", "create"), "invalid_request"), (("dpop_jkt", "x"), "invalid_request"),
        ] {
            let reply = app.browser().send(pushes(&client, &[change])).await;
            // Two ids that differ are refused before the request is read.
            refused(&reply, 400, error);
        }
        let wrong = Client { secret: Some("lw_app_wrong".into()), ..client.clone() };
        refused(&app.browser().send(pushes(&wrong, &[])).await, 401, "invalid_client");
        app.browser().get(&format!("{LOGIN}/oauth/par")).await.expect(405);
        let public = app.client(json!({ "token_endpoint_auth_method": "none" })).await;
        app.browser().send(pushes(&public, &[])).await.expect(201);
        let machine = app.client(json!({ "grant_types": ["client_credentials"] })).await;
        refused(&app.browser().send(pushes(&machine, &[])).await, 400, "unauthorized_client");
    }

    async fn an_app_can_be_held_to_it(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({ "require_pushed_authorization_requests": true })).await;
        let reply = browser.get(&client.asks(&[])).await.expect(303);
        assert_eq!(parameter(&reply, "error"), "invalid_request");
        let at = reference(&app, &client).await;
        let back = browser.get(&comes(&client.id, &at, &[])).await.expect(303);
        assert!(!parameter(&back, "code").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_browsers_over_two_nodes_use_a_reference_once() {
    let Some(app) = TestApp::postgres().await else {
        return;
    };
    let second = app.second().await;
    let client = app.client(json!({})).await;
    let at = reference(&app, &client).await;
    let browser = app.signup("ana@x.test").await;
    let mut all = tokio::task::JoinSet::new();
    for n in 0..50 {
        let node = if n % 2 == 0 { &app } else { &second };
        let mut browser = browser.towards(&node.app.router);
        let asks = comes(&client.id, &at, &[]);
        all.spawn(async move { browser.get(&asks).await.code() });
    }
    let codes = all.join_all().await;
    assert_eq!(codes.iter().filter(|code| **code == 303).count(), 1);
    assert_eq!(codes.iter().filter(|code| **code == 400).count(), 49);
}
