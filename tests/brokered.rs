//! Connections that the tenant's Keycloak speaks to, live, against another realm as the
//! customer's provider.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::brokered::BrokeredCustomer;
use crate::harness::customer::real_time;
use crate::harness::{Call, LOGIN, TestApp};
use crate::suite::web;

fn check<'a>(all: &'a Value, code: &str) -> &'a Value {
    let mut found = all.as_array().expect("checks").iter();
    found
        .rfind(|check| check["code"] == code)
        .unwrap_or_else(|| panic!("no {code} in {all}"))
}

/// From nothing to a member with the mapped role, whatever the customer speaks.
async fn a_member_comes_in(acme: &BrokeredCustomer) {
    let rules = json!([{ "when": { "group": "it" }, "roles": ["admin"] }]);
    acme.put_rules(&rules).await;
    let (realm, keycloak) = (&acme.realms.customer, &acme.realms);
    let subject = keycloak.person(realm, "ida", "it").await;
    let hash = json!({ "hash": acme.made["draft_hash"] });
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .refused(409, "conflict");
    let trace = acme.test("ida").await;
    assert_eq!(trace["state"], "passed", "{trace}");
    assert_eq!(trace["claims"]["email"], "ida@acme.test", "{trace}");
    assert_eq!(check(&trace["checks"], "broker")["ok"], true);
    assert_eq!(trace["result"]["membership"]["roles"], json!(["admin"]));
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .expect(200);
    acme.call("PATCH", &acme.at(""), &json!({ "rollout": "all" }))
        .await
        .expect(200);

    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, "ida").await.expect(303);
    let me = browser.me().await;
    assert_eq!(me["org"]["slug"], "acme");
    assert_eq!(me["org"]["roles"], json!(["admin"]));
    assert_eq!(me["upstream"]["id"], "acme-sso");
    assert_eq!(me["email"], "ida@acme.test");
    // Known by the customer's own word first, then by the upstream's.
    let path = format!(
        "/v1/admin/users/{}/identities",
        me["sub"].as_str().expect("an id")
    );
    let call = Call::new("GET", &path).bearer(&acme.token);
    let links = acme.app.browser().send(call).await.expect(200).json();
    let all = links["items"].as_array().expect("links");
    let of = |kind: &str| all.iter().find(|link| link["kind"] == kind).expect(kind);
    assert_eq!(of("connection")["issuer"], keycloak.at(realm, ""));
    if acme.made["protocol"] == "oidc" {
        assert_eq!(of("connection")["subject"], subject);
    }
    let between = &keycloak.between;
    assert_eq!(of("upstream")["issuer"], keycloak.at(between, ""));
    // The same person again is the same account, and no session of theirs is left in between.
    let mut again = acme.app.browser();
    acme.sign_in(&mut again, "ida").await.expect(303);
    assert_eq!(again.me().await["sub"], me["sub"]);
    let person = of("upstream")["subject"].as_str().expect("an id");
    let path = format!("/{between}/users/{person}/sessions");
    assert_eq!(keycloak.send(Method::GET, &path, None).await, json!([]));
}

#[tokio::test]
async fn openid_connect_from_nothing_to_a_member_with_the_mapped_role() {
    let Some(acme) = BrokeredCustomer::oidc().await else {
        return;
    };
    let endpoint = format!("/broker/{}/endpoint", acme.id);
    assert_eq!(
        acme.made["redirect_uri"],
        acme.realms.at(&acme.realms.between, &endpoint)
    );
    assert_eq!(acme.made["broker"], "upstream");
    a_member_comes_in(&acme).await;
    let there = acme.realms.instance(&acme.id).await;
    for (member, value) in [
        ("enabled", true),
        ("trustEmail", false),
        ("hideOnLogin", true),
        ("linkOnly", false),
    ] {
        assert_eq!(there[member], value, "{member}");
    }
    acme.realms.remove().await;
}

#[tokio::test]
async fn saml_from_nothing_to_a_member_with_the_mapped_role() {
    let Some(acme) = BrokeredCustomer::saml().await else {
        return;
    };
    assert_eq!(acme.made["broker"], "upstream", "the usual way for SAML");
    let endpoint = format!("/broker/{}/endpoint", acme.id);
    let endpoint = acme.realms.at(&acme.realms.between, &endpoint);
    assert_eq!(acme.made["acs_url"], endpoint);
    assert_eq!(acme.made["sp_entity_id"], format!("{endpoint}/descriptor"));
    // What is not ours to say is not said by us.
    let ours = format!("/saml/{}/metadata", acme.id);
    acme.app
        .browser()
        .get(&ours)
        .await
        .refused(404, "not_found");
    a_member_comes_in(&acme).await;
    acme.realms.remove().await;
}

#[tokio::test]
async fn postgres_serves_brokered_customers_too() {
    let Some(app) = TestApp::postgres_with(real_time()).await else {
        return;
    };
    let Some(mut acme) = BrokeredCustomer::tenant_of(app).await else {
        return;
    };
    acme.add_oidc().await;
    a_member_comes_in(&acme).await;
    acme.realms.remove().await;
}

#[tokio::test]
async fn who_is_switched_off_between_redirect_and_callback_does_not_come_in() {
    let Some(acme) = BrokeredCustomer::oidc().await else {
        return;
    };
    acme.realms.person(&acme.realms.customer, "ida", "it").await;
    acme.go_live("ida").await;
    let mut known = acme.app.browser();
    acme.sign_in(&mut known, "ida").await.expect(303);
    let mut browser = acme.app.browser();
    let back = acme.way_back(&mut browser, "ida").await;
    let off = json!({ "state": "disabled" });
    acme.call("PATCH", &acme.at(""), &off).await.expect(200);
    browser.get(&back).await.refused(403, "denied");
    browser.user(LOGIN).await.refused(401, "unauthenticated");
    // The session that was there is over, and the upstream has heard of it.
    known.user(LOGIN).await.refused(401, "unauthenticated");
    assert_eq!(acme.realms.instance(&acme.id).await["enabled"], false);
    acme.begin(&mut browser).await.refused(403, "denied");
    let on = json!({ "state": "active" });
    acme.call("PATCH", &acme.at(""), &on).await.expect(200);
    assert_eq!(acme.realms.instance(&acme.id).await["enabled"], true);
    acme.sign_in(&mut acme.app.browser(), "ida")
        .await
        .expect(303);
    // Gone here, off there: links of people would be lost with it.
    let org = acme.path("").trim_end_matches('/').to_owned();
    acme.call("DELETE", &org, &json!({})).await.expect(204);
    assert_eq!(acme.realms.instance(&acme.id).await["enabled"], false);
    acme.realms.remove().await;
}

#[tokio::test]
async fn a_change_is_tested_while_sign_ins_wait_and_rolled_back_at_once() {
    let Some(acme) = BrokeredCustomer::oidc().await else {
        return;
    };
    acme.realms.person(&acme.realms.customer, "ida", "it").await;
    acme.go_live("ida").await;
    let scopes = async || acme.realms.instance(&acme.id).await["config"]["defaultScope"].clone();
    assert_eq!(scopes().await, "openid email profile");
    let change = json!({ "config": { "scopes": ["openid", "email"] } });
    acme.call("PATCH", &acme.at(""), &change).await.expect(200);
    acme.sign_in(&mut acme.app.browser(), "ida")
        .await
        .expect(303);

    let begun = acme.begin_test().await;
    assert_eq!(scopes().await, "openid email");
    let waits = acme.begin(&mut acme.app.browser()).await;
    waits.refused(503, "upstream_unavailable");
    let trace = acme.end_test(begun, "ida").await;
    assert_eq!(trace["state"], "passed", "{trace}");
    assert_eq!(
        scopes().await,
        "openid email profile",
        "what is live is back"
    );
    acme.sign_in(&mut acme.app.browser(), "ida")
        .await
        .expect(303);

    // Nobody waits for a test that is known to fail.
    let known = acme.get("").await["config"]["client_id"].clone();
    let broken = json!({ "config": { "client_id": "nobody" } });
    acme.call("PATCH", &acme.at(""), &broken).await.expect(200);
    let made = acme
        .call("POST", &acme.at("tests"), &json!({}))
        .await
        .expect(201)
        .json();
    let mut tester = acme.app.browser();
    let begun = tester.get(made["url"].as_str().expect("an address")).await;
    begun.refused(409, "conflict");
    assert_eq!(scopes().await, "openid email profile");
    acme.sign_in(&mut acme.app.browser(), "ida")
        .await
        .expect(303);
    let mended = json!({ "config": { "client_id": known } });
    acme.call("PATCH", &acme.at(""), &mended).await.expect(200);
    let trace = acme.test("ida").await;
    assert_eq!(trace["state"], "passed", "{trace}");

    let hash = json!({ "hash": trace["hash"] });
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .expect(200);
    assert_eq!(scopes().await, "openid email");
    acme.sign_in(&mut acme.app.browser(), "ida")
        .await
        .expect(303);
    let back = acme.call("POST", &acme.at("rollback"), &json!({})).await;
    assert_eq!(back.expect(200).json()["active_revision"], 1);
    assert_eq!(scopes().await, "openid email profile");
    acme.sign_in(&mut acme.app.browser(), "ida")
        .await
        .expect(303);
    acme.realms.remove().await;
}

#[tokio::test]
async fn what_the_upstream_was_told_otherwise_is_not_believed() {
    let Some(acme) = BrokeredCustomer::oidc().await else {
        return;
    };
    let (keycloak, home) = (&acme.realms, &acme.realms.home);
    keycloak.person(&keycloak.customer, "ida", "it").await;
    acme.go_live("ida").await;
    // Somebody turns the connection to a provider of their own, by hand.
    keycloak.person(home, "eve", "it").await;
    let body = json!({ "clientId": "eves", "secret": "a-secret-of-eve", "publicClient": false,
        "redirectUris": [acme.made["redirect_uri"]] });
    keycloak
        .send(Method::POST, &format!("/{home}/clients"), Some(body))
        .await;
    let mut there = keycloak.instance(&acme.id).await;
    let there_config = there["config"].as_object_mut().expect("a config");
    for (key, path) in [
        ("issuer", ""),
        ("authorizationUrl", "/protocol/openid-connect/auth"),
        ("tokenUrl", "/protocol/openid-connect/token"),
        ("jwksUrl", "/protocol/openid-connect/certs"),
        ("userInfoUrl", "/protocol/openid-connect/userinfo"),
    ] {
        there_config.insert(key.into(), json!(keycloak.at(home, path)));
    }
    there_config.insert("clientId".into(), json!("eves"));
    there_config.insert("clientSecret".into(), json!("a-secret-of-eve"));
    let path = format!(
        "/{}/identity-provider/instances/{}",
        keycloak.between, acme.id
    );
    keycloak.send(Method::PUT, &path, Some(there)).await;
    let mut browser = acme.app.browser();
    let refused = acme.sign_in(&mut browser, "eve").await;
    refused.refused(502, "upstream_invalid");
    browser.user(LOGIN).await.refused(401, "unauthenticated");
    acme.realms.remove().await;
}

#[tokio::test]
async fn a_session_that_was_left_open_there_signs_nobody_in_elsewhere() {
    let Some(mut acme) = BrokeredCustomer::oidc().await else {
        return;
    };
    acme.realms.person(&acme.realms.customer, "ida", "it").await;
    acme.go_live("ida").await;
    let first = acme.id.clone();
    acme.add_oidc().await;
    acme.go_live("ida").await;
    // The way back through the first is never gone to its end: Keycloak keeps the session.
    let mut abroad = web::Browser::new();
    let mut browser = acme.app.browser();
    let start = format!("/federation/{first}/start?return_to=/account");
    let start = browser.get(&start).await.expect(303);
    acme.realms.walk(&mut abroad, start.location(), "ida").await;
    let start = acme.begin(&mut browser).await.expect(303);
    let back = acme.realms.walk(&mut abroad, start.location(), "ida").await;
    browser.get(&back).await.refused(403, "denied");
    browser.user(LOGIN).await.refused(401, "unauthenticated");
    // It has been closed: the next time works.
    let start = acme.begin(&mut browser).await.expect(303);
    let back = acme.realms.walk(&mut abroad, start.location(), "ida").await;
    browser.get(&back).await.expect(303);
    assert_eq!(browser.me().await["upstream"]["id"], "acme-sso-2");
    acme.realms.remove().await;
}

#[tokio::test]
async fn an_upstream_that_refuses_leaves_all_as_it_was_and_says_so() {
    let Some(mut acme) = BrokeredCustomer::tenant().await else {
        return;
    };
    acme.realms.person(&acme.realms.customer, "ida", "it").await;
    let between = acme.realms.between.clone();
    let clients = format!("/{between}/clients");
    let found = format!("{clients}?clientId=laneway");
    let found = acme.realms.send(Method::GET, &found, None).await;
    let client = format!("{clients}/{}", found[0]["id"].as_str().expect("an id"));
    let path = format!("{client}/client-secret");
    let secret = acme.realms.send(Method::GET, &path, None).await["value"].clone();
    let switch = async |acme: &BrokeredCustomer, on: bool| {
        let secret = if on { secret.clone() } else { json!("another") };
        let body = json!({ "clientId": "laneway", "secret": secret });
        acme.realms.send(Method::PUT, &client, Some(body)).await;
    };
    switch(&acme, false).await;
    acme.add_oidc().await;
    let told = check(&acme.made["checks"], "broker");
    assert_eq!((&told["ok"], &told["who"]), (&json!(false), &json!("us")));
    let made = acme.call("POST", &acme.at("tests"), &json!({})).await;
    let url = made.expect(201).json()["url"]
        .as_str()
        .expect("a link")
        .to_owned();
    let refused = acme.app.browser().get(&url).await;
    refused.refused(503, "upstream_unavailable");

    switch(&acme, true).await;
    acme.go_live("ida").await;
    let change = json!({ "config": { "scopes": ["openid", "email"] } });
    acme.call("PATCH", &acme.at(""), &change).await.expect(200);
    let trace = acme.test("ida").await;
    switch(&acme, false).await;
    let hash = json!({ "hash": trace["hash"] });
    let refused = acme.call("POST", &acme.at("activate"), &hash).await;
    refused.refused(503, "upstream_unavailable");
    assert_eq!(acme.get("").await["active_revision"], 1);
    let off = json!({ "state": "disabled" });
    // Off here at once, whatever the upstream says; it hears of it later.
    acme.call("PATCH", &acme.at(""), &off).await.expect(200);
    assert_eq!(acme.realms.instance(&acme.id).await["enabled"], true);
    switch(&acme, true).await;
    laneway::lane_a::broker::switch_off_due(acme.app.core())
        .await
        .expect("it hears of it");
    assert_eq!(acme.realms.instance(&acme.id).await["enabled"], false);
    acme.realms.remove().await;
}

#[tokio::test]
async fn a_tenant_whose_upstream_cannot_is_told_so() {
    let app = TestApp::sqlite().await;
    let body = json!({ "slug": "acme", "name": "Acme" });
    let org = app
        .admin("POST", "/v1/organizations", body)
        .await
        .expect(201);
    let path = format!("{}/connections", org.location());
    let body = json!({ "protocol": "oidc", "name": "X", "broker": "upstream",
        "config": { "issuer": "https://idp.test", "client_id": "c", "client_secret": "s" } });
    app.admin("POST", &path, body)
        .await
        .refused(409, "not_supported_by_upstream");
}
