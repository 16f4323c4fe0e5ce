//! Keycloak's own access tokens at a backend, with refresh tokens that may be used once.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::backend_tokens::{api, bearer, options};
use crate::harness::app::Options;
use crate::harness::realms::Realms;
use crate::harness::{Browser, IDE, TestApp};
use crate::suite::web;

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a JWT");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("claims")
}

async fn sign_in(app: &TestApp, realms: &Realms, login: &str) -> Browser {
    let mut browser = app.browser();
    let start = browser.get("/federation/kc/start?return_to=/account").await;
    let start = start.expect(303).location().to_owned();
    let back = realms.walk(&mut web::Browser::new(), &start, login).await;
    browser.get(&back).await.expect(303);
    app.enter(&mut browser, IDE).await;
    browser
}

/// Thirty at once; their tokens.
async fn rush(browser: &Browser) -> BTreeSet<String> {
    let one = || {
        let mut browser = browser.clone();
        async move { bearer(&browser.send(api()).await.expect(200)).expect("a token") }
    };
    futures::future::join_all((0..30).map(|_| one()))
        .await
        .into_iter()
        .collect()
}

#[tokio::test]
async fn keycloak_with_rotation_is_asked_once_and_each_gets_their_own() {
    let Some(realms) = Realms::new().await else {
        return;
    };
    let real = |options: Options| Options {
        real_time: true,
        ..options
    };
    let app = TestApp::sqlite_with(real(options(1))).await;
    let upstream = realms.bootstrap("kc").await;
    let made = app.admin("POST", "/v1/admin/upstreams", upstream).await;
    let id = made.expect(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let primary = json!({ "role": "primary" });
    app.admin("PATCH", &format!("/v1/admin/upstreams/{id}"), primary)
        .await
        .expect(200);
    let rules =
        json!({ "revokeRefreshToken": true, "refreshTokenMaxReuse": 0, "accessTokenLifespan": 13 });
    realms
        .send(Method::PUT, &format!("/{}", realms.home), Some(rules))
        .await;
    let subjects = [
        realms.person(&realms.home, "ana", "staff").await,
        realms.person(&realms.home, "bob", "staff").await,
    ];
    let browsers = [
        sign_in(&app, &realms, "ana").await,
        sign_in(&app, &realms, "bob").await,
    ];
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for round in 0..3 {
        for (browser, subject) in browsers.iter().zip(&subjects) {
            let tokens = rush(browser).await;
            assert_eq!(tokens.len(), 1, "one renewal, for all");
            let token = tokens.first().expect("one");
            let claims = claims(token);
            assert_eq!(claims["sub"], json!(subject));
            assert!(
                claims["iss"]
                    .as_str()
                    .is_some_and(|iss| iss.ends_with(&realms.home))
            );
            assert!(seen.insert(token.clone()), "round {round}: it was renewed");
        }
        // Three of its thirteen seconds are used before a new one is fetched.
        tokio::time::sleep(Duration::from_millis(4_000)).await;
    }
    gives_back(&app, &realms, &subjects[1], browsers[1].clone()).await;
    // Refused there, told here; the session goes on.
    let path = format!("/{}/users/{}/logout", realms.home, subjects[0]);
    realms.send(Method::POST, &path, None).await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    let mut ana = browsers[0].clone();
    let refused = ana.send(api()).await;
    assert_eq!(refused.code(), 401, "{}", refused.text());
    assert!(["token_expired", "unauthenticated"].contains(&refused.problem().as_str()));
    realms.remove().await;
}

/// Ended here: Keycloak's session is over too, and the same person's other one is not.
async fn gives_back(app: &TestApp, realms: &Realms, subject: &str, mut bob: Browser) {
    let mut other = sign_in(app, realms, "bob").await;
    let path = format!("/{}/users/{subject}/sessions", realms.home);
    let there = async || {
        let found = realms.send(Method::GET, &path, None).await;
        found.as_array().expect("a list").len()
    };
    assert_eq!(there().await, 2);
    let me = bob.user(IDE).await.expect(200).json();
    let ended = format!("/v1/admin/sessions/{}", me["sid"].as_str().expect("an id"));
    let ended = app.admin("DELETE", &ended, Value::Null).await;
    assert!(ended.code() < 300, "{}", ended.text());
    let given = laneway::lane_a::upstream_revocation::give_back_due(app.core());
    assert_eq!(given.await.expect("the store answers"), 1);
    assert_eq!(there().await, 1);
    assert!(bearer(&other.send(api()).await.expect(200)).is_some());
}
