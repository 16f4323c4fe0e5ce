//! How it goes with a connection after it went live.

use serde_json::{Value, json};

use crate::harness::saml::SamlCustomer;

fn codes(health: &Value, member: &str) -> Vec<String> {
    let all = health[member].as_array().expect("a list").iter();
    all.map(|one| one["code"].as_str().expect("a code").to_owned())
        .collect()
}

async fn health(acme: &SamlCustomer) -> Value {
    let path = acme.at("health");
    acme.call("GET", &path, &json!({})).await.expect(200).json()
}

#[tokio::test]
async fn sign_ins_and_causes_are_counted_by_day() {
    let acme = SamlCustomer::new().await;
    acme.go_live().await;
    let rules = json!({ "rules": [
        { "when": { "group": "out" }, "access": "deny" },
        { "when": { "always": true }, "roles": ["member"] },
    ] });
    let path = acme.at("role-mappings");
    acme.call("PUT", &path, &rules).await.expect(200);
    for (who, groups, code) in [
        ("ida", vec![], 303),
        ("bo", vec![], 303),
        ("eve", vec!["out"], 403),
    ] {
        let mut browser = acme.app.browser();
        acme.sign_in(&mut browser, who, &groups).await.expect(code);
    }
    // An answer for somebody else's audience.
    let mut browser = acme.app.browser();
    let address = acme.begin(&mut browser).await;
    let (mut said, relay) = acme.says(&address, "ida", &[]);
    said.audience = "https://other.test".into();
    let kept = acme
        .posts(&acme.idp.posted(&said), &relay)
        .await
        .expect(303);
    browser.get(kept.location()).await.expect(403);
    let told = health(&acme).await;
    assert_eq!(told["days"][0]["worked"], 2, "{told}");
    assert_eq!(told["days"][0]["failed"], 2, "{told}");
    let mut causes = codes(&told, "causes");
    causes.sort_unstable();
    assert_eq!(causes, ["kept_out", "wrong_audience"]);
    assert_eq!(
        told["causes"][0]["link"]
            .as_str()
            .map(|link| link.starts_with("/help/checks#")),
        Some(true)
    );
    assert_eq!(told["expires"][0]["what"], "certificate");
    acme.app.clock.advance_s(31 * 24 * 3600);
    assert_eq!(health(&acme).await["days"], json!([]));
}

#[tokio::test]
async fn contacts_hear_once_of_what_is_new() {
    let mut acme = SamlCustomer::new().await;
    acme.go_live().await;
    for (contacts, code) in [
        (json!(["no address"]), 422),
        (json!(["it@acme.test", "IT@acme.test"]), 200),
    ] {
        let body = json!({ "contacts": contacts });
        let path = acme.at("");
        acme.call("PATCH", &path, &body).await.expect(code);
    }
    let core = std::sync::Arc::clone(acme.app.core());
    let look = async || {
        laneway::lane_b::health::look_due(&core)
            .await
            .expect("looked");
    };
    look().await;
    assert!(
        acme.app.mails_to("it@acme.test").await.is_empty(),
        "all is well"
    );
    let told = health(&acme).await;
    assert_eq!(told["contacts"], json!(["it@acme.test"]));
    assert!(told["looked_at"].is_string());
    // The certificate of the test provider ends in 4096; a year before, the next look tells.
    let end = laneway_saml::Certificate::read(&acme.idp.certificate()).expect("a certificate");
    acme.app
        .clock
        .set_ms(end.not_after_ms - 20 * 24 * 3_600_000);
    acme.token = acme.app.operator().await;
    look().await;
    let mails = acme.app.mails_to("it@acme.test").await;
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].text.contains("certificate_expiring"),
        "{}",
        mails[0].text
    );
    assert_eq!(
        codes(&health(&acme).await, "checks")
            .last()
            .map(String::as_str),
        Some("certificate_expiring")
    );
    // Not again for the same.
    acme.app.clock.advance_s(25 * 3600);
    look().await;
    assert_eq!(acme.app.mails_to("it@acme.test").await.len(), 1);
}

#[tokio::test]
async fn metadata_is_read_again_when_its_address_is_given_again() {
    let acme = SamlCustomer::new().await;
    let body = json!({ "config": { "metadata_url": "http://127.0.0.1:9/metadata" } });
    let path = acme.at("");
    let refused = acme.call("PATCH", &path, &body).await;
    let refused = refused.refused(422, "invalid_field").json();
    assert_eq!(refused["errors"][0]["pointer"], "/config/metadata_url");
}
