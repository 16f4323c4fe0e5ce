//! Apps in their own name: client credentials (RFC 6749 §4.4).

use serde_json::{Value, json};

use super::client::{API, Client, claims, head, refused};
use crate::forward::{NOTES, WIKI, nginx, options, proxy};
use crate::harness::{Call, LOGIN, TestApp, both};

/// A service that gets tokens in its own name.
fn service() -> Value {
    json!({
        "client_name": "Robot", "redirect_uris": [], "grant_types": ["client_credentials"], "first_party": false,
        "scope": "openid profile offline_access plans:read plans:write", "audiences": [API, LOGIN],
    })
}

fn asks(client: &Client, more: &[(&str, &str)]) -> Call {
    let mut fields = vec![("grant_type", "client_credentials")];
    fields.extend_from_slice(more);
    client.form("/oauth/token", &fields)
}

fn token(body: &Value) -> String {
    body["access_token"].as_str().expect("a token").to_owned()
}

async fn introspected(app: &TestApp, by: &Client, token: &str) -> Value {
    let call = by.form("/oauth/introspect", &[("token", token)]);
    app.browser().send(call).await.expect(200).json()
}

both! {
    async fn an_app_gets_a_token_in_its_own_name_and_nothing_else(app: TestApp) {
        let robot = app.client(service()).await;
        let body = app.browser().send(asks(&robot, &[])).await.expect(200);
        assert_eq!(body.header("cache-control"), "no-store");
        let body = body.json();
        assert_eq!((&body["token_type"], &body["expires_in"], &body["scope"]), (&json!("Bearer"), &json!(300), &json!("plans:read plans:write")));
        assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none(), "{body}");
        let access = token(&body);
        assert_eq!((&head(&access)["typ"], &head(&access)["alg"]), (&json!("at+jwt"), &json!("ES256")));
        let said = claims(&access);
        assert_eq!((&said["sub"], &said["client_id"], &said["aud"], &said["iss"]), (&json!(robot.id), &json!(robot.id), &json!(API), &json!(LOGIN)));
        for of_a_person in ["sid", "acr", "amr", "auth_time", "org_id"] {
            assert!(said.get(of_a_person).is_none(), "{of_a_person}");
        }
        let less = app.browser().send(asks(&robot, &[("scope", "plans:read openid other"), ("resource", LOGIN)])).await.expect(200).json();
        assert_eq!((&less["scope"], &claims(&token(&less))["aud"]), (&json!("plans:read"), &json!(LOGIN)));
        // Without an audience it is for the app itself.
        let bare = app.client(json!({ "grant_types": ["client_credentials"], "redirect_uris": [], "audiences": [] })).await;
        let body = app.browser().send(asks(&bare, &[])).await.expect(200).json();
        assert_eq!((&claims(&token(&body))["aud"], &body["scope"]), (&json!(bare.id), &json!("plans:read")));
    }

    async fn what_it_may_not_have_is_refused(app: TestApp) {
        let robot = app.client(service()).await;
        for (more, error) in [
            (("scope", "openid offline_access"), "invalid_scope"), (("scope", "root"), "invalid_scope"),
            (("resource", "https://other.test/"), "invalid_target"),
        ] {
            refused(&app.browser().send(asks(&robot, &[more])).await, 400, error);
        }
        let wrong = Client { secret: Some("lw_app_wrong".into()), ..robot.clone() };
        refused(&app.browser().send(asks(&wrong, &[])).await, 401, "invalid_client");
        let bare = Call::form(&format!("{LOGIN}/oauth/token"), &[("grant_type", "client_credentials"), ("client_id", &robot.id)]);
        refused(&app.browser().send(bare).await, 401, "invalid_client");
        let people = app.client(json!({})).await;
        refused(&app.browser().send(asks(&people, &[])).await, 400, "unauthorized_client");
        let public = json!({ "client_name": "X", "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" });
        app.admin("POST", "/v1/admin/apps", public).await.refused(422, "invalid_field");
        let other = "https://other.test";
        let tenant = json!({ "slug": "other", "name": "Other", "public_url": other, "signup": "open" });
        app.admin("POST", "/v1/admin/tenants", tenant).await.expect(201);
        refused(&app.browser().send(asks(&robot, &[]).at_host(other)).await, 401, "invalid_client");
    }

    async fn it_is_judged_and_taken_back(app: TestApp) {
        let robot = app.client(service()).await;
        let api = app.client(json!({ "redirect_uris": ["https://api.test/cb"], "audiences": [API] })).await;
        let stranger = app.client(json!({ "audiences": ["https://else.test/"] })).await;
        let access = token(&app.browser().send(asks(&robot, &[])).await.expect(200).json());
        for by in [&robot, &api] {
            let said = introspected(&app, by, &access).await;
            assert_eq!((&said["active"], &said["sub"], &said["token_type"]), (&json!(true), &json!(robot.id), &json!("Bearer")));
        }
        let dead = json!({ "active": false });
        assert_eq!(introspected(&app, &stranger, &access).await, dead);
        // Nobody gives back what is another's.
        app.browser().send(stranger.form("/oauth/revoke", &[("token", &access)])).await.expect(200);
        assert_eq!(introspected(&app, &robot, &access).await["active"], true);
        app.browser().send(robot.form("/oauth/revoke", &[("token", &access)])).await.expect(200);
        app.browser().send(robot.form("/oauth/revoke", &[("token", &access)])).await.expect(200);
        assert_eq!(introspected(&app, &api, &access).await, dead);
        assert_eq!(app.events("token.revoked").await.len(), 1);
        // Each for itself: there is no family.
        let next = token(&app.browser().send(asks(&robot, &[])).await.expect(200).json());
        assert_eq!(introspected(&app, &api, &next).await["active"], true);
        let at = format!("/v1/admin/apps/{}", robot.id);
        app.clock.advance_s(1);
        app.admin("PATCH", &at, json!({ "state": "disabled" })).await.expect(200);
        assert_eq!(introspected(&app, &api, &next).await, dead, "switched off");
        app.admin("PATCH", &at, json!({ "state": "active" })).await.expect(200);
        assert_eq!(introspected(&app, &api, &next).await, dead, "what it had does not come back");
        app.clock.advance_s(1);
        let last = token(&app.browser().send(asks(&robot, &[])).await.expect(200).json());
        assert_eq!(introspected(&app, &api, &last).await["active"], true);
        app.clock.advance_s(300);
        assert_eq!(introspected(&app, &api, &last).await, dead, "over");
        let last = token(&app.browser().send(asks(&robot, &[])).await.expect(200).json());
        app.admin("DELETE", &at, json!({})).await.expect(204);
        assert_eq!(introspected(&app, &api, &last).await, dead, "deleted");
    }

    async fn nobody_takes_it_for_a_person(app: TestApp) {
        let robot = app.client(service()).await;
        // Even for us, and with a scope that is a permission.
        let access = token(&app.browser().send(asks(&robot, &[("resource", LOGIN)])).await.expect(200).json());
        for (method, path) in [
            ("GET", "/v1/me"), ("GET", "/v1/me/sessions"), ("GET", "/bff/user"), ("GET", "/v1/admin/users"),
            ("GET", "/v1/organizations"), ("POST", "/bff/org"), ("GET", "/oauth/userinfo"),
        ] {
            let reply = app.browser().send(Call::api(method, path, &json!({})).bearer(&access)).await;
            assert_eq!(reply.code(), 401, "{method} {path}: {}", reply.text());
        }
        let proxied = Call::new("GET", "https://app.test/api/echo/x").header("x-csrf", "1").bearer(&access);
        let reply = app.browser().send(proxied).await;
        assert_eq!(reply.code(), 401, "{}", reply.text());
        // Beside a cookie too: the first that is there decides.
        let mut ana = app.signup("ana@x.test").await;
        ana.send(Call::new("GET", "/v1/me").bearer(&access)).await.refused(401, "invalid_token");
    }

    async fn forward_auth_lets_it_in_where_it_is_meant_for_and_as_itself(app: TestApp) {
        let app = app.restarted(&options()).await.expect("it starts");
        let mut service = service();
        service["audiences"] = json!([API, LOGIN, NOTES, WIKI]);
        let robot = app.client(service).await;
        let at = |origin: &str, query: &str, token: &str| nginx(&format!("{origin}/page"), query).bearer(token);
        for resource in [API, LOGIN, NOTES] {
            let body = app.browser().send(asks(&robot, &[("resource", resource)])).await;
            let access = token(&body.expect(200).json());
            let reply = proxy(&app).send(at(WIKI, "", &access)).await;
            assert_eq!(reply.code(), 401, "{resource}: {}", reply.text());
        }
        let own = [("resource", WIKI), ("scope", "plans:read")];
        let access = token(&app.browser().send(asks(&robot, &own)).await.expect(200).json());
        let yes = proxy(&app).send(at(WIKI, "", &access)).await.expect(200);
        assert_eq!((yes.header("x-laneway-user"), yes.header("x-laneway-name")), (robot.id.as_str(), "Robot"));
        for of_a_person in ["x-laneway-email", "x-laneway-org", "x-laneway-roles", "remote-email"] {
            assert_eq!(yes.header(of_a_person), "", "{of_a_person}");
        }
        let made = yes.header("x-laneway-jwt").to_owned();
        let (said, before) = (claims(&made), claims(&access));
        assert_eq!((&said["aud"], &said["client_id"], &said["token_use"], &said["scope"]), (&json!(WIKI), &json!(robot.id), &json!("machine"), &json!("plans:read")));
        assert!(said["exp"].as_i64() <= before["exp"].as_i64() && said["org_id"].is_null());
        // It may what its scopes say, is in no organization, and has shown no proof of a person.
        for (query, status) in [
            ("?scope=plans:read", 200), ("?scope=plans:write", 403), ("?org=acme", 403), ("?role=admin", 403),
            ("?allowed_emails=ana@x.test", 403), ("?acr=aal2", 403),
        ] {
            assert_eq!(proxy(&app).send(at(WIKI, query, &access)).await.code(), status, "{query}");
        }
        // What the application was given opens it as well, and no other; both go at once.
        proxy(&app).send(at(WIKI, "", &made)).await.expect(200);
        proxy(&app).send(at(NOTES, "", &made)).await.expect(401);
        app.browser().send(robot.form("/oauth/revoke", &[("token", &made)])).await.expect(200);
        for gone in [&access, &made] {
            proxy(&app).send(at(WIKI, "", gone)).await.expect(401);
        }
        let access = token(&app.browser().send(asks(&robot, &own)).await.expect(200).json());
        app.clock.advance_s(1);
        let path = format!("/v1/admin/apps/{}", robot.id);
        for state in ["disabled", "active"] {
            app.admin("PATCH", &path, json!({ "state": state })).await.expect(200);
            proxy(&app).send(at(WIKI, "", &access)).await.refused(401, "invalid_token");
        }
        app.clock.advance_s(1);
        let access = token(&app.browser().send(asks(&robot, &own)).await.expect(200).json());
        proxy(&app).send(at(WIKI, "", &access)).await.expect(200);
        app.clock.advance_s(300);
        proxy(&app).send(at(WIKI, "", &access)).await.refused(401, "token_expired");
    }
}
