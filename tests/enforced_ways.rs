//! Where an organization has enforced its provider: what is said to whoever comes another way, and
//! how long a session holds that was begun past it.

use laneway_fake::saml_idp::SamlIdp;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use crate::enforce::{Acme, Person};
use crate::harness::saml::SamlCustomer;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, answer, both, form_token};
use crate::health::states;
use crate::health_news::oidc;
use crate::org_switch::switch;

async fn acme(app: TestApp) -> Acme {
    Acme::of(SamlCustomer::in_app(app, &json!({})).await).await
}

/// Posts the form of a sign-in page.
async fn press(browser: &mut Browser, page: &str, fields: &[(&str, &str)]) -> Reply {
    let csrf = form_token(&browser.get(page).await.expect(200).text());
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.send(Call::form(page, &all)).await
}

fn start(acme: &Acme) -> String {
    format!("{LOGIN}/federation/{}/start", acme.saml.id)
}

both! {
    async fn every_other_way_says_where_the_provider_is(app: TestApp) {
        let acme = acme(app).await;
        acme.ready().await;
        let app = &acme.saml.app;
        app.passwords_on().await;
        let elsewhere = json!({ "connection": "elsewhere" });
        let guess = json!({ "password": "correct horse battery" });
        for name in ["cleo@acme.test", "nobody@acme.test", "ana@acme.test"] {
            app.clock.advance_s(20);
            let mut browser = app.browser();
            let body = json!({ "username": name, "return_to": "/account/devices" });
            let flow = app.begin(&mut browser, body).await;
            let id = flow["id"].as_str().expect("an id");
            for (kind, body) in [
                ("password", &guess), ("email-code", &json!({})), ("passkey", &json!({})), ("redirect", &elsewhere),
            ] {
                let told = answer(&mut browser, id, kind, body.clone()).await.refused(403, "sso_required").json();
                let wanted = format!("{}?return_to=%2Faccount%2Fdevices", start(&acme));
                assert_eq!(told["start_url"], json!(wanted), "{name} {kind}");
            }
            // The way that is open is open all the same.
            let there = answer(&mut browser, id, "redirect", json!({})).await.expect(200).json();
            assert_eq!(there["step"]["kind"], "redirect");
        }
        for purpose in ["signup", "recover"] {
            let mut browser = app.browser();
            let flow = app.begin(&mut browser, json!({ "purpose": purpose })).await;
            let body = json!({ "username": "nobody@acme.test" });
            let refused = answer(&mut browser, flow["id"].as_str().expect("an id"), "identify", body).await;
            assert_eq!(refused.refused(403, "sso_required").json()["start_url"], json!(start(&acme)), "{purpose}");
        }
        assert!(app.mails_to("nobody@acme.test").await.is_empty());
        let denied = app.events("login.denied").await;
        assert_eq!(denied.len(), 14);
        for event in &denied {
            assert_eq!(event.org.as_deref(), Some(acme.saml.org.as_str()), "on their own page");
            assert!(event.detail.contains("sso_required"), "{}", event.detail);
        }
    }

    async fn pages_lead_to_the_provider(app: TestApp) {
        let acme = acme(app).await;
        acme.ready().await;
        let app = &acme.saml.app;
        app.passwords_on().await;
        for (page, kind) in [("/login", "password"), ("/signup", "identify"), ("/recover", "identify")] {
            app.clock.advance_s(20);
            let fields = [("kind", kind), ("username", "paul@acme.test"), ("password", "correct horse battery")];
            let shown = press(&mut app.browser(), page, &fields).await;
            assert_eq!(shown.code(), 403, "{page} {}", shown.text());
            assert!(shown.text().contains(&start(&acme)), "{page} {}", shown.text());
        }
        // Somebody who knows no password here presses Enter.
        let mut paula = app.browser();
        let fields = [("kind", "password"), ("username", "paul@acme.test"), ("password", "")];
        let next = press(&mut paula, "/login", &fields).await.expect(303);
        assert!(next.location().contains("SAMLRequest="), "to the provider itself: {}", next.location());
        for query in ["login_hint=cleo@acme.test", "org=acme", "login_hint=cleo@acme.test&org=acme"] {
            let path = format!("/bff/login?connection=elsewhere&{query}&return_to=/account");
            let told = app.browser().get(&path).await.refused(403, "sso_required").json();
            assert_eq!(told["start_url"], json!(start(&acme)), "{query}");
        }
        // Where nothing is shut there is no provider of this name, as ever.
        let path = "/bff/login?connection=elsewhere&login_hint=max@other.test&return_to=/account";
        app.browser().get(path).await.refused(404, "not_found");
        // Browsers let a form lead only where its page says that it may.
        let page = app.browser().get("/login").await.expect(200);
        let policy = page.header("content-security-policy");
        let targets = policy.split("form-action").nth(1).expect("targets");
        assert!(targets.split(';').next().is_some_and(|all| all.contains(" https: ")), "{policy}");
        // The script of the page has the words for the way.
        let html = page.text();
        assert!(html.contains("data-go=\"Go to your organization"), "{html}");
    }

    async fn no_account_moves_into_the_domain(app: TestApp) {
        let acme = acme(app).await;
        let app = &acme.saml.app;
        let mut max = Person::new(app, "max@other.test").await;
        max.sign_in(app).await.expect(200);
        let asked = max.browser.post("/v1/me/email", json!({ "email": "max1@acme.test" })).await;
        asked.expect(202);
        let code = app.code_for("max1@acme.test").await;
        acme.ready().await;
        // The code was sent before the way was shut.
        let told = max.browser.post("/v1/me/email/confirm", json!({ "code": code })).await;
        let told = told.refused(403, "sso_required").json();
        assert_eq!(told["start_url"], json!(start(&acme)));
        app.clock.advance_s(40);
        max.browser = app.browser();
        max.sign_in(app).await.expect(200);
        let told = max.browser.post("/v1/me/email", json!({ "email": "max2@acme.test" })).await;
        told.refused(403, "sso_required");
        assert!(app.mails_to("max2@acme.test").await.is_empty());
        assert_eq!(max.browser.me().await["email"], "max@other.test");
        let denied = app.events("email_change.failed").await;
        assert_eq!(denied.len(), 2);
        assert!(denied.iter().all(|event| event.org.as_deref() == Some(acme.saml.org.as_str())));
        // Whoever may pass moves.
        let mut ana = acme.people[0].clone();
        ana.browser = app.browser();
        ana.sign_in(app).await.expect(200);
        let asked = ana.browser.post("/v1/me/email", json!({ "email": "ana2@acme.test" })).await;
        asked.expect(202);
    }

    async fn a_provider_that_is_down_is_told_with_the_word_for_emergencies(app: TestApp) {
        let server = MockServer::start().await;
        states(&server, "token", "abc").await;
        let acme = oidc(app, &server).await;
        server.reset().await;
        let down = Mock::given(matchers::any()).respond_with(ResponseTemplate::new(503));
        down.mount(&server).await;
        let path = format!("/federation/{}/start", acme.id);
        for enforced in [false, true] {
            acme.app.make_live(&acme.id, enforced).await;
            let down = acme.app.browser().get(&path).await.refused(503, "upstream_unavailable").json();
            assert_eq!(down["emergency"] == json!(true), enforced, "{down}");
        }
        // Whoever looks at how it goes sees the outage, and what to do about it.
        let health = format!("/v1/organizations/{}/connections/{}/health", acme.org, acme.id);
        let told = acme.app.admin("GET", &health, json!({})).await.expect(200).json();
        assert_eq!(told["days"][0]["failed"], 2, "{told}");
        let cause = &told["causes"][0];
        assert_eq!((&cause["code"], &cause["count"]), (&json!("server_error"), &json!(2)), "{told}");
        assert!(cause["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{told}");
    }

    async fn sessions_of_the_provider_go_on_and_older_ones_of_emergencies_last_an_hour(app: TestApp) {
        let acme = acme(app).await;
        let app = &acme.saml.app;
        let mut ida = app.browser();
        acme.saml.sign_in(&mut ida, "ida", &[]).await.expect(303);
        let mut ana = acme.people[0].clone();
        ana.browser = app.browser();
        ana.sign_in(app).await.expect(200);
        switch(&mut ana.browser, &acme.saml.org).await.expect(200);
        acme.ready().await;
        ida.user(LOGIN).await.expect(200);
        let user = ana.browser.user(LOGIN).await.expect(200).json();
        assert!(user["session_expires_in"].as_i64().is_some_and(|left| left <= 3_600), "{user}");
        app.clock.advance_s(3_610);
        ida.user(LOGIN).await.expect(200);
        ana.browser.user(LOGIN).await.refused(401, "unauthenticated");
    }

    async fn who_comes_by_another_organizations_provider_comes_again(app: TestApp) {
        let mut acme = acme(app).await;
        acme.ready().await;
        let app = &acme.saml.app;
        let rival = app.organization("rival").await;
        let idp = SamlIdp::new("https://idp.rival.test/metadata", "https://idp.rival.test/sso");
        let body = json!({ "protocol": "saml", "name": "Rival", "config": { "metadata_xml": idp.metadata() } });
        let path = format!("/v1/organizations/{rival}/connections");
        let made = acme.saml.call("POST", &path, &body).await.expect(201).json();
        let id = made["id"].as_str().expect("an id").to_owned();
        app.make_live(&id, false).await;
        (acme.saml.id, acme.saml.org, acme.saml.made, acme.saml.idp) = (id, rival, made, idp);
        // That provider's word on an address proves nothing about it, the second time as little as the first.
        for _ in 0..2 {
            acme.saml.app.clock.advance_s(30);
            let mut cust = acme.saml.app.browser();
            acme.saml.sign_in(&mut cust, "cust", &[]).await.expect(303);
            let me = cust.me().await;
            assert_eq!((&me["email"], &me["email_verified"]), (&json!("cust@acme.test"), &json!(false)), "{me}");
        }
    }

    async fn whoever_is_taken_off_is_out_at_once(app: TestApp) {
        let acme = acme(app).await;
        acme.ready().await;
        let app = &acme.saml.app;
        let mut cleo = Person::new(app, "cleo@else.test").await;
        app.grant(&acme.saml.org, &cleo.id, &["member"]).await.expect(200);
        let of = |id: &str| acme.saml.path(&format!("break-glass/{id}"));
        let in_it = async |one: &mut Person| {
            acme.saml.call("PUT", &of(&one.id), &json!({})).await.expect(204);
            one.browser = app.browser();
            one.sign_in(app).await.expect(200);
            switch(&mut one.browser, &acme.saml.org).await.expect(200);
            one.browser.user(LOGIN).await.expect(200).json()
        };
        let user = in_it(&mut cleo).await;
        assert_eq!(user["org"]["slug"], "acme");
        assert!(user["session_expires_in"].as_i64().is_some_and(|left| left <= 3_600), "{user}");
        // Of another domain: the session goes on, outside of the organization.
        acme.saml.call("DELETE", &of(&cleo.id), &json!({})).await.expect(204);
        assert_eq!(cleo.browser.user(LOGIN).await.expect(200).json()["org"], Value::Null);
        switch(&mut cleo.browser, &acme.saml.org).await.refused(403, "sso_required");
        // Of the enforced one: it is over, for apps too. Three have shown it: one may go.
        in_it(&mut cleo).await;
        let mut ana = acme.people[0].clone();
        in_it(&mut ana).await;
        let client = app.client(json!({})).await;
        let tokens = app.tokens(&mut ana.browser, &client).await;
        let refresh = tokens["refresh_token"].as_str().expect("a token").to_owned();
        acme.saml.call("DELETE", &of(&ana.id), &json!({})).await.expect(204);
        ana.browser.user(LOGIN).await.refused(401, "unauthenticated");
        assert_eq!(app.browser().send(client.refreshes(&refresh)).await.code(), 400);
        assert_eq!(cleo.browser.user(LOGIN).await.expect(200).json()["org"]["slug"], "acme");
    }

    async fn the_last_proven_domain_stays_while_it_is_needed(app: TestApp) {
        let acme = acme(app).await;
        acme.ready().await;
        let all = acme.saml.call("GET", &acme.saml.path("domains"), &json!({})).await.expect(200).json();
        let id = all["items"][0]["id"].as_str().expect("an id");
        let path = acme.saml.path(&format!("domains/{id}"));
        let refused = acme.saml.call("DELETE", &path, &json!({})).await.refused(409, "conflict").json();
        assert!(refused["detail"].as_str().is_some_and(|text| text.contains("proven domain")), "{refused}");
        acme.saml.app.prove_domain(&acme.saml.org, "acme2.test").await;
        acme.saml.call("DELETE", &path, &json!({})).await.expect(204);
        let free = json!({ "enforced": false });
        acme.saml.call("PATCH", &acme.saml.at(""), &free).await.expect(200);
        let path = acme.saml.path("domains/acme2.test");
        acme.saml.call("DELETE", &path, &json!({})).await.expect(204);
    }
}

impl TestApp {
    /// As if a connection had been tested and activated.
    pub async fn make_live(&self, id: &str, enforced: bool) {
        let core = self.core();
        let mut write = core.begin().await.expect("a transaction");
        laneway_sqlkit::q(
            "UPDATE connections SET state = 'active', active = draft, rollout = 'all', \
             enforced = $1 WHERE id = $2",
        )
        .bind(enforced)
        .bind(id)
        .run(&mut write.tx)
        .await
        .expect("a row");
        core.commit(write).await.expect("written");
    }
}
