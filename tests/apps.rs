//! Apps are registered by whoever may, with addresses that mean one thing, and their secrets are
//! shown once.

use serde_json::{Value, json};

use crate::harness::{Call, TestApp, both};

const APPS: &str = "/v1/admin/apps";

fn plain() -> Value {
    json!({ "client_name": "Planner", "redirect_uris": ["https://planner.test/cb"] })
}

both! {
    async fn an_app_is_registered_read_changed_and_deleted(app: TestApp) {
        let made = app.admin("POST", APPS, plain()).await.expect(201);
        let body = made.json();
        let secret = body["client_secret"].as_str().expect("a secret").to_owned();
        assert!(secret.starts_with("lw_app_") && secret.len() > 40);
        let path = made.location().to_owned();
        assert_eq!(path, format!("{APPS}/{}", body["client_id"].as_str().expect("an id")));
        let read = app.admin("GET", &path, json!({})).await.expect(200);
        assert_eq!(read.json()["client_secret"], json!({ "set": true }), "shown once");
        for (member, usual) in [
            ("grant_types", json!(["authorization_code"])), ("response_types", json!(["code"])),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("scope", json!("email openid profile")), ("id_token_signed_response_alg", json!("RS256")),
            ("access_token_lifetime", json!(300)), ("first_party", json!(false)),
            ("require_pkce", json!(true)), ("audiences", json!([])), ("state", json!("active")),
        ] {
            assert_eq!(read.json()[member], usual, "{member}");
        }
        let change = json!({ "client_name": "Plans", "audiences": ["https://api.test/"], "client_uri": "https://planner.test/" });
        let changed = app.admin("PATCH", &path, change).await.expect(200);
        assert_eq!((&changed.json()["client_name"], changed.header("etag")), (&json!("Plans"), "\"2\""));
        assert_eq!(changed.json()["redirect_uris"], plain()["redirect_uris"], "what is not named stays");
        let stale = Call::api("PATCH", &path, &json!({ "client_name": "x" })).bearer(&app.operator().await);
        app.browser().send(stale.header("if-match", "\"1\"")).await.refused(412, "version_mismatch");
        let back = app.admin("PATCH", &path, json!({ "audiences": null, "client_uri": null, "state": "disabled" })).await.expect(200).json();
        assert_eq!((&back["audiences"], &back["client_uri"], &back["state"]), (&json!([]), &Value::Null, &json!("disabled")));
        let again = app.admin("POST", &format!("{path}/secret"), json!({})).await.expect(201).json();
        assert_ne!(again["client_secret"], json!(secret));
        let public = app.admin("PATCH", &path, json!({ "token_endpoint_auth_method": "none" })).await.expect(200).json();
        assert_eq!(public["client_secret"], Value::Null);
        app.admin("POST", &format!("{path}/secret"), json!({})).await.refused(409, "conflict");
        assert_eq!(app.admin("GET", APPS, json!({})).await.expect(200).json()["items"][0]["client_name"], "Plans");
        app.admin("DELETE", &path, json!({})).await.expect(204);
        app.admin("DELETE", &path, json!({})).await.refused(404, "not_found");
        app.admin("GET", &path, json!({})).await.refused(404, "not_found");
        for (kind, n) in [("app.created", 1), ("app.updated", 3), ("app_secret.created", 1), ("app.deleted", 1)] {
            let events = app.events(kind).await;
            assert_eq!(events.len(), n, "{kind}");
            let text = format!("{events:?}");
            assert!(!text.contains(&secret) && !text.contains("lw_app_"), "no secret in {kind}");
        }
    }

    async fn what_cannot_be_registered_is_refused_member_by_member(app: TestApp) {
        let with = |member: &str, value: Value| {
            let mut body = plain();
            body[member] = value;
            body
        };
        for uri in [
            "http://planner.test/cb", "http://localhost/cb", "https://localhost/cb", "https://planner.test/cb#x",
            "https://u@planner.test/", "https://*.planner.test/", "javascript:alert(1)", "myapp:/cb", "/cb",
            "https://planner.test/a/../cb", "https://PLANNER.test/cb",
        ] {
            for member in ["redirect_uris", "post_logout_redirect_uris"] {
                let refused = app.admin("POST", APPS, with(member, json!([uri]))).await.refused(422, "invalid_field").json();
                assert_eq!(refused["errors"][0]["pointer"], format!("/{member}/0"), "{uri}");
            }
        }
        for (member, value, pointer) in [
            ("client_name", json!(" "), "/client_name"), ("client_name", json!("see https://evil.test"), "/client_name"),
            ("redirect_uris", json!([]), "/redirect_uris"), ("grant_types", json!([]), "/grant_types"),
            ("grant_types", json!(["refresh_token"]), "/grant_types"), ("grant_types", json!(["implicit"]), "/grant_types/0"),
            ("grant_types", json!(["password"]), "/grant_types/0"), ("response_types", json!(["token"]), "/response_types"),
            ("token_endpoint_auth_method", json!("client_secret_jwt"), "/token_endpoint_auth_method"),
            ("id_token_signed_response_alg", json!("none"), "/id_token_signed_response_alg"),
            ("id_token_signed_response_alg", json!("HS256"), "/id_token_signed_response_alg"),
            ("access_token_lifetime", json!(901), "/access_token_lifetime"), ("access_token_lifetime", json!(0), "/access_token_lifetime"),
            ("audiences", json!(["api"]), "/audiences/0"), ("audiences", json!(["https://api.test/#x"]), "/audiences/0"),
            ("scope", json!("a\"b"), "/scope"), ("client_uri", json!("javascript:x"), "/client_uri"),
            ("client_secret", json!("mine"), "/client_secret"), ("id", json!("mine"), "/id"),
        ] {
            let refused = app.admin("POST", APPS, with(member, value.clone())).await.refused(422, "invalid_field").json();
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{value}");
        }
        let mut public = with("token_endpoint_auth_method", json!("none"));
        public["require_pkce"] = json!(false);
        let refused = app.admin("POST", APPS, public).await.refused(422, "invalid_field").json();
        assert_eq!(refused["errors"][0]["pointer"], "/require_pkce");
        assert!(app.events("app.created").await.is_empty());
        let mut native = plain();
        native["redirect_uris"] = json!(["http://127.0.0.1/cb", "http://[::1]:7/cb", "com.example.planner:/cb", "https://planner.test"]);
        native["token_endpoint_auth_method"] = json!("none");
        let made = app.admin("POST", APPS, native).await.expect(201).json();
        assert_eq!(made["client_secret"], Value::Null);
    }

    async fn of_two_who_change_an_app_one_is_told(app: TestApp) {
        let path = app.admin("POST", APPS, plain()).await.expect(201).location().to_owned();
        let token = app.operator().await;
        let change = |name: &str| Call::api("PATCH", &path, &json!({ "client_name": name })).bearer(&token);
        let (mut one, mut two) = (app.browser(), app.browser());
        let (one, two) = tokio::join!(one.send(change("A")), two.send(change("B")));
        let mut codes = [one.code(), two.code()];
        codes.sort_unstable();
        assert!(codes == [200, 200] || codes == [200, 409] || codes == [200, 412], "{codes:?}");
        let read = app.admin("GET", &path, json!({})).await.json();
        let changes = app.events("app.updated").await.len();
        assert!(changes >= 1 && ["A", "B"].contains(&read["client_name"].as_str().expect("a name")));
    }
}
