//! Which of the tenant's ways in an organization's sign-in takes.

use serde_json::{Value, json};

use crate::harness::attached::Stage;
use crate::harness::social::Kind;
use crate::harness::{Browser, Call, Reply, TestApp, both, form_token};
use crate::org_host::{OWN, add};
use crate::org_pages::{member, page, post, says, silent};

async fn take(app: &TestApp, org: &str, word: Value) -> Reply {
    let path = format!("/v1/organizations/{org}");
    app.admin("PATCH", &path, json!({ "social_login": word }))
        .await
}

/// Presses the button of a provider on a sign-in page.
async fn press(browser: &mut Browser, at: &str, slug: &str) -> Reply {
    let token = form_token(&page(browser, at).await);
    let fields = [
        ("csrf", token.as_str()),
        ("kind", "redirect"),
        ("connection", slug),
    ];
    browser.send(Call::form(at, &fields)).await
}

/// The connections that a flow offers, begun on a host with an address.
async fn offered(app: &TestApp, origin: &str, purpose: &str, name: Option<&str>) -> Vec<String> {
    app.clock.advance_s(20);
    let body = json!({ "purpose": purpose, "username": name });
    let made = app
        .browser()
        .post(&format!("{origin}/v1/auth/flows"), body)
        .await;
    let made = made.expect(201).json();
    let all = made["methods"].as_array().expect("a list").iter();
    all.filter_map(|one| one["connection"].as_str().map(ToOwned::to_owned))
        .collect()
}

both! {
    async fn accounts_elsewhere_are_neither_offered_nor_taken_where_an_organization_says_so(app: TestApp) {
        let stage = Stage::in_app(app, Kind::Google, &json!({})).await;
        stage.go_live().await;
        let (app, slug) = (&stage.app, stage.slug.as_str());
        let org = app.organization("acme").await;
        let (_, me) = stage.person("7", |_| {}).await;
        let user = me["sub"].as_str().expect("a sub").to_owned();
        let path = format!("/v1/organizations/{org}/members/{user}");
        app.admin("PUT", &path, json!({ "roles": ["member"] })).await.expect(200);
        let button = format!("value=\"{slug}\"");
        says(&page(&mut app.browser(), "/login/acme").await, &button);
        let mut early = app.browser();
        let there = press(&mut early, "/login/acme", slug).await.expect(303).location().to_owned();
        assert_eq!(take(app, &org, json!(false)).await.expect(200).json()["social_login"], false);
        silent(&page(&mut app.browser(), "/login/acme").await, &button);
        says(&page(&mut app.browser(), "/login").await, &button);
        // Not taken from who asks for it all the same, by a form or an address.
        let pressed = press(&mut app.browser(), "/login/acme", slug).await;
        assert_eq!(pressed.code(), 409, "{}", pressed.text());
        let address = format!("/bff/login?org=acme&connection={slug}&return_to=/account");
        app.browser().get(&address).await.refused(404, "not_found");
        // Nor from who was on the way.
        let said = stage.idp.says(&there, "7");
        stage.answer(&mut early, &said).await.refused(403, "denied");
        assert!(early.get("/v1/me").await.code() == 401);
        let denied = &app.events("login.denied").await[0];
        assert!(denied.detail.contains("not_taken"), "{}", denied.detail);
        // Who comes in by the tenant's page may switch: that is for enforcing to forbid.
        let (mut browser, _) = stage.person("7", |_| {}).await;
        browser.post("/bff/org", json!({ "org": org })).await.expect(200);
        // Addresses of its own domain lead to it.
        app.prove_domain(&org, "acme.test").await;
        let home = crate::harness::LOGIN;
        for purpose in ["login", "signup"] {
            assert!(offered(app, home, purpose, Some("a@acme.test")).await.is_empty(), "{purpose}");
            assert_eq!(offered(app, home, purpose, Some("a@other.test")).await, [slug], "{purpose}");
        }
        // Its own host is its own whatever is typed.
        let host = json!({ "host": "login.acme.example", "purpose": "login", "org": "acme" });
        add(app, host).await.expect(201);
        silent(&page(&mut app.browser(), &format!("{OWN}/login")).await, &button);
        assert!(offered(app, OWN, "login", None).await.is_empty());
        take(app, &org, Value::Null).await.refused(422, "invalid_field");
        take(app, &org, json!(true)).await.expect(200);
        says(&page(&mut app.browser(), &format!("{OWN}/login")).await, &button);
        assert_eq!(offered(app, OWN, "login", None).await, [slug]);
        assert_eq!(offered(app, home, "login", Some("a@acme.test")).await, [slug]);
    }

    async fn its_own_administrators_choose_on_the_settings_page(app: TestApp) {
        let stage = Stage::in_app(app, Kind::GitHub, &json!({})).await;
        let app = &stage.app;
        let org = app.organization("acme").await;
        let (mut ana, _) = member(app, &org, "ana@x.test", &["admin"]).await;
        let here = "/org/acme/settings";
        says(&page(&mut ana, here).await, "None is set up at present.");
        stage.go_live().await;
        says(&page(&mut ana, here).await, "At present: GitHub.");
        let form = [("name", "Acme"), ("slug", "acme"), ("social", "no")];
        post(&mut ana, here, &form).await.expect(303);
        says(&page(&mut ana, here).await, "<option value=\"no\" selected>");
        let read = async || app.admin("GET", &format!("/v1/organizations/{org}"), json!({})).await.json();
        assert_eq!(read().await["social_login"], false);
        // What a form does not name stays.
        post(&mut ana, here, &form[..2]).await.expect(303);
        assert_eq!(read().await["social_login"], false);
        let bad = [("name", "Acme"), ("slug", "Not one"), ("social", "yes")];
        silent(&post(&mut ana, here, &bad).await.expect(422).text(), "value=\"no\" selected");
        let form = [("name", "Acme"), ("slug", "acme"), ("social", "yes")];
        post(&mut ana, here, &form).await.expect(303);
        assert_eq!(read().await["social_login"], true);
        let told = app.events("organization.updated").await;
        let before = told.iter().filter_map(|event| event.before.as_deref());
        assert!(before.into_iter().any(|text| text.contains("\"social_login\":false")));
    }
}
