//! Connections that take over the addresses which their providers know from elsewhere.

use serde_json::{Value, json};

use crate::harness::customer::{Customer, real_time};
use crate::harness::idp::Idp;
use crate::harness::saml::SamlCustomer;
use crate::harness::{Call, LOGIN, Reply, TestApp, both};
use crate::roles::member;

const OLD: &str = "https://sso.old.test";

async fn add_host(app: &TestApp, host: &str, purpose: &str) {
    let path = format!("/v1/admin/tenants/{}/hosts", app.tenant().await.id);
    let body = json!({ "host": host, "purpose": purpose });
    app.admin("POST", &path, body).await.expect(201);
}

fn with(mut body: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

both! {
    async fn saml_answers_go_on_arriving_where_they_were_posted_before(app: TestApp) {
        add_host(&app, "sso.old.test", "login").await;
        let mut acme = SamlCustomer::in_app(app, &json!({})).await;
        let config = json!({ "metadata_xml": acme.idp.metadata() });
        let body = json!({
            "protocol": "saml", "name": "As before", "config": config,
            "acs_url": format!("{OLD}/auth/saml/acme"), "sp_entity_id": "urn:old:sso",
        });
        let made = acme.call("POST", &acme.path("connections"), &body).await.expect(201).json();
        assert_eq!(made["acs_url"], body["acs_url"]);
        assert_eq!(made["sp_entity_id"], "urn:old:sso");
        let metadata = made["sp_metadata_url"].as_str().expect("an address").to_owned();
        let xml = acme.app.browser().get(&metadata).await.expect(200).text();
        assert!(xml.contains("urn:old:sso") && xml.contains("/auth/saml/acme"), "{xml}");
        acme.id = made["id"].as_str().expect("an id").to_owned();
        acme.made = made;
        acme.go_live().await;
        let mut browser = acme.app.browser();
        let address = acme.begin(&mut browser).await;
        let (said, relay) = acme.says(&address, "ida", &[]);
        let response = acme.idp.posted(&said);
        let kept = acme.posts(&response, &relay).await.expect(303);
        // Judged where the cookie is.
        assert!(kept.location().starts_with(&format!("{LOGIN}/federation/callback/")), "{kept:?}");
        browser.get(kept.location()).await.expect(303);
        assert_eq!(browser.me().await["email"], "ida@acme.test");
        // An answer that nobody asked for, another method, a neighbour of the address.
        acme.posts(&response, "nothing").await.refused(403, "denied");
        for path in ["/auth/saml/acme", "/auth/saml/acme/", "/auth/saml"] {
            acme.app.browser().get(&format!("{OLD}{path}")).await.refused(404, "not_found");
        }
        let elsewhere = Call::form(&format!("{LOGIN}/auth/saml/acme"), &[("SAMLResponse", &response)]);
        acme.app.browser().send(elsewhere).await.refused(404, "not_found");
    }

    async fn two_connections_that_a_provider_cannot_tell_apart_are_named(app: TestApp) {
        let acme = SamlCustomer::in_app(app, &json!({})).await;
        let config = json!({ "metadata_xml": acme.idp.metadata() });
        let checked = async |own: Option<&str>| {
            let body = json!({ "protocol": "saml", "name": "Twin", "config": config, "sp_entity_id": own });
            let made = acme.call("POST", &acme.path("connections"), &body).await.expect(201).json();
            let path = acme.path(&format!("connections/{}/checks", made["id"].as_str().expect("an id")));
            let all = acme.call("GET", &path, &json!({})).await.expect(200).json();
            let all = all["checks"].as_array().or(all["items"].as_array()).expect("checks").clone();
            all.into_iter().find(|check| check["code"] == "entity_id_used")
        };
        // The same provider by an entity id of its own: worth a word.
        let twin = checked(None).await.expect("named");
        assert_eq!((&twin["ok"], &twin["advice"]), (&json!(false), &json!(true)), "{twin}");
        assert_eq!(checked(Some("urn:twin")).await.expect("named")["advice"], true);
        // By the same entity id: an answer could be meant for either.
        let clash = checked(Some("urn:twin")).await.expect("named");
        assert_eq!(clash["advice"], false, "{clash}");
        assert!(clash["fix"].as_str().is_some_and(|fix| !fix.is_empty()));
    }

    async fn what_cannot_arrive_or_belongs_to_another_is_refused(app: TestApp) {
        add_host(&app, "sso.old.test", "login").await;
        add_host(&app, "app.old.test", "app").await;
        let acme = SamlCustomer::in_app(app, &json!({})).await;
        let base = json!({
            "protocol": "saml", "name": "SSO", "config": { "metadata_xml": acme.idp.metadata() },
        });
        let path = acme.path("connections");
        let bad = |pointer: &'static str, value: String| (pointer, value);
        for (pointer, value) in [
            bad("/acs_url", "https://elsewhere.test/acs".into()),
            bad("/acs_url", "https://app.old.test/acs".into()),
            bad("/acs_url", "http://sso.old.test/acs".into()),
            bad("/acs_url", "https://sso.old.test:8443/acs".into()),
            bad("/acs_url", "https://x@sso.old.test/acs".into()),
            bad("/acs_url", "https://sso.old.test/acs?connection=1".into()),
            bad("/acs_url", "https://sso.old.test/a/../acs".into()),
            bad("/acs_url", "https://sso.old.test/%61cs".into()),
            bad("/acs_url", "https://sso.old.test/".into()),
            bad("/acs_url", "https://sso.old.test/login".into()),
            bad("/acs_url", "https://sso.old.test/saml/x/acs".into()),
            bad("/sp_entity_id", "two words".into()),
            bad("/sp_entity_id", format!("urn:{}", "x".repeat(1024))),
            bad("/redirect_uri", format!("{OLD}/callback")),
        ] {
            let body = with(base.clone(), &json!({ &pointer[1..]: value }));
            let refused = acme.call("POST", &path, &body).await.refused(422, "invalid_field");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{value}");
        }
        let taken = with(base.clone(), &json!({ "acs_url": format!("{OLD}/acs") }));
        acme.call("POST", &path, &taken).await.expect(201);
        acme.call("POST", &path, &taken).await.refused(409, "duplicate");
        // Not by an organization's own administrators: it could be the address of another one.
        let (mut owner, _) = member(&acme.app, &acme.org, "owner@x.test", "owner").await;
        let other = with(base.clone(), &json!({ "acs_url": format!("{OLD}/other") }));
        owner.post(&path, other).await.refused(403, "forbidden");
        owner.post(&path, base).await.expect(201);
    }
}

/// The provider's answer to a sign-in or a test, from the address that it knows to where it is judged.
async fn follow(
    acme: &Customer,
    browser: &mut crate::harness::Browser,
    start: &Reply,
    login: &str,
) -> Reply {
    let back = acme.idp.sign_in(start.location(), login).await.address();
    assert!(back.starts_with(&format!("{OLD}/oidc/callback?")), "{back}");
    let on = browser.get(&back).await.expect(303);
    let judged = format!("{LOGIN}/federation/callback/{}?", acme.id);
    assert!(on.location().starts_with(&judged), "{on:?}");
    browser.get(on.location()).await
}

#[tokio::test]
async fn an_openid_provider_goes_on_answering_to_the_redirect_uri_it_knows() {
    let Some(idp) = Idp::new().await else {
        return;
    };
    let app = TestApp::sqlite_with(real_time()).await;
    add_host(&app, "sso.old.test", "login").await;
    let config = idp.config();
    let mut acme = Customer::in_app(app, idp, config).await;
    let old = format!("{OLD}/oidc/callback");
    let body = json!({
        "protocol": "oidc", "name": "As before", "config": acme.config, "redirect_uri": old,
    });
    let path = acme.path("connections");
    let made = acme.call("POST", &path, &body).await.expect(201).json();
    assert_eq!(made["redirect_uri"], json!(old));
    acme.id = made["id"].as_str().expect("an id").to_owned();
    acme.idp.register(&acme.config, &old).await;
    let ida = acme.idp.person("ida", &json!({})).await;
    let made = acme
        .call("POST", &acme.at("tests"), &json!({}))
        .await
        .expect(201);
    let mut browser = acme.app.browser();
    let start = browser
        .get(made.json()["url"].as_str().expect("an address"))
        .await
        .expect(303);
    follow(&acme, &mut browser, &start, &ida).await.expect(200);
    let trace = acme
        .call("GET", made.location(), &Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(trace["state"], "passed", "{trace}");
    let hash = json!({ "hash": trace["hash"] });
    acme.call("POST", &acme.at("activate"), &hash)
        .await
        .expect(200);
    acme.call("PATCH", &acme.at(""), &json!({ "rollout": "all" }))
        .await
        .expect(200);
    let mut browser = acme.app.browser();
    let start = format!("/federation/{}/start?return_to=/account", acme.id);
    let start = browser.get(&start).await.expect(303);
    follow(&acme, &mut browser, &start, &ida).await.expect(303);
    assert_eq!(browser.me().await["org"]["slug"], "acme");
    // Of the tenant itself there is nothing to take over.
    let social = with(body, &json!({ "slug": "elsewhere" }));
    acme.call("POST", "/v1/admin/connections", &social)
        .await
        .refused(422, "invalid_field");
}
