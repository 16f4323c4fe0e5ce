//! Signing keys are rotated while tokens are made and verified everywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::client::{Client, head};
use crate::harness::{Browser, Call, LOGIN, TestApp, both, until};

/// Somebody who verifies our tokens, with a copy of the key set that is up to five minutes old: so
/// long our own header lets it be kept.
struct Relying {
    keys: JwkSet,
    fetched_at: i64,
}

impl Relying {
    async fn fetch(browser: &mut Browser, now: i64) -> Self {
        let set = browser.get(&format!("{LOGIN}/.well-known/jwks.json")).await;
        let set = set.expect(200);
        assert_eq!(set.header("cache-control"), "public, max-age=300");
        Self {
            keys: serde_json::from_value(set.json()).expect("a key set"),
            fetched_at: now,
        }
    }

    fn verifies(&self, token: &str) -> bool {
        let kid = head(token)["kid"].as_str().expect("a kid").to_owned();
        let Some(key) = self.keys.find(&kid) else {
            return false;
        };
        let mut rules = Validation::new(Algorithm::ES256);
        (rules.validate_exp, rules.validate_aud) = (false, false);
        let key = DecodingKey::from_jwk(key).expect("a key");
        jsonwebtoken::decode::<Value>(token, &key, &rules).is_ok()
    }
}

struct Load {
    nodes: [Browser; 2],
    robot: Client,
    clock: Arc<laneway_fake::ManualClock>,
    stop: AtomicBool,
    made: AtomicUsize,
    failed: AtomicUsize,
}

async fn works(load: Arc<Load>, number: usize) {
    let [mut here, mut there] = load.nodes.clone();
    if number % 2 == 1 {
        std::mem::swap(&mut here, &mut there);
    }
    let now = || laneway_contract::Clock::now_ms(&*load.clock) / 1000;
    let mut relying = Relying::fetch(&mut there, now()).await;
    while !load.stop.load(Ordering::SeqCst) {
        let grant = [("grant_type", "client_credentials")];
        let made = here.send(load.robot.form("/oauth/token", &grant)).await;
        let token = made.expect(200).json()["access_token"].clone();
        let token = token.as_str().expect("a token").to_owned();
        if now() - relying.fetched_at >= 300 {
            relying = Relying::fetch(&mut there, now()).await;
        }
        // By the other node, and by whoever has our keys.
        let asked = load.robot.form("/oauth/introspect", &[("token", &token)]);
        let judged = there.send(asked).await.expect(200).json();
        if judged["active"] != true || !relying.verifies(&token) {
            load.failed.fetch_add(1, Ordering::SeqCst);
        }
        load.made.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_rotate_under_load_over_two_nodes_and_no_verification_fails() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    let _jobs = [first.jobs(), second.jobs()];
    let robot = json!({ "grant_types": ["client_credentials"], "redirect_uris": [] });
    let load = Arc::new(Load {
        nodes: [first.browser(), second.browser()],
        robot: first.client(robot).await,
        clock: Arc::clone(&first.clock),
        stop: AtomicBool::new(false),
        made: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
    });
    let mut all = tokio::task::JoinSet::new();
    for number in 0..4 {
        all.spawn(works(Arc::clone(&load), number));
    }
    let kid = |token: &Value| head(token["access_token"].as_str().expect("a token"))["kid"].clone();
    let mut seen = Vec::new();
    // Half an hour, with a rotation every ten minutes.
    for step in 0..60 {
        if step % 20 == 2 {
            let made = first
                .admin("POST", "/v1/admin/keys/rotate", json!({}))
                .await;
            made.expect(200);
            // The other node hears of it within the bound, which the test's clock would jump over.
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        first.clock.advance_s(30);
        let before = load.made.load(Ordering::SeqCst);
        until(30, "tokens of this step", || async {
            (load.made.load(Ordering::SeqCst) >= before + 8).then_some(())
        })
        .await;
        let grant = [("grant_type", "client_credentials")];
        let token = first
            .browser()
            .send(load.robot.form("/oauth/token", &grant))
            .await;
        let name = kid(&token.expect(200).json());
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    load.stop.store(true, Ordering::SeqCst);
    all.join_all().await;
    assert_eq!(load.failed.load(Ordering::SeqCst), 0);
    assert_eq!(seen.len(), 4, "three rotations");
    assert_eq!(first.events("signing_key.rotated").await.len(), 3);
}

both! {
    async fn a_key_that_leaked_signs_no_more_at_once(app: TestApp) {
        let robot = app.client(json!({ "grant_types": ["client_credentials"], "redirect_uris": [] })).await;
        let token = async || {
            let made = app.browser().send(robot.form("/oauth/token", &[("grant_type", "client_credentials")])).await;
            made.expect(200).json()["access_token"].as_str().expect("a token").to_owned()
        };
        let old = token().await;
        app.clock.advance_s(1);
        let said = app.admin("POST", "/v1/admin/keys/rotate", json!({ "at_once": true })).await.expect(200).json();
        let new = token().await;
        assert_eq!((&head(&new)["kid"], &said["at_once"]), (&said["kid"], &json!(true)));
        assert_ne!(head(&old)["kid"], head(&new)["kid"]);
        // What was signed before is good to its end.
        for token in [&old, &new] {
            let asked = robot.form("/oauth/introspect", &[("token", token)]);
            assert_eq!(app.browser().send(asked).await.expect(200).json()["active"], true);
        }
        app.clock.advance_s(17 * 60);
        let set = app.browser().get(&format!("{LOGIN}/.well-known/jwks.json")).await.json();
        let known = |token: &str| set["keys"].as_array().expect("keys").iter().any(|key| key["kid"] == head(token)["kid"]);
        assert!(known(&new));
        app.browser().send(Call::api("POST", "/v1/admin/keys/rotate", &json!({}))).await.refused(401, "unauthenticated");
        app.admin("POST", "/v1/admin/keys/rotate", json!({ "other": 1 })).await.refused(422, "invalid_field");
    }

    async fn the_names_of_the_field_lead_to_the_same(app: TestApp) {
        let client = app.client(json!({})).await;
        let mut browser = app.signup("ana@x.test").await;
        for (authorize, token, userinfo) in [("/authorize", "/token", "/oidc/v1/userinfo"), ("/oauth/v2/authorize", "/oauth/v2/token", "/oauth/v2/userinfo")] {
            let asks = client.asks(&[]).replace("/oauth/authorize", authorize);
            let back = browser.get(&asks).await.expect(303);
            let code = crate::oauth::client::parameter(&back, "code");
            let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", client.redirect.as_str()), ("code_verifier", crate::oauth::client::VERIFIER)];
            let tokens = app.browser().send(client.form(token, &fields)).await.expect(200).json();
            let access = tokens["access_token"].as_str().expect("a token");
            let known = Call::new("GET", &format!("{LOGIN}{userinfo}")).bearer(access);
            assert_eq!(app.browser().send(known).await.expect(200).json()["email"], "ana@x.test");
            for path in ["/oauth/v2/introspect", "/oauth/v2/revoke"] {
                app.browser().send(client.form(path, &[("token", access)])).await.expect(200);
            }
            app.browser().send(client.form("/oauth/v2/par", &[])).await.expect(400);
        }
        let hint = app.tokens(&mut browser, &client).await["id_token"].as_str().expect("a token").to_owned();
        for path in ["/oauth/v2/end_session", "/oidc/v1/end_session"] {
            let page = app.browser().get(&format!("{LOGIN}{path}?id_token_hint={hint}")).await;
            assert!(matches!(page.code(), 200 | 303), "{}", page.text());
        }
        // With the same refusals, and on login hosts only.
        app.browser().send(Call::form(&format!("{LOGIN}/token"), &[])).await.expect(401);
        app.browser().get(&format!("{LOGIN}/oauth/v2/token")).await.expect(405);
        app.browser().get(&format!("{LOGIN}/oauth/v2/nothing")).await.expect(404);
        let theirs = app.browser().get("https://app.test/authorize").await;
        assert!(theirs.text().contains("the application"), "{}", theirs.text());
    }
}
