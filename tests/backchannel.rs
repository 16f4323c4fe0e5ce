//! The provider ends sessions (OpenID Back-Channel Logout 1.0).

use laneway_fake::{Mood, Person};
use serde_json::json;

use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, both};

/// The fake provider signs everybody in; Ana and Bob are there.
pub async fn at_provider(app: &TestApp) {
    let id = app.add_fake().await;
    app.admin(
        "PATCH",
        &format!("/v1/admin/upstreams/{id}"),
        json!({ "role": "primary" }),
    )
    .await
    .expect(200);
    for name in ["ana", "bob"] {
        app.fake.put(Person::new(
            &format!("sub-{name}"),
            &format!("{name}@corp.test"),
        ));
    }
}

/// A new browser in which somebody signs in.
pub async fn login(app: &TestApp, subject: &str) -> Browser {
    let mut browser = app.browser();
    app.redirect_login(&mut browser, subject).await.expect(303);
    browser
}

async fn end(app: &TestApp, token: &str) -> Reply {
    app.browser()
        .send(Call::form(
            "/bff/backchannel/corp",
            &[("logout_token", token)],
        ))
        .await
}

both! {
    async fn a_logout_token_ends_the_session_it_names(app: TestApp) {
        at_provider(&app).await;
        let mut one = login(&app, "sub-ana").await;
        let first = app.fake.sessions_of("sub-ana").remove(0);
        let mut two = login(&app, "sub-ana").await;
        let done = end(&app, &app.fake.logout_token(None, Some(&first))).await.expect(200);
        assert!(done.body.is_empty() && done.header("cache-control") == "no-store");
        one.user(LOGIN).await.refused(401, "unauthenticated");
        two.user(LOGIN).await.expect(200);
        let event = app.events("session.ended").await.remove(0);
        assert_eq!(event.actor, "upstream:corp");
    }

    async fn a_logout_token_for_a_person_ends_all_of_theirs(app: TestApp) {
        at_provider(&app).await;
        let (mut one, mut two) = (login(&app, "sub-ana").await, login(&app, "sub-ana").await);
        let mut bob = login(&app, "sub-bob").await;
        end(&app, &app.fake.logout_token(Some("sub-ana"), None)).await.expect(200);
        one.user(LOGIN).await.refused(401, "unauthenticated");
        two.user(LOGIN).await.refused(401, "unauthenticated");
        bob.user(LOGIN).await.expect(200);
        end(&app, &app.fake.logout_token(Some("sub-nobody"), None)).await.expect(200);
    }

    async fn a_logout_token_counts_once(app: TestApp) {
        at_provider(&app).await;
        let token = app.fake.logout_token(Some("sub-ana"), None);
        end(&app, &token).await.expect(200);
        let mut again = login(&app, "sub-ana").await;
        assert_eq!(end(&app, &token).await.expect(400).json(), json!({ "error": "invalid_request" }));
        again.user(LOGIN).await.expect(200);
    }
}

#[tokio::test]
async fn a_token_that_the_provider_did_not_make_ends_nothing() {
    let app = TestApp::sqlite().await;
    at_provider(&app).await;
    let mut browser = login(&app, "sub-ana").await;
    let old = app.fake.logout_token(Some("sub-ana"), None);
    for bad in [
        app.fake.forged_logout_token(Some("sub-ana"), None),
        String::new(),
        "x".into(),
        app.fake.logout_token(None, None),
    ] {
        assert_eq!(
            end(&app, &bad).await.expect(400).json(),
            json!({ "error": "invalid_request" })
        );
    }
    app.clock.advance_s(121);
    end(&app, &old).await.expect(400);
    browser.user(LOGIN).await.expect(200);
    assert!(app.events("logout_token.refused").await.len() >= 3);
    let elsewhere = Call::form("/bff/backchannel/nowhere", &[("logout_token", "x")]);
    browser.send(elsewhere).await.expect(400);
    browser
        .send(Call::api("POST", "/bff/backchannel/corp", &json!({})))
        .await
        .expect(400);
    browser
        .send(Call::form(
            "/bff/backchannel/embedded",
            &[("logout_token", "x")],
        ))
        .await
        .expect(400);
}

#[tokio::test]
async fn what_cannot_be_judged_is_to_be_repeated() {
    let app = TestApp::sqlite().await;
    at_provider(&app).await;
    let mut browser = login(&app, "sub-ana").await;
    let token = app.fake.logout_token(Some("sub-ana"), None);
    app.fake.set_mood(Mood::Down);
    assert_eq!(end(&app, &token).await.code(), 503);
    browser.user(LOGIN).await.expect(200);
    app.fake.set_mood(Mood::Fine);
    end(&app, &token).await.expect(200);
    browser.user(LOGIN).await.refused(401, "unauthenticated");
}
