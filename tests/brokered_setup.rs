//! The set-up by a link where the tenant's Keycloak is the way to customers: from an empty page
//! to a member with the mapped role, without an account and without choosing anything.

use serde_json::json;

use crate::harness::app::Options;
use crate::harness::brokered::BrokeredCustomer;
use crate::harness::{Browser, Call, Reply, TestApp, form_token};
use crate::suite::web;

/// Sends the form of a page to itself, with its hidden token.
async fn post(browser: &mut Browser, page: &str, fields: &[(&str, &str)]) -> Reply {
    let html = browser.get(page).await.expect(200).text();
    let csrf = form_token(&html);
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.send(Call::form(page, &all)).await
}

async fn tenant() -> Option<BrokeredCustomer> {
    let options = Options {
        real_time: true,
        // The provider is next door, and whoever holds a link is trusted like a tenant.
        tables: "[federation]\nallow_private = true\n".into(),
        ..Options::default()
    };
    let acme = BrokeredCustomer::tenant_of(TestApp::sqlite_with(options).await).await?;
    let all = acme
        .app
        .admin("GET", "/v1/admin/upstreams", json!({}))
        .await
        .expect(200)
        .json();
    let mut rows = all["items"].as_array().expect("items").iter();
    let row = rows.find(|row| row["kind"] == "keycloak").expect("there");
    let path = format!("/v1/admin/upstreams/{}", row["id"].as_str().expect("an id"));
    let connections = json!({ "realm": acme.realms.between, "usual_for": ["oidc", "saml"] });
    let body = json!({ "options": { "connections": connections } });
    acme.call("PATCH", &path, &body).await.expect(200);
    Some(acme)
}

#[tokio::test]
async fn the_set_up_shows_the_upstreams_addresses_and_ends_with_a_member() {
    let Some(mut acme) = tenant().await else {
        return;
    };
    let (realm, between) = (acme.realms.customer.clone(), acme.realms.between.clone());
    acme.realms.person(&realm, "ida", "it").await;
    let body = json!({ "purpose": "connection", "expires_in": 3600 });
    let made = acme.call("POST", &acme.path("setup-links"), &body).await;
    let base = made.expect(201).json()["url"]
        .as_str()
        .expect("a link")
        .to_owned();
    let mut browser = acme.app.browser();
    post(&mut browser, &base, &[]).await.expect(303);

    let connect = format!("{base}/connect");
    let issuer = acme.realms.at(&realm, "");
    let fields = [("action", "paste"), ("paste", issuer.as_str())];
    post(&mut browser, &connect, &fields).await.expect(303);
    // The address that the customer registers stands there before anything is made.
    let page = browser.get(&connect).await.expect(200).text();
    let place = acme.realms.at(&between, "/broker/");
    let shown = page
        .split(&place)
        .nth(1)
        .unwrap_or_else(|| panic!("{page}"));
    let id = shown.split('/').next().expect("an id").to_owned();
    assert!(!page.contains("/federation/callback/"), "none of ours");
    let config = acme
        .realms
        .oidc_config(&format!("{place}{id}/endpoint"))
        .await;
    let fields = [
        ("action", "save"),
        ("name", "Acme SSO"),
        (
            "client_id",
            config["client_id"].as_str().expect("a client id"),
        ),
        (
            "client_secret",
            config["client_secret"].as_str().expect("a secret"),
        ),
        ("groups_claim", "groups"),
    ];
    post(&mut browser, &connect, &fields).await.expect(303);
    let page = browser
        .get(&format!("{base}/check"))
        .await
        .expect(200)
        .text();
    assert!(page.contains("Ready for a test login"), "{page}");
    let page = browser.get(&connect).await.expect(200).text();
    assert!(page.contains(&format!("{place}{id}/endpoint")), "{page}");

    let test = format!("{base}/test");
    let start = post(&mut browser, &test, &[("action", "begin")])
        .await
        .expect(303);
    let back = acme
        .realms
        .walk(&mut web::Browser::new(), start.location(), "ida")
        .await;
    browser.get(&back).await.expect(303);
    let html = browser.get(&test).await.expect(200).text();
    assert!(html.contains("Test login worked"), "{html}");
    let map = [
        ("action", "map"),
        ("kind", "group"),
        ("subject", "it"),
        ("role", "admin"),
    ];
    post(&mut browser, &test, &map).await.expect(303);
    let activate = format!("{base}/activate");
    let html = browser.get(&activate).await.expect(200).text();
    let hash = html.split("name=\"hash\" value=\"").nth(1).expect("a hash");
    let hash: String = hash.chars().take_while(char::is_ascii_hexdigit).collect();
    let go = [("action", "activate"), ("hash", hash.as_str())];
    post(&mut browser, &activate, &go).await.expect(303);
    let open = [("action", "rollout"), ("rollout", "all")];
    post(&mut browser, &activate, &open).await.expect(303);

    acme.id = id;
    assert_eq!(acme.get("").await["broker"], "upstream");
    let mut member = acme.app.browser();
    acme.sign_in(&mut member, "ida").await.expect(303);
    assert_eq!(member.me().await["org"]["roles"], json!(["admin"]));
    acme.realms.remove().await;
}
