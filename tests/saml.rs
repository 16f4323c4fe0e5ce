//! A customer's provider that speaks SAML: set up, tested, signed in through.

use laneway_fake::saml_idp::{Said, Signed};
use serde_json::{Value, json};

use crate::harness::saml::SamlCustomer;
use crate::harness::{Call, LOGIN, TestApp};

#[tokio::test]
async fn metadata_becomes_settings_and_ours_is_there_for_the_provider() {
    let acme = SamlCustomer::new().await;
    let (one, id) = (&acme.made, &acme.id);
    assert_eq!(one["protocol"], "saml");
    assert_eq!(one["acs_url"], format!("{LOGIN}/saml/{id}/acs"));
    assert_eq!(one["sp_entity_id"], format!("{LOGIN}/saml/{id}"));
    let config = &one["config"];
    assert_eq!(config["entity_id"], "https://idp.acme.test/meta");
    assert_eq!(config["sso_url"], "https://idp.acme.test/sso?t=1");
    assert_eq!(config["certificates"], json!([acme.idp.certificate()]));
    assert!(config.get("metadata_xml").is_none());
    assert!(!one.to_string().contains("PRIVATE"), "{one}");
    for path in [format!("/saml/{id}"), format!("/saml/{id}/metadata")] {
        let ours = acme.app.browser().get(&path).await.expect(200);
        assert_eq!(ours.header("content-type"), "application/samlmetadata+xml");
        let xml = ours.text();
        for part in [format!("{LOGIN}/saml/{id}/acs"), "X509Certificate".into()] {
            assert!(xml.contains(&part), "{xml}");
        }
        assert!(!xml.contains("PRIVATE"));
    }
    acme.app
        .browser()
        .get("/saml/0199c0de-0000-7000-8000-000000000001/metadata")
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn our_key_stays_with_every_draft() {
    let acme = SamlCustomer::new().await;
    let path = format!("/saml/{}/metadata", acme.id);
    let before = acme.app.browser().get(&path).await.expect(200).text();
    let other = acme.idp.with_new_key();
    let both = other.metadata_with(&[&acme.idp.certificate(), &other.certificate()]);
    let body = json!({ "config": { "metadata_xml": both, "client_secret": "nonsense" } });
    let changed = acme.call("PATCH", &acme.at(""), &body).await.expect(200);
    let all = changed.json()["config"]["certificates"].clone();
    assert_eq!(all, json!([acme.idp.certificate(), other.certificate()]));
    let after = acme.app.browser().get(&path).await.expect(200).text();
    assert_eq!(before, after);
}

#[tokio::test]
async fn somebody_comes_in_across_sites_with_mapped_roles() {
    let acme = SamlCustomer::new().await;
    let rules = json!({ "rules": [
        { "when": { "group": "it" }, "roles": ["admin"] },
        { "when": { "always": true }, "roles": ["member"] },
    ] });
    acme.call("PUT", &acme.at("role-mappings"), &rules)
        .await
        .expect(200);
    acme.go_live().await;
    let mut browser = acme.app.browser();
    let done = acme
        .sign_in(&mut browser, "ida", &["it", "staff"])
        .await
        .expect(303);
    assert_eq!(done.location(), "/account");
    let me = browser.me().await;
    assert_eq!(me["org"]["roles"], json!(["admin", "member"]));
    assert_eq!(
        (&me["email"], &me["name"]),
        (&json!("ida@acme.test"), &json!("The ida"))
    );
    // The same person again, without the group.
    let mut later = acme.app.browser();
    acme.sign_in(&mut later, "ida", &["staff"])
        .await
        .expect(303);
    let again = later.me().await;
    assert_eq!(again["sub"], me["sub"]);
    assert_eq!(again["org"]["roles"], json!(["member"]));
}

#[tokio::test]
async fn an_answer_counts_once_and_for_the_browser_that_asked() {
    let acme = SamlCustomer::new().await;
    acme.go_live().await;
    let mut browser = acme.app.browser();
    let address = acme.begin(&mut browser).await;
    let (said, relay) = acme.says(&address, "ida", &[]);
    let response = acme.idp.posted(&said);
    let kept = acme.posts(&response, &relay).await.expect(303);
    // Another browser than the one that asked.
    acme.app
        .browser()
        .get(kept.location())
        .await
        .refused(404, "not_found");
    browser.get(kept.location()).await.expect(303);
    browser.get(kept.location()).await.refused(410, "expired");
    acme.posts(&response, &relay)
        .await
        .refused(404, "not_found");
    // Nor for another sign-in.
    let mut second = acme.app.browser();
    let address = acme.begin(&mut second).await;
    let (fresh, relay) = acme.says(&address, "ida", &[]);
    assert_ne!(fresh.in_response_to, said.in_response_to);
    let kept = acme.posts(&response, &relay).await.expect(303);
    second.get(kept.location()).await.refused(403, "denied");
    // An id that was seen is refused, whatever else is right.
    let mut third = acme.app.browser();
    let address = acme.begin(&mut third).await;
    let (mut same, relay) = acme.says(&address, "ida", &[]);
    same.id.clone_from(&said.id);
    let kept = acme
        .posts(&acme.idp.posted(&same), &relay)
        .await
        .expect(303);
    third.get(kept.location()).await.refused(403, "denied");
    let failed = acme.app.events("login.completed").await.len();
    assert_eq!(failed, 1, "one answer, one sign-in");
}

#[tokio::test]
async fn somebody_elses_browser_cannot_post_an_answer_to_my_sign_in() {
    let acme = SamlCustomer::new().await;
    acme.go_live().await;
    // Mallory begins, and has a victim's browser walk the way: the victim's answer is posted.
    let mut mallory = acme.app.browser();
    let address = acme.begin(&mut mallory).await;
    let (said, relay) = acme.says(&address, "victim", &[]);
    let kept = acme
        .posts(&acme.idp.posted(&said), &relay)
        .await
        .expect(303);
    let there = kept.location().to_owned();
    // What leads on is in the victim's browser alone, which did not begin.
    acme.app
        .browser()
        .get(&there)
        .await
        .refused(404, "not_found");
    let (front, ticket) = there.rsplit_once("&ticket=").expect("a ticket");
    for guess in [
        front.to_owned(),
        format!("{front}&ticket="),
        format!(
            "{front}&ticket={}",
            ticket.chars().rev().collect::<String>()
        ),
    ] {
        let refused = mallory.get(&guess).await;
        assert!(
            matches!(refused.code(), 404 | 409),
            "{guess}: {}",
            refused.text()
        );
        mallory.user(LOGIN).await.refused(401, "unauthenticated");
    }
    assert!(acme.app.events("login.completed").await.is_empty());
}

#[tokio::test]
async fn fifty_copies_of_one_answer_sign_in_once() {
    let acme = SamlCustomer::new().await;
    acme.go_live().await;
    let mut browser = acme.app.browser();
    let address = acme.begin(&mut browser).await;
    let (said, relay) = acme.says(&address, "ida", &[]);
    let kept = acme
        .posts(&acme.idp.posted(&said), &relay)
        .await
        .expect(303);
    let browser = std::sync::Arc::new(browser);
    let tries = (0..50).map(|_| {
        let (mut copy, to) = ((*browser).clone(), kept.location().to_owned());
        async move { copy.get(&to).await.code() }
    });
    let codes = futures::future::join_all(tries).await;
    let done = codes.iter().filter(|code| **code == 303).count();
    assert_eq!(done, 1, "{codes:?}");
}

type Change = fn(&mut Said);

#[tokio::test]
async fn a_test_login_names_each_fault_and_who_mends_it() {
    let acme = SamlCustomer::new().await;
    let mut browser = acme.app.signup("ana@x.test").await;
    let before = browser.user(LOGIN).await.expect(200).json();
    let wrong: [(&str, Change); 4] = [
        ("unsigned_assertion", |said| said.signed = Signed::Nothing),
        ("wrong_audience", |said| {
            said.audience = "https://other.test".into();
        }),
        ("assertion_expired", |said| said.now_ms -= 3_600_000),
        ("wrong_issuer", |said| {
            said.issuer = "https://evil.test".into();
        }),
    ];
    for (code, change) in wrong {
        let trace = acme.test_with(&mut browser, change).await;
        assert_eq!(trace["state"], "failed");
        let checks = trace["checks"].as_array().expect("checks");
        let found = checks.iter().find(|check| check["code"] == code);
        let found = found.unwrap_or_else(|| panic!("{code}: {trace}"));
        assert_eq!(
            (&found["ok"], &found["who"]),
            (&json!(false), &json!("customer"))
        );
        assert_eq!(found["link"], format!("/help/checks#{code}"));
    }
    // A certificate that was given wrongly.
    let other = acme.idp.with_new_key();
    let body = json!({ "config": { "metadata_xml": other.metadata() } });
    acme.call("PATCH", &acme.at(""), &body).await.expect(200);
    let trace = acme.test_with(&mut browser, |_| {}).await;
    let failed: Vec<&Value> = trace["checks"].as_array().expect("checks").iter().collect();
    assert!(
        failed
            .iter()
            .any(|check| check["code"] == "wrong_certificate"),
        "{trace}"
    );
    let body = json!({ "config": { "metadata_xml": acme.idp.metadata() } });
    acme.call("PATCH", &acme.at(""), &body).await.expect(200);
    // No groups are advice, no more.
    let trace = acme
        .test_with(&mut browser, |said| {
            said.attributes.retain(|(name, _)| name != "groups");
        })
        .await;
    assert_eq!(trace["state"], "passed", "{trace}");
    let checks = trace["checks"].as_array().expect("checks");
    let groups = checks
        .iter()
        .find(|check| check["code"] == "groups_missing");
    assert_eq!(groups.expect("told")["advice"], true);
    let after = browser.user(LOGIN).await.expect(200).json();
    assert_eq!(before["sid"], after["sid"], "nobody was signed in or out");
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_is_at_most_a_wish() {
    let acme = SamlCustomer::new().await;
    acme.go_live().await;
    let mut browser = acme.app.browser();
    let address = acme.begin(&mut browser).await;
    let (mut said, _) = acme.says(&address, "ida", &[]);
    said.in_response_to = String::new();
    let response = acme.idp.posted(&said);
    acme.posts(&response, "").await.refused(403, "denied");
    acme.posts(&response, "https://evil.test/")
        .await
        .refused(403, "denied");
    // Whoever looks at the connection finds the provider that drops what it was given.
    let health = acme.call("GET", &acme.at("health"), &json!({})).await;
    let told = health.expect(200).json();
    let cause = &told["causes"][0];
    assert_eq!(
        (&cause["code"], &cause["count"]),
        (&json!("saml_response_missing"), &json!(2)),
        "{told}"
    );
    let asking = SamlCustomer::with(&json!({ "allow_idp_initiated": true })).await;
    asking.go_live().await;
    let to = asking.posts(&response, "").await.expect(303);
    let start = format!("/federation/{}/start?unasked=1", asking.id);
    assert_eq!(to.location(), start);
    assert!(asking.app.events("login.completed").await.is_empty());
    // A provider that never gives back what it was given must not send a browser round for ever.
    let mut browser = asking.app.browser();
    for _ in 0..4 {
        browser.get(&format!("{LOGIN}{start}")).await.expect(303);
    }
    browser
        .get(&format!("{LOGIN}{start}"))
        .await
        .refused(502, "upstream_invalid");
    let health = asking.call("GET", &asking.at("health"), &json!({})).await;
    let told = health.expect(200).json();
    assert_eq!(told["causes"][0]["code"], "saml_response_missing", "{told}");
}

#[tokio::test]
async fn a_request_can_be_posted_by_a_page_of_ours() {
    let acme = SamlCustomer::with(&json!({})).await;
    let body = json!({ "config": {
        "entity_id": acme.idp.entity_id, "sso_url": acme.idp.sso_url, "sso_binding": "post",
        "certificates": [acme.idp.certificate()],
    } });
    acme.call("PATCH", &acme.at(""), &body).await.expect(200);
    let made = acme
        .call("POST", &acme.at("tests"), &json!({}))
        .await
        .expect(201);
    let mut browser = acme.app.browser();
    let start = made.json()["url"].as_str().expect("an address").to_owned();
    let page = browser.get(&start).await.expect(303).location().to_owned();
    assert!(
        page.starts_with(&format!("{LOGIN}/saml/{}/request?", acme.id)),
        "{page}"
    );
    let html = browser.get(&page).await.expect(200);
    let policy = html.header("content-security-policy").to_owned();
    assert!(policy.contains("https://idp.acme.test"), "{policy}");
    let html = html.text();
    assert!(
        html.contains(r#"action="https://idp.acme.test/sso?t=1""#),
        "{html}"
    );
    let field = |name: &str| {
        let from = format!(r#"name="{name}" value=""#);
        let start = html.find(&from).expect(name) + from.len();
        html[start..start + html[start..].find('"').expect("an end")].to_owned()
    };
    let request = acme
        .idp
        .read_posted(&field("SAMLRequest"), &field("RelayState"));
    assert!(request.signed);
    // A request for another place is none of ours.
    let query = format!("SAMLRequest=PGEvPg==&RelayState={}", request.relay_state);
    let other = format!("/saml/{}/request?{query}", acme.id);
    browser.get(&other).await.refused(404, "not_found");
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_by_name() {
    let acme = SamlCustomer::new().await;
    let good = acme.idp.metadata();
    let over = good.replace("entityID=", "validUntil=\"2020-01-01T00:00:00Z\" entityID=");
    let fields = json!({
        "entity_id": "x", "sso_url": "https://idp.acme.test/sso", "certificates": ["AAAA"],
    });
    for (config, pointer, code) in [
        (
            json!({ "metadata_xml": "<a" }),
            "/config/metadata_xml",
            "invalid_xml",
        ),
        (
            json!({ "metadata_xml": "<a/>" }),
            "/config/metadata_xml",
            "metadata_incomplete",
        ),
        (
            json!({ "metadata_xml": over }),
            "/config/metadata_xml",
            "metadata_expired",
        ),
        (
            json!({ "metadata_url": "http://127.0.0.1:9/metadata" }),
            "/config/metadata_url",
            "unreachable",
        ),
        (fields, "/config/certificates", "invalid_certificate"),
        (json!({}), "/config/entity_id", "required"),
    ] {
        let body = json!({ "protocol": "saml", "name": "X", "config": config });
        let refused = acme.call("POST", &acme.path("connections"), &body).await;
        let refused = refused.refused(422, "invalid_field").json();
        let error = &refused["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{refused}"
        );
    }
    let all = Call::new("GET", &acme.path("connections")).bearer(&acme.token);
    let all = acme.app.browser().send(all).await.expect(200).json();
    assert_eq!(all["items"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn on_postgres_an_id_counts_once_too() {
    let Some(app) = TestApp::postgres().await else {
        return;
    };
    let acme = SamlCustomer::in_app(app, &json!({})).await;
    acme.go_live().await;
    let mut browser = acme.app.browser();
    acme.sign_in(&mut browser, "ida", &[]).await.expect(303);
    assert_eq!(browser.me().await["email"], "ida@acme.test");
}
