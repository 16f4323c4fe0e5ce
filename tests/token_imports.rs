//! Keys that were in use elsewhere go on by their hash; and which kinds of callers a tenant takes.

use laneway::core::hash_token;
use serde_json::{Value, json};

use crate::api_tokens::{get, made, text};
use crate::forward::{caddy, nginx, options, proxy};
use crate::harness::app::Options;
use crate::harness::{APP, Browser, Call, TestApp, both};

const OLD: &str = "acme-key-51Hc9.from-elsewhere";

fn digest(key: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in hash_token(key) {
        write!(text, "{byte:02x}").expect("text takes all");
    }
    text
}

fn import(key: &str, owner: (&str, &str)) -> Value {
    let mut body =
        json!({ "sha256": digest(key), "name": "old", "expires_at": "2027-06-01T00:00:00Z" });
    body[owner.0] = json!(owner.1);
    body
}

async fn id_of(browser: &mut Browser) -> String {
    text(&browser.me().await["sub"])
}

both! {
    async fn a_key_from_elsewhere_goes_on_by_its_hash(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let id = id_of(&mut ana).await;
        get(&app, OLD, "/v1/me").await.refused(401, "invalid_token");
        let mut body = import(OLD, ("user", &id));
        body["scopes"] = json!(["account:read", "api"]);
        let made = app.admin("POST", "/v1/admin/api-tokens", body.clone()).await.expect(201).json();
        assert_eq!((&made["prefix"], made.get("token")), (&json!("sha256:3871db83"), None));
        assert_eq!(get(&app, OLD, "/v1/me").await.expect(200).json()["id"], json!(id));
        let key = Call::new("GET", &format!("{APP}/api/echo/x")).header("x-api-key", OLD);
        let told = app.browser().send(key).await.expect(200).text();
        assert!(!told.contains(OLD));
        app.admin("POST", "/v1/admin/api-tokens", body).await.refused(409, "duplicate");
        let events = app.events("api_token.imported").await;
        assert!(events.len() == 1 && !events[0].detail.contains(&digest(OLD)));
        // Its owner sees it and ends it.
        let listed = ana.get("/v1/me/tokens").await.expect(200).json();
        assert_eq!(listed["items"][0]["id"], made["id"]);
        let path = format!("/v1/me/tokens/{}", text(&made["id"]));
        ana.send(Call::api("DELETE", &path, &json!({}))).await.expect(204);
        get(&app, OLD, "/v1/me").await.refused(401, "invalid_token");
        // A service account's may do what the account may.
        let org = text(&app.admin("POST", "/v1/organizations", json!({ "slug": "acme", "name": "A" })).await.expect(201).json()["id"]);
        let service = app.service_account(&org, "viewer").await;
        app.admin("POST", "/v1/admin/api-tokens", import("other-key", ("service_account", &service))).await.expect(201);
        get(&app, "other-key", &format!("/v1/organizations/{org}/members")).await.expect(200);
        app.clock.advance_s(400 * 86_400);
        get(&app, "other-key", &format!("/v1/organizations/{org}/members")).await.refused(401, "token_expired");
    }

    async fn nobody_imports_a_key_for_somebody_above_themselves(app: TestApp) {
        let tenant = app.tenant().await.id;
        let (_, owner) = crate::authority::appointed(&app, "owner@x.test", "owner", true).await;
        let token = app.operator_of("admin", Some(&tenant)).await;
        let viewer = app.operator_of("viewer", Some(&tenant)).await;
        let mut bob = app.signup("bob@x.test").await;
        let bob_id = id_of(&mut bob).await;
        let call = |body: Value, by: &str| Call::api("POST", "/v1/admin/api-tokens", &body).bearer(by);
        let send = |call: Call| { let mut browser = app.browser(); async move { browser.send(call).await } };
        send(call(import("k1", ("user", &owner)), &token)).await.refused(403, "forbidden");
        send(call(import("k1", ("user", &bob_id)), &viewer)).await.refused(403, "forbidden");
        send(call(import("k1", ("user", "0199aaaa")), &token)).await.refused(404, "not_found");
        send(call(import("k1", ("service_account", "0199aaaa")), &token)).await.refused(404, "not_found");
        bob.send(Call::api("POST", "/v1/admin/api-tokens", &import("k1", ("user", &bob_id)))).await.refused(403, "forbidden");
        for (member, value, pointer) in [
            ("sha256", json!("0a"), "/sha256"), ("sha256", json!("k1"), "/sha256"),
            ("expires_at", json!("2020-01-01T00:00:00Z"), "/expires_at"), ("expires_at", json!("soon"), "/expires_at"),
            ("scopes", json!(["everything"]), "/scopes/0"), ("service_account", json!("x"), "/user"),
        ] {
            let mut body = import("k1", ("user", &bob_id));
            body[member] = value;
            let refused = send(call(body, &token)).await.refused(422, "invalid_field");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
        }
        get(&app, "k1", "/v1/me").await.refused(401, "invalid_token");
        send(call(import("k1", ("user", &bob_id)), &token)).await.expect(201);
    }

    async fn a_tenant_says_which_callers_it_takes(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let token = text(&made(&mut ana, json!({ "name": "x", "scopes": ["account:read"] })).await["token"]);
        let claims = app.claims(&ana.me().await, &[laneway::authz::Permission::AccountRead]).await;
        let jwt = app.sign("at+jwt", &claims).await;
        let path = format!("/v1/admin/tenants/{}", app.tenant().await.id);
        for (methods, cookie, key, access) in [
            (json!(["cookie"]), 200, 401, 401), (json!(["api_token"]), 401, 200, 401),
            (json!(["access_token"]), 401, 401, 200), (json!(["cookie", "api_token"]), 200, 200, 401),
            (Value::Null, 200, 200, 200),
        ] {
            let patch = json!({ "settings": { "auth_methods": methods } });
            app.admin("PATCH", &path, patch).await.expect(200);
            ana.get("/v1/me").await.expect(cookie);
            get(&app, &token, "/v1/me").await.expect(key);
            get(&app, &jwt, "/v1/me").await.expect(access);
        }
        for bad in [json!([]), json!(["password"]), json!("cookie")] {
            let patch = json!({ "settings": { "auth_methods": bad } });
            app.admin("PATCH", &path, patch).await.refused(422, "invalid_field");
        }
    }

    async fn strangers_are_asked_for_what_the_tenant_takes(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let path = format!("/v1/admin/tenants/{}", app.tenant().await.id);
        for (settings, signs_in) in [
            (json!({}), true), (json!({ "default_method": "access_token" }), false), (json!({ "default_method": "cookie" }), true),
            // A sign-in that is not accepted would lead back and forth.
            (json!({ "auth_methods": ["api_token", "access_token"], "default_method": null }), false),
            (json!({ "auth_methods": ["api_token", "cookie"], "default_method": "api_token" }), false),
            (json!({ "auth_methods": null, "default_method": null }), true),
        ] {
            app.admin("PATCH", &path, json!({ "settings": settings })).await.expect(200);
            let told = app.browser().get("/v1/me").await.refused(401, "unauthenticated");
            assert_eq!(told.json()["login_url"].is_string(), signs_in, "{settings}");
            assert_eq!(told.header("www-authenticate"), "Bearer");
            let asked = proxy(&app).send(nginx("https://wiki.test/x", "")).await.expect(401);
            assert_eq!(!asked.header("location").is_empty(), signs_in, "{settings}");
            assert!(asked.header("www-authenticate").contains("resource_metadata="), "{settings}");
            let page = caddy("GET", "https://notes.test", "/x").header("accept", "text/html");
            let page = proxy(&app).send(page).await;
            assert_eq!(page.code(), if signs_in { 302 } else { 401 }, "{settings}");
        }
        for (bad, pointer) in [
            (json!({ "default_method": "password" }), "/settings/default_method"),
            (json!({ "auth_methods": ["cookie"], "default_method": "api_token" }), "/settings/default_method"),
        ] {
            let told = app.admin("PATCH", &path, json!({ "settings": bad })).await.refused(422, "invalid_field");
            assert_eq!(told.json()["errors"][0]["pointer"], pointer);
        }
        app.admin("PATCH", &path, json!({ "settings": { "default_method": "cookie" } })).await.expect(200);
        let without = json!({ "settings": { "auth_methods": ["api_token"] } });
        app.admin("PATCH", &path, without).await.refused(422, "invalid_field");
    }

    async fn the_file_says_which_callers_are_taken_and_nobody_changes_it(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let token = text(&made(&mut ana, json!({ "name": "x", "scopes": ["account:read"] })).await["token"]);
        let options = Options {
            tables: "[tenant.settings]\nauth_methods = ['api_token', 'access_token']\ndefault_method = 'api_token'".into(),
            ..Options::default()
        };
        let app = app.restarted(&options).await.expect("it starts");
        let stranger = app.browser().get("/v1/me").await.refused(401, "unauthenticated");
        assert!(stranger.json()["login_url"].is_null());
        get(&app, &token, "/v1/me").await.expect(200);
        let path = format!("/v1/admin/tenants/{}", app.tenant().await.id);
        let read = app.admin("GET", &path, json!({})).await.expect(200).json();
        assert_eq!(read["settings"]["auth_methods"], json!(["api_token", "access_token"]));
        let patch = |settings: Value| app.admin("PATCH", &path, json!({ "settings": settings }));
        patch(json!({ "auth_methods": null })).await.refused(409, "conflict");
        patch(json!({ "default_method": "access_token" })).await.refused(409, "conflict");
        patch(json!({ "auth_methods": ["api_token", "access_token"], "locale": "de" })).await.expect(200);
    }
}
