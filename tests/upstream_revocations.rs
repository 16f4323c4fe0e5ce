//! Tokens that nobody needs any more go back to their provider: behind sessions that end here, and
//! those that were renewed while they ended. No end waits for it.

use std::time::Duration;

use laneway::lane_a::upstream_revocation::give_back_due;
use laneway_fake::Mood;
use laneway_sqlkit::q;
use serde_json::{Value, json};

use crate::backend_tokens::{ANA, BOB, LIFE_S, api, at_app, attaching};
use crate::harness::{Browser, IDE, LOGIN, TestApp, both};

async fn sid(browser: &mut Browser) -> String {
    let me = browser.user(IDE).await.expect(200).json();
    me["sid"].as_str().expect("an id").to_owned()
}

/// An operator ends a session.
async fn end(app: &TestApp, sid: &str) {
    let path = format!("/v1/admin/sessions/{sid}");
    let reply = app.admin("DELETE", &path, Value::Null).await;
    assert!(reply.code() < 300, "{}", reply.text());
}

async fn due(app: &TestApp) -> usize {
    give_back_due(app.core()).await.expect("the store answers")
}

/// The sessions at the provider of the next person who signs in.
async fn entered(app: &TestApp, subject: &str) -> (Browser, String) {
    let before = app.fake.sessions_of(subject);
    let browser = at_app(app, subject).await;
    let mut new = app.fake.sessions_of(subject);
    new.retain(|one| !before.contains(one));
    assert_eq!(new.len(), 1);
    (browser, new.remove(0))
}

both! {
    async fn the_end_of_a_session_gives_its_tokens_back(app: TestApp) {
        let app = attaching(&app).await;
        let (mut ana, at_anas) = entered(&app, ANA).await;
        let (mut bob, _) = entered(&app, BOB).await;
        assert_eq!(due(&app).await, 0);
        end(&app, &sid(&mut ana).await).await;
        ana.user(IDE).await.refused(401, "unauthenticated");
        assert_eq!((due(&app).await, due(&app).await), (1, 0));
        assert_eq!(app.fake.given_back(), std::slice::from_ref(&at_anas));
        // The person is deleted, and with them all that was kept here.
        let me = bob.user(IDE).await.expect(200).json();
        let path = format!("/v1/admin/users/{}", me["sub"].as_str().expect("an id"));
        let gone = app.admin("DELETE", &path, Value::Null).await;
        assert!(gone.code() < 300, "{}", gone.text());
        assert_eq!(due(&app).await, 1);
        assert_eq!(app.fake.given_back().len(), 2);
    }

    async fn what_was_renewed_while_the_session_ended_is_given_back(app: TestApp) {
        let app = attaching(&app).await;
        let (mut ana, at_anas) = entered(&app, ANA).await;
        let own = sid(&mut ana).await;
        app.clock.advance_s(LIFE_S);
        app.fake.renewing_takes(Duration::from_millis(600));
        let waits = async { ana.send(api()).await };
        let ends = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            end(&app, &own).await;
        };
        let (reply, ()) = tokio::join!(waits, ends);
        reply.refused(401, "unauthenticated");
        assert_eq!(due(&app).await, 2, "the old one and the new one");
        assert_eq!(app.fake.given_back(), [at_anas.clone(), at_anas]);
        assert_eq!((app.fake.times_renewed(), app.fake.times_reused()), (1, 0));
    }

    async fn no_end_waits_for_a_provider_that_is_away(app: TestApp) {
        let app = attaching(&app).await;
        let (mut ana, at_anas) = entered(&app, ANA).await;
        let own = sid(&mut ana).await;
        app.fake.set_mood(Mood::Down);
        end(&app, &own).await;
        ana.user(IDE).await.refused(401, "unauthenticated");
        assert_eq!((due(&app).await, due(&app).await), (1, 0), "once, then after a pause");
        app.clock.advance_s(3);
        assert_eq!(due(&app).await, 1);
        app.fake.set_mood(Mood::Fine);
        app.clock.advance_s(3);
        assert_eq!(due(&app).await, 0, "the pause grows");
        app.clock.advance_s(2);
        assert_eq!(due(&app).await, 1);
        assert_eq!(app.fake.given_back(), [at_anas]);
        // It never answers: an hour later that is the end of it.
        let (mut bob, _) = entered(&app, BOB).await;
        let bobs = sid(&mut bob).await;
        app.fake.set_mood(Mood::Down);
        end(&app, &bobs).await;
        app.clock.advance_s(3600);
        assert_eq!(due(&app).await, 1);
        app.clock.advance_s(3600);
        assert_eq!(due(&app).await, 0);
        assert_eq!(app.fake.given_back().len(), 1);
    }

    async fn who_signs_out_goes_to_the_provider_first(app: TestApp) {
        let app = attaching(&app).await;
        let (mut ana, at_anas) = entered(&app, ANA).await;
        ana.post(&format!("{LOGIN}/bff/logout"), json!({})).await.expect(200);
        assert_eq!(due(&app).await, 0);
        // They never arrived there.
        app.clock.advance_s(6 * 60);
        assert_eq!(due(&app).await, 1);
        assert_eq!(app.fake.given_back(), [at_anas]);
    }

    async fn what_another_session_hangs_on_stays_until_that_ends_too(app: TestApp) {
        let app = attaching(&app).await;
        let (mut one, at_provider) = entered(&app, ANA).await;
        let (mut two, _) = entered(&app, ANA).await;
        let (first, second) = (sid(&mut one).await, sid(&mut two).await);
        // They came by the same session there, as people do who sign in again.
        let core = app.core();
        let mut tx = core.db.begin().await.expect("a transaction");
        q("UPDATE sessions SET upstream_sid = $1 WHERE sid = $2")
            .bind(at_provider.as_str()).bind(second.as_str()).run(&mut tx).await.expect("written");
        tx.commit().await.expect("a commit");
        end(&app, &first).await;
        assert_eq!(due(&app).await, 1);
        assert!(app.fake.given_back().is_empty(), "the other one would be signed out with it");
        end(&app, &second).await;
        assert_eq!(due(&app).await, 1);
        assert_eq!(app.fake.given_back().len(), 1);
    }

    async fn what_the_provider_has_ended_it_is_not_told(app: TestApp) {
        let app = attaching(&app).await;
        let (mut ana, at_anas) = entered(&app, ANA).await;
        let token = app.fake.logout_token(None, Some(&at_anas));
        let call = crate::harness::Call::form("/bff/backchannel/corp", &[("logout_token", &token)]);
        app.browser().send(call).await.expect(200);
        ana.user(IDE).await.refused(401, "unauthenticated");
        app.clock.advance_s(3600);
        assert_eq!(due(&app).await, 0);
    }
}
