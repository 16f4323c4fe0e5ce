//! Standard claims, and those that an app asks for by name (OpenID Connect Core §5).

use serde_json::{Value, json};

use super::client::{claims, parameter, submit};
use crate::harness::{Browser, Call, LOGIN, TestApp, both};

fn full() -> Value {
    json!({
        "given_name": "Ana", "family_name": "Ferreira", "middle_name": "Maria", "nickname": "ana",
        "preferred_username": "ana.f", "profile": "https://x.test/ana", "picture": "https://x.test/ana.png",
        "website": "https://ana.test/", "gender": "female", "birthdate": "1990-04-23",
        "zoneinfo": "Europe/Lisbon", "phone_number": "+351 21 123 4567", "phone_number_verified": true,
        "address": { "street_address": "Rua 1", "locality": "Lisboa", "postal_code": "1000-001", "country": "PT" },
    })
}

async fn with_profile(app: &TestApp) -> Browser {
    let mut browser = app.signup("ana@x.test").await;
    let id = browser.me().await["sub"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/v1/admin/users/{id}/profile");
    assert_eq!(
        app.admin("GET", &path, json!({})).await.expect(200).json(),
        json!({})
    );
    let kept = app.admin("PUT", &path, full()).await.expect(200).json();
    assert_eq!(kept, full());
    assert_eq!(
        app.admin("GET", &path, json!({})).await.expect(200).json(),
        full()
    );
    browser
        .send(Call::api(
            "PATCH",
            "/v1/me",
            &json!({ "name": "Ana F", "locale": "de" }),
        ))
        .await
        .expect(200);
    browser
}

both! {
    // Core §5.4: a scope gives its claims and no others.
    async fn each_scope_gives_its_claims(app: TestApp) {
        let mut browser = with_profile(&app).await;
        let client = app.client(json!({ "scope": "openid profile email address phone" })).await;
        for (scope, own) in [
            ("openid", vec![]),
            ("openid profile", vec![
                "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
                "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
            ]),
            ("openid email", vec!["email", "email_verified"]),
            ("openid address", vec!["address"]),
            ("openid phone", vec!["phone_number", "phone_number_verified"]),
        ] {
            let code = app.code(&mut browser, &client, &[("scope", scope)]).await;
            let tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
            let said = app.userinfo(&tokens["access_token"]).await.expect(200).json();
            let mut names: Vec<&str> = said.as_object().expect("an object").keys().map(String::as_str).collect();
            let mut wanted = own.clone();
            wanted.push("sub");
            names.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(names, wanted, "{scope}");
            for name in own.iter().filter(|name| full().get(**name).is_some()) {
                assert_eq!(said[*name], full()[*name], "{name}");
            }
            // An ID token says who; the rest is at the endpoint.
            let id = claims(tokens["id_token"].as_str().expect("an ID token"));
            assert!(own.iter().all(|name| id.get(*name).is_none()), "{scope}: {id}");
        }
    }

    // Core §5.5: claims by name, at the endpoint or in the ID token.
    async fn claims_can_be_asked_for_by_name(app: TestApp) {
        let mut browser = with_profile(&app).await;
        let client = app.client(json!({ "scope": "openid profile email offline_access" })).await;
        let wanted = json!({
            "userinfo": { "name": { "essential": true }, "phone_number": null, "unknown": null },
            "id_token": { "email": null, "address": { "essential": true }, "sub": null, "iss": null },
        })
        .to_string();
        let code = app.code(&mut browser, &client, &[("scope", "openid offline_access"), ("claims", &wanted)]).await;
        let mut tokens = app.browser().send(client.redeems(&code)).await.expect(200).json();
        for round in ["redeemed", "refreshed"] {
            let said = app.userinfo(&tokens["access_token"]).await.expect(200).json();
            // Of the phone number the app is not registered for: it gets none, and no refusal.
            assert_eq!(said.as_object().expect("an object").len(), 2, "{round}: {said}");
            assert_eq!(said["name"], "Ana F", "{round}");
            let id = claims(tokens["id_token"].as_str().expect("an ID token"));
            assert_eq!(id["email"], "ana@x.test", "{round}");
            assert!(id.get("address").is_none() && id.get("name").is_none(), "{round}");
            assert_eq!(id["iss"], LOGIN, "{round}: never anything but ours");
            let refresh = tokens["refresh_token"].as_str().expect("a token").to_owned();
            tokens = app.browser().send(client.refreshes(&refresh)).await.expect(200).json();
        }
        for bad in ["x", "[]", r#"{"userinfo":[]}"#] {
            let reply = browser.get(&client.asks(&[("claims", bad)])).await.expect(303);
            assert_eq!(parameter(&reply, "error"), "invalid_request", "{bad}");
        }
    }

    // A claim by name is asked of the person as the scope that holds it.
    async fn claims_by_name_need_consent_too(app: TestApp) {
        let mut browser = with_profile(&app).await;
        let client = app.client(json!({ "first_party": false, "scope": "openid profile phone" })).await;
        let plain = [("scope", "openid")];
        let allow = async |browser: &mut Browser, changes: &[(&str, &str)]| {
            let moved = browser.get(&client.asks(changes)).await.expect(303);
            let page = browser.get(moved.location()).await.expect(200);
            assert!(page.text().contains("Telefonnummer") == (changes.len() > 1), "{}", page.text());
            submit(browser, &page, "/consent", &[("answer", "allow")]).await.expect(303)
        };
        assert!(!parameter(&allow(&mut browser, &plain).await, "code").is_empty());
        let wanted = r#"{"userinfo":{"phone_number":null}}"#;
        let named = [("scope", "openid"), ("claims", wanted)];
        assert!(!parameter(&allow(&mut browser, &named).await, "code").is_empty());
    }

    async fn what_cannot_be_a_claim_is_refused(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let id = browser.me().await["sub"].as_str().expect("an id").to_owned();
        let path = format!("/v1/admin/users/{id}/profile");
        for bad in [
            json!({ "birthdate": "soon" }), json!({ "phone_number": "030" }), json!({ "website": "javascript:x" }),
            json!({ "nickname": "" }), json!({ "email": "x@x.test" }), json!({ "sub": "x" }), json!({ "address": "x" }),
        ] {
            let reply = app.admin("PUT", &path, bad.clone()).await;
            assert!(matches!(reply.code(), 400 | 422), "{bad}: {}", reply.code());
        }
        assert_eq!(app.admin("GET", &path, json!({})).await.expect(200).json(), json!({}));
        app.admin("PUT", &path, full()).await.expect(200);
        app.admin("PUT", &path, json!({ "nickname": "a" })).await.expect(200);
        assert_eq!(app.admin("GET", &path, json!({})).await.json(), json!({ "nickname": "a" }));
        let events = app.events("user.updated").await;
        assert!(events.iter().all(|event| !format!("{event:?}").contains("Lisboa")), "names only");
        app.admin("PUT", "/v1/admin/users/nobody/profile", full()).await.expect(404);
    }
}
