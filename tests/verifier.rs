//! The member crate that verifies our access tokens in a service, against the running program: what
//! it refuses, how fast it hears of a revocation, and what it does when nobody answers.

mod keys;
mod nginx;
#[path = "../verify/examples/notes/service.rs"]
mod notes;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use laneway::tokens::{AccessClaims, Alg};
use laneway_contract::Clock as _;
use laneway_verify::{Builder, Feed, Refusal, Verifier};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::{Call, LOGIN, TestApp, until};
use crate::oauth::client::{API, Client};

/// A verifier for the API of the tests, at an address, with the clock of the tests.
pub fn verifier(app: &TestApp, address: impl std::fmt::Display) -> Builder {
    let clock = Arc::clone(&app.clock);
    Verifier::builder(LOGIN, API)
        .reached_at(&format!("http://{address}"))
        .leeway(Duration::from_secs(5))
        .clock(move || clock.now_ms() / 1000)
}

/// An app that may follow the feed.
pub async fn follower(app: &TestApp) -> Feed {
    let client = app.client(json!({ "scope": "invalidations:read" })).await;
    let secret = client.secret.expect("a secret");
    Feed::by_app(&client.id, &secret)
}

fn access(tokens: &Value) -> &str {
    tokens["access_token"].as_str().expect("a token")
}

async fn current(verifier: &Verifier) {
    until(10, "the feed is heard", || async {
        verifier.is_current().then_some(())
    })
    .await;
}

/// Claims that are fine.
async fn fine(app: &TestApp) -> AccessClaims {
    let mut browser = app.signup("eve@x.test").await;
    let me = browser.me().await;
    AccessClaims {
        aud: API.into(),
        ..app.claims(&me, &[]).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_no_access_token_for_here_is_refused() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    let verifier = verifier(&app, listener.address)
        .build()
        .expect("a verifier");
    let mut browser = app.signup("ana@x.test").await;
    let client = app.client(json!({})).await;
    let tokens = app.tokens(&mut browser, &client).await;
    let claims = verifier.verify(access(&tokens)).await.expect("it counts");
    assert_eq!(json!(claims.sub), browser.me().await["sub"]);
    assert_eq!(claims.client_id, client.id);
    assert!(claims.has_scope("email") && !claims.has_scope("mail"));
    let id_token = tokens["id_token"].as_str().expect("an ID token");
    let tenant = app.tenant().await.id;
    let good = fine(&app).await;
    verifier
        .verify(&app.sign("at+jwt", &good).await)
        .await
        .expect("it counts");
    let wrong_alg = app
        .core()
        .keys
        .sign(&tenant, (Alg::Rs256, "at+jwt"), &good)
        .await;
    let changed = |change: fn(&mut AccessClaims)| {
        let mut claims = good.clone();
        change(&mut claims);
        claims
    };
    let signed = app.sign("at+jwt", &good).await;
    let (text, signature) = signed.rsplit_once('.').expect("a signature");
    let (header, _) = text.split_once('.').expect("a header");
    let other_claims =
        B64.encode(serde_json::to_vec(&changed(|c| c.sub = "root".into())).expect("JSON"));
    let none = B64.encode(r#"{"alg":"none","typ":"at+jwt","kid":"x"}"#);
    let elsewhere = TestApp::sqlite().await;
    let mut all = vec![
        ("ID token", id_token.to_owned()),
        (
            "refresh token",
            tokens["refresh_token"]
                .as_str()
                .expect("a token")
                .to_owned(),
        ),
        ("wrong alg", wrong_alg.expect("signed")),
        ("wrong typ", app.sign("JWT", &good).await),
        ("logout token", app.sign("logout+jwt", &good).await),
        ("event", app.sign("secevent+jwt", &good).await),
        (
            "wrong audience",
            app.sign("at+jwt", &changed(|c| c.aud = "https://else.test/".into()))
                .await,
        ),
        (
            "foreign issuer",
            app.sign("at+jwt", &changed(|c| c.iss = "https://evil.test".into()))
                .await,
        ),
        ("foreign key", elsewhere.sign("at+jwt", &good).await),
        (
            "from the future",
            app.sign("at+jwt", &changed(|c| c.iat += 600)).await,
        ),
        (
            "other claims",
            format!("{header}.{other_claims}.{signature}"),
        ),
        ("no signature", format!("{text}.")),
        ("alg none", format!("{none}.{other_claims}.")),
    ];
    all.extend(["", "x", "a.b.c", "lw_adm_x"].map(|text| ("garbage", text.to_owned())));
    for (what, token) in all {
        assert_eq!(
            verifier.verify(&token).await,
            Err(Refusal::InvalidToken),
            "{what}"
        );
    }
    app.clock.advance_s(301);
    verifier
        .verify(access(&tokens))
        .await
        .expect("within the leeway");
    app.clock.advance_s(5);
    assert_eq!(
        verifier.verify(access(&tokens)).await,
        Err(Refusal::Expired)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_is_refused_within_a_second_of_being_taken_back_on_another_node() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    let _jobs = [first.jobs(), second.jobs()];
    let listener = second.listen().await;
    let feed = follower(&first).await;
    let verifier = verifier(&second, listener.address)
        .feed(feed)
        .build()
        .expect("a verifier");
    current(&verifier).await;
    let mut bystander = first.signup("bob@x.test").await;
    let unconcerned = first.client(json!({})).await;
    let other = first.tokens(&mut bystander, &unconcerned).await;
    for way in ["revoke", "logout", "disable", "app", "roles"] {
        let mut browser = first.signup(&format!("{way}@x.test")).await;
        let client = first.client(json!({})).await;
        // What an app may keep without the browser outlives a sign-out there.
        let scope = [("scope", "openid")];
        let code = first.code(&mut browser, &client, &scope).await;
        let redeemed = first.browser().send(client.redeems(&code)).await;
        let given = redeemed.expect(200).json();
        verifier.verify(access(&given)).await.expect("it counts");
        let sub = browser.me().await["sub"]
            .as_str()
            .expect("a sub")
            .to_owned();
        take_back(&first, way, (&mut browser, &client), &sub, &given).await;
        let asked = Instant::now();
        until(5, way, || async {
            let outcome = verifier.verify(access(&given)).await;
            (outcome == Err(Refusal::InvalidToken)).then_some(())
        })
        .await;
        let took = asked.elapsed();
        assert!(took < Duration::from_secs(1), "{way}: {took:?}");
        verifier
            .verify(access(&other))
            .await
            .expect("others are not concerned");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_was_given_out_after_a_change_counts_at_once_on_either_node() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    // The second hears of nothing by itself.
    let _jobs = first.jobs();
    let listener = first.listen().await;
    let verifier = verifier(&first, listener.address)
        .feed(follower(&first).await)
        .build()
        .expect("a verifier");
    current(&verifier).await;
    let mut browser = first.signup("ana@x.test").await;
    let sub = browser.me().await["sub"].clone();
    let user = format!("/v1/admin/users/{}", sub.as_str().expect("a sub"));
    let client = first.client(json!({})).await;
    let mut old = first.tokens(&mut browser, &client).await;
    verifier.verify(access(&old)).await.expect("it counts");
    for name in ["Ana A", "Ana B", "Ana C", "Ana D"] {
        first
            .admin("PATCH", &user, json!({ "name": name }))
            .await
            .expect(200);
        let refresh = client.refreshes(old["refresh_token"].as_str().expect("a token"));
        let here = first.tokens(&mut browser, &client).await;
        let there = second.browser().send(refresh).await.expect(200).json();
        until(5, "the change is heard", || async {
            let outcome = verifier.verify(access(&old)).await;
            (outcome == Err(Refusal::InvalidToken)).then_some(())
        })
        .await;
        for given in [&here, &there] {
            verifier.verify(access(given)).await.expect("it counts");
        }
        old = there;
    }
}

async fn take_back(
    app: &TestApp,
    way: &str,
    (browser, client): (&mut crate::harness::Browser, &Client),
    sub: &str,
    tokens: &Value,
) {
    let user = format!("/v1/admin/users/{sub}");
    match way {
        "revoke" => {
            let call = client.form("/oauth/revoke", &[("token", access(tokens))]);
            app.browser().send(call).await.expect(200);
        }
        "logout" => {
            browser.post("/bff/logout", json!({})).await.expect(200);
        }
        "disable" => {
            let off = json!({ "state": "disabled" });
            app.admin("PATCH", &user, off).await.expect(200);
        }
        "app" => {
            let off = json!({ "state": "disabled" });
            let path = format!("/v1/admin/apps/{}", client.id);
            app.admin("PATCH", &path, off).await.expect(200);
        }
        _ => {
            let body = json!({ "slug": "acme", "name": "Acme" });
            let org = app
                .admin("POST", "/v1/organizations", body)
                .await
                .expect(201)
                .json();
            let id = org["id"].as_str().expect("an id");
            let member = format!("/v1/organizations/{id}/members/{sub}");
            app.admin("PUT", &member, json!({ "roles": ["member"] }))
                .await
                .expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn when_the_feed_is_lost_nobody_gets_in_unless_that_was_chosen() {
    let app = TestApp::sqlite().await;
    let _jobs = app.jobs();
    let listener = app.listen().await;
    let feed = follower(&app).await.bound(Duration::from_secs(2));
    let build = |feed: Feed| {
        verifier(&app, listener.address)
            .feed(feed)
            .build()
            .expect("a verifier")
    };
    let (closed, open) = (build(feed.clone()), build(feed.or_accept()));
    // A proof that does not count is a feed that was never heard.
    let stranger = build(Feed::by_app("nobody", "guessed"));
    let mut browser = app.signup("ana@x.test").await;
    let client = app.client(json!({})).await;
    let given = app.tokens(&mut browser, &client).await;
    current(&closed).await;
    current(&open).await;
    closed.verify(access(&given)).await.expect("it counts");
    assert_eq!(
        stranger.verify(access(&given)).await,
        Err(Refusal::Unavailable)
    );
    // What was heard stays true.
    let mut eve = app.signup("eve@x.test").await;
    let gone = app.tokens(&mut eve, &client).await;
    app.browser()
        .send(client.form("/oauth/revoke", &[("token", access(&gone))]))
        .await
        .expect(200);
    for one in [&closed, &open] {
        until(5, "it is refused", || async {
            (one.verify(access(&gone)).await == Err(Refusal::InvalidToken)).then_some(())
        })
        .await;
    }
    listener.stop().await;
    until(6, "the feed is lost", || async {
        (closed.verify(access(&given)).await == Err(Refusal::Unavailable)).then_some(())
    })
    .await;
    open.verify(access(&given))
        .await
        .expect("by signature and time");
    until(6, "the other knows it too", || async {
        (!open.is_current()).then_some(())
    })
    .await;
    assert_eq!(open.verify(access(&gone)).await, Err(Refusal::InvalidToken));
    assert_eq!(
        closed.verify(access(&gone)).await,
        Err(Refusal::InvalidToken)
    );
}

/// A service has no request ids of ours.
#[track_caller]
fn says(reply: &crate::harness::Reply, status: u16, code: &str) {
    assert_eq!((reply.code(), reply.problem().as_str()), (status, code));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_service_says_what_is_wrong_in_the_words_of_the_specifications() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    let metadata = "https://api.test/.well-known/oauth-protected-resource";
    let verifier = verifier(&app, listener.address)
        .resource_metadata(metadata)
        .build();
    let router = notes::router(verifier.expect("a verifier"));
    let mut browser = crate::harness::Browser::new(router);
    let scoped = app
        .client(json!({ "scope": "openid notes:read notes:write" }))
        .await;
    let mut ana = app.signup("ana@x.test").await;
    let token_for = async |ana: &mut crate::harness::Browser, scope: &str| {
        let code = app.code(ana, &scoped, &[("scope", scope)]).await;
        let tokens = app
            .browser()
            .send(scoped.redeems(&code))
            .await
            .expect(200)
            .json();
        access(&tokens).to_owned()
    };
    let (all, reads, none) = (
        token_for(&mut ana, "openid notes:read notes:write").await,
        token_for(&mut ana, "openid notes:read").await,
        token_for(&mut ana, "openid").await,
    );
    let refused = browser.get("/notes").await.expect(401);
    assert_eq!(
        refused.header("www-authenticate"),
        format!("Bearer resource_metadata=\"{metadata}\"")
    );
    assert_eq!(
        (refused.problem().as_str(), refused.header("content-type")),
        ("unauthenticated", "application/problem+json")
    );
    let refused = browser
        .send(Call::new("GET", "/notes").bearer("x"))
        .await
        .expect(401);
    assert!(
        refused
            .header("www-authenticate")
            .starts_with("Bearer error=\"invalid_token\"")
    );
    let twice = Call::new("GET", "/notes").bearer(&all).bearer(&all);
    says(&browser.send(twice).await, 401, "invalid_token");
    let in_query = format!("/notes?access_token={all}");
    says(&browser.get(&in_query).await, 401, "unauthenticated");
    let refused = browser
        .send(Call::new("GET", "/notes").bearer(&none))
        .await
        .expect(403);
    assert!(
        refused
            .header("www-authenticate")
            .starts_with("Bearer error=\"insufficient_scope\", scope=\"notes:read\"")
    );
    let posts = |token: &str| {
        Call::new("POST", "/notes")
            .bearer(token)
            .body(b"milk".to_vec())
    };
    says(
        &browser.send(posts(&reads)).await,
        403,
        "insufficient_scope",
    );
    browser.send(posts(&all)).await.expect(201);
    let read = browser
        .send(Call::new("GET", "/notes").bearer(&reads))
        .await
        .expect(200)
        .json();
    assert_eq!(
        read,
        json!({ "person": ana.me().await["sub"], "notes": ["milk"] })
    );
    let mut eve = app.signup("eve@x.test").await;
    let hers = token_for(&mut eve, "openid notes:read").await;
    let read = browser
        .send(Call::new("GET", "/notes").bearer(&hers))
        .await
        .expect(200)
        .json();
    assert_eq!(read["notes"], json!([]));
    app.clock.advance_s(310);
    says(
        &browser
            .send(Call::new("GET", "/notes").bearer(&reads))
            .await,
        401,
        "token_expired",
    );
}
