//! The invalidation feed tells those who judge access tokens by themselves what ended or changed,
//! in the terms of a token, within a second on whichever node they ask, and nobody else.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use laneway::authz::Permission;
use laneway::store::api_tokens::Principal;
use laneway::tokens::verify_access;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::app::Options;
use crate::harness::{Call, LOGIN, Reply, TestApp, both, until};
use crate::oauth::client::{API, claims, head};

const FEED: &str = "https://login.test/v1/invalidations";

/// Reads with an operator's token; on a node without jobs, after it has looked at the log.
async fn read(app: &TestApp, token: &str, query: &str) -> Reply {
    app.core().log.poll().await.expect("a log");
    let call = Call::new("GET", &format!("{FEED}{query}")).bearer(token);
    app.browser().send(call).await
}

/// A reader that has heard everything so far: its token and where it stands.
async fn reader(app: &TestApp) -> (String, String) {
    let token = app.operator_of("viewer", None).await;
    let mut page = read(app, &token, "").await.expect(200).json();
    while page["more"] == true {
        page = read(app, &token, &since(&page)).await.expect(200).json();
    }
    let cursor = page["next_cursor"].as_str().expect("a cursor").to_owned();
    (token, cursor)
}

fn since(page: &Value) -> String {
    format!("?since={}", page["next_cursor"].as_str().expect("a cursor"))
}

/// Type and subject of each event on a page.
fn told(page: &Value) -> Vec<(String, Value)> {
    let items = page["items"].as_array().expect("items");
    let all = items.iter().map(|item| {
        let token = item.as_str().expect("a token");
        assert_eq!(
            (&head(token)["typ"], &head(token)["alg"]),
            (&json!("secevent+jwt"), &json!("ES256"))
        );
        let said = claims(token);
        assert_eq!((&said["iss"], &said["aud"]), (&json!(LOGIN), &json!(FEED)));
        assert!(
            said["jti"].is_string() && said["iat"].is_i64() && said["toe"].is_i64(),
            "{said}"
        );
        let events = said["events"].as_object().expect("events");
        assert_eq!(events.len(), 1);
        let kind = events
            .keys()
            .next()
            .expect("a type")
            .rsplit(['/', ':'])
            .next()
            .expect("a name");
        (kind.to_owned(), said["sub_id"].clone())
    });
    all.collect()
}

fn part(name: &str, id: &Value) -> Value {
    json!({ "format": "complex", name: { "format": "opaque", "id": id } })
}

fn person(sub: &Value) -> Value {
    json!({ "format": "complex", "user": { "format": "iss_sub", "iss": LOGIN, "sub": sub } })
}

both! {
    async fn whatever_takes_a_token_back_is_told_in_the_terms_of_the_token(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({})).await;
        let tokens = app.tokens(&mut browser, &client).await;
        let access = claims(tokens["access_token"].as_str().expect("a token"));
        let (sub, sid) = (access["sub"].clone(), browser.me().await["sid"].clone());
        let family = access["jti"].as_str().expect("a jti").split('.').next().expect("a family").to_owned();
        let (token, mut cursor) = reader(&app).await;
        let mut hears = async |what: &str, expected: (&str, Value)| {
            let page = read(&app, &token, &format!("?since={cursor}")).await.expect(200).json();
            let all = told(&page);
            assert!(all.contains(&(expected.0.to_owned(), expected.1.clone())), "{what}: {all:?}");
            // No secret, no address, no name.
            let plain: String = page["items"].as_array().expect("items").iter()
                .map(|item| claims(item.as_str().expect("a token")).to_string()).collect();
            assert!(!plain.contains("ana") && !plain.contains("lw_"), "{plain}");
            let next = page["next_cursor"].as_str();
            next.expect("a cursor").clone_into(&mut cursor);
        };
        let given_back = client.form("/oauth/revoke", &[("token", tokens["refresh_token"].as_str().expect("a token"))]);
        app.browser().send(given_back).await.expect(200);
        hears("revoke", ("tokens-revoked", json!({ "format": "opaque", "id": family }))).await;
        // A refresh token that is used twice takes its family with it.
        let tokens = app.tokens(&mut browser, &client).await;
        let family = claims(tokens["access_token"].as_str().expect("a token"))["jti"].as_str().expect("a jti").split('.').next().expect("a family").to_owned();
        let first = tokens["refresh_token"].as_str().expect("a token").to_owned();
        app.browser().send(client.refreshes(&first)).await.expect(200);
        app.clock.advance_s(60);
        app.browser().send(client.refreshes(&first)).await.expect(400);
        hears("reuse", ("tokens-revoked", json!({ "format": "opaque", "id": family }))).await;
        app.admin("PATCH", &format!("/v1/admin/apps/{}", client.id), json!({ "state": "disabled" })).await.expect(200);
        hears("app off", ("tokens-revoked", part("application", &json!(client.id)))).await;
        app.admin("DELETE", &format!("/v1/admin/apps/{}", client.id), json!({})).await.expect(204);
        hears("app gone", ("tokens-revoked", part("application", &json!(client.id)))).await;
        let org = app.admin("POST", "/v1/organizations", json!({ "slug": "acme", "name": "Acme" })).await.expect(201).json();
        let at = format!("/v1/organizations/{}", org["id"].as_str().expect("an id"));
        let member = format!("{at}/members/{}", sub.as_str().expect("a sub"));
        app.admin("PUT", &member, json!({ "roles": ["member"] })).await.expect(200);
        hears("roles", ("token-claims-change", person(&sub))).await;
        app.admin("PATCH", &at, json!({ "state": "disabled" })).await.expect(200);
        hears("organization off", ("token-claims-change", part("org_unit", &org["id"]))).await;
        app.admin("DELETE", &at, json!({})).await.expect(204);
        hears("organization gone", ("token-claims-change", part("org_unit", &org["id"]))).await;
        browser.post("/bff/logout", json!({})).await.expect(200);
        hears("sign-out", ("session-revoked", part("session", &sid))).await;
        let path = format!("/v1/admin/users/{}", sub.as_str().expect("a sub"));
        app.admin("PATCH", &path, json!({ "state": "disabled" })).await.expect(200);
        hears("disabled", ("account-disabled", person(&sub))).await;
        app.admin("DELETE", &path, json!({})).await.expect(204);
        hears("deleted", ("account-disabled", person(&sub))).await;
    }

    async fn who_may_read_is_stated_and_nobody_else_does(app: TestApp) {
        app.browser().get(FEED).await.refused(401, "unauthenticated");
        let mut person = app.signup("ana@x.test").await;
        person.get(FEED).await.refused(403, "forbidden");
        let elsewhere = person.get("https://app.test/v1/invalidations").await;
        assert!(!elsewhere.text().contains("next_cursor"), "on an app's host");
        // A token of a person who may not, whatever its scope says.
        let me = person.me().await;
        let claims = app.claims(&me, &[Permission::InvalidationsRead]).await;
        let bearer = app.sign("at+jwt", &claims).await;
        read(&app, &bearer, "").await.refused(403, "forbidden");
        // Operators whose tokens include it; theirs of another tenant are not known here.
        for (role, status) in [("owner", 200), ("viewer", 200)] {
            read(&app, &app.operator_of(role, None).await, "").await.expect(status);
        }
        let other = crate::harness::rows::other_tenant(&app).await;
        let foreign = app.operator_of("owner", Some(&other)).await;
        read(&app, &foreign, "").await.refused(401, "invalid_token");
        let (_, unscoped) = app.api_token(Principal::User(laneway::domain::UserId(me["sub"].as_str().expect("a sub").into())), &["sessions:read"]).await;
        read(&app, &unscoped, "").await.refused(403, "forbidden");
        // An app by a token in its own name for our API; one for another API is none here.
        let machine = app.client(json!({
            "grant_types": ["client_credentials"], "audiences": [LOGIN, API], "scope": "invalidations:read notes:read",
        })).await;
        for (resource, scope, status) in [
            (LOGIN, "invalidations:read", 200), (LOGIN, "notes:read", 403), (API, "invalidations:read", 401),
        ] {
            let fields = [("grant_type", "client_credentials"), ("resource", resource), ("scope", scope)];
            let tokens = app.browser().send(machine.form("/oauth/token", &fields)).await.expect(200).json();
            let token = tokens["access_token"].as_str().expect("a token");
            read(&app, token, "").await.expect(status);
            let (reader, cursor) = reader(&app).await;
            app.browser().send(machine.form("/oauth/revoke", &[("token", token)])).await.expect(200);
            let page = read(&app, &reader, &format!("?since={cursor}")).await.expect(200).json();
            let gone = ("tokens-revoked".to_owned(), json!({ "format": "opaque", "id": crate::oauth::client::claims(token)["jti"] }));
            assert_eq!(told(&page), [gone]);
            read(&app, token, "").await.refused(401, "invalid_token");
        }
        // An app by its own proof, if it is registered for that.
        let scoped = app.client(json!({ "scope": "openid invalidations:read" })).await;
        let plain = app.client(json!({})).await;
        let by = |proof: String| Call::new("GET", FEED).header("authorization", &proof);
        let mut browser = app.browser();
        browser.send(by(scoped.basic())).await.expect(200);
        browser.send(by(plain.basic())).await.refused(403, "forbidden");
        let guessed = format!("Basic {}", STANDARD.encode(format!("{}:guessed", scoped.id)));
        browser.send(by(guessed)).await.refused(401, "invalid_token");
        browser.send(by("Basic x".into())).await.refused(401, "invalid_token");
        app.admin("PATCH", &format!("/v1/admin/apps/{}", scoped.id), json!({ "state": "disabled" })).await.expect(200);
        browser.send(by(scoped.basic())).await.refused(401, "invalid_token");
    }

    async fn cursors_are_sealed_and_one_that_may_have_missed_something_is_over(app: TestApp) {
        app.signup("ana@x.test").await;
        let (token, cursor) = reader(&app).await;
        for bad in ["x", "", "AAAA", &cursor[..cursor.len() - 2]] {
            read(&app, &token, &format!("?since={bad}")).await.refused(400, "invalid_cursor");
        }
        read(&app, &token, "?wait=56").await.refused(400, "invalid_request");
        read(&app, &token, "?wait=x").await.refused(400, "invalid_request");
        let here = format!("?since={cursor}");
        assert_eq!(told(&read(&app, &token, &here).await.expect(200).json()), []);
        // Something happened, and a day later it is forgotten: what is still there is not all.
        let mut eve = app.signup("eve@x.test").await;
        eve.post("/bff/logout", json!({})).await.expect(200);
        app.clock.advance_s(48 * 3600);
        app.core().log.poll().await.expect("a log");
        laneway::store::invalidations::prune(&app.core().db, app.core().now() - 24 * 3_600_000).await.expect("pruned");
        let token = app.operator_of("viewer", None).await;
        read(&app, &token, &here).await.refused(410, "expired");
        // Whoever begins again stands at the end and stays there.
        let page = read(&app, &token, "").await.expect(200).json();
        assert_eq!(told(&page), []);
        read(&app, &token, &since(&page)).await.expect(200);
    }

    async fn a_beginner_hears_of_what_tokens_that_live_may_have_lost(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let sid = browser.me().await["sid"].clone();
        browser.post("/bff/logout", json!({})).await.expect(200);
        let token = app.operator_of("viewer", None).await;
        app.clock.advance_s(16 * 60);
        let page = read(&app, &token, "").await.expect(200).json();
        assert!(told(&page).contains(&("session-revoked".to_owned(), part("session", &sid))));
        app.clock.advance_s(20 * 60);
        let page = read(&app, &token, "").await.expect(200).json();
        assert_eq!(told(&page), []);
    }

    async fn tokens_say_how_much_of_the_log_they_reckon_with(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let client = app.client(json!({})).await;
        let old = app.tokens(&mut browser, &client).await;
        let (token, cursor) = reader(&app).await;
        let sub = browser.me().await["sub"].as_str().expect("a sub").to_owned();
        app.admin("PATCH", &format!("/v1/admin/users/{sub}"), json!({ "name": "Ana B" })).await.expect(200);
        let page = read(&app, &token, &format!("?since={cursor}")).await.expect(200).json();
        let event = claims(page["items"][0].as_str().expect("an event"));
        let new = app.tokens(&mut browser, &client).await;
        let seen = |tokens: &Value| claims(tokens["access_token"].as_str().expect("a token"))["seen"].as_i64().expect("a position");
        assert!(seen(&old) < event["seq"].as_i64().expect("a position") && event["seq"].as_i64().expect("a position") <= seen(&new));
        // An event is no access token.
        let tenant = app.tenant().await;
        let item = page["items"][0].as_str().expect("an event");
        assert!(verify_access(&app.core().keys, &tenant, item, app.core().now()).await.is_err());
    }
}

#[tokio::test]
async fn a_tenant_hears_nothing_of_another() {
    let app = TestApp::sqlite().await;
    let owner = app.operator_of("owner", None).await;
    let body = json!({ "slug": "other", "name": "Other", "public_url": "https://other.test" });
    let made = app
        .admin("POST", "/v1/admin/tenants", body)
        .await
        .expect(201)
        .json();
    let other = laneway::domain::TenantId(made["id"].as_str().expect("an id").into());
    app.core().log.poll().await.expect("a log");
    let theirs = |query: String| {
        let call = Call::new(
            "GET",
            &format!("https://other.test/v1/invalidations{query}"),
        );
        let (app, call) = (&app, call.bearer(&owner));
        async move { app.browser().send(call).await }
    };
    let start = theirs(String::new()).await.expect(200).json();
    let mut browser = app.signup("ana@x.test").await;
    browser.post("/bff/logout", json!({})).await.expect(200);
    app.core().log.poll().await.expect("a log");
    let page = theirs(since(&start)).await.expect(200).json();
    assert_eq!(page["items"], json!([]));
    // Nor does a cursor of the one mean anything to the other.
    read(&app, &owner, &since(&page))
        .await
        .refused(400, "invalid_cursor");
    let mut write = app.core().begin().await.expect("a transaction");
    let change = laneway::store::invalidations::Change::Changed;
    let scope = laneway::store::invalidations::Scope::Tenant;
    // What concerns no token is not told, such as a new host.
    write.invalidate(change, scope, other.as_str());
    write.invalidate_in(&other, change, scope, other.as_str());
    app.core().commit(write).await.expect("a commit");
    app.core().log.poll().await.expect("a log");
    let page = theirs(since(&page)).await.expect(200).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_at_another_node_hears_within_a_second() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    let _jobs = [first.jobs(), second.jobs()];
    let mut browser = first.signup("ana@x.test").await;
    let sid = browser.me().await["sid"].clone();
    let (token, _) = reader(&second).await;
    let heard = async |app: &TestApp| {
        let mut page = read(app, &token, "").await.expect(200).json();
        while !told(&page).contains(&("session-revoked".to_owned(), part("session", &sid))) {
            let query = format!("{}&wait=20", since(&page));
            page = read(app, &token, &query).await.expect(200).json();
        }
        Instant::now()
    };
    let ends = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        browser.post("/bff/logout", json!({})).await.expect(200);
        Instant::now()
    };
    let (here, there, asked) = tokio::join!(heard(&first), heard(&second), ends);
    for instant in [here, there] {
        let delay = instant - asked;
        assert!(delay < Duration::from_secs(1), "{delay:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_tells_lives_and_ends_with_its_reader_and_its_node() {
    let app = TestApp::sqlite().await;
    let _jobs = app.jobs();
    let listener = app.listen().await;
    let mut browser = app.signup("ana@x.test").await;
    let sid = browser.me().await["sid"].clone();
    let scoped = app.client(json!({ "scope": "invalidations:read" })).await;
    let (_, cursor) = reader(&app).await;
    let asks = |accept: &str, query: &str, proof: &str| {
        format!(
            "GET /v1/invalidations{query} HTTP/1.1\r\nHost: login.test\r\nAccept: {accept}\r\n\
             Authorization: {proof}\r\n\r\n"
        )
    };
    let mut stream = listener.connect().await;
    let query = format!("?since={cursor}");
    stream
        .send(asks("text/event-stream", &query, &scoped.basic()))
        .await;
    let answer = stream.head().await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "text/event-stream")
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    stream.until("id: ").await;
    browser.post("/bff/logout", json!({})).await.expect(200);
    stream.until("data: ").await;
    let event = claims(stream.until("\n").await.trim());
    assert_eq!(event["sub_id"], part("session", &sid));
    // Silence means something: it is broken by beats.
    stream.until("id: ").await;
    // A page that waits ends with the node, and so does a stream.
    let token = app.operator_of("viewer", None).await;
    let mut waits = listener.connect().await;
    waits
        .send(asks(
            "application/json",
            "?wait=50",
            &format!("Bearer {token}"),
        ))
        .await;
    let mut gone = listener.connect().await;
    gone.send(asks("text/event-stream", &query, &scoped.basic()))
        .await;
    gone.until("id: ").await;
    // The app is switched off: its stream ends by itself.
    let path = format!("/v1/admin/apps/{}", scoped.id);
    app.admin("PATCH", &path, json!({ "state": "disabled" }))
        .await
        .expect(200);
    tokio::time::timeout(Duration::from_secs(8), gone.until("0\r\n\r\n"))
        .await
        .expect("the stream has ended");
    let took = listener.stop().await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_node_that_has_not_heard_for_long_looks_before_it_answers() {
    let app = TestApp::sqlite().await;
    let (token, cursor) = reader(&app).await;
    app.clock.advance_s(60);
    assert!(!app.core().log.is_fresh());
    let call = || Call::new("GET", &format!("{FEED}?since={cursor}")).bearer(&token);
    app.browser().send(call()).await.expect(200);
    assert!(app.core().log.is_fresh());
    // And does not say that nothing has happened where it cannot.
    app.core().db.close().await;
    let refused = app.browser().send(call()).await;
    refused.refused(503, "store_unavailable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_many_wait_at_once_and_no_more() {
    let app = TestApp::sqlite_with(Options::default()).await;
    let _jobs = app.jobs();
    let (token, cursor) = reader(&app).await;
    let call = Call::new("GET", &format!("{FEED}?since={cursor}&wait=30")).bearer(&token);
    // One more than may wait.
    let waiting = (0..9).map(|_| {
        let (mut browser, call) = (app.browser(), call.clone());
        tokio::spawn(async move { browser.send(call).await })
    });
    let (first, _, waiting) = futures::future::select_all(waiting).await;
    let refused = first.expect("an answer");
    assert_eq!((refused.code(), refused.header("retry-after")), (429, "2"));
    assert!(waiting.iter().all(|one| !one.is_finished()));
    for one in waiting {
        one.abort();
    }
    until(10, "a place", || {
        let (mut browser, token) = (app.browser(), token.clone());
        async move {
            let call = Call::new("GET", FEED).bearer(&token);
            (browser.send(call).await.code() == 200).then_some(())
        }
    })
    .await;
}
