//! A provider is asked again about sessions that are used: its word ends them, its silence does not.

use laneway::lane_a::revalidation::ask_due_once;
use laneway::store::upstream_sessions;
use laneway_fake::Mood;
use serde_json::{Value, json};

use crate::backchannel::{at_provider, login};
use crate::harness::{APP, Browser, Call, LOGIN, TestApp, both};

const ANA: &str = "sub-ana";
/// The default and the tenth of it that sessions are spread over.
const DUE_S: i64 = 17 * 60;

async fn upstream(browser: &mut Browser) -> Value {
    browser.user(LOGIN).await.expect(200).json()["upstream"].clone()
}

/// The time to ask is over, the session is used, and whoever is due is asked about.
async fn used_later(app: &TestApp, browser: &mut Browser) {
    app.clock.advance_s(DUE_S);
    browser.user(LOGIN).await.expect(200);
    ask_due_once(app.core()).await;
}

both! {
    async fn a_session_that_is_used_is_asked_about_and_one_that_is_not_costs_no_call(app: TestApp) {
        at_provider(&app).await;
        let mut browser = login(&app, ANA).await;
        let _unused = login(&app, "sub-bob").await;
        let first = upstream(&mut browser).await;
        assert_eq!((&first["id"], &first["state"]), (&json!("corp"), &json!("fresh")));
        app.clock.advance_s(14 * 60);
        browser.user(LOGIN).await.expect(200);
        ask_due_once(app.core()).await;
        assert_eq!(upstream(&mut browser).await["checked_at"], first["checked_at"], "not due yet");
        used_later(&app, &mut browser).await;
        let now = upstream(&mut browser).await;
        assert!(now["checked_at"].as_str() > first["checked_at"].as_str(), "{now}");
        assert_eq!(app.fake.times_asked(), 1);
        // Its turn comes again, after the same time.
        ask_due_once(app.core()).await;
        assert_eq!(app.fake.times_asked(), 1);
        used_later(&app, &mut browser).await;
        assert_eq!(app.fake.times_asked(), 2);
    }

    async fn what_the_provider_says_is_over_is_over_here(app: TestApp) {
        at_provider(&app).await;
        let mut ended = login(&app, "sub-bob").await;
        app.fake.end_sessions_of("sub-bob");
        let (mut one, mut two) = (login(&app, ANA).await, login(&app, ANA).await);
        app.fake.change(ANA, |ana| ana.enabled = false);
        app.clock.advance_s(DUE_S);
        ended.user(LOGIN).await.expect(200);
        one.user(LOGIN).await.expect(200);
        ask_due_once(app.core()).await;
        for (browser, reason) in [(&mut ended, "upstream_logout"), (&mut one, "upstream_disabled"), (&mut two, "upstream_disabled")] {
            browser.user(LOGIN).await.refused(401, "unauthenticated");
            let events = app.events("session.ended").await;
            let said = events.iter().filter(|event| event.detail.contains(reason) && event.actor == "upstream:corp");
            assert_eq!(said.count(), 1, "{reason}");
        }
        let mut gone = login(&app, "sub-bob").await;
        app.fake.remove("sub-bob");
        used_later(&app, &mut gone).await;
        gone.user(LOGIN).await.refused(401, "unauthenticated");
    }

    async fn a_silent_provider_ends_nothing_and_is_said_to_be_silent(app: TestApp) {
        at_provider(&app).await;
        let mut browser = login(&app, ANA).await;
        let before = upstream(&mut browser).await;
        for mood in [Mood::Down, Mood::Lying, Mood::Limiting(3)] {
            app.fake.set_mood(mood);
            // No longer than the limit of a session that is not used.
            for _ in 0..5 {
                used_later(&app, &mut browser).await;
            }
            let said = browser.user(LOGIN).await.expect(200);
            assert_eq!(said.header("x-laneway-upstream-state"), "stale");
            let said = said.json()["upstream"].clone();
            assert_eq!((&said["state"], &said["checked_at"]), (&json!("stale"), &before["checked_at"]));
        }
        // Where accounts are managed and where somebody administers, the old word is not enough.
        for path in ["/v1/me", "/v1/me/sessions", "/v1/organizations", "/v1/admin/users", "/account", "/admin"] {
            let refused = browser.get(&format!("{LOGIN}{path}")).await.expect(401);
            assert!(refused.text().contains("session_stale") || path.starts_with("/a"), "{path}: {}", refused.text());
            assert_eq!(refused.header("retry-after"), "5", "{path}");
        }
        let call = Call::api("DELETE", "/v1/me/sessions", &json!({}));
        browser.send(call).await.refused(401, "session_stale");
        // A new proof is not to be had.
        let step_up = format!("{LOGIN}/bff/login?max_age=60&return_to=/account");
        let reply = browser.get(&step_up).await;
        browser.follow(reply, step_up).await.0.expect(503);
        app.fake.set_mood(Mood::Fine);
        app.clock.advance_s(6);
        ask_due_once(app.core()).await;
        let after = browser.user(LOGIN).await.expect(200);
        assert_eq!(after.header("x-laneway-upstream-state"), "");
        let after = after.json()["upstream"].clone();
        assert_eq!(after["state"], "fresh");
        assert!(after["checked_at"].as_str() > before["checked_at"].as_str());
        browser.get(&format!("{LOGIN}/v1/me")).await.expect(200);
        assert!(app.events("session.ended").await.is_empty(), "nobody was signed out");
    }

    async fn an_account_is_managed_on_a_new_word_alone(app: TestApp) {
        at_provider(&app).await;
        let mut browser = login(&app, ANA).await;
        app.clock.advance_s(14 * 60);
        browser.get(&format!("{LOGIN}/v1/me")).await.expect(200);
        assert_eq!(app.fake.times_asked(), 0, "the word is new enough");
        app.clock.advance_s(2 * 60);
        browser.get(&format!("{LOGIN}/v1/me")).await.expect(200);
        browser.get(&format!("{LOGIN}/account")).await.expect(200);
        assert_eq!(app.fake.times_asked(), 1, "one question is enough for a while");
        app.fake.change(ANA, |ana| ana.enabled = false);
        app.clock.advance_s(16 * 60);
        browser.get(&format!("{LOGIN}/v1/me")).await.refused(401, "unauthenticated");
        browser.user(LOGIN).await.refused(401, "unauthenticated");
    }

    async fn an_organization_bounds_how_long_a_silent_providers_word_holds(app: TestApp) {
        at_provider(&app).await;
        let mut ana = login(&app, ANA).await;
        let mut bob = login(&app, "sub-bob").await;
        let sub = ana.user(LOGIN).await.json()["sub"].clone();
        let made = app.admin("POST", "/v1/organizations", json!({ "slug": "acme", "name": "Acme" })).await;
        made.expect(201);
        let member = format!("/v1/organizations/acme/members/{}", sub.as_str().expect("a sub"));
        app.admin("PUT", &member, json!({ "roles": ["member"] })).await;
        ana.post(&format!("{LOGIN}/bff/org"), json!({ "org": "acme" })).await.expect(200);
        app.enter(&mut ana, APP).await;
        for bad in [json!(0), json!(59), json!(-1), json!(31 * 24 * 3600)] {
            let body = json!({ "max_staleness": bad });
            let refused = app.admin("PATCH", "/v1/organizations/acme", body).await.refused(422, "invalid_field");
            assert_eq!(refused.json()["errors"][0]["pointer"], "/max_staleness");
        }
        let body = json!({ "max_staleness": 3600 });
        let changed = app.admin("PATCH", "/v1/organizations/acme", body).await.expect(200);
        assert_eq!(changed.json()["max_staleness"], 3600);

        // Whoever is at work is asked about well before.
        app.clock.advance_s(34 * 60);
        ana.user(APP).await.expect(200);
        ask_due_once(app.core()).await;
        assert_eq!(app.fake.times_asked(), 1);
        app.fake.set_mood(Mood::Down);
        app.clock.advance_s(59 * 60);
        let said = ana.user(APP).await.expect(200);
        ask_due_once(app.core()).await;
        let echo = || Call::new("GET", &format!("{APP}/api/echo/x")).header("x-csrf", "1");
        ana.send(echo()).await.expect(200);
        assert_eq!(said.json()["org"]["slug"], "acme");
        app.clock.advance_s(2 * 60);
        let refused = ana.user(APP).await.refused(401, "session_stale");
        assert_eq!(refused.header("retry-after"), "5");
        ana.user(LOGIN).await.refused(401, "session_stale");
        ana.send(echo()).await.refused(401, "session_stale");
        let question = Call::new("GET", &format!("{APP}/authz/auth-request")).header("x-original-url", &format!("{APP}/x"));
        let code = ana.send(question).await.code();
        assert!([401, 403].contains(&code), "{code}");
        // Nobody else's bound.
        bob.user(LOGIN).await.expect(200);

        app.fake.set_mood(Mood::Fine);
        app.clock.advance_s(6);
        ana.user(APP).await.expect(200);
        assert!(app.events("session.ended").await.is_empty(), "nobody was signed out");
        // To leave, nobody is asked.
        app.fake.set_mood(Mood::Down);
        app.clock.advance_s(61 * 60);
        ana.user(APP).await.refused(401, "session_stale");
        ana.post(&format!("{APP}/bff/logout"), json!({})).await.expect(200);
        ana.user(APP).await.refused(401, "unauthenticated");
        let body = json!({ "max_staleness": null });
        let changed = app.admin("PATCH", "/v1/organizations/acme", body).await.expect(200);
        assert_eq!(changed.json()["max_staleness"], json!(null));
    }

    async fn of_two_nodes_one_asks(app: TestApp) {
        at_provider(&app).await;
        let mut here = login(&app, ANA).await;
        let other = app.second().await;
        let mut there = here.towards(&other.app.router);
        app.clock.advance_s(DUE_S);
        here.user(LOGIN).await.expect(200);
        there.user(LOGIN).await.expect(200);
        tokio::join!(ask_due_once(app.core()), ask_due_once(other.core()));
        assert_eq!(app.fake.times_asked(), 1);
    }
}

#[tokio::test]
async fn a_question_whose_node_died_is_asked_by_another_after_its_lease() {
    let app = TestApp::sqlite().await;
    at_provider(&app).await;
    let mut browser = login(&app, ANA).await;
    let session = browser.user(LOGIN).await.expect(200).json();
    app.clock.advance_s(DUE_S);
    let tenant = app.tenant().await.id;
    let sid = laneway::domain::Sid(session["sid"].as_str().expect("a sid").to_owned());
    let upstream = app
        .core()
        .providers
        .by_slug(&app.tenant().await, "corp")
        .await;
    let upstream = upstream.expect("an upstream").row.id.clone();
    let now = app.core().now();
    let claim = upstream_sessions::Claim {
        owner: "dead",
        now,
        until: now + 15_000,
        older_than: now,
    };
    let mut tx = app.core().db.begin().await.expect("a transaction");
    let row = upstream_sessions::claim(&mut tx, &tenant, (&sid, &upstream), &claim).await;
    assert!(row.expect("a row").is_some());
    let twice = upstream_sessions::claim(&mut tx, &tenant, (&sid, &upstream), &claim).await;
    assert!(twice.expect("no row").is_none());
    tx.commit().await.expect("a commit");
    browser.user(LOGIN).await.expect(200);
    ask_due_once(app.core()).await;
    assert_eq!(app.fake.times_asked(), 0);
    app.clock.advance_s(DUE_S);
    browser.user(LOGIN).await.expect(200);
    ask_due_once(app.core()).await;
    assert_eq!(app.fake.times_asked(), 1);
}
