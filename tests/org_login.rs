//! The sign-in of an organization: in its look, with its ways in, into it.

use serde_json::{Value, json};

use crate::enforce::{Acme, Person};
use crate::harness::app::Options;
use crate::harness::saml::SamlCustomer;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, form_token};
use crate::roles::member;

async fn brand(app: &TestApp, org: &str, brand: Value) -> Reply {
    let path = format!("/v1/organizations/{org}");
    app.admin("PATCH", &path, json!({ "brand": brand })).await
}

/// Sends the form of a page, as a browser without scripts.
async fn send(browser: &mut Browser, at: &str, fields: &[(&str, &str)]) -> Reply {
    let page = browser.get(at).await.expect(200).text();
    let token = form_token(&page);
    let mut all = vec![("csrf", token.as_str())];
    all.extend(fields);
    browser.send(Call::form(at, &all)).await
}

#[tokio::test]
async fn the_page_of_an_organization_has_its_name_its_colour_and_its_picture() {
    let app = TestApp::sqlite().await;
    let org = app.organization("acme").await;
    let plain = app.browser().get("/login/acme").await.expect(200).text();
    assert!(plain.contains("ACME"), "its name, whatever else is set");
    let look = json!({ "name": "Acme & <Sons>", "color": "#7B2D5B", "logo_url": "https://cdn.test/a.png" });
    let read = brand(&app, &org, look).await.expect(200).json();
    assert_eq!(read["brand"]["name"], "Acme & <Sons>");
    let page = app.browser().get("/login/acme").await.expect(200).text();
    for part in [
        "Acme &#38; &#60;Sons&#62;",
        "/assets/brand.css?c=7b2d5b",
        "https://cdn.test/a.png",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(
        !page.contains("/signup"),
        "nobody becomes a member by signing up"
    );
    // The tenant's own page is the tenant's.
    let own = app.browser().get("/login").await.expect(200).text();
    assert!(!own.contains("7b2d5b") && !own.contains("Sons"));
    // Member by member, and all at once.
    let read = brand(&app, &org, json!({ "color": null }))
        .await
        .expect(200)
        .json();
    let left =
        json!({ "name": "Acme & <Sons>", "color": null, "logo_url": "https://cdn.test/a.png" });
    assert_eq!(read["brand"], left);
    let read = brand(&app, &org, Value::Null).await.expect(200).json();
    assert_eq!(
        read["brand"],
        json!({ "name": null, "color": null, "logo_url": null })
    );
    for (bad, pointer) in [
        (json!({ "color": "red;}" }), "/brand/color"),
        (json!({ "logo_url": "javascript:1" }), "/brand/logo_url"),
        (
            json!({ "logo_url": "http://cdn.test/a.png" }),
            "/brand/logo_url",
        ),
        (json!({ "name": " " }), "/brand/name"),
        (json!({ "name": "see https://evil.test" }), "/brand/name"),
        (json!({ "css": "x" }), "/brand/css"),
        (json!({ "name": 1 }), "/brand/name"),
    ] {
        let refused = brand(&app, &org, bad)
            .await
            .refused(422, "invalid_field")
            .json();
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    // Its own administrators may, its readers may not.
    let (mut admin, _) = member(&app, &org, "admin@x.test", "admin").await;
    let (mut viewer, _) = member(&app, &org, "viewer@x.test", "viewer").await;
    let path = format!("/v1/organizations/{org}");
    let body = json!({ "brand": { "color": "#102030" } });
    admin
        .send(Call::api("PATCH", &path, &body))
        .await
        .expect(200);
    viewer
        .send(Call::api("PATCH", &path, &body))
        .await
        .refused(403, "forbidden");
    // Nobody enters what is not there or switched off.
    let off = json!({ "state": "disabled" });
    app.admin("PATCH", &path, off).await.expect(200);
    for name in ["acme", "nothing"] {
        app.browser()
            .get(&format!("/login/{name}"))
            .await
            .refused(404, "not_found");
    }
}

#[tokio::test]
async fn an_organizations_provider_comes_first_and_other_ways_can_be_asked_for() {
    let acme = SamlCustomer::new().await;
    let app = &acme.app;
    let page = app.browser().get("/login").await.expect(200).text();
    assert!(
        !page.contains("Other ways with this address"),
        "nobody is led anywhere: {page}"
    );
    acme.go_live().await;
    app.prove_domain(&acme.org, "acme.test").await;
    let slug = acme.made["slug"].as_str().expect("a slug");
    let page = app.browser().get("/login/acme").await.expect(200).text();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(at(&format!("value=\"{slug}\"")) < at("name=\"username\""));
    assert_eq!(page.matches("data-kind=\"primary\"").count(), 1, "{page}");
    // An address leads to the provider at once, but for whoever wants another way.
    let typed = [("kind", "identify"), ("username", "paul@acme.test")];
    let next = send(&mut app.browser(), "/login", &typed).await.expect(303);
    assert!(
        next.location().contains("SAMLRequest="),
        "{}",
        next.location()
    );
    let mut paul = app.browser();
    let asked = [&typed[..], &[("ways", "all")]].concat();
    let next = send(&mut paul, "/login", &asked).await.expect(303);
    let page = paul.get(next.location()).await.expect(200).text();
    for way in ["value=\"redirect\"", "value=\"email-code\""] {
        assert!(page.contains(way), "{way}: {page}");
    }
}

#[tokio::test]
async fn a_sign_in_that_begins_there_ends_there_and_looks_so_on_the_way() {
    let app = TestApp::sqlite().await;
    let (acme, globex) = (
        app.organization("acme").await,
        app.organization("globex").await,
    );
    brand(&app, &acme, json!({ "name": "Acme Post" }))
        .await
        .expect(200);
    let (_, user) = member(&app, &acme, "ana@x.test", "member").await;
    app.grant(&globex, &user, &["member"]).await.expect(200);
    let mut browser = app.browser();
    app.clock.advance_s(120);
    let fields = [
        ("kind", "identify"),
        ("username", "ana@x.test"),
        ("return_to", "/account"),
    ];
    let next = send(&mut browser, "/login/acme", &fields).await.expect(303);
    let at = next.location().to_owned();
    let page = browser.get(&at).await.expect(200).text();
    assert!(page.contains("Acme Post"), "{page}");
    let flow = at.split_once("flow=").expect("a flow").1.to_owned();
    let (token, code) = (form_token(&page), app.code_for("ana@x.test").await);
    let fields = [
        ("csrf", token.as_str()),
        ("flow", flow.as_str()),
        ("kind", "email-code"),
        ("code", code.as_str()),
    ];
    let done = browser
        .send(Call::form("/login", &fields))
        .await
        .expect(303);
    assert_eq!(done.location(), "/account");
    assert_eq!(
        browser.me().await["org"]["id"],
        json!(acme),
        "not asked which"
    );
    // A form that was not made here begins nothing.
    let forged = [
        ("kind", "identify"),
        ("username", "a@x.test"),
        ("csrf", "x"),
    ];
    for mut stranger in [app.browser(), browser.clone()] {
        let refused = stranger.send(Call::form("/login/acme", &forged)).await;
        refused.refused(403, "csrf_required");
    }
    // Whoever is no member hears so.
    let mut eve = app.signup("eve@x.test").await;
    eve.post("/bff/logout", json!({})).await.expect(200);
    app.clock.advance_s(120);
    let fields = [("kind", "identify"), ("username", "eve@x.test")];
    let at = send(&mut eve, "/login/acme", &fields)
        .await
        .expect(303)
        .location()
        .to_owned();
    let page = eve.get(&at).await.expect(200).text();
    let flow = at.split_once("flow=").expect("a flow").1.to_owned();
    let (token, code) = (form_token(&page), app.code_for("eve@x.test").await);
    let fields = [
        ("csrf", token.as_str()),
        ("flow", flow.as_str()),
        ("kind", "email-code"),
        ("code", code.as_str()),
    ];
    eve.send(Call::form("/login", &fields))
        .await
        .refused(403, "denied");
}

#[tokio::test]
async fn its_own_providers_stand_there_and_nobody_elses() {
    let app = TestApp::sqlite_with(Options {
        fake_customers: true,
        ..Options::default()
    })
    .await;
    let token = app.operator().await;
    let acme = app.organization("acme").await;
    app.organization("globex").await;
    let (id, _) = app.add_connection(&token, LOGIN, &acme).await;
    let named = "value=\"own\"";
    let page = async |path: &str| app.browser().get(path).await.expect(200).text();
    assert!(
        !page("/login/acme").await.contains(named),
        "not open to all yet"
    );
    let path = format!("/v1/organizations/{acme}/connections/{id}");
    app.admin("PATCH", &path, json!({ "rollout": "all" }))
        .await
        .expect(200);
    let own = page("/login/acme").await;
    assert!(own.contains(named), "{own}");
    assert!(
        own.contains("name=\"username\""),
        "beside the tenant's ways"
    );
    for other in ["/login", "/login/globex"] {
        assert!(!page(other).await.contains(named), "{other}");
    }
    // The button leads to it.
    let fields = [("kind", "redirect"), ("connection", "own")];
    let to = send(&mut app.browser(), "/login/acme", &fields)
        .await
        .expect(303);
    assert!(
        to.location().starts_with("https://fake.test"),
        "{}",
        to.location()
    );
    // Flows that are to enter the organization offer the same.
    let start = app
        .browser()
        .get("/bff/login?org=acme&return_to=/account")
        .await;
    assert!(start.expect(303).location().contains("flow="));
}

#[tokio::test]
async fn an_enforced_provider_is_the_only_way_on_its_page() {
    let acme = Acme::new().await;
    acme.ready().await;
    let app = &acme.saml.app;
    let page = app.browser().get("/login/acme").await.expect(200).text();
    assert!(page.contains("name=\"connection\""));
    assert!(!page.contains("name=\"username\""), "{page}");
    let mut max = Person::new(app, "max@other.test").await;
    max.browser = app.browser();
    let fields = [("kind", "email-code"), ("username", "max@other.test")];
    let refused = send(&mut max.browser, "/login/acme", &fields).await;
    assert_ne!(refused.code(), 303, "no other way is open");
    let to = app
        .browser()
        .get("/bff/login?org=acme&return_to=/account")
        .await;
    let to = to.expect(303).location().to_owned();
    assert!(
        to.starts_with("https://idp.acme.test/sso"),
        "straight to it: {to}"
    );
}
