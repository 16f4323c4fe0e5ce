//! Tokens that are bound to a key (RFC 9449).

use serde_json::{Value, json};

use super::client::{API, Client, claims, parameter, refused};
use super::keys::{Key, digest};
use crate::harness::{Call, LOGIN, TestApp, both};

/// A proof for a request, before it is changed.
fn proof(app: &TestApp, (method, path): (&str, &str), id: &str) -> Value {
    json!({ "jti": id, "htm": method, "htu": format!("{LOGIN}{path}"), "iat": app.clock_s() })
}

fn signed(key: &Key, claims: &Value) -> String {
    let header = json!({ "typ": "dpop+jwt", "alg": key.alg(), "jwk": key.jwk() });
    key.sign(&header, claims)
}

const TOKEN: (&str, &str) = ("POST", "/oauth/token");
const USERINFO: (&str, &str) = ("GET", "/oauth/userinfo");

async fn bound(app: &TestApp, client: &Client, key: &Key, email: &str) -> Value {
    let mut browser = app.login_or_signup(email).await;
    let code = app.code(&mut browser, client, &[]).await;
    let id = digest(&code);
    let call = client
        .redeems(&code)
        .header("dpop", &signed(key, &proof(app, TOKEN, &id)));
    app.browser().send(call).await.expect(200).json()
}

fn asks(token: &str, proof: &str) -> Call {
    Call::new("GET", &format!("{LOGIN}/oauth/userinfo"))
        .header("authorization", &format!("DPoP {token}"))
        .header("dpop", proof)
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().expect("text").to_owned()
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

both! {
    async fn a_token_is_bound_to_the_key_that_asked_for_it(app: TestApp) {
        let (client, key, thief) = (app.client(json!({ "audiences": [LOGIN, API] })).await, Key::es256(), Key::es256());
        let tokens = bound(&app, &client, &key, "ana@x.test").await;
        assert_eq!(tokens["token_type"], "DPoP");
        let access = text(&tokens, "access_token");
        assert_eq!(claims(&access)["cnf"], json!({ "jkt": key.name() }));
        let fresh = |id: &str| with(proof(&app, USERINFO, id), "ath", json!(digest(&access)));
        let known = app.browser().send(asks(&access, &signed(&key, &fresh("1")))).await.expect(200).json();
        assert_eq!(known["email"], "ana@x.test");
        // As a bearer it is worth nothing, here and wherever else our tokens are taken.
        refused(&app.userinfo(&tokens["access_token"]).await, 401, "invalid_token");
        let form = Call::form(&format!("{LOGIN}/oauth/userinfo"), &[("access_token", &access)]);
        refused(&app.browser().send(form).await, 401, "invalid_token");
        for path in ["/v1/me", "/bff/user", "/v1/organizations"] {
            app.browser().send(Call::new("GET", path).bearer(&access)).await.refused(401, "invalid_token");
        }
        // With another key, or without one.
        let reply = app.browser().send(asks(&access, &signed(&thief, &fresh("2")))).await;
        refused(&reply, 401, "invalid_token");
        assert!(reply.header("www-authenticate").starts_with("DPoP error=\"invalid_token\", algs=\""), "{}", reply.header("www-authenticate"));
        let none = Call::new("GET", &format!("{LOGIN}/oauth/userinfo")).header("authorization", &format!("DPoP {access}"));
        refused(&app.browser().send(none).await, 401, "invalid_token");
        // One that is not bound is not sent as if it were.
        let plain = app.tokens(&mut app.login("ana@x.test").await, &client).await;
        let plain = text(&plain, "access_token");
        let ath = with(proof(&app, USERINFO, "3"), "ath", json!(digest(&plain)));
        refused(&app.browser().send(asks(&plain, &signed(&key, &ath))).await, 401, "invalid_token");
        let said = app.browser().send(client.form("/oauth/introspect", &[("token", &access)])).await.expect(200).json();
        assert_eq!((&said["token_type"], &said["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.name())));
    }

    async fn every_part_of_a_proof_is_looked_at(app: TestApp) {
        let (client, key) = (app.client(json!({})).await, Key::es256());
        let tokens = bound(&app, &client, &key, "ana@x.test").await;
        let access = text(&tokens, "access_token");
        let good = |id: &str| with(proof(&app, USERINFO, id), "ath", json!(digest(&access)));
        let now = app.clock_s();
        for (n, (name, value)) in [
            ("htm", json!("POST")), ("htm", Value::Null), ("htu", json!(format!("{LOGIN}/oauth/token"))), ("htu", json!("https://other.test/oauth/userinfo")),
            ("htu", Value::Null), ("iat", json!(now - 300)), ("iat", json!(now + 300)), ("iat", json!(now.to_string())), ("iat", Value::Null),
            ("jti", Value::Null), ("jti", json!("")), ("ath", Value::Null), ("ath", json!(digest("other"))), ("ath", json!(access)),
        ].into_iter().enumerate() {
            let text = signed(&key, &with(good(&format!("n{n}")), name, value.clone()));
            let reply = app.browser().send(asks(&access, &text)).await;
            refused(&reply, 401, "invalid_dpop_proof");
            assert!(reply.header("www-authenticate").starts_with("DPoP error=\"invalid_dpop_proof\""), "{name} {value}");
        }
        let jwk = key.jwk();
        let mut private = jwk.clone();
        private["d"] = json!("AAAA");
        for header in [
            json!({ "typ": "JWT", "alg": "ES256", "jwk": jwk }), json!({ "alg": "ES256", "jwk": jwk }), json!({ "typ": "dpop+jwt", "alg": "none", "jwk": jwk }),
            json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": jwk }), json!({ "typ": "dpop+jwt", "alg": "ES256" }), json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": private }),
            json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": Key::es256().jwk() }), json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": { "kty": "oct", "k": "AAAA" } }),
            json!({ "typ": "dpop+jwt", "alg": "ES256", "kid": "x", "jku": "https://evil.test/" }),
        ] {
            let text = key.sign(&header, &good("same"));
            refused(&app.browser().send(asks(&access, &text)).await, 401, "invalid_dpop_proof");
        }
        let twice = signed(&key, &good("same"));
        refused(&app.browser().send(asks(&access, &twice).header("dpop", &twice)).await, 401, "invalid_dpop_proof");
        // Ten seconds apart is no fault, and query and fragment are not compared.
        for (n, at) in [now - 10, now + 10].into_iter().enumerate() {
            let near = with(with(good(&format!("near{n}")), "iat", json!(at)), "htu", json!(format!("{LOGIN}/oauth/userinfo?x=1#y")));
            app.browser().send(asks(&access, &signed(&key, &near))).await.expect(200);
        }
        // None of the refusals has used it up; the use has.
        app.browser().send(asks(&access, &twice)).await.expect(200);
        refused(&app.browser().send(asks(&access, &twice)).await, 401, "invalid_dpop_proof");
        let second = app.second().await;
        refused(&second.browser().send(asks(&access, &twice)).await, 401, "invalid_dpop_proof");
    }

    async fn a_code_can_be_asked_for_with_a_key(app: TestApp) {
        let (client, key, other) = (app.client(json!({})).await, Key::es256(), Key::es256());
        let mut browser = app.signup("ana@x.test").await;
        let name = key.name();
        let redeem = |code: &str, by: Option<&Key>| match by {
            Some(by) => client.redeems(code).header("dpop", &signed(by, &proof(&app, TOKEN, &digest(code)))),
            None => client.redeems(code),
        };
        for (by, status) in [(Some(&other), 400), (None, 400), (Some(&key), 200)] {
            let code = app.code(&mut browser, &client, &[("dpop_jkt", &name)]).await;
            let reply = app.browser().send(redeem(&code, by)).await;
            assert_eq!(reply.code(), status, "{}", reply.text());
        }
        let bad = browser.get(&client.asks(&[("dpop_jkt", "short")])).await.expect(303);
        assert_eq!(parameter(&bad, "error"), "invalid_request");
        // A proof at the place where requests are pushed says the same.
        let push = |by: &Key, id: &str, jkt: &str| {
            let challenge = crate::oauth::client::challenge();
            let mut all = vec![("redirect_uri", client.redirect.as_str()), ("response_type", "code"), ("scope", "openid"), ("code_challenge", &challenge), ("code_challenge_method", "S256")];
            if !jkt.is_empty() { all.push(("dpop_jkt", jkt)); }
            client.form("/oauth/par", &all).header("dpop", &signed(by, &proof(&app, ("POST", "/oauth/par"), id)))
        };
        refused(&app.browser().send(push(&other, "p1", &name)).await, 400, "invalid_dpop_proof");
        for (n, by, status) in [("p2", &other, 400), ("p3", &key, 200)] {
            let pushed = app.browser().send(push(&key, n, "")).await.expect(201).json();
            let query = crate::oauth::client::encoded(&[("client_id", &client.id), ("request_uri", &text(&pushed, "request_uri"))]);
            let back = browser.get(&format!("{LOGIN}/oauth/authorize?{query}")).await.expect(303);
            let reply = app.browser().send(redeem(&parameter(&back, "code"), Some(by))).await;
            assert_eq!(reply.code(), status, "{}", reply.text());
        }
    }

    async fn an_app_without_a_secret_refreshes_with_its_key_alone(app: TestApp) {
        let (key, other) = (Key::es256(), Key::es256());
        let public = app.client(json!({ "token_endpoint_auth_method": "none" })).await;
        let tokens = bound(&app, &public, &key, "ana@x.test").await;
        let refresh = text(&tokens, "refresh_token");
        refused(&app.browser().send(public.refreshes(&refresh)).await, 400, "invalid_grant");
        let by = |key: &Key, id: &str| public.refreshes(&refresh).header("dpop", &signed(key, &proof(&app, TOKEN, id)));
        refused(&app.browser().send(by(&other, "r1")).await, 400, "invalid_grant");
        let next = app.browser().send(by(&key, "r2")).await.expect(200).json();
        assert_eq!((&next["token_type"], &claims(&text(&next, "access_token"))["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.name())));
        // A confidential app proves itself by its secret; the new token is for the new key.
        let client = app.client(json!({})).await;
        let tokens = bound(&app, &client, &key, "ana@x.test").await;
        let call = client.refreshes(&text(&tokens, "refresh_token")).header("dpop", &signed(&other, &proof(&app, TOKEN, "r3")));
        let next = app.browser().send(call).await.expect(200).json();
        assert_eq!(claims(&text(&next, "access_token"))["cnf"]["jkt"], json!(other.name()));
    }

    async fn an_app_can_be_held_to_proofs(app: TestApp) {
        let robot = app.client(json!({ "grant_types": ["client_credentials"], "redirect_uris": [], "dpop_bound_access_tokens": true })).await;
        let call = || robot.form("/oauth/token", &[("grant_type", "client_credentials")]);
        refused(&app.browser().send(call()).await, 400, "invalid_dpop_proof");
        let key = Key::es256();
        let good = signed(&key, &proof(&app, TOKEN, "1"));
        let tokens = app.browser().send(call().header("dpop", &good)).await.expect(200).json();
        assert_eq!((&tokens["token_type"], &claims(&text(&tokens, "access_token"))["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.name())));
        refused(&app.browser().send(call().header("dpop", &good)).await, 400, "invalid_dpop_proof");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_replays_of_a_proof_over_two_nodes_count_once() {
    let Some(app) = TestApp::postgres().await else {
        return;
    };
    let second = app.second().await;
    let (client, key) = (app.client(json!({})).await, Key::es256());
    let tokens = bound(&app, &client, &key, "ana@x.test").await;
    let access = text(&tokens, "access_token");
    let ath = with(proof(&app, USERINFO, "x"), "ath", json!(digest(&access)));
    let proof = signed(&key, &ath);
    let mut all = tokio::task::JoinSet::new();
    for n in 0..50 {
        let mut browser = if n % 2 == 0 { &app } else { &second }.browser();
        let call = asks(&access, &proof);
        all.spawn(async move { browser.send(call).await.code() });
    }
    let codes = all.join_all().await;
    assert_eq!(codes.iter().filter(|code| **code == 200).count(), 1);
}
