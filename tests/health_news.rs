//! What is told anew about a connection, and what a new revision or a new secret answers.

use laneway_contract::Clock as _;
use serde_json::{Value, json};
use wiremock::matchers;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::attached::Stage;
use crate::harness::saml::SamlCustomer;
use crate::harness::social::Kind;
use crate::harness::{Call, TestApp, both, form_token};
use crate::health::{codes, states};
use crate::org_pages::{member, page, says, silent};

const IT: &str = "it@acme.test";

/// Looks at a connection as the daily job does.
async fn look(app: &TestApp, id: &str) {
    let (core, tenant) = (app.core(), app.tenant().await);
    let found = laneway::store::connections::find(&core.db, &tenant.id, id).await;
    let one = found.expect("a store").expect("a connection");
    laneway::lane_b::health::look(core, &tenant, &one)
        .await
        .expect("looked");
}

/// Letters to the contact that speak of something.
async fn letters(app: &TestApp, words: &str) -> usize {
    let all = app.mails_to(IT).await;
    all.iter().filter(|mail| mail.text.contains(words)).count()
}

/// An organization's connection at a provider that states what a test wants.
pub async fn oidc(app: TestApp, server: &MockServer) -> SamlCustomer {
    let mut acme = SamlCustomer::in_app(app, &json!({})).await;
    let config = json!({ "issuer": server.uri(), "client_id": "c", "client_secret": "s" });
    let body = json!({ "protocol": "oidc", "name": "Acme", "config": config });
    let made = acme.call("POST", &acme.path("connections"), &body).await;
    let made = made.expect(201).json();
    acme.id = made["id"].as_str().map(str::to_owned).expect("an id");
    let body = json!({ "contacts": [IT] });
    acme.call("PATCH", &acme.at(""), &body).await.expect(200);
    acme
}

fn day(at: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(at / 1000).expect("an instant");
    format!("{}T00:00:00Z", at.date())
}

both! {
    async fn another_change_of_a_statement_is_news_too(app: TestApp) {
        let server = MockServer::start().await;
        states(&server, "token", "abc").await;
        let acme = oidc(app, &server).await;
        look(&acme.app, &acme.id).await;
        let told = async || letters(&acme.app, "discovery_changed").await;
        assert_eq!(told().await, 0);
        for (n, token, key) in [(1, "two", "abc"), (1, "two", "xyz"), (2, "three", "xyz"), (2, "three", "xyz")] {
            states(&server, token, key).await;
            look(&acme.app, &acme.id).await;
            assert_eq!(told().await, n, "{token} {key}");
        }
        // It says what, at which provider, and where something can be done.
        let page = format!("/org/acme/connections/{}", acme.id);
        for words in [server.uri().as_str(), page.as_str(), "/help/checks#discovery_changed", "/three"] {
            assert!(letters(&acme.app, words).await >= 1, "{words}");
        }
    }

    async fn an_end_is_told_at_thirty_fourteen_and_three_days_and_when_it_is_there(app: TestApp) {
        let server = MockServer::start().await;
        states(&server, "token", "abc").await;
        let mut acme = oidc(app, &server).await;
        let end = day(acme.app.clock.now_ms() + 41 * 24 * 3_600_000);
        let body = json!({ "client_secret_expires_at": end });
        acme.call("PATCH", &acme.at(""), &body).await.expect(200);
        let mut gone = 0;
        for (days, expiring, expired) in [(5, 0, 0), (15, 1, 0), (20, 1, 0), (28, 2, 0), (30, 2, 0), (39, 3, 0), (42, 3, 1), (50, 3, 1)] {
            acme.app.clock.advance_s((days - gone) * 24 * 3600);
            gone = days;
            acme.token = acme.app.operator().await;
            look(&acme.app, &acme.id).await;
            let told = (letters(&acme.app, "#client_secret_expiring").await, letters(&acme.app, "#client_secret_expired").await);
            assert_eq!(told, (expiring, expired), "after {days} days");
        }
        assert_eq!(letters(&acme.app, &end[..10]).await, 4, "each says the day");
    }

    async fn the_end_of_a_secret_is_that_of_the_live_one(app: TestApp) {
        let stage = Stage::in_app(app, Kind::Google, &json!({})).await;
        stage.go_live().await;
        let end = day(stage.app.clock.now_ms() + 20 * 24 * 3_600_000);
        let body = json!({ "client_secret_expires_at": end });
        stage.call("PATCH", &stage.at(""), &body).await.expect(200);
        look(&stage.app, &stage.id).await;
        let health = async || stage.get(&stage.at("/health")).await;
        let expiring = "client_secret_expiring".to_owned();
        assert!(codes(&health().await, "checks").contains(&expiring));
        // A new one in a draft ends nothing.
        let draft = json!({ "config": { "client_secret": "a-secret-of-ours" } });
        stage.call("PATCH", &stage.at(""), &draft).await.expect(200);
        assert_eq!(health().await["client_secret_expires_at"], json!(end));
        let both = json!({ "config": { "client_secret": "a-secret-of-ours" }, "client_secret_expires_at": "2031-01-01T00:00:00Z" });
        stage.call("PATCH", &stage.at(""), &both).await.refused(422, "invalid_field");
        // Live, it has another end, and what was found about the old one is over.
        stage.go_live().await;
        let now = health().await;
        assert_eq!((&now["client_secret_expires_at"], &now["expires"]), (&Value::Null, &json!([])));
        assert!(!codes(&now, "checks").contains(&expiring), "{now}");
    }

    async fn a_secret_that_the_provider_refuses_is_called_so(app: TestApp) {
        let stage = Stage::in_app(app, Kind::Google, &json!({})).await;
        stage.go_live().await;
        stage.idp.refuses_us();
        let mut browser = stage.app.browser();
        let refused = stage.sign_in(&mut browser, "5", |_| {}).await;
        let told = refused.refused(502, "upstream_invalid").json();
        assert!(told["detail"].as_str().is_some_and(|text| text.contains("administrator")), "{told}");
        let health = stage.get(&stage.at("/health")).await;
        assert_eq!(codes(&health, "causes"), ["client_refused"]);
        assert!(stage.app.events("login.failed").await[0].detail.contains("client_refused"));
    }

    async fn metadata_that_is_read_again_and_live_is_no_longer_called_changed(app: TestApp) {
        let server = MockServer::start().await;
        let acme = SamlCustomer::in_app(app, &json!({})).await;
        let publishes = async |xml: String| {
            server.reset().await;
            let answer = ResponseTemplate::new(200).set_body_string(xml);
            Mock::given(matchers::path("/metadata")).respond_with(answer).mount(&server).await;
        };
        publishes(acme.idp.metadata()).await;
        let again = json!({ "config": { "metadata_url": format!("{}/metadata", server.uri()) } });
        acme.call("PATCH", &acme.at(""), &again).await.expect(200);
        acme.go_live().await;
        look(&acme.app, &acme.id).await;
        let found = async || {
            let health = acme.call("GET", &acme.at("health"), &json!({})).await.expect(200).json();
            codes(&health, "checks").contains(&"metadata_moved".to_owned())
        };
        assert!(!found().await);
        publishes(acme.idp.metadata().replace("sso?t=1", "sso?t=2")).await;
        look(&acme.app, &acme.id).await;
        assert!(found().await);
        // It stands in the way, and its administrators are led to where they can do something.
        let health = acme.call("GET", &acme.at("health"), &json!({})).await.expect(200).json();
        let moved = health["checks"].as_array().expect("checks").iter().find(|one| one["code"] == "metadata_moved");
        assert_eq!(moved.expect("it")["advice"], false);
        let (mut olga, _) = member(&acme.app, &acme.org, "olga@x.test", &["owner"]).await;
        let here = format!("/org/acme/connections/{}", acme.id);
        says(&page(&mut olga, &here).await, "name=\"step\" value=\"health\"");
        let csrf = form_token(&page(&mut olga, &here).await);
        let fields = [("csrf", csrf.as_str()), ("action", "open"), ("connection", acme.id.as_str()), ("step", "health")];
        let opened = olga.send(Call::form("/org/acme/connections", &fields)).await.expect(303);
        assert!(opened.location().ends_with("/health"), "{}", opened.location());
        // What was pressed with an old proof is not done, and the page says so afterwards.
        acme.app.clock.advance_s(1_000);
        let proof = olga.send(Call::form("/org/acme/connections", &fields)).await.expect(303);
        assert!(proof.location().contains("again%3D1"), "{}", proof.location());
        says(&page(&mut olga, "/org/acme/connections?again=1").await, "press it once more");
        silent(&page(&mut olga, "/org/acme/connections").await, "press it once more");
        acme.call("PATCH", &acme.at(""), &again).await.expect(200);
        assert!(found().await, "not before it is live");
        acme.go_live().await;
        assert!(!found().await);
    }
}
