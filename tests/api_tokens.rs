//! API tokens of people: who makes them, what they open, and how they end.

use serde_json::{Value, json};

use crate::forward::{WIKI, envoy, nginx, options, proxy};
use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp, both, until};

pub fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// A token of the person in a browser.
pub async fn made(browser: &mut Browser, body: Value) -> Value {
    browser.post("/v1/me/tokens", body).await.expect(201).json()
}

fn wanted(scopes: &[&str]) -> Value {
    json!({ "name": "CI", "scopes": scopes })
}

pub async fn get(app: &TestApp, token: &str, path: &str) -> Reply {
    let call = Call::new("GET", path).bearer(token);
    app.browser().send(call).await
}

async fn org(app: &TestApp, slug: &str) -> String {
    let body = json!({ "slug": slug, "name": slug });
    let made = app.admin("POST", "/v1/organizations", body).await;
    text(&made.expect(201).json()["id"])
}

async fn join(app: &TestApp, org: &str, browser: &mut Browser, role: &str) -> String {
    let user = text(&browser.me().await["sub"]);
    let path = format!("/v1/organizations/{org}/members/{user}");
    let body = json!({ "roles": [role] });
    app.admin("PUT", &path, body).await.expect(200);
    path
}

/// What the demo backend was told behind a call with a token.
async fn echoed(app: &TestApp, call: Call) -> Value {
    let reply = app.browser().send(call).await.expect(200);
    let told = reply.json();
    let header = told["headers"].as_array().and_then(|all| {
        let found = all.iter().find(|pair| pair[0] == "authorization");
        found.and_then(|pair| pair[1].as_str().map(str::to_owned))
    });
    claims(header.expect("a token").trim_start_matches("Bearer "))
}

fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).expect("claims");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part);
    serde_json::from_slice(&bytes.expect("base64url")).expect("JSON")
}

both! {
    async fn a_person_makes_a_token_sees_it_once_and_revokes_it(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let body = json!({ "name": "CI", "scopes": ["account:read", "api"], "expires_in": 3600 });
        let token = made(&mut ana, body).await;
        let value = text(&token["token"]);
        assert!(value.starts_with("lw_pat_") && value.starts_with(&text(&token["prefix"])));
        assert_eq!((&token["scopes"], &token["uses"]), (&json!(["api", "account:read"]), &json!(0)));
        let me = get(&app, &value, "/v1/me").await.expect(200).json();
        assert_eq!(me["email"], "ana@x.test");
        let key = Call::new("GET", "/v1/me").header("x-api-key", &value);
        app.browser().send(key).await.expect(200);
        app.core().sessions.flush().await.expect("written");
        let listed = ana.get("/v1/me/tokens").await.expect(200).json();
        let shown = &listed["items"][0];
        assert_eq!((&shown["id"], &shown["uses"]), (&token["id"], &json!(2)));
        assert!(shown["last_used_at"].is_string() && shown["last_used_ip"].is_string(), "{shown}");
        assert!(shown.get("token").is_none() && !listed.to_string().contains(&value), "shown once");
        let mails = app.mails_to("ana@x.test").await;
        assert!(mails.iter().any(|mail| mail.subject.contains("API token")), "the owner is told");

        // Another tenant knows nothing of it.
        let other = json!({ "slug": "other", "name": "O", "public_url": "https://other.test", "signup": "open" });
        app.admin("POST", "/v1/admin/tenants", other).await.expect(201);
        get(&app, &value, "https://other.test/v1/me").await.refused(401, "invalid_token");
        // Nobody else's to revoke; then it is over at once, and for good.
        let path = format!("/v1/me/tokens/{}", text(&token["id"]));
        let revoke = Call::api("DELETE", &path, &json!({}));
        app.signup("bob@x.test").await.send(revoke.clone()).await.refused(404, "not_found");
        ana.send(revoke.clone()).await.expect(204);
        ana.send(revoke).await.refused(404, "not_found");
        get(&app, &value, "/v1/me").await.refused(401, "invalid_token");
        assert_eq!(ana.get("/v1/me/tokens").await.json()["items"], json!([]));
        for kind in ["api_token.created", "api_token.revoked"] {
            let events = app.events(kind).await;
            assert_eq!(events.len(), 1, "{kind}");
            assert!(!events[0].detail.contains(&value));
        }
    }

    async fn a_token_is_made_only_after_a_fresh_proof_and_only_as_asked(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        for (body, pointer) in [
            (json!({ "name": "", "scopes": ["api"] }), "/name"),
            (json!({ "name": "x", "scopes": [] }), "/scopes"),
            (json!({ "name": "x", "scopes": ["api", "account:write"] }), "/scopes/1"),
            (json!({ "name": "x", "scopes": ["api"], "expires_in": 1 }), "/expires_in"),
            (json!({ "name": "x", "scopes": ["api"], "expires_in": 40_000_000 }), "/expires_in"),
            (json!({ "name": "x", "scopes": ["api"], "org": "nowhere" }), "/org"),
        ] {
            let refused = ana.post("/v1/me/tokens", body).await.refused(422, "invalid_field");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
        }
        // A token makes no token, and reads none.
        let token = text(&made(&mut ana, wanted(&["api", "account:read"])).await["token"]);
        get(&app, &token, "/v1/me/tokens").await.refused(403, "forbidden");
        let make = Call::api("POST", "/v1/me/tokens", &wanted(&["api"])).bearer(&token);
        app.browser().send(make).await.refused(403, "forbidden");
        let foreign = Call::api("POST", "/v1/me/tokens", &wanted(&["api"])).header("origin", "https://evil.test");
        ana.send(foreign).await.refused(403, "origin_not_allowed");
        // Factors are changed on login hosts only, and so are these.
        app.enter(&mut ana, APP).await;
        ana.get(&format!("{APP}/v1/me/tokens")).await.expect(404);
        app.clock.advance_s(900);
        ana.post("/v1/me/tokens", wanted(&["api"])).await.refused(403, "step_up_required");
    }

    async fn a_token_does_what_its_owner_may_at_that_moment_within_its_scopes(app: TestApp) {
        let (acme, globex) = (org(&app, "acme").await, org(&app, "globex").await);
        let mut ana = app.signup("ana@x.test").await;
        let place = join(&app, &acme, &mut ana, "admin").await;
        join(&app, &globex, &mut ana, "admin").await;
        let open = text(&made(&mut ana, wanted(&["members:read", "users:read"])).await["token"]);
        let mut body = wanted(&["members:read"]);
        body["org"] = json!("acme");
        let bound = made(&mut ana, body).await;
        assert_eq!(bound["org_id"], json!(acme));
        let bound = text(&bound["token"]);
        let members = |org: &str| format!("/v1/organizations/{org}/members");
        for (token, there, status) in [(&open, &acme, 200), (&open, &globex, 200), (&bound, &acme, 200), (&bound, &globex, 403)] {
            get(&app, token, &members(there)).await.expect(status);
        }
        // Scopes grant nothing that the owner does not have, and leave out what they do not name.
        get(&app, &open, "/v1/admin/users").await.refused(403, "forbidden");
        get(&app, &open, &format!("/v1/organizations/{acme}/connections")).await.refused(403, "forbidden");
        // Another role counts at once; without the place the token is over.
        app.admin("PUT", &place, json!({ "roles": ["member"] })).await.expect(200);
        get(&app, &bound, &members(&acme)).await.refused(403, "forbidden");
        app.admin("DELETE", &place, json!({})).await.expect(204);
        get(&app, &bound, &members(&acme)).await.refused(401, "invalid_token");
        get(&app, &open, &members(&globex)).await.expect(200);
        app.admin("DELETE", &format!("/v1/organizations/{globex}"), json!({})).await.expect(204);
        get(&app, &open, &members(&globex)).await.refused(403, "forbidden");
    }

    async fn tokens_end_with_their_person_and_with_time(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let token = text(&made(&mut ana, json!({ "name": "x", "scopes": ["account:read"], "expires_in": 300 })).await["token"]);
        let user = format!("/v1/admin/users/{}", text(&ana.me().await["sub"]));
        // A sign-out is not the end of it; the hour is.
        ana.post("/bff/logout", json!({})).await.expect(200);
        get(&app, &token, "/v1/me").await.expect(200);
        app.admin("PATCH", &user, json!({ "state": "disabled" })).await.expect(200);
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
        app.admin("PATCH", &user, json!({ "state": "active" })).await.expect(200);
        get(&app, &token, "/v1/me").await.expect(200);
        app.clock.advance_s(301);
        get(&app, &token, "/v1/me").await.refused(401, "token_expired");
        app.admin("DELETE", &user, json!({})).await.expect(204);
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
    }

    async fn a_token_opens_applications_as_its_person_where_its_scopes_say_so(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let acme = org(&app, "acme").await;
        let mut ana = app.signup("ana@x.test").await;
        join(&app, &acme, &mut ana, "admin").await;
        let sub = text(&ana.me().await["sub"]);
        let mut body = wanted(&["api"]);
        body["org"] = json!("acme");
        let token = made(&mut ana, body).await;
        let (id, value) = (text(&token["id"]), text(&token["token"]));
        let mut proxy = proxy(&app);
        for call in [nginx("https://wiki.test/x", "?role=admin"), envoy("POST", WIKI, "/x")] {
            let yes = proxy.send(call.bearer(&value)).await.expect(200);
            for (name, want) in [
                ("x-laneway-user", sub.as_str()), ("x-laneway-email", "ana@x.test"), ("x-laneway-org", &acme),
                ("x-laneway-roles", "admin"), ("x-laneway-sid", &id), ("remote-groups", "admin"),
            ] {
                assert_eq!(yes.header(name), want, "{name}");
            }
            let told = claims(yes.header("x-laneway-jwt"));
            assert_eq!((&told["sub"], &told["sid"], &told["scope"]), (&json!(sub), &json!(id), &json!("api")));
        }
        let key = nginx("https://wiki.test/x", "").header("x-api-key", &value);
        proxy.send(key).await.expect(200);
        proxy.send(nginx("https://wiki.test/x", "?org=globex").bearer(&value)).await.expect(403);
        let slip = format!("{}x", &value[..value.len() - 1]);
        proxy.send(nginx("https://wiki.test/x", "").bearer(&slip)).await.expect(401);
        let narrow = text(&made(&mut ana, wanted(&["account:read"])).await["token"]);
        proxy.send(nginx("https://wiki.test/x", "").bearer(&narrow)).await.expect(403);
        let path = format!("/v1/me/tokens/{id}");
        ana.send(Call::api("DELETE", &path, &json!({}))).await.expect(204);
        proxy.send(nginx("https://wiki.test/x", "").bearer(&value)).await.expect(401);
    }

    async fn a_token_calls_backends_without_the_mark_that_cookies_need(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let sub = text(&ana.me().await["sub"]);
        let token = made(&mut ana, wanted(&["api"])).await;
        let value = text(&token["token"]);
        let post = Call::new("POST", &format!("{APP}/api/echo/x")).bare().bearer(&value);
        let told = echoed(&app, post).await;
        assert_eq!((&told["sub"], &told["sid"], &told["org_id"]), (&json!(sub), &token["id"], &Value::Null));
        let key = Call::new("GET", &format!("{APP}/api/echo/x")).header("x-api-key", &value);
        let reply = app.browser().send(key).await.expect(200).text();
        assert!(!reply.contains(&value), "no backend sees the token");
        let narrow = text(&made(&mut ana, wanted(&["account:read"])).await["token"]);
        let call = Call::new("GET", &format!("{APP}/api/echo/x")).bearer(&narrow);
        app.browser().send(call).await.refused(403, "forbidden");
        // A bad one is never replaced by the cookie beside it.
        app.enter(&mut ana, APP).await;
        let bad = Call::new("GET", &format!("{APP}/api/echo/x")).header("x-csrf", "1").header("x-api-key", "lw_pat_x");
        ana.send(bad).await.refused(401, "invalid_token");
    }

    async fn what_an_organization_asks_of_a_sign_in_it_asks_of_the_one_behind_a_token(app: TestApp) {
        let acme = org(&app, "acme").await;
        let mut ana = app.signup("ana@x.test").await;
        join(&app, &acme, &mut ana, "admin").await;
        let mut body = wanted(&["members:read"]);
        let open = text(&made(&mut ana, body.clone()).await["token"]);
        body["org"] = json!(acme);
        let bound = text(&made(&mut ana, body.clone()).await["token"]);
        let members = format!("/v1/organizations/{acme}/members");
        for token in [&open, &bound] {
            get(&app, token, &members).await.expect(200);
        }
        let ask = json!({ "required_acr": "phr" });
        app.admin("PATCH", &format!("/v1/organizations/{acme}"), ask).await.expect(200);
        for token in [&open, &bound] {
            get(&app, token, &members).await.refused(403, "forbidden");
        }
        let refused = ana.post("/v1/me/tokens", body.clone()).await;
        assert_eq!(refused.problem(), "not_supported_by_upstream");
        // A sign-in that comes up to it makes one that does.
        let keys = laneway_fake::SoftAuthenticator::new();
        app.enrol(&mut ana, &keys).await;
        let mut strong = crate::flows_passkey::login(&app, &keys).await;
        let token = text(&made(&mut strong, body).await["token"]);
        get(&app, &token, &members).await.expect(200);
        // The other one still says who asks.
        let user = Call::new("GET", &format!("{LOGIN}/v1/me")).bearer(&open);
        app.browser().send(user).await.refused(403, "forbidden");
    }
}

#[tokio::test]
async fn a_warm_token_asks_no_database_and_writes_none() {
    let app = TestApp::sqlite_with(options()).await;
    let mut ana = app.signup("ana@x.test").await;
    let token = text(&made(&mut ana, wanted(&["api"])).await["token"]);
    let mut proxy = proxy(&app);
    let ask = || nginx("https://wiki.test/x", "").bearer(&token);
    proxy.send(ask()).await.expect(200);
    // Other tests run in this process: what this one costs is what is there every time.
    let mut least = u64::MAX;
    for _ in 0..500 {
        let before = laneway_sqlkit::query_count();
        for _ in 0..10 {
            proxy.send(ask()).await.expect(200);
        }
        least = least.min(laneway_sqlkit::query_count() - before);
        if least == 0 {
            break;
        }
    }
    assert_eq!(least, 0, "statements for ten questions");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revoked_token_ends_on_the_other_node() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    let _jobs = [first.jobs(), second.jobs()];
    let mut ana = first.signup("ana@x.test").await;
    let token = made(&mut ana, wanted(&["account:read"])).await;
    let value = text(&token["token"]);
    get(&second, &value, "/v1/me").await.expect(200);
    let path = format!("/v1/me/tokens/{}", text(&token["id"]));
    ana.send(Call::api("DELETE", &path, &json!({})))
        .await
        .expect(204);
    get(&first, &value, "/v1/me")
        .await
        .refused(401, "invalid_token");
    until(5, "the other node has heard", async || {
        (get(&second, &value, "/v1/me").await.code() == 401).then_some(())
    })
    .await;
}
