//! A service gets a token for the next one (RFC 8693): less, not longer, with its name on it.

use serde_json::{Value, json};

use super::client::{API, Client, claims, refused};
use crate::harness::{Call, LOGIN, TestApp, both};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const NEXT: &str = "https://next.test/";
const LAST: &str = "https://last.test/";

/// A service that is called at `own` and calls others.
async fn service(app: &TestApp, audiences: Value) -> Client {
    app.client(json!({
        "client_name": "Service", "redirect_uris": [], "grant_types": [GRANT, "client_credentials"], "first_party": false,
        "scope": "plans:read email offline_access", "audiences": audiences,
    }))
    .await
}

fn exchanges(by: &Client, token: &str, more: &[(&str, &str)]) -> Call {
    let mut all = vec![
        ("grant_type", GRANT),
        ("subject_token", token),
        ("subject_token_type", ACCESS),
        ("resource", NEXT),
    ];
    for (name, value) in more {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    by.form("/oauth/token", &all)
}

async fn somebodys(app: &TestApp, client: &Client, email: &str) -> String {
    let mut browser = app.login_or_signup(email).await;
    let scope = ("scope", "openid email plans:read offline_access");
    let code = app.code(&mut browser, client, &[scope]).await;
    let tokens = app
        .browser()
        .send(client.redeems(&code))
        .await
        .expect(200)
        .json();
    tokens["access_token"].as_str().expect("a token").to_owned()
}

async fn got(app: &TestApp, call: Call) -> (Value, String) {
    let body = app.browser().send(call).await.expect(200).json();
    let token = body["access_token"].as_str().expect("a token").to_owned();
    (body, token)
}

async fn active(app: &TestApp, by: &Client, token: &str) -> bool {
    let call = by.form("/oauth/introspect", &[("token", token)]);
    app.browser().send(call).await.expect(200).json()["active"] == true
}

both! {
    async fn a_service_acts_for_whoever_called_it(app: TestApp) {
        let client = app.client(json!({})).await;
        let first = service(&app, json!([API, NEXT])).await;
        let second = service(&app, json!([NEXT, LAST])).await;
        let subject = somebodys(&app, &client, "ana@x.test").await;
        app.clock.advance_s(100);
        let (body, token) = got(&app, exchanges(&first, &subject, &[])).await;
        assert_eq!((&body["issued_token_type"], &body["token_type"], &body["scope"]), (&json!(ACCESS), &json!("Bearer"), &json!("email plans:read")));
        assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
        let (before, said) = (claims(&subject), claims(&token));
        for same in ["sub", "sid", "exp", "iss", "auth_time", "acr"] {
            assert_eq!(said[same], before[same], "{same}");
        }
        assert_eq!((&said["aud"], &said["client_id"], &said["act"]), (&json!(NEXT), &json!(first.id), &json!({ "sub": first.id })));
        // And on, with those before it.
        let less = [("resource", LAST), ("scope", "plans:read")];
        let (_, last) = got(&app, exchanges(&second, &token, &less)).await;
        let said = claims(&last);
        assert_eq!((&said["scope"], &said["act"]), (&json!("plans:read"), &json!({ "sub": second.id, "act": { "sub": first.id } })));
        assert!(active(&app, &second, &last).await && active(&app, &first, &token).await);
        assert_eq!(app.events("token.exchanged").await.len(), 2);
        // It ends with the service, and with what it came from.
        let at = format!("/v1/admin/apps/{}", second.id);
        let third = app.client(json!({ "audiences": [NEXT, LAST] })).await;
        app.admin("PATCH", &at, json!({ "state": "disabled" })).await.expect(200);
        assert!(!active(&app, &third, &last).await && active(&app, &third, &token).await);
        app.browser().send(client.form("/oauth/revoke", &[("token", &subject)])).await.expect(200);
        assert!(!active(&app, &third, &token).await);
    }

    async fn nothing_is_widened(app: TestApp) {
        let client = app.client(json!({ "audiences": [API, LOGIN] })).await;
        let by = service(&app, json!([API, NEXT])).await;
        let subject = somebodys(&app, &client, "ana@x.test").await;
        let other = service(&app, json!([NEXT])).await;
        for (call, error) in [
            (exchanges(&by, &subject, &[("resource", LAST)]), "invalid_target"), (exchanges(&by, &subject, &[("resource", "")]), "invalid_target"),
            (exchanges(&by, &subject, &[("audience", API)]), "invalid_target"), (exchanges(&by, &subject, &[("scope", "users:write")]), "invalid_scope"),
            (exchanges(&by, &subject, &[("scope", "openid")]), "invalid_scope"), (exchanges(&by, &subject, &[("scope", "plans:read plans:write")]), "invalid_scope"),
            (exchanges(&by, &subject, &[("subject_token", "x.y.z")]), "invalid_request"), (exchanges(&by, &subject, &[("subject_token", "")]), "invalid_request"),
            (exchanges(&by, &subject, &[("subject_token_type", "urn:ietf:params:oauth:token-type:id_token")]), "invalid_request"),
            (exchanges(&by, &subject, &[("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")]), "invalid_request"),
            (exchanges(&by, &subject, &[("actor_token", &subject), ("actor_token_type", ACCESS)]), "invalid_request"),
            (exchanges(&by, &subject, &[("actor_token_type", ACCESS)]), "invalid_request"),
            // It was made for another service.
            (exchanges(&other, &subject, &[]), "invalid_request"),
        ] {
            refused(&app.browser().send(call).await, 400, error);
        }
        refused(&app.browser().send(exchanges(&client, &subject, &[])).await, 400, "unauthorized_client");
        let public = json!({ "client_name": "X", "grant_types": [GRANT], "token_endpoint_auth_method": "none" });
        app.admin("POST", "/v1/admin/apps", public).await.refused(422, "invalid_field");
        // A token in an app's own name stands for nobody.
        let (_, machine) = got(&app, by.form("/oauth/token", &[("grant_type", "client_credentials")])).await;
        refused(&app.browser().send(exchanges(&by, &machine, &[])).await, 400, "invalid_request");
        let own = [("actor_token", machine.as_str()), ("actor_token_type", ACCESS)];
        got(&app, exchanges(&by, &subject, &own)).await;
        // Over is over.
        app.clock.advance_s(300);
        refused(&app.browser().send(exchanges(&by, &subject, &[])).await, 400, "invalid_request");
        let subject = somebodys(&app, &client, "bo@x.test").await;
        let mut bo = app.login("bo@x.test").await;
        let user = bo.me().await["sub"].as_str().expect("a sub").to_owned();
        app.admin("PATCH", &format!("/v1/admin/users/{user}"), json!({ "state": "disabled" })).await.expect(200);
        refused(&app.browser().send(exchanges(&by, &subject, &[])).await, 400, "invalid_request");
    }
}
