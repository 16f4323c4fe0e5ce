//! What a customer's provider and the people who set it up cannot reach.

use serde_json::{Value, json};

use crate::credentials::PASSWORD;
use crate::harness::app::Options;
use crate::harness::customer::Customer;
use crate::harness::{Call, TestApp, answer};

#[tokio::test]
async fn an_answer_at_another_callback_is_none() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    let made = acme
        .call("POST", &acme.at("tests"), &json!({}))
        .await
        .expect(201);
    let url = made.json()["url"].as_str().expect("an address").to_owned();
    let mut browser = acme.app.browser();
    let start = browser.get(&url).await.expect(303);
    let back = acme.idp.sign_in(start.location(), &ida).await.address();
    // As if another provider had been asked in the name of this one.
    for other in ["embedded", "019f0000-0000-7000-8000-000000000000"] {
        let there = back.replace(&acme.id, other);
        assert_ne!(there, back);
        browser.get(&there).await.refused(409, "wrong_step");
    }
    browser.get(&back).await.expect(200);
}

#[tokio::test]
async fn a_customers_session_changes_nothing_of_the_account_itself() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    browser.me().await;
    for (method, path, body) in [
        ("POST", "/v1/me/passkeys", json!({ "label": "mine" })),
        ("POST", "/v1/me/totp", json!({})),
        ("POST", "/v1/me/email", json!({ "email": "mine@x.test" })),
        (
            "POST",
            "/v1/me/identities",
            json!({ "upstream": "embedded" }),
        ),
        (
            "POST",
            "/v1/me/upstream-credentials",
            json!({ "upstream": "corp", "action": "change-password" }),
        ),
        ("DELETE", "/v1/me", json!({})),
        ("POST", "/v1/auth/flows", json!({ "purpose": "verify" })),
    ] {
        let reply = browser.send(Call::api(method, path, &body)).await;
        assert_eq!(reply.code(), 403, "{method} {path}: {}", reply.text());
        assert_eq!(reply.json()["code"], "forbidden", "{method} {path}");
    }
    browser.me().await;
}

#[tokio::test]
async fn an_organization_that_goes_takes_its_sessions_along() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme.idp.person("ida", &json!({})).await;
    acme.go_live(&ida).await;
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, &ida).await.expect(303);
    browser.me().await;
    let org = format!("/v1/organizations/{}", acme.org);
    acme.call("DELETE", &org, &Value::Null).await.expect(204);
    browser
        .user("https://login.test")
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_draft_goes_live_only_by_somebody_who_may_give_what_its_rules_give() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let ida = acme
        .idp
        .person("ida", &json!({ "groups": ["staff"] }))
        .await;
    acme.put_rules(&json!([{ "when": { "group": "bosses" }, "roles": ["owner"] }]))
        .await;
    let mut ana = acme.app.signup("ana@acme.test").await;
    let user = ana.me().await["sub"].as_str().expect("an id").to_owned();
    let member = acme.path(&format!("members/{user}"));
    acme.call("PUT", &member, &json!({ "roles": ["admin"] }))
        .await
        .expect(200);
    let trace = acme.test(&ida).await;
    let hash = json!({ "hash": trace["hash"] });
    // Nobody has come by it yet: what counts is who could.
    let activate = Call::api("POST", &acme.at("activate"), &hash);
    ana.send(activate).await.refused(403, "forbidden");
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .expect(200);
}

#[tokio::test]
async fn a_kept_secret_goes_where_it_was_given_for() {
    let Some(acme) = Customer::new().await else {
        return;
    };
    let issuer = &acme.idp.issuer;
    for config in [
        json!({ "token_endpoint": format!("{issuer}/elsewhere") }),
        json!({ "issuer": "http://127.0.0.1:9" }),
    ] {
        let body = json!({ "config": config });
        let reply = acme.call("PATCH", &acme.at(""), &body).await;
        let error = reply.refused(422, "invalid_field").json()["errors"][0].clone();
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!("/config/client_secret"), &json!("required")),
            "{config}"
        );
    }
    let body = json!({ "config": { "scopes": "openid email" } });
    acme.call("PATCH", &acme.at(""), &body).await.expect(200);
}

#[tokio::test]
async fn a_customers_provider_is_no_second_step_of_another_way() {
    let app = TestApp::sqlite_with(Options {
        fake_customers: true,
        ..Options::default()
    })
    .await;
    let token = app.operator().await;
    let body = json!({ "slug": "acme", "name": "Acme" });
    let made = Call::api("POST", "/v1/organizations", &body).bearer(&token);
    let org = app.browser().send(made).await.expect(201).json();
    let org = org["id"].as_str().expect("an id").to_owned();
    let (id, _) = app.add_connection(&token, "https://login.test", &org).await;
    app.passwords_on().await;
    app.person("ana@x.test").await;
    let mut ana = app.browser();
    app.by_password(&mut ana, "ana@x.test").await;
    app.set_up_app(&mut ana).await;
    let mut browser = app.browser();
    let flow = app.flow_of(&mut browser, "login", "ana@x.test").await;
    let named = json!({ "connection": id });
    let half = answer(
        &mut browser,
        &flow,
        "password",
        json!({ "password": PASSWORD }),
    )
    .await
    .expect(200)
    .json();
    assert_ne!(half["state"], "done", "a second step is wanted");
    answer(&mut browser, &flow, "redirect", named.clone())
        .await
        .refused(409, "wrong_step");
    // From the beginning it is a way of its own.
    let flow = app.flow_of(&mut browser, "login", "ana@x.test").await;
    answer(&mut browser, &flow, "redirect", named)
        .await
        .expect(200);
}
