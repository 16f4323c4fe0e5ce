//! Apps that prove themselves by a key (RFC 7523 §3, OpenID Connect Core §9).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::client::{API, Client, refused};
use super::keys::Key;
use crate::harness::app::Options;
use crate::harness::{Call, LOGIN, TestApp, both};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A service with these keys.
async fn robot(app: &TestApp, keys: Value) -> Client {
    let mut body = json!({
        "client_name": "Robot", "redirect_uris": [], "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt", "scope": "plans:read", "audiences": [API],
    });
    for (name, value) in keys.as_object().expect("members") {
        body[name] = value.clone();
    }
    app.client(body).await
}

fn claims(app: &TestApp, client: &Client, id: &str) -> Value {
    let now = app.clock_s();
    json!({ "iss": client.id, "sub": client.id, "aud": LOGIN, "iat": now, "exp": now + 60, "jti": id })
}

fn sends(assertion: &str, more: &[(&str, &str)]) -> Call {
    let mut all = vec![
        ("grant_type", "client_credentials"),
        ("client_assertion_type", KIND),
        ("client_assertion", assertion),
    ];
    all.extend_from_slice(more);
    Call::form(&format!("{LOGIN}/oauth/token"), &all)
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

both! {
    async fn an_app_proves_itself_by_what_it_signs(app: TestApp) {
        for key in [Key::es256(), Key::rsa("RS256"), Key::rsa("PS256"), Key::ed25519()] {
            let client = robot(&app, json!({ "jwks": { "keys": [key.jwk()] } })).await;
            assert!(client.secret.is_none(), "no secret beside it");
            let header = json!({ "alg": key.alg() });
            let said = claims(&app, &client, "one");
            let text = key.sign(&header, &said);
            app.browser().send(sends(&text, &[])).await.expect(200);
            refused(&app.browser().send(sends(&text, &[])).await, 401, "invalid_client");
            let token_endpoint = with(claims(&app, &client, "two"), "aud", json!([format!("{LOGIN}/oauth/token")]));
            let text = key.sign(&json!({ "alg": key.alg(), "typ": "client-authentication+jwt" }), &token_endpoint);
            app.browser().send(sends(&text, &[("client_id", &client.id)])).await.expect(200);
        }
    }

    async fn what_does_not_prove_it_is_refused(app: TestApp) {
        let (key, other) = (Key::es256(), Key::es256());
        let client = robot(&app, json!({ "jwks": { "keys": [key.jwk()] } })).await;
        let good = |id: &str| claims(&app, &client, id);
        let es = json!({ "alg": "ES256" });
        let now = app.clock_s();
        let many = (0..40).map(|_| json!("x")).collect::<Vec<_>>();
        for (n, (name, value)) in [
            ("iss", json!("x")), ("sub", json!("x")), ("iss", Value::Null), ("aud", json!("https://other.test")),
            ("aud", json!(format!("{LOGIN}/"))), ("aud", json!([LOGIN, "https://other.test"])), ("aud", Value::Null), ("aud", json!(many)),
            ("exp", json!(now - 10)), ("exp", json!(now + 311)), ("exp", json!((now + 60).to_string())), ("exp", Value::Null),
            ("nbf", json!(now + 60)), ("iat", json!(now + 60)), ("iat", json!("now")), ("jti", Value::Null), ("jti", json!("")), ("jti", json!(7)),
        ].into_iter().enumerate() {
            let text = key.sign(&es, &with(good(&format!("n{n}")), name, value.clone()));
            let reply = app.browser().send(sends(&text, &[("client_id", &client.id)])).await;
            refused(&reply, 401, "invalid_client");
        }
        let own = key.jwk();
        for (by, header) in [
            (&other, es.clone()), (&other, json!({ "alg": "ES256", "jwk": other.jwk() })), (&key, json!({ "alg": "none" })),
            (&key, json!({ "alg": "HS256" })), (&key, json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": own })),
            (&key, json!({ "alg": "ES256", "typ": "at+jwt" })), (&key, json!({ "alg": "ES256", "crit": ["exp"] })),
            (&key, json!({ "alg": "RS256" })), (&key, json!({ "alg": "ES256", "kid": "unknown" })),
        ] {
            let text = by.sign(&header, &good("same"));
            refused(&app.browser().send(sends(&text, &[])).await, 401, "invalid_client");
        }
        let text = key.sign(&es, &good("same"));
        // In two ways at once, of another kind, for another app.
        refused(&app.browser().send(sends(&text, &[("client_secret", "x")])).await, 400, "invalid_request");
        let typed = Call::form(&format!("{LOGIN}/oauth/token"), &[("grant_type", "client_credentials"), ("client_assertion", &text), ("client_assertion_type", "x")]);
        refused(&app.browser().send(typed).await, 400, "invalid_request");
        let second = robot(&app, json!({ "jwks": { "keys": [key.jwk()] } })).await;
        refused(&app.browser().send(sends(&text, &[("client_id", &second.id)])).await, 401, "invalid_client");
        let secret = app.client(json!({ "grant_types": ["client_credentials"], "redirect_uris": [] })).await;
        let text_of_secret = key.sign(&es, &claims(&app, &secret, "x"));
        refused(&app.browser().send(sends(&text_of_secret, &[])).await, 401, "invalid_client");
        // None of it has used up the id.
        app.browser().send(sends(&text, &[])).await.expect(200);
    }

    async fn a_registration_says_where_the_keys_are(app: TestApp) {
        let key = Key::es256().jwk();
        let body = |more: Value| {
            let mut body = json!({ "client_name": "Robot", "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt" });
            for (name, value) in more.as_object().expect("members") {
                body[name] = value.clone();
            }
            body
        };
        let mut private = key.clone();
        private["d"] = json!("AAAA");
        for bad in [
            json!({}), json!({ "jwks": { "keys": [] } }), json!({ "jwks": { "keys": [private] } }), json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } }),
            json!({ "jwks": { "keys": [key] }, "jwks_uri": "https://robot.test/jwks" }), json!({ "jwks_uri": "file:///etc/passwd" }),
        ] {
            app.admin("POST", "/v1/admin/apps", body(bad)).await.refused(422, "invalid_field");
        }
        let made = app.admin("POST", "/v1/admin/apps", body(json!({ "jwks": { "keys": [key] } }))).await.expect(201).json();
        assert_eq!((&made["client_secret"], &made["jwks"]["keys"][0]), (&Value::Null, &key));
        let at = format!("/v1/admin/apps/{}", made["client_id"].as_str().expect("an id"));
        app.admin("PATCH", &at, json!({ "jwks": null })).await.refused(422, "invalid_field");
        let moved = app.admin("PATCH", &at, json!({ "jwks": null, "jwks_uri": "https://robot.test/jwks" })).await.expect(200).json();
        assert_eq!((&moved["jwks"], &moved["jwks_uri"]), (&Value::Null, &json!("https://robot.test/jwks")));
        app.admin("POST", &format!("{at}/secret"), json!({})).await.refused(409, "conflict");
    }
}

/// A key set at an address, and how often it was asked for.
struct Published {
    url: String,
    keys: Arc<Mutex<Value>>,
    asked: Arc<AtomicUsize>,
}

async fn published(keys: Value) -> Published {
    let (keys, asked) = (Arc::new(Mutex::new(keys)), Arc::new(AtomicUsize::new(0)));
    let (shown, counted) = (Arc::clone(&keys), Arc::clone(&asked));
    let router = axum::Router::new().fallback(move || {
        let (shown, counted) = (Arc::clone(&shown), Arc::clone(&counted));
        async move {
            counted.fetch_add(1, Ordering::SeqCst);
            shown.lock().await.to_string()
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Published { url, keys, asked }
}

fn next_door() -> Options {
    Options {
        tables: "[federation]\nallow_private = true\n".into(),
        ..Options::default()
    }
}

#[tokio::test]
async fn published_keys_are_fetched_once_and_new_ones_within_a_minute() {
    let (old, new) = (Key::es256(), Key::es256());
    let named = |key: &Key, id: &str| with(key.jwk(), "kid", json!(id));
    let place = published(json!({ "keys": [named(&old, "old")] })).await;
    let app = TestApp::sqlite_with(next_door()).await;
    let client = robot(&app, json!({ "jwks_uri": place.url })).await;
    let send = async |key: &Key, kid: &str, id: &str| {
        let header = json!({ "alg": "ES256", "kid": kid });
        let text = key.sign(&header, &claims(&app, &client, id));
        app.browser().send(sends(&text, &[])).await
    };
    for n in 0..5 {
        send(&old, "old", &format!("o{n}")).await.expect(200);
    }
    assert_eq!(place.asked.load(Ordering::SeqCst), 1);
    *place.keys.lock().await = json!({ "keys": [named(&old, "old"), named(&new, "new")] });
    // Unknown names do not make us ask more than once a minute.
    for n in 0..5 {
        refused(
            &send(&new, "new", &format!("n{n}")).await,
            401,
            "invalid_client",
        );
    }
    assert_eq!(place.asked.load(Ordering::SeqCst), 1);
    app.clock.advance_s(61);
    send(&new, "new", "a").await.expect(200);
    send(&old, "old", "b").await.expect(200);
    for n in 0..5 {
        let unknown = send(&Key::es256(), "other", &format!("u{n}")).await;
        refused(&unknown, 401, "invalid_client");
    }
    assert_eq!(place.asked.load(Ordering::SeqCst), 2);
    // A key that is withdrawn counts no longer than the set is kept.
    *place.keys.lock().await = json!({ "keys": [named(&new, "new")] });
    app.clock.advance_s(301);
    refused(&send(&old, "old", "c").await, 401, "invalid_client");
    // What cannot be had is no verdict.
    *place.keys.lock().await = json!("x".repeat(70_000));
    app.clock.advance_s(301);
    let down = send(&new, "new", "d").await;
    refused(&down, 503, "temporarily_unavailable");
    assert!(!down.header("retry-after").is_empty());
}

#[tokio::test]
async fn no_address_of_the_own_network_is_asked_for_keys() {
    let key = Key::es256();
    let place = published(json!({ "keys": [key.jwk()] })).await;
    let app = TestApp::sqlite().await;
    let port = place.url.rsplit_once(':').expect("a port").1;
    for url in [
        place.url.clone(),
        format!("http://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
        "https://169.254.169.254/latest".into(),
        format!("https://[::ffff:127.0.0.1]:{port}"),
    ] {
        let client = robot(&app, json!({ "jwks_uri": url })).await;
        let text = key.sign(&json!({ "alg": "ES256" }), &claims(&app, &client, "x"));
        let reply = app.browser().send(sends(&text, &[])).await;
        refused(&reply, 503, "temporarily_unavailable");
    }
    assert_eq!(place.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_replays_over_two_nodes_prove_it_once() {
    let Some(app) = TestApp::postgres().await else {
        return;
    };
    let second = app.second().await;
    let key = Key::es256();
    let client = robot(&app, json!({ "jwks": { "keys": [key.jwk()] } })).await;
    let text = key.sign(&json!({ "alg": "ES256" }), &claims(&app, &client, "one"));
    let mut all = tokio::task::JoinSet::new();
    for n in 0..50 {
        let mut browser = if n % 2 == 0 { &app } else { &second }.browser();
        let call = sends(&text, &[]);
        all.spawn(async move { browser.send(call).await.code() });
    }
    let codes = all.join_all().await;
    assert_eq!(codes.iter().filter(|code| **code == 200).count(), 1);
    assert_eq!(codes.iter().filter(|code| **code == 401).count(), 49);
}
