//! `/bff`: who is signed in, signing in, organizations (CONTRACT §3).

use serde_json::{Value, json};

use crate::harness::{APP, Call, IDE, LISTED, LOGIN, TestApp, both, members};

both! {
    async fn the_user_has_exactly_the_promised_members(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let reply = browser.user(LOGIN).await.expect(200);
        assert_eq!(reply.header("cache-control"), "no-store");
        let me = reply.json();
        assert_eq!(members(&me), [
            "acr", "amr", "auth_time", "email", "email_verified", "idle_expires_in", "logout_url", "name", "org",
            "session_expires_in", "sid", "sub", "tenant", "upstream",
        ]);
        assert_eq!(members(&me["tenant"]), ["id", "slug"]);
        assert_eq!(members(&me["upstream"]), ["checked_at", "id", "state"]);
        let sid = me["sid"].as_str().expect("a sid");
        let wanted = json!({
            "email": "ana@x.test", "email_verified": true, "name": "ana", "org": null, "acr": "aal1",
            "amr": ["email"], "auth_time": "2027-01-15T08:00:01Z", "session_expires_in": 30 * 86400,
            "idle_expires_in": 12 * 3600, "logout_url": format!("/bff/logout?sid={sid}"),
            "tenant": { "id": app.tenant().await.id, "slug": "main" },
        });
        for (name, value) in wanted.as_object().expect("an object") {
            assert_eq!(&me[name], value, "{name}");
        }
        app.clock.advance_s(100);
        let later = browser.get("/bff/user?slide=false").await.expect(200).json();
        assert_eq!(later["session_expires_in"], 30 * 86400 - 100);
        assert_eq!(later["idle_expires_in"], 12 * 3600 - 100);
    }

    async fn nobody_is_told_how_to_sign_in(app: TestApp) {
        let mut browser = app.browser();
        for origin in [LOGIN, APP] {
            let reply = browser.user(origin).await.refused(401, "unauthenticated");
            assert_eq!(reply.json()["login_url"], "/bff/login");
            let reply = browser.get(&format!("{origin}/bff/user?anonymous=null")).await.expect(200);
            assert_eq!(reply.text(), "null");
        }
    }

    async fn switching_the_organization_changes_the_cookie_and_warns_other_tabs(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let me = browser.me().await;
        let sub = me["sub"].as_str().expect("a sub");
        let org = app.admin("POST", "/v1/organizations", json!({ "slug": "acme", "name": "Acme" })).await.expect(201).json();
        let id = org["id"].as_str().expect("an id").to_owned();
        app.admin("PUT", &format!("/v1/organizations/{id}/members/{sub}"), json!({ "roles": ["admin"] })).await.expect(200);
        assert_eq!(browser.me().await["org"], Value::Null, "not before it is chosen");
        browser.post("/bff/org", json!({ "org": "nowhere" })).await.refused(404, "not_found");
        let no_mark = Call::new("POST", "/bff/org").header("content-type", "application/json").body(b"{}".to_vec());
        browser.send(no_mark).await.refused(403, "csrf_required");

        let before = browser.clone();
        let after = browser.post("/bff/org", json!({ "org": "acme" })).await.expect(200).json();
        assert_eq!((&after["sid"], &after["org"]["id"]), (&me["sid"], &json!(id)));
        assert_eq!(members(&after["org"]), ["id", "name", "permissions", "roles", "slug"]);
        assert_eq!(after["org"]["roles"], json!(["admin"]));
        assert_eq!(after, browser.me().await);
        before.clone().user(LOGIN).await.refused(401, "unauthenticated");

        let asked = |wanted: &str| Call::new("GET", "/bff/user").header("x-laneway-org", wanted);
        browser.send(asked(&id)).await.expect(200);
        browser.send(asked("another")).await.refused(409, "org_mismatch");
        browser.post("/bff/org", json!({ "org": null })).await.expect(200);
        browser.send(asked(&id)).await.refused(409, "org_mismatch");
        // Whoever is taken out loses the organization at once.
        browser.post("/bff/org", json!({ "org": id })).await.expect(200);
        app.admin("PUT", &format!("/v1/organizations/{id}/members/{sub}"), json!({ "roles": [] })).await.expect(200);
        assert_eq!(browser.me().await["org"]["roles"], json!([]));
    }
}

#[tokio::test]
async fn claim_objects_on_request_or_by_setting() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let me = browser.me().await;
    let claims = browser
        .get("/bff/user?format=claims")
        .await
        .expect(200)
        .json();
    let find = |kind: &str| -> Vec<Value> {
        let all = claims.as_array().expect("a list").iter();
        all.filter(|claim| claim["type"] == kind)
            .map(|claim| claim["value"].clone())
            .collect()
    };
    for name in ["sub", "sid", "email", "name"] {
        assert_eq!(find(name), [me[name].clone()], "{name}");
    }
    assert_eq!(find("bff:logout_url"), [me["logout_url"].clone()]);
    assert_eq!(
        find("bff:session_expires_in"),
        [me["session_expires_in"].clone()]
    );
    assert!(
        claims
            .as_array()
            .expect("a list")
            .iter()
            .all(|claim| members(claim) == ["type", "value"])
    );
    let path = format!("/v1/admin/tenants/{}", app.tenant().await.id);
    app.admin("PATCH", &path, json!({ "claims_format": true }))
        .await
        .expect(200);
    assert!(browser.user(LOGIN).await.expect(200).json().is_array());
}

#[tokio::test]
async fn return_addresses_lead_to_own_and_listed_places_only() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    for name in ["return_to", "returnUrl", "rd"] {
        for bad in [
            "//evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "https://evil.test",
            "https:/evil.test",
            "evil.test",
            "https://listed.example.evil.test/",
            "https://listed.example@evil.test/",
            "http://listed.example/",
            "https://listed.example:8443/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/\t/evil.test",
            "",
            "https://user@listed.example/",
            "http://login.test/",
        ] {
            let reply = browser
                .get(&format!("/bff/login?{name}={}", encode(bad)))
                .await;
            reply.refused(400, "invalid_return_to");
        }
        for good in [
            "/",
            "/a?b=c#d",
            "https://listed.example/x",
            "https://login.test/account",
        ] {
            let reply = browser
                .get(&format!("/bff/login?{name}={}", encode(good)))
                .await
                .expect(303);
            assert_eq!(reply.location(), good, "{name}");
        }
    }
    let reply = browser
        .get("/bff/login?rd=https://ide.test/x")
        .await
        .expect(303);
    assert!(
        reply
            .location()
            .starts_with("https://ide.test/.laneway/start?rd="),
        "an app host has a start of its own"
    );
    let bad = browser
        .get(&format!("{IDE}/.laneway/start?rd=https://app.test/"))
        .await;
    bad.refused(400, "invalid_return_to");
}

#[tokio::test]
async fn a_login_that_cannot_be_silent_goes_back_where_it_came_from() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let reply = browser
        .get("/bff/login?return_to=/x?y=1&prompt=none")
        .await
        .expect(303);
    assert_eq!(reply.location(), "/x?y=1&error=login_required");
    let reply = browser.get("/bff/login?return_to=/x").await.expect(303);
    assert!(
        reply.location().starts_with("/login?"),
        "{}",
        reply.location()
    );
    let mut known = app.signup("ana@x.test").await;
    let reply = known
        .get("/bff/login?return_to=/x&prompt=none")
        .await
        .expect(303);
    assert_eq!(reply.location(), "/x");
    let reply = known
        .get("/bff/login?return_to=/x&prompt=none&acr_values=phr")
        .await
        .expect(303);
    assert_eq!(reply.location(), "/x?error=login_required");
    app.clock.advance_s(100);
    let reply = known
        .get("/bff/login?return_to=/x&prompt=none&max_age=60")
        .await
        .expect(303);
    assert_eq!(reply.location(), "/x?error=login_required");
    let again = known
        .get("/bff/login?return_to=/x&prompt=login")
        .await
        .expect(303);
    assert!(
        again.location().starts_with("/login?"),
        "{}",
        again.location()
    );
    known.user(LOGIN).await.expect(200);
    browser
        .get("/bff/login?prompt=nonsense")
        .await
        .refused(400, "invalid_request");
    browser
        .get("/bff/login?acr_values=nonsense")
        .await
        .refused(422, "invalid_field");
    browser
        .get("/bff/login?max_age=-1")
        .await
        .refused(400, "invalid_request");
}

#[tokio::test]
async fn a_silent_login_through_an_app_host_ends_in_the_app() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let start = format!("{APP}/.laneway/start?rd=/x&prompt=none");
    let reply = browser.get(&start).await;
    let (_, at) = browser.follow(reply, start).await;
    assert_eq!(at, format!("{APP}/x?error=login_required"));
}

/// A listed application on the same site brings the cookie along. It reads who is there; it does
/// not administer, and changes no factor.
#[tokio::test]
async fn the_script_of_a_listed_application_administers_nothing() {
    let app = TestApp::sqlite().await;
    let mut owner = app.signup("ana@x.test").await;
    let user = owner.me().await["sub"].as_str().expect("an id").to_owned();
    let mut tx = crate::harness::rows::tx(&app).await;
    let principal = ("user", user.as_str());
    laneway::store::operators::grant(&mut tx, "g1", principal, "owner", None, 0)
        .await
        .expect("granted");
    tx.commit().await.expect("a commit");
    for (method, path, own, foreign) in [
        ("GET", "/v1/admin/users", 200, 403),
        ("GET", "/v1/organizations", 200, 403),
        ("GET", "/v1/me/devices", 200, 403),
        ("GET", "/v1/me/identities", 200, 403),
        ("DELETE", "/v1/me", 409, 403),
        ("GET", "/v1/me", 200, 200),
        ("GET", "/v1/me/sessions", 200, 200),
    ] {
        let call = Call::api(method, path, &serde_json::json!({}));
        let here = owner.send(call.clone().header("origin", LOGIN)).await;
        assert_eq!(here.code(), own, "{method} {path}: {}", here.text());
        for header in [("origin", LISTED), ("sec-fetch-site", "same-site")] {
            let there = owner.send(call.clone().header(header.0, header.1)).await;
            assert_eq!(there.code(), foreign, "{method} {path}: {}", there.text());
            if foreign == 403 {
                assert_eq!(there.problem(), "origin_not_allowed");
            }
        }
    }
    // A token is no cookie.
    let call = Call::new("GET", "/v1/admin/users").bearer(&app.operator().await);
    app.browser()
        .send(call.header("origin", LISTED))
        .await
        .expect(200);
}

#[tokio::test]
async fn only_listed_origins_get_cors_headers_and_only_for_scripts() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let cors =
        |reply: &crate::harness::Reply| reply.header("access-control-allow-origin").to_owned();
    for (url, origin, wanted) in [
        ("/bff/user", LISTED, LISTED),
        ("/v1/me", LISTED, LISTED),
        ("https://app.test/api/echo/x", LISTED, LISTED),
        ("/bff/user", "https://evil.test", ""),
        ("/bff/user", "https://listed.example.evil.test", ""),
        ("/bff/user", "http://listed.example", ""),
        ("/bff/user", "https://listed.example:444", ""),
        ("/bff/user", "null", ""),
        ("/bff/user", APP, ""),
        ("/login", LISTED, ""),
        ("/account", LISTED, ""),
        ("https://app.test/", LISTED, ""),
    ] {
        let reply = browser
            .send(Call::new("GET", url).header("origin", origin))
            .await;
        assert_eq!(cors(&reply), wanted, "{url} {origin}");
        assert_eq!(
            reply.header("access-control-allow-credentials") == "true",
            !wanted.is_empty()
        );
        let ask = Call::new("OPTIONS", url)
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        let reply = browser.send(ask).await;
        assert_eq!(cors(&reply), wanted, "preflight {url} {origin}");
        if !wanted.is_empty() {
            let allowed = reply.header("access-control-allow-headers").to_lowercase();
            for name in ["x-csrf", "x-laneway-org", "content-type", "authorization"] {
                assert!(allowed.contains(name), "{allowed}");
            }
        }
    }
}
