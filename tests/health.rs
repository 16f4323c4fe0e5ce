//! How it goes with a connection after it went live.

use laneway_contract::Clock as _;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::saml::SamlCustomer;

pub fn codes(health: &Value, member: &str) -> Vec<String> {
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
    let help = acme.app.browser().get("/help/checks").await.expect(200);
    for cause in causes.iter().map(String::as_str).chain(["refused"]) {
        assert!(help.text().contains(&format!("id=\"{cause}\"")), "{cause}");
    }
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

/// A provider that states what a test wants.
pub async fn states(server: &MockServer, token_endpoint: &str, key: &str) {
    server.reset().await;
    let issuer = server.uri();
    let document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/{token_endpoint}"),
        "jwks_uri": format!("{issuer}/jwks"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let keys = json!({ "keys": [
        { "kid": "1", "kty": "RSA", "alg": "RS256", "use": "sig", "n": key, "e": "AQAB" },
    ] });
    for (at, body) in [
        ("/.well-known/openid-configuration", document),
        ("/jwks", keys),
    ] {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(path(at))
            .respond_with(answer)
            .mount(server)
            .await;
    }
}

#[tokio::test]
async fn what_an_openid_provider_states_is_compared_and_taken_as_right_by_a_person() {
    let server = MockServer::start().await;
    states(&server, "token", "abc").await;
    let acme = SamlCustomer::new().await;
    let config = json!({ "issuer": server.uri(), "client_id": "c", "client_secret": "s" });
    let body = json!({ "protocol": "oidc", "name": "Acme", "config": config });
    let made = acme.call("POST", &acme.path("connections"), &body).await;
    let id = made.expect(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let at = acme.path(&format!("connections/{id}"));
    let change = async |body: Value, code: u16| acme.call("PATCH", &at, &body).await.expect(code);
    let told = async || {
        let path = format!("{at}/health");
        acme.call("GET", &path, &json!({})).await.expect(200).json()
    };
    let look = async || {
        let (core, tenant) = (acme.app.core(), acme.app.tenant().await);
        let found = laneway::store::connections::find(&core.db, &tenant.id, &id).await;
        let one = found.expect("a store").expect("a connection");
        laneway::lane_b::health::look(core, &tenant, &one)
            .await
            .expect("looked");
    };
    let mails = async || acme.app.mails_to("it@acme.test").await;
    // All in one moment of the test's clock: in no order.
    let news = async |code: &str| mails().await.iter().any(|mail| mail.text.contains(code));
    change(json!({ "contacts": ["it@acme.test"] }), 200).await;
    look().await;
    let begin = mails().await.len();
    assert_eq!(told().await["changes"], Value::Null);
    // Keys come and go: shown, and nobody is written to.
    states(&server, "token", "xyz").await;
    look().await;
    let now = told().await;
    assert_eq!(now["changes"]["members"][0]["member"], "signing_keys");
    assert!(codes(&now, "checks").contains(&"signing_keys_changed".to_owned()));
    assert_eq!(mails().await.len(), begin);
    // Another address is news.
    states(&server, "oauth2/token", "xyz").await;
    look().await;
    assert_eq!(mails().await.len(), begin + 1);
    assert!(news("discovery_changed").await);
    let stale = now["changes"]["hash"].clone();
    change(json!({ "approve": stale }), 409).await;
    let hash = told().await["changes"]["hash"].clone();
    change(json!({ "approve": hash }), 200).await;
    let now = told().await;
    assert_eq!(now["changes"], Value::Null);
    assert!(!codes(&now, "checks").contains(&"discovery_changed".to_owned()));
    look().await;
    assert_eq!(told().await["changes"], Value::Null);
    assert_eq!(mails().await.len(), begin + 1);
}

#[tokio::test]
async fn the_end_of_a_client_secret_is_told_and_goes_with_the_secret() {
    let server = MockServer::start().await;
    states(&server, "token", "abc").await;
    let mut acme = SamlCustomer::new().await;
    let refused = json!({ "client_secret_expires_at": "2027-03-01T00:00:00Z" });
    let none = acme.call("PATCH", &acme.at(""), &refused).await;
    none.refused(422, "invalid_field");
    let config = json!({ "issuer": server.uri(), "client_id": "c", "client_secret": "s" });
    let body = json!({ "protocol": "oidc", "name": "Acme", "config": config });
    let made = acme.call("POST", &acme.path("connections"), &body).await;
    acme.id = made.expect(201).json()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let end = acme.app.clock.now_ms() + 20 * 24 * 3_600_000;
    let end = time::OffsetDateTime::from_unix_timestamp(end / 1000).expect("an instant");
    let end = format!("{}T00:00:00Z", end.date());
    let body = json!({ "client_secret_expires_at": end, "contacts": ["it@acme.test"] });
    acme.call("PATCH", &acme.at(""), &body).await.expect(200);
    for (days, code) in [(0, "client_secret_expiring"), (21, "client_secret_expired")] {
        acme.app.clock.advance_s(days * 24 * 3600);
        acme.token = acme.app.operator().await;
        let (core, tenant) = (acme.app.core(), acme.app.tenant().await);
        let found = laneway::store::connections::find(&core.db, &tenant.id, &acme.id).await;
        let one = found.expect("a store").expect("a connection");
        laneway::lane_b::health::look(core, &tenant, &one)
            .await
            .expect("looked");
        let told = health(&acme).await;
        assert!(codes(&told, "checks").contains(&code.to_owned()), "{told}");
        assert_eq!(
            told["expires"][0],
            json!({ "what": "client_secret", "name": "", "at": end })
        );
        let mails = acme.app.mails_to("it@acme.test").await;
        assert!(mails.iter().any(|mail| mail.text.contains(code)));
    }
    // Another secret ends at another time.
    let body = json!({ "config": { "client_secret": "t" } });
    acme.call("PATCH", &acme.at(""), &body).await.expect(200);
    let told = health(&acme).await;
    assert_eq!(told["client_secret_expires_at"], Value::Null);
    assert_eq!(told["expires"], json!([]));
}
