//! A login host that is one organization's own: its look, its ways in, and a session like any
//! other.

use serde_json::{Value, json};

use crate::enforce::Acme;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, form_token};
use crate::roles::member;

pub const OWN: &str = "https://login.acme.example";

pub async fn add(app: &TestApp, body: Value) -> Reply {
    let path = format!("/v1/admin/tenants/{}/hosts", app.tenant().await.id);
    app.admin("POST", &path, body).await
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
async fn operators_add_it_and_it_looks_like_its_organization_alone() {
    let app = TestApp::sqlite().await;
    let (acme, _) = (
        app.organization("acme").await,
        app.organization("globex").await,
    );
    let host = |org: &str, purpose: &str| json!({ "host": "login.acme.example", "purpose": purpose, "org": org });
    for bad in [host("nothing", "login"), host("acme", "app")] {
        let refused = add(&app, bad).await.refused(422, "invalid_field").json();
        assert_eq!(refused["errors"][0]["pointer"], "/org");
    }
    // An organization's administrator cannot: whoever answers for a host receives cookies.
    let (mut admin, _) = member(&app, &acme, "admin@x.test", "owner").await;
    let path = format!("/v1/admin/tenants/{}/hosts", app.tenant().await.id);
    admin
        .post(&path, host("acme", "login"))
        .await
        .refused(403, "forbidden");
    app.browser()
        .get(&format!("{OWN}/login"))
        .await
        .refused(421, "unknown_host");
    let made = add(&app, host("acme", "login")).await.expect(201).json();
    assert_eq!(made["org"], json!(acme));
    let look = json!({ "brand": { "name": "Acme Post", "color": "#7B2D5B" } });
    let org = format!("/v1/organizations/{acme}");
    app.admin("PATCH", &org, look).await.expect(200);
    let page = app
        .browser()
        .get(&format!("{OWN}/login"))
        .await
        .expect(200)
        .text();
    assert!(
        page.contains("Acme Post") && page.contains("7b2d5b"),
        "{page}"
    );
    assert!(!page.contains("/signup"));
    // Its passkeys are bound to the tenant's own domain.
    assert!(!page.contains("value=\"passkey\""), "{page}");
    assert!(
        app.browser()
            .get("/login")
            .await
            .text()
            .contains("value=\"passkey\"")
    );
    for other in ["/login/globex", "/login/nothing"] {
        app.browser()
            .get(&format!("{OWN}{other}"))
            .await
            .refused(404, "not_found");
    }
    app.browser()
        .get(&format!("{OWN}/login/acme"))
        .await
        .expect(200);
    // What is changed is seen at once; switched off, nobody signs in there.
    let off = json!({ "brand": null, "state": "disabled" });
    app.admin("PATCH", &org, off).await.expect(200);
    app.browser()
        .get(&format!("{OWN}/login"))
        .await
        .refused(421, "unknown_host");
    let on = json!({ "state": "active" });
    app.admin("PATCH", &org, on).await.expect(200);
    let page = app
        .browser()
        .get(&format!("{OWN}/login"))
        .await
        .expect(200)
        .text();
    assert!(page.contains("ACME") && !page.contains("7b2d5b"));
    app.admin("DELETE", &org, json!({})).await.expect(204);
    app.browser()
        .get(&format!("{OWN}/login"))
        .await
        .refused(421, "unknown_host");
}

#[tokio::test]
async fn a_code_signs_in_there_and_into_the_organization() {
    let app = TestApp::sqlite().await;
    let (acme, globex) = (
        app.organization("acme").await,
        app.organization("globex").await,
    );
    add(
        &app,
        json!({ "host": "login.acme.example", "purpose": "login", "org": "acme" }),
    )
    .await
    .expect(201);
    let (_, user) = member(&app, &acme, "ana@x.test", "member").await;
    app.grant(&globex, &user, &["member"]).await.expect(200);
    app.clock.advance_s(120);
    let mut browser = app.browser();
    let at = format!("{OWN}/login");
    let fields = [
        ("kind", "identify"),
        ("username", "ana@x.test"),
        ("return_to", "/account"),
    ];
    let next = send(&mut browser, &at, &fields).await.expect(303);
    let flow = next
        .location()
        .split_once("flow=")
        .expect("a flow")
        .1
        .to_owned();
    let page = browser
        .get(&format!("{OWN}{}", next.location()))
        .await
        .expect(200)
        .text();
    let (token, code) = (form_token(&page), app.code_for("ana@x.test").await);
    let fields = [
        ("csrf", token.as_str()),
        ("flow", flow.as_str()),
        ("kind", "email-code"),
        ("code", code.as_str()),
    ];
    browser.send(Call::form(&at, &fields)).await.expect(303);
    let me = browser.user(OWN).await.expect(200).json();
    assert_eq!((&me["sub"], &me["org"]["id"]), (&json!(user), &json!(acme)));
    // The cookie is this host's and no other's.
    browser.user(LOGIN).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_provider_is_asked_over_the_tenants_own_host_and_the_session_comes_back() {
    let acme = Acme::new().await;
    acme.ready().await;
    let app = &acme.saml.app;
    add(
        app,
        json!({ "host": "login.acme.example", "purpose": "login", "org": "acme" }),
    )
    .await
    .expect(201);
    let mut browser = app.browser();
    let page = browser
        .get(&format!("{OWN}/login"))
        .await
        .expect(200)
        .text();
    assert!(
        !page.contains("name=\"username\""),
        "nothing but the provider"
    );
    let connection = acme.saml.made["slug"].as_str().expect("a slug").to_owned();
    let fields = [("kind", "redirect"), ("connection", connection.as_str())];
    let to = send(&mut browser, &format!("{OWN}/login"), &fields)
        .await
        .expect(303);
    assert!(
        to.location().starts_with("/.laneway/start?"),
        "{}",
        to.location()
    );
    let to = browser
        .get(&format!("{OWN}{}", to.location()))
        .await
        .expect(303);
    assert!(
        to.location().starts_with(&format!("{LOGIN}/bff/handoff")),
        "{}",
        to.location()
    );
    let to = browser.get(to.location()).await.expect(303);
    assert!(
        to.location().starts_with("https://idp.acme.test/sso"),
        "{}",
        to.location()
    );
    let (said, relay) = acme.saml.says(to.location(), "ida", &[]);
    let kept = acme
        .saml
        .posts(&acme.saml.idp.posted(&said), &relay)
        .await
        .expect(303);
    let mut next = browser.get(kept.location()).await.expect(303);
    for _ in 0..4 {
        let to = next.location().to_owned();
        if to == "/account" {
            break;
        }
        let to = if to.starts_with('/') {
            format!("{LOGIN}{to}")
        } else {
            to
        };
        next = browser.get(&to).await.expect(303);
    }
    let there = browser.user(OWN).await.expect(200).json();
    let home = browser.user(LOGIN).await.expect(200).json();
    assert_eq!(there["sid"], home["sid"], "one sign-in");
    assert_eq!(there["org"]["id"], json!(acme.saml.org));
    // A ticket for this host opens no other, and other hosts have no such door.
    app.browser()
        .get(&format!("{LOGIN}/.laneway/start?rd=/account"))
        .await
        .refused(404, "not_found");
    let start = format!("{OWN}/federation/{connection}/start?return_to=/account");
    let to = app.browser().get(&start).await.expect(303);
    assert!(
        to.location().starts_with("/.laneway/start?"),
        "{}",
        to.location()
    );
}

#[tokio::test]
async fn the_flows_interface_leads_to_a_provider_the_same_way() {
    let acme = Acme::new().await;
    acme.ready().await;
    let app = &acme.saml.app;
    let host = json!({ "host": "login.acme.example", "purpose": "login", "org": "acme" });
    add(app, host).await.expect(201);
    let mut browser = app.browser();
    let flows = format!("{OWN}/v1/auth/flows");
    let body = json!({ "return_to": "/account" });
    let flow = browser.post(&flows, body).await.expect(201).json();
    let connection = &acme.saml.made["slug"];
    let ways = flow["methods"].as_array().expect("a list");
    assert_eq!(
        (ways.len(), &ways[0]["connection"]),
        (1, connection),
        "{flow}"
    );
    let path = format!("{flows}/{}/redirect", flow["id"].as_str().expect("an id"));
    let body = json!({ "connection": connection });
    let step = browser.post(&path, body).await.expect(200).json();
    let url = step["step"]["url"].as_str().expect("an address").to_owned();
    // The provider answers to the tenant's own host, where this browser has no such flow.
    assert!(url.starts_with(&format!("{OWN}/.laneway/start?")), "{url}");
    let to = browser.get(&url).await.expect(303).location().to_owned();
    let to = browser.get(&to).await.expect(303).location().to_owned();
    let (said, relay) = acme.saml.says(&to, "ida", &[]);
    let answer = acme.saml.idp.posted(&said);
    let kept = acme.saml.posts(&answer, &relay).await.expect(303);
    let mut to = kept.location().to_owned();
    while to != "/account" {
        let next = browser.get(&to).await.expect(303);
        to = next.location().to_owned();
    }
    let me = browser.user(OWN).await.expect(200).json();
    assert_eq!(me["org"]["id"], json!(acme.saml.org));
}
