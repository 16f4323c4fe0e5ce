//! `/api` and the application behind an app host (CONTRACT §4).

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::harness::{APP, Browser, Call, IDE, LOGIN, TestApp, both, members};

fn api(path: &str) -> Call {
    Call::new("GET", &format!("{APP}/api/{path}")).header("x-csrf", "1")
}

async fn signed_in(app: &TestApp) -> Browser {
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    browser
}

/// What the backend was sent under a header's name.
fn sent<'a>(echo: &'a Value, name: &str) -> Vec<&'a str> {
    let all = echo["headers"].as_array().expect("headers").iter();
    all.filter(|pair| pair[0] == name)
        .filter_map(|pair| pair[1].as_str())
        .collect()
}

async fn claims(browser: &mut Browser, token: &str, audience: &str) -> (Value, Value) {
    let set: JwkSet =
        serde_json::from_slice(&browser.get("/.well-known/jwks.json").await.expect(200).body)
            .expect("keys");
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let key = set
        .find(header.kid.as_deref().expect("a kid"))
        .expect("a published key");
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&[audience]);
    // The test's clock is not the machine's.
    rules.validate_exp = false;
    let decoded =
        jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).expect("a key"), &rules);
    (
        serde_json::to_value(header).expect("JSON"),
        decoded.expect("it verifies").claims,
    )
}

both! {
    async fn the_backend_gets_a_token_that_verifies_with_exact_claims(app: TestApp) {
        let mut browser = signed_in(&app).await;
        let me = browser.user(APP).await.json();
        let echo = browser.send(api("echo/a/b?c=d")).await.expect(200).json();
        assert_eq!((&echo["path"], &echo["query"]), (&json!("/base/a/b"), &json!("c=d")));
        let bearer = sent(&echo, "authorization");
        assert_eq!(bearer.len(), 1);
        let token = bearer[0].strip_prefix("Bearer ").expect("a bearer token");
        let (header, claims) = claims(&mut browser, token, "https://app.test/api/echo").await;
        assert_eq!((&header["typ"], &header["alg"]), (&json!("at+jwt"), &json!("ES256")));
        assert_eq!(members(&claims), [
            "acr", "amr", "aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "org_id", "org_permissions",
            "org_roles", "org_slug", "scope", "seen", "sid", "sub", "token_use",
        ]);
        let now = laneway_contract::Clock::now_ms(&*app.clock) / 1000;
        let wanted = json!({
            "iss": LOGIN, "aud": "https://app.test/api/echo", "sub": me["sub"], "sid": me["sid"], "client_id": "bff",
            "token_use": "bff", "acr": "aal1", "amr": ["email"], "iat": now, "exp": now + 300, "scope": "",
            "org_id": null, "org_slug": null, "org_roles": [], "org_permissions": [],
        });
        for (name, value) in wanted.as_object().expect("an object") {
            assert_eq!(&claims[name], value, "{name}");
        }
        let open = browser.send(api("open")).await.expect(200).json();
        let token = sent(&open, "authorization")[0].trim_start_matches("Bearer ").to_owned();
        crate::proxy::claims(&mut browser, &token, "urn:open").await;
        assert!(sent(&browser.send(api("bare")).await.expect(200).json(), "authorization").is_empty());
    }
}

#[tokio::test]
async fn the_backend_hears_the_truth_and_nothing_of_ours() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    browser.set_cookie(APP, "theme", "dark");
    let call = api("echo/x")
        .header("x-forwarded-for", "203.0.113.1")
        .header("x-forwarded-host", "evil.test")
        .header("forwarded", "for=203.0.113.1")
        .header("x-laneway-user", "root")
        .header("x_laneway_user", "root")
        .header("remote-user", "root")
        .header("x-auth-request-email", "root@x.test")
        .header("x-request-id", "mine")
        .header("connection", "x-secret")
        .header("x-secret", "1")
        .header("x-kept", "yes");
    let reply = browser.send(call).await.expect(200);
    let echo = reply.json();
    assert_eq!(sent(&echo, "x-forwarded-for"), ["192.0.2.7"]);
    assert_eq!(sent(&echo, "x-forwarded-host"), ["app.test"]);
    assert_eq!(sent(&echo, "x-forwarded-proto"), ["https"]);
    assert_eq!(sent(&echo, "x-request-id"), [reply.header("x-request-id")]);
    assert_eq!(sent(&echo, "cookie"), ["theme=dark"]);
    assert_eq!(sent(&echo, "x-kept"), ["yes"]);
    for gone in [
        "x-csrf",
        "forwarded",
        "x-laneway-user",
        "x_laneway_user",
        "remote-user",
        "x-auth-request-email",
        "x-secret",
    ] {
        assert!(sent(&echo, gone).is_empty(), "{gone}");
    }
}

#[tokio::test]
async fn a_backend_cannot_speak_in_our_name() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    let before = browser.cookie(APP, "__Host-lw").map(str::to_owned);
    let reply = browser.send(api("echo/cookies")).await.expect(200);
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["theme=dark; Path=/"]);
    assert_eq!(reply.header("x-laneway-user"), "");
    assert_eq!(browser.cookie(APP, "__Host-lw").map(str::to_owned), before);
}

#[tokio::test]
async fn strangers_are_refused_unless_the_route_admits_them() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let reply = browser
        .send(api("echo/x"))
        .await
        .refused(401, "unauthenticated");
    assert_eq!(reply.header("x-laneway-error"), "unauthenticated");
    assert_eq!(reply.json()["login_url"], "/bff/login");
    let page = browser
        .send(api("echo/x").header("accept", "text/html"))
        .await
        .expect(401);
    assert_eq!(page.header("x-laneway-error"), "unauthenticated");
    assert!(
        page.text().contains("<html"),
        "a person who follows a link can read it"
    );
    let open = browser
        .send(api("open/x").header("authorization", "Basic abc"))
        .await
        .expect(200)
        .json();
    assert!(
        sent(&open, "authorization").is_empty(),
        "a client's own is not passed on"
    );
}

#[tokio::test]
async fn with_a_cookie_every_call_needs_the_mark() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    let call = |method: &str| Call::new(method, &format!("{APP}/api/echo/x"));
    for method in ["GET", "POST", "PUT", "DELETE"] {
        let reply = browser
            .send(call(method))
            .await
            .refused(403, "csrf_required");
        assert_eq!(reply.header("x-laneway-error"), "csrf_required");
        browser
            .send(call(method).header("x-csrf", "1"))
            .await
            .expect(200);
    }
    let fetch = |method: &str, site: &str| call(method).header("sec-fetch-site", site);
    browser.send(fetch("GET", "same-origin")).await.expect(200);
    browser
        .send(fetch("GET", "same-site"))
        .await
        .refused(403, "csrf_required");
    browser
        .send(fetch("POST", "same-origin"))
        .await
        .refused(403, "csrf_required");
    let foreign = call("POST")
        .header("x-csrf", "1")
        .header("origin", "https://evil.test");
    browser
        .send(foreign)
        .await
        .refused(403, "origin_not_allowed");
    let own = call("POST").header("x-csrf", "1").header("origin", APP);
    browser.send(own).await.expect(200);
}

#[tokio::test]
async fn the_first_credential_decides() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    browser
        .send(api("echo/x").bearer("nonsense"))
        .await
        .refused(401, "invalid_token");
    browser
        .send(api("echo/x").header("x-api-key", "lw_nonsense"))
        .await
        .refused(401, "invalid_token");
    browser
        .send(api("echo/x").header("authorization", "Basic abc"))
        .await
        .expect(200);
    let token = app.operator().await;
    browser
        .send(api("echo/x").bearer(&token))
        .await
        .refused(403, "forbidden");
    let other_org = api("echo/x").header("x-laneway-org", "another");
    browser.send(other_org).await.refused(409, "org_mismatch");
}

#[tokio::test]
async fn bodies_are_limited_with_and_without_a_length() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    let post = |size: usize| {
        Call::new("POST", &format!("{APP}/api/echo/x"))
            .header("x-csrf", "1")
            .body(vec![b'x'; size])
    };
    let fits = browser.send(post(64 * 1024)).await.expect(200).json();
    assert_eq!(fits["body"].as_str().map(str::len), Some(64 * 1024));
    let reply = browser
        .send(post(64 * 1024 + 1))
        .await
        .refused(413, "too_large");
    assert_eq!(reply.header("x-laneway-error"), "too_large");
    let told = post(10).header("content-length", "65537");
    browser.send(told).await.refused(413, "too_large");
}

#[tokio::test]
async fn a_dead_backend_is_told_apart_from_ours() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    let reply = browser
        .send(api("dead/x"))
        .await
        .refused(503, "upstream_unavailable");
    assert_eq!(reply.header("x-laneway-error"), "upstream_unavailable");
    assert!(!reply.header("retry-after").is_empty());
    browser
        .send(api("nowhere/x"))
        .await
        .refused(404, "not_found");
    for bad in ["echo/../x", "echo/%2e%2e/x", "echo/a/..%2f", "echo/./x"] {
        browser.send(api(bad)).await.refused(400, "invalid_request");
    }
    browser
        .send(Call::new("GET", "/api/echo/x").header("x-csrf", "1"))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn every_other_path_is_the_applications() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    for path in ["/", "/deep/link", "/login", "/account"] {
        let reply = browser.get(&format!("{APP}{path}")).await.expect(200);
        assert!(reply.text().contains("the application"), "{path}");
    }
    for path in [
        "/v1/nothing",
        "/bff/nothing",
        "/.laneway/nothing",
        "/api",
        "/api/",
        "/bff",
    ] {
        browser
            .get(&format!("{APP}{path}"))
            .await
            .refused(404, "not_found");
    }
    app.enter(&mut browser, IDE).await;
    browser.set_cookie(IDE, "theme", "dark");
    let call = Call::new("GET", &format!("{IDE}/deep?x=1")).header("x-laneway-user", "root");
    let echo = browser.send(call).await.expect(200).json();
    assert_eq!(
        (&echo["path"], &echo["query"]),
        (&json!("/deep"), &json!("x=1"))
    );
    assert_eq!(sent(&echo, "cookie"), ["theme=dark"]);
    assert!(sent(&echo, "authorization").is_empty() && sent(&echo, "x-laneway-user").is_empty());
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    let kid = |echo: &Value| {
        let token = sent(echo, "authorization")[0]
            .trim_start_matches("Bearer ")
            .to_owned();
        jsonwebtoken::decode_header(&token)
            .expect("a header")
            .kid
            .expect("a kid")
    };
    let old = kid(&browser.send(api("echo/x")).await.expect(200).json());
    let (core, tenant) = (app.core(), app.tenant().await.id);
    let mut write = core.begin().await.expect("a transaction");
    let now = write.now();
    let new = laneway::tokens::rotate(&mut write.tx, &core.sealer, &tenant, now, false)
        .await
        .expect("rotated");
    core.commit(write).await.expect("commit");
    // Another node has nothing cached.
    let node = app.second().await;
    let mut there = browser.towards(&node.app.router);
    let published = there.get("/.well-known/jwks.json").await.expect(200).json();
    let kids: Vec<&str> = published["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .filter_map(|key| key["kid"].as_str())
        .collect();
    assert!(
        kids.contains(&old.as_str()) && kids.contains(&new.as_str()),
        "{kids:?}"
    );
    assert!(
        published["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .all(|key| key["d"].is_null()),
        "public halves only"
    );
    assert_eq!(
        kid(&there.send(api("echo/x")).await.expect(200).json()),
        old
    );
    app.clock.advance_s(301);
    assert_eq!(
        kid(&there.send(api("echo/x")).await.expect(200).json()),
        new
    );
}

/// The token that a backend was given.
async fn token(browser: &mut Browser, path: &str) -> String {
    let echo = browser.send(api(path)).await.expect(200).json();
    sent(&echo, "authorization")[0].to_owned()
}

#[tokio::test]
async fn a_token_is_kept_per_session_and_audience_until_half_its_life() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    let first = token(&mut browser, "echo/x").await;
    assert_eq!(token(&mut browser, "echo/y").await, first);
    assert_ne!(
        token(&mut browser, "open/x").await,
        first,
        "another audience"
    );
    let mut other = app.signup("bob@x.test").await;
    app.enter(&mut other, APP).await;
    assert_ne!(token(&mut other, "echo/x").await, first, "another session");
    // The node hears the log all along, so the session stays in memory.
    let wait = async |seconds| {
        app.clock.advance_s(seconds);
        app.core().log.poll().await.expect("the log");
    };
    wait(0).await;
    let first = token(&mut browser, "echo/x").await;
    wait(140).await;
    assert_eq!(token(&mut browser, "echo/x").await, first);
    wait(15).await;
    assert_ne!(token(&mut browser, "echo/x").await, first);
}

#[tokio::test]
async fn what_changes_a_session_changes_its_token_at_once() {
    let app = TestApp::sqlite().await;
    let mut browser = signed_in(&app).await;
    let sub = browser.user(APP).await.json()["sub"].clone();
    let made = json!({ "slug": "acme", "name": "Acme" });
    let org = app.admin("POST", "/v1/organizations", made).await;
    let org = org.expect(201).json()["id"].clone();
    let member = format!(
        "/v1/organizations/{}/members/{}",
        org.as_str().expect("an id"),
        sub.as_str().expect("a sub")
    );
    let grant = async |roles: Value| {
        let roles = json!({ "roles": roles });
        app.admin("PUT", &member, roles).await.expect(200);
    };
    grant(json!(["admin"])).await;
    let enter = json!({ "org": org });
    browser
        .post(&format!("{APP}/bff/org"), enter)
        .await
        .expect(200);
    let roles = async |browser: &mut Browser| {
        let bearer = token(browser, "echo/x").await;
        let audience = "https://app.test/api/echo";
        let (_, claims) = claims(browser, bearer.trim_start_matches("Bearer "), audience).await;
        // Nothing has polled: a backend that follows the feed takes it all the same.
        assert_eq!(claims["seen"], app.core().log.position());
        claims["org_roles"].clone()
    };
    assert_eq!(roles(&mut browser).await, json!(["admin"]));
    grant(json!(["member"])).await;
    assert_eq!(roles(&mut browser).await, json!(["member"]));
}

#[tokio::test]
async fn a_frontends_base_cannot_be_left_by_dot_segments() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    for path in ["/../x", "/a/%2e%2e/x", "/a/..;/x"] {
        let mut wire = listener.connect().await;
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: ide.test\r\n\r\n"))
            .await;
        assert_eq!(wire.answer().await.0.status, 400, "{path}");
    }
}
