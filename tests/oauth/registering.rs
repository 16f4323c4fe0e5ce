//! Apps register themselves (RFC 7591) and come back to their registration (RFC 7592).

use serde_json::{Value, json};

use super::client::{CALLBACK, Client, refused};
use super::keys::Key;
use crate::harness::{Call, LOGIN, TestApp, both};

const REGISTER: &str = "/oauth/register";

async fn switched_on(app: &TestApp) -> String {
    let at = format!("/v1/admin/tenants/{}", app.tenant().await.id);
    let on = json!({ "registration_enabled": true });
    app.admin("PATCH", &at, on).await.expect(200);
    initial(app, json!({ "label": "partners" })).await
}

async fn initial(app: &TestApp, body: Value) -> String {
    let made = app
        .admin("POST", "/v1/admin/initial-access-tokens", body)
        .await;
    text(&made.expect(201).json(), "token")
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().expect("text").to_owned()
}

fn registers(token: &str, body: &Value) -> Call {
    Call::api("POST", &format!("{LOGIN}{REGISTER}"), body).bearer(token)
}

fn at(known: &Value, method: &str, body: &Value) -> Call {
    Call::api(method, &text(known, "registration_client_uri"), body)
        .bearer(&text(known, "registration_access_token"))
}

/// What an app says of itself, with more than anybody takes from it.
fn said() -> Value {
    json!({
        "client_name": "Board", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "scope": "openid email offline_access plans:read users:write", "contacts": ["a@b.test"],
        "first_party": true, "audiences": [LOGIN], "access_token_lifetime": 900, "require_pkce": false, "software_id": 7,
        "token_endpoint_auth_method": "client_secret_basic", "state": "disabled", "client_id": "mine", "client_secret": "mine",
    })
}

both! {
    async fn an_app_registers_itself_and_signs_somebody_in(app: TestApp) {
        let token = switched_on(&app).await;
        let made = app.browser().send(registers(&token, &said())).await.expect(201);
        assert_eq!(made.header("cache-control"), "no-store");
        let made = made.json();
        assert_ne!(made["client_id"], "mine");
        assert_eq!((&made["scope"], &made["client_secret_expires_at"]), (&json!("email offline_access openid"), &json!(0)));
        assert!(made.get("first_party").is_none() && made.get("audiences").is_none(), "{made}");
        let kept = app.admin("GET", &format!("/v1/admin/apps/{}", text(&made, "client_id")), json!({})).await.expect(200).json();
        assert_eq!(
            (&kept["first_party"], &kept["audiences"], &kept["require_pkce"], &kept["access_token_lifetime"], &kept["state"]),
            (&json!(false), &json!(["https://app.test/", "https://ide.test/"]), &json!(true), &json!(300), &json!("active")),
        );
        let client = Client { id: text(&made, "client_id"), secret: Some(text(&made, "client_secret")), redirect: CALLBACK.into() };
        // People are asked: it is nobody's own.
        let mut browser = app.signup("ana@x.test").await;
        let asks = client.asks(&[]);
        let reply = browser.get(&asks).await.expect(303);
        let (page, _) = browser.follow(reply, asks).await;
        let back = crate::oauth::client::submit(&mut browser, &page, "/consent", &[("answer", "allow")]).await.expect(303);
        let code = crate::oauth::client::parameter(&back, "code");
        app.browser().send(client.redeems(&code)).await.expect(200);
        // Whom its tokens may be for: the tenant's applications, and nothing that it named itself.
        for (resource, error) in [("https://app.test/", ""), (LOGIN, "invalid_target"), ("https://api.test/", "invalid_target")] {
            let reply = browser.get(&client.asks(&[("resource", resource)])).await.expect(303);
            assert_eq!(crate::oauth::client::parameter(&reply, "error"), error, "{resource}");
        }
        assert_eq!(app.events("app.created").await.len(), 1);
        let discovered = app.browser().get(&format!("{LOGIN}/.well-known/openid-configuration")).await.json();
        assert_eq!(discovered["registration_endpoint"], format!("{LOGIN}{REGISTER}"));
    }

    async fn it_is_off_until_it_is_turned_on_and_takes_a_token(app: TestApp) {
        let early = initial(&app, json!({ "label": "early" })).await;
        refused(&app.browser().send(registers(&early, &said())).await, 403, "access_denied");
        let discovered = app.browser().get(&format!("{LOGIN}/.well-known/openid-configuration")).await.json();
        assert!(discovered.get("registration_endpoint").is_none());
        let token = switched_on(&app).await;
        let none = Call::api("POST", &format!("{LOGIN}{REGISTER}"), &said());
        let reply = app.browser().send(none).await;
        refused(&reply, 401, "invalid_token");
        assert!(reply.header("www-authenticate").starts_with("Bearer"));
        for wrong in ["x".to_owned(), "lw_iat_x".into(), app.operator().await] {
            refused(&app.browser().send(registers(&wrong, &said())).await, 401, "invalid_token");
        }
        // So often, and so long.
        let once = initial(&app, json!({ "label": "once", "max_uses": 1, "expires_in": 600 })).await;
        app.browser().send(registers(&once, &said())).await.expect(201);
        refused(&app.browser().send(registers(&once, &said())).await, 401, "invalid_token");
        let short = initial(&app, json!({ "label": "short", "expires_in": 60 })).await;
        app.clock.advance_s(60);
        refused(&app.browser().send(registers(&short, &said())).await, 401, "invalid_token");
        let all = app.admin("GET", "/v1/admin/initial-access-tokens", json!({})).await.expect(200).json();
        let listed = all["items"].as_array().expect("items");
        assert!(listed.iter().all(|one| one["token"] == json!({ "set": true })) && listed.len() == 4, "{all}");
        let last = listed.iter().find(|one| one["label"] == "partners").expect("there");
        let path = format!("/v1/admin/initial-access-tokens/{}", text(last, "id"));
        app.admin("DELETE", &path, json!({})).await.expect(204);
        app.admin("DELETE", &path, json!({})).await.refused(404, "not_found");
        refused(&app.browser().send(registers(&token, &said())).await, 401, "invalid_token");
        for bad in [json!({ "label": "" }), json!({ "label": "x", "expires_in": 1 }), json!({ "label": "x", "max_uses": 0 })] {
            app.admin("POST", "/v1/admin/initial-access-tokens", bad).await.refused(422, "invalid_field");
        }
    }

    async fn what_cannot_be_registered_is_named(app: TestApp) {
        let token = switched_on(&app).await;
        for (name, value, error) in [
            ("redirect_uris", json!("https://x.test"), "invalid_redirect_uri"), ("redirect_uris", json!([]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["http://x.test/cb"]), "invalid_redirect_uri"), ("redirect_uris", json!(["https://x.test/cb#x"]), "invalid_redirect_uri"),
            ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"), ("redirect_uris", json!([7]), "invalid_redirect_uri"),
            ("client_name", json!(7), "invalid_client_metadata"), ("client_name", json!(""), "invalid_client_metadata"), ("grant_types", json!(["password"]), "invalid_client_metadata"),
            ("grant_types", json!(["client_credentials"]), "invalid_client_metadata"), ("grant_types", json!("authorization_code"), "invalid_client_metadata"),
            ("response_types", json!(["token"]), "invalid_client_metadata"), ("token_endpoint_auth_method", json!("tls_client_auth"), "invalid_client_metadata"),
            ("token_endpoint_auth_method", json!("private_key_jwt"), "invalid_client_metadata"), ("scope", json!("users:write"), "invalid_client_metadata"),
            ("scope", json!(["openid"]), "invalid_client_metadata"), ("client_uri", json!("javascript:alert(1)"), "invalid_client_metadata"),
            ("jwks", json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }), "invalid_client_metadata"), ("require_pushed_authorization_requests", json!("yes"), "invalid_client_metadata"),
        ] {
            let mut body = said();
            body[name] = value.clone();
            let reply = app.browser().send(registers(&token, &body)).await;
            assert_eq!((reply.code(), &reply.json()["error"]), (400, &json!(error)), "{name} {value}: {}", reply.text());
        }
        let garbled = Call::new("POST", &format!("{LOGIN}{REGISTER}")).bearer(&token).header("content-type", "application/json").body(b"[]".to_vec());
        refused(&app.browser().send(garbled).await, 400, "invalid_client_metadata");
        // With next to nothing it works too.
        let least = app.browser().send(registers(&token, &json!({ "redirect_uris": [CALLBACK] }))).await.expect(201).json();
        assert_eq!((&least["token_endpoint_auth_method"], &least["grant_types"]), (&json!("client_secret_basic"), &json!(["authorization_code"])));
        let public = json!({ "redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none", "client_name": null });
        let public = app.browser().send(registers(&token, &public)).await.expect(201).json();
        assert!(public.get("client_secret").is_none());
        let keyed = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [Key::es256().jwk()] } });
        app.browser().send(registers(&token, &keyed)).await.expect(201);
    }

    async fn an_app_comes_back_to_its_registration(app: TestApp) {
        let token = switched_on(&app).await;
        let made = app.browser().send(registers(&token, &said())).await.expect(201).json();
        let other = app.browser().send(registers(&token, &said())).await.expect(201).json();
        let read = app.browser().send(at(&made, "GET", &json!({}))).await.expect(200).json();
        assert_eq!((&read["client_id"], &read["scope"]), (&made["client_id"], &made["scope"]));
        assert!(read.get("client_secret").is_none(), "shown once");
        // Neither another's token nor any other opens it.
        let mut crossed = made.clone();
        for wrong in [other["registration_access_token"].clone(), json!(token), json!("x"), json!(app.operator().await)] {
            crossed["registration_access_token"] = wrong;
            for method in ["GET", "PUT", "DELETE"] {
                refused(&app.browser().send(at(&crossed, method, &said())).await, 401, "invalid_token");
            }
        }
        let mut body = said();
        for wrong in [json!("mine"), Value::Null] {
            body["client_id"] = wrong;
            refused(&app.browser().send(at(&made, "PUT", &body)).await, 400, "invalid_client_metadata");
        }
        body["client_id"] = made["client_id"].clone();
        body["client_name"] = json!("Board 2");
        body["scope"] = json!("openid users:write");
        let new = app.browser().send(at(&made, "PUT", &body)).await.expect(200).json();
        assert_eq!((&new["client_name"], &new["scope"]), (&json!("Board 2"), &json!("openid")));
        // Another token from now on; the old one is dead.
        assert_ne!(new["registration_access_token"], made["registration_access_token"]);
        refused(&app.browser().send(at(&made, "GET", &json!({}))).await, 401, "invalid_token");
        app.browser().send(at(&new, "GET", &json!({}))).await.expect(200);
        // Switched off by an operator, it is not there; and what they gave it, it keeps.
        let path = format!("/v1/admin/apps/{}", text(&made, "client_id"));
        app.admin("PATCH", &path, json!({ "audiences": ["https://api.test/"], "state": "disabled" })).await.expect(200);
        refused(&app.browser().send(at(&new, "GET", &json!({}))).await, 401, "invalid_token");
        app.admin("PATCH", &path, json!({ "state": "active" })).await.expect(200);
        let new = app.browser().send(at(&new, "PUT", &body)).await.expect(200).json();
        assert_eq!(app.admin("GET", &path, json!({})).await.json()["audiences"], json!(["https://api.test/"]));
        app.browser().send(at(&new, "DELETE", &json!({}))).await.expect(204);
        refused(&app.browser().send(at(&new, "DELETE", &json!({}))).await, 401, "invalid_token");
        app.admin("GET", &path, json!({})).await.refused(404, "not_found");
        app.browser().send(at(&other, "GET", &json!({}))).await.expect(200);
    }

    async fn tokens_of_another_tenant_open_nothing(app: TestApp) {
        let token = switched_on(&app).await;
        let made = app.browser().send(registers(&token, &said())).await.expect(201).json();
        let there = "https://other.test";
        let tenant = json!({ "slug": "other", "name": "Other", "public_url": there, "signup": "open" });
        let tenant = app.admin("POST", "/v1/admin/tenants", tenant).await.expect(201).json();
        let on = json!({ "registration_enabled": true });
        app.admin("PATCH", &format!("/v1/admin/tenants/{}", text(&tenant, "id")), on).await.expect(200);
        refused(&app.browser().send(registers(&token, &said()).at_host(there)).await, 401, "invalid_token");
        refused(&app.browser().send(at(&made, "GET", &json!({})).at_host(there)).await, 401, "invalid_token");
    }
}
