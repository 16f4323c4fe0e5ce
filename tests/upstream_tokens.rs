//! Access tokens of a tenant's own identity provider, signed: whom they stand for, what they open,
//! what is refused, and what happens when the provider's keys are gone, slow, wrong or new.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::api_tokens::{get, made, text};
use crate::forward::{nginx, options, proxy};
use crate::harness::app::Options;
use crate::harness::issuer::{AUDIENCE, Issuer, Key, huge, late, link, part};
use crate::harness::{APP, Browser, Call, Reply, TestApp, both};

/// Somebody with an account here whom the issuer knows by a name of its own.
pub async fn linked(app: &TestApp, subject: &str) -> (Browser, String) {
    let mut browser = app.signup(&format!("{subject}@x.test")).await;
    let id = text(&browser.me().await["sub"]);
    link(app, &id, subject).await;
    later(app, 2).await;
    (browser, id)
}

/// Time goes by on a node that hears the news.
pub async fn later(app: &TestApp, seconds: i64) {
    app.clock.advance_s(seconds);
    app.core().log.poll().await.expect("the log is read");
}

fn changed(issuer: &Issuer, member: &str, value: Value) -> String {
    let mut claims = issuer.claims("ana");
    claims[member] = value;
    issuer.key.sign(&claims)
}

/// The same token at each place that takes one.
async fn everywhere(app: &TestApp, token: &str) -> Vec<Reply> {
    let backend = Call::new("GET", &format!("{APP}/api/echo/x")).bearer(token);
    vec![
        get(app, token, "/v1/me").await,
        app.browser().send(backend).await,
        proxy(app)
            .send(nginx("https://wiki.test/x", "").bearer(token))
            .await,
    ]
}

both! {
    async fn a_token_of_the_upstream_is_whom_it_is_linked_to(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let issuer = Issuer::attached(&app).await;
        let (_, id) = linked(&app, "ana").await;
        let token = issuer.token("ana");
        assert_eq!(get(&app, &token, "/v1/me").await.expect(200).json()["id"], json!(id));
        let key = Call::new("GET", "/v1/me").header("x-api-key", &token);
        app.browser().send(key).await.expect(200);
        let yes = proxy(&app).send(nginx("https://wiki.test/x", "").bearer(&token)).await.expect(200);
        assert_eq!((yes.header("x-laneway-user"), yes.header("remote-email")), (id.as_str(), "ana@x.test"));
        assert!(!yes.header("x-laneway-sid").is_empty() && !token.contains(yes.header("x-laneway-sid")));
        let backend = Call::new("GET", &format!("{APP}/api/echo/x")).bearer(&token);
        let told = app.browser().send(backend).await.expect(200).text();
        assert!(!told.contains(&token), "no backend sees it");
        // It is limited as an API token is, and makes no lasting one.
        for path in ["/v1/me/tokens", "/v1/me/sessions", "/v1/admin/users"] {
            get(&app, &token, path).await.refused(403, "forbidden");
        }
        let make = Call::api("POST", "/v1/me/tokens", &json!({ "name": "x", "scopes": ["api"] })).bearer(&token);
        app.browser().send(make).await.refused(403, "forbidden");
        assert_eq!(issuer.asked("/keys"), 1);
    }

    async fn nothing_counts_until_the_tenant_says_so(app: TestApp) {
        let issuer = Issuer::new(&app).await;
        let id = issuer.attach(&app, Value::Null).await;
        linked(&app, "ana").await;
        let token = issuer.token("ana");
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
        assert_eq!(issuer.asked("/keys"), 0, "and nobody is asked");
        let path = format!("/v1/admin/upstreams/{id}");
        for bad in [
            json!({}), json!({ "audiences": [] }), json!({ "audiences": [AUDIENCE], "algorithms": ["HS256"] }),
            json!({ "audiences": [AUDIENCE], "grants": ["account:write"] }), json!({ "audience": AUDIENCE }),
            json!({ "audiences": [AUDIENCE], "jwt": false }),
        ] {
            let refused = app.admin("PATCH", &path, json!({ "options": { "bearer": bad } })).await;
            assert_eq!(refused.refused(422, "invalid_field").json()["errors"][0]["pointer"], "/options/bearer");
        }
        let good = json!({ "options": { "bearer": { "audiences": [AUDIENCE], "grants": ["account:read"] } } });
        app.admin("PATCH", &path, good).await.expect(200);
        get(&app, &token, "/v1/me").await.expect(200);
        // What is not granted is not opened.
        let backend = Call::new("GET", &format!("{APP}/api/echo/x")).bearer(&token);
        app.browser().send(backend).await.refused(403, "forbidden");
        let tenant = format!("/v1/admin/tenants/{}", app.tenant().await.id);
        for (methods, status) in [
            (json!(["cookie", "access_token"]), 401), (json!(["upstream_token"]), 200), (Value::Null, 200),
        ] {
            let patch = json!({ "settings": { "auth_methods": methods } });
            app.admin("PATCH", &tenant, patch).await.expect(200);
            get(&app, &token, "/v1/me").await.expect(status);
        }
        app.admin("PATCH", &path, json!({ "role": "retired" })).await.expect(200);
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
    }

    async fn what_is_not_plainly_good_opens_nothing_anywhere(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let issuer = Issuer::attached(&app).await;
        linked(&app, "ana").await;
        // The address of an account is nobody's link.
        app.signup("bob@x.test").await;
        let mut by_address = issuer.claims("stranger");
        by_address["email"] = json!("bob@x.test");
        by_address["email_verified"] = json!(true);
        let now = issuer.claims("ana")["iat"].as_i64().expect("iat");
        let stranger = Key::new("k1");
        let claims = issuer.claims("ana");
        let none = format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims));
        let mac = format!("{}.{}.AAAA", part(&json!({ "alg": "HS256", "kid": "k1" })), part(&claims));
        let good = issuer.token("ana");
        let cut = good[..good.len() - 8].to_owned();
        let mut id_token = issuer.claims("ana");
        id_token["nonce"] = json!("n");
        for (what, token) in [
            ("unlinked", issuer.token("nobody")), ("address", issuer.key.sign(&by_address)),
            ("audience", changed(&issuer, "aud", json!("ours"))),
            ("issuer", changed(&issuer, "iss", json!(format!("{}/", issuer.url())))),
            ("stranger", changed(&issuer, "iss", json!("https://evil.test"))),
            ("no issuer", changed(&issuer, "iss", Value::Null)),
            ("not yet", changed(&issuer, "nbf", json!(now + 300))),
            ("from the future", changed(&issuer, "iat", json!(now + 300))),
            ("bound", changed(&issuer, "cnf", json!({ "jkt": "x" }))),
            ("other key", stranger.sign(&claims)), ("unknown key", Key::new("k9").sign(&claims)),
            ("none", none), ("mac", mac), ("cut", cut), ("id token", issuer.key.sign_as("JWT", &id_token)),
            ("logout token", issuer.key.sign_as("logout+jwt", &claims)),
        ] {
            for reply in everywhere(&app, &token).await {
                assert_eq!(reply.code(), 401, "{what}: {}", reply.text());
                assert!(!reply.text().contains(&token), "{what}");
            }
            get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
        }
        let over = changed(&issuer, "exp", json!(now));
        get(&app, &over, "/v1/me").await.refused(401, "token_expired");
        for reply in everywhere(&app, &good).await {
            reply.expect(200);
        }
    }

    async fn it_ends_with_its_person_their_sessions_and_its_time(app: TestApp) {
        let issuer = Issuer::attached(&app).await;
        let (mut ana, id) = linked(&app, "ana").await;
        let user = format!("/v1/admin/users/{id}");
        let token = issuer.token("ana");
        get(&app, &token, "/v1/me").await.expect(200);
        later(&app, 1).await;
        app.admin("PATCH", &user, json!({ "state": "disabled" })).await.expect(200);
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
        app.admin("PATCH", &user, json!({ "state": "active" })).await.expect(200);
        // Switched off, all their sessions have ended: what was issued before stays over.
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
        later(&app, 2).await;
        let token = issuer.token("ana");
        get(&app, &token, "/v1/me").await.expect(200);
        // A sign-out of one session is not the end of all.
        let _ = ana.post("/bff/logout", json!({})).await;
        later(&app, 1).await;
        app.admin("DELETE", &format!("/v1/admin/users/{id}/sessions"), json!({})).await.expect(204);
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
        later(&app, 2).await;
        let mut short = issuer.claims("ana");
        short["exp"] = json!(short["iat"].as_i64().expect("iat") + 10);
        let token = issuer.key.sign(&short);
        get(&app, &token, "/v1/me").await.expect(200);
        later(&app, 10).await;
        get(&app, &token, "/v1/me").await.refused(401, "token_expired");
        let token = issuer.token("ana");
        get(&app, &token, "/v1/me").await.expect(200);
        app.admin("DELETE", &user, json!({})).await.expect(204);
        get(&app, &token, "/v1/me").await.refused(401, "invalid_token");
    }

    async fn another_tenant_does_not_know_it(app: TestApp) {
        let issuer = Issuer::attached(&app).await;
        linked(&app, "ana").await;
        let token = issuer.token("ana");
        get(&app, &token, "/v1/me").await.expect(200);
        let other = json!({ "slug": "other", "name": "O", "public_url": "https://other.test", "signup": "open" });
        app.admin("POST", "/v1/admin/tenants", other).await.expect(201);
        get(&app, &token, "https://other.test/v1/me").await.refused(401, "invalid_token");
        // With the same provider it has people of its own, and she is none of them.
        let body = json!({
            "kind": "oidc", "name": "idp", "issuer": issuer.url(), "client_id": "ours",
            "client_secret": "s", "options": { "bearer": { "audiences": [AUDIENCE] } },
        });
        let make = Call::api("POST", "https://other.test/v1/admin/upstreams", &body).bearer(&app.operator().await);
        app.browser().send(make).await.expect(201);
        get(&app, &token, "https://other.test/v1/me").await.refused(401, "invalid_token");
        get(&app, &token, "/v1/me").await.expect(200);
    }
}

/// Its provider may take a second, so that a test need not wait for ten.
pub fn impatient() -> Options {
    Options {
        tables: "[outbound]\ndeadline = \"1s\"\nmax_bytes = \"1MiB\"\n".into(),
        ..Options::default()
    }
}

#[tokio::test]
async fn a_provider_without_keys_is_its_own_trouble_and_not_the_callers() {
    for (answer, status, code) in [
        (ResponseTemplate::new(500), 503, "upstream_unavailable"),
        (ResponseTemplate::new(404), 503, "upstream_unavailable"),
        (late(), 503, "upstream_unavailable"),
        (huge(), 502, "upstream_invalid"),
        (
            ResponseTemplate::new(200).set_body_string("<p>"),
            502,
            "upstream_invalid",
        ),
        (
            ResponseTemplate::new(200).set_body_json(json!({ "keys": 7 })),
            502,
            "upstream_invalid",
        ),
    ] {
        let app = TestApp::sqlite_with(impatient()).await;
        let issuer = Issuer::attached(&app).await;
        linked(&app, "ana").await;
        let token = issuer.token("ana");
        issuer.answers("/keys", answer);
        let refused = get(&app, &token, "/v1/me").await.refused(status, code);
        assert!(!refused.text().contains(&token));
        issuer.publishes(&[&issuer.key]);
        later(&app, 3).await;
        get(&app, &token, "/v1/me").await.expect(200);
    }
}

#[tokio::test]
async fn keys_change_under_way_are_asked_for_once_and_bridge_silence() {
    let app = TestApp::sqlite().await;
    let issuer = Issuer::attached(&app).await;
    linked(&app, "ana").await;
    let tokens: Vec<String> = (0..20)
        .map(|n| {
            let mut claims = issuer.claims("ana");
            claims["jti"] = json!(n);
            issuer.key.sign(&claims)
        })
        .collect();
    let all = tokens.iter().map(|token| get(&app, token, "/v1/me"));
    for reply in futures::future::join_all(all).await {
        reply.expect(200);
    }
    assert_eq!(issuer.asked("/keys"), 1, "twenty at once");
    // Another key; the old one is withdrawn.
    let next = Key::new("k2");
    issuer.publishes(&[&next]);
    get(&app, &next.sign(&issuer.claims("ana")), "/v1/me")
        .await
        .expect(200);
    let unknown = Key::new("k3");
    for _ in 0..10 {
        let token = unknown.sign(&issuer.claims("ana"));
        get(&app, &token, "/v1/me")
            .await
            .refused(401, "invalid_token");
    }
    assert_eq!(issuer.asked("/keys"), 2, "made-up keys ask nobody");
    later(&app, 30).await;
    get(&app, &tokens[0], "/v1/me")
        .await
        .refused(401, "invalid_token");
    issuer.answers("/keys", ResponseTemplate::new(500));
    later(&app, 120).await;
    get(&app, &next.sign(&issuer.claims("ana")), "/v1/me")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_warm_token_asks_nobody() {
    let app = TestApp::sqlite_with(options()).await;
    let issuer = Issuer::attached(&app).await;
    linked(&app, "ana").await;
    let token = issuer.token("ana");
    let ask = || nginx("https://wiki.test/x", "").bearer(&token);
    let mut proxy = proxy(&app);
    proxy.send(ask()).await.expect(200);
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
    assert_eq!(issuer.asked("/keys"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_end_is_heard_on_the_other_node() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    let _jobs = [first.jobs(), second.jobs()];
    let issuer = Issuer::attached(&first).await;
    let (mut ana, id) = linked(&first, "ana").await;
    let token = issuer.token("ana");
    crate::harness::until(5, "the other node knows the upstream", async || {
        (get(&second, &token, "/v1/me").await.code() == 200).then_some(())
    })
    .await;
    later(&first, 1).await;
    // Her own API tokens outlive a sign-out; this was issued before the end of all sessions.
    made(&mut ana, json!({ "name": "x", "scopes": ["api"] })).await;
    let path = format!("/v1/admin/users/{id}/sessions");
    first.admin("DELETE", &path, json!({})).await.expect(204);
    crate::harness::until(5, "the other node has heard", async || {
        (get(&second, &token, "/v1/me").await.code() == 401).then_some(())
    })
    .await;
}
