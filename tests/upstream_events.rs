//! What a provider tells afterwards ends sessions: those that it names, and no other.

use laneway::lane_a::upstream_events::listen_once;
use laneway::store::upstream_feeds;
use laneway_contract::{Happened, SecurityEvent};
use laneway_fake::Mood;
use laneway_sqlkit::q;
use serde_json::{Value, json};

use crate::api_tokens::made;
use crate::backchannel::{at_provider, login};
use crate::harness::{Browser, Call, LOGIN, TestApp, both, until};

const ANA: &str = "sub-ana";

fn ana() -> String {
    ANA.to_owned()
}

/// A second later, what has happened until then is heard.
async fn heard(app: &TestApp) {
    app.clock.advance_s(1);
    listen_once(app.core()).await.expect("a round");
}

async fn lives(browser: &mut Browser) {
    browser.user(LOGIN).await.expect(200);
}

async fn is_over(browser: &mut Browser) {
    browser.user(LOGIN).await.refused(401, "unauthenticated");
}

async fn details(app: &TestApp) -> Vec<Value> {
    let read = |text: &String| serde_json::from_str(text).expect("a detail");
    let all = app.events("session.ended").await;
    all.iter().map(|event| read(&event.detail)).collect()
}

both! {
    async fn what_happens_to_a_person_there_ends_their_sessions_and_nobody_elses(app: TestApp) {
        at_provider(&app).await;
        heard(&app).await;
        let mut bob = login(&app, "sub-bob").await;
        let within = Some("another".to_owned());
        for (what, reason) in [
            (Happened::Disabled { subject: ana() }, "upstream_disabled"),
            (Happened::NewPassword { subject: ana(), within: None }, "upstream_new_password"),
            (Happened::NewPassword { subject: ana(), within }, "upstream_new_password"),
            (Happened::SignedOut { subject: ana() }, "upstream_logout"),
            (Happened::Deleted { subject: ana() }, "upstream_deleted"),
        ] {
            let (mut one, mut two) = (login(&app, ANA).await, login(&app, ANA).await);
            app.fake.tell(what);
            lives(&mut one).await;
            heard(&app).await;
            is_over(&mut one).await;
            is_over(&mut two).await;
            let event = app.events("session.ended").await.remove(0);
            assert_eq!((event.actor.as_str(), event.target.as_str()), ("upstream:corp", "upstream:corp"));
            let detail = details(&app).await.remove(0);
            assert_eq!(detail["reason"], reason);
            assert_eq!(detail["sids"].as_array().expect("sids").len(), 2);
        }
        lives(&mut bob).await;
        assert_eq!(details(&app).await.len(), 5);
    }

    async fn a_session_that_ends_there_ends_alone(app: TestApp) {
        at_provider(&app).await;
        heard(&app).await;
        let mut one = login(&app, ANA).await;
        let sid = app.fake.sessions_of(ANA).remove(0);
        let mut two = login(&app, ANA).await;
        app.fake.tell(Happened::SessionEnded { sid });
        heard(&app).await;
        is_over(&mut one).await;
        lives(&mut two).await;
    }

    async fn who_chooses_a_new_password_stays_where_they_did(app: TestApp) {
        at_provider(&app).await;
        heard(&app).await;
        let mut here = login(&app, ANA).await;
        let within = app.fake.sessions_of(ANA).pop();
        let mut elsewhere = login(&app, ANA).await;
        app.fake.tell(Happened::NewPassword { subject: ana(), within });
        heard(&app).await;
        lives(&mut here).await;
        is_over(&mut elsewhere).await;
    }

    async fn what_began_afterwards_goes_on_also_when_it_is_told_late_or_again(app: TestApp) {
        at_provider(&app).await;
        let mut before = login(&app, ANA).await;
        let at_ms = app.core().now();
        let event = SecurityEvent { at_ms, what: Happened::Disabled { subject: ana() } };
        app.fake.tell_of(event.clone());
        let mut after = login(&app, ANA).await;
        // The first round of all: it knows nothing of the past but what has just happened.
        heard(&app).await;
        is_over(&mut before).await;
        lives(&mut after).await;
        app.fake.tell_of(event);
        heard(&app).await;
        lives(&mut after).await;
        assert_eq!(details(&app).await.len(), 1, "told twice, it has happened once");
        // Long ago: a feed that starts anew does not replay it.
        app.clock.advance_s(60);
        let mut tx = app.core().db.begin().await.expect("a transaction");
        q("DELETE FROM upstream_feeds").run(&mut tx).await.expect("no rows");
        tx.commit().await.expect("a commit");
        heard(&app).await;
        lives(&mut after).await;
    }

    async fn the_same_subject_at_another_upstream_is_somebody_else(app: TestApp) {
        at_provider(&app).await;
        heard(&app).await;
        let mut browser = login(&app, ANA).await;
        let sid = app.fake.sessions_of(ANA).remove(0);
        let mut tx = app.core().db.begin().await.expect("a transaction");
        q("UPDATE sessions SET upstream_id = 'elsewhere'").run(&mut tx).await.expect("moved");
        tx.commit().await.expect("a commit");
        app.fake.tell(Happened::Deleted { subject: ana() });
        app.fake.tell(Happened::SessionEnded { sid });
        heard(&app).await;
        lives(&mut browser).await;
        assert_eq!(details(&app).await.len(), 0);
    }

    async fn who_is_removed_there_leaves_no_token_behind(app: TestApp) {
        at_provider(&app).await;
        heard(&app).await;
        let mut browser = login(&app, ANA).await;
        let body = json!({ "name": "CI", "scopes": ["account:read"] });
        let token = made(&mut browser, body).await["token"].as_str().expect("a token").to_owned();
        let use_it = || Call::new("GET", "/v1/me").bearer(&token);
        app.fake.tell(Happened::Disabled { subject: ana() });
        heard(&app).await;
        is_over(&mut browser).await;
        app.browser().send(use_it()).await.expect(200);
        app.fake.tell(Happened::Deleted { subject: ana() });
        heard(&app).await;
        app.browser().send(use_it()).await.refused(401, "invalid_token");
    }

    async fn an_upstream_that_does_not_answer_ends_nobody_and_is_caught_up_with(app: TestApp) {
        at_provider(&app).await;
        heard(&app).await;
        let mut browser = login(&app, ANA).await;
        for mood in [Mood::Down, Mood::Lying, Mood::Limiting(5)] {
            app.fake.set_mood(mood);
            for _ in 0..3 {
                heard(&app).await;
            }
            lives(&mut browser).await;
        }
        app.fake.tell(Happened::Disabled { subject: ana() });
        app.clock.advance_s(600);
        heard(&app).await;
        lives(&mut browser).await;
        app.fake.set_mood(Mood::Fine);
        heard(&app).await;
        heard(&app).await;
        is_over(&mut browser).await;
    }

    async fn where_we_may_not_listen_nothing_is_amiss(app: TestApp) {
        at_provider(&app).await;
        app.fake.set_deaf(true);
        heard(&app).await;
        let mut browser = login(&app, ANA).await;
        app.core().providers.take_troubled();
        app.fake.tell(Happened::Disabled { subject: ana() });
        heard(&app).await;
        lives(&mut browser).await;
        assert_eq!(app.core().providers.take_troubled(), []);
        assert_eq!(app.fake.times_listened(), 1, "it is not asked again each second");
        app.fake.set_deaf(false);
        app.clock.advance_s(60);
        let mut browser = login(&app, ANA).await;
        app.fake.tell(Happened::Disabled { subject: ana() });
        heard(&app).await;
        is_over(&mut browser).await;
    }

    async fn of_two_nodes_one_listens(app: TestApp) {
        at_provider(&app).await;
        let other = app.second().await;
        heard(&app).await;
        let mut browser = login(&app, ANA).await;
        app.fake.tell(Happened::Disabled { subject: ana() });
        app.clock.advance_s(1);
        let before = app.fake.times_listened();
        let (one, two) = tokio::join!(listen_once(app.core()), listen_once(other.core()));
        one.and(two).expect("a round");
        assert_eq!(app.fake.times_listened(), before + 1);
        is_over(&mut browser).await;
        assert_eq!(details(&app).await.len(), 1);
    }

    async fn who_dies_while_listening_is_followed_and_moves_nothing_any_more(app: TestApp) {
        at_provider(&app).await;
        heard(&app).await;
        let mut browser = login(&app, ANA).await;
        app.fake.tell(Happened::Disabled { subject: ana() });
        app.clock.advance_s(1);
        let (db, now) = (&app.core().db, app.core().now());
        let mine = upstream_feeds::claim(db, now, now + 15_000, 200).await.expect("a lease");
        let mine = mine.iter().find(|feed| feed.place.is_some()).expect("the feed");
        heard(&app).await;
        lives(&mut browser).await;
        app.clock.advance_s(15);
        heard(&app).await;
        is_over(&mut browser).await;
        let mut tx = db.begin().await.expect("a transaction");
        let moved = upstream_feeds::move_on(&mut tx, mine, &mine.issuer, "0", now).await;
        assert!(!moved.expect("an answer"), "the lease was lost");
        tx.commit().await.expect("a commit");
    }

    async fn an_upstream_that_is_another_provider_now_starts_anew(app: TestApp) {
        at_provider(&app).await;
        heard(&app).await;
        let mut tx = app.core().db.begin().await.expect("a transaction");
        q("UPDATE upstream_feeds SET issuer = 'https://before.test', place = 'not of this one'")
            .run(&mut tx)
            .await
            .expect("another");
        tx.commit().await.expect("a commit");
        let mut browser = login(&app, ANA).await;
        app.fake.tell(Happened::Disabled { subject: ana() });
        heard(&app).await;
        is_over(&mut browser).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn beside_requests_it_is_listened_to_by_itself() {
    let app = TestApp::sqlite().await;
    at_provider(&app).await;
    let _jobs = app.jobs();
    until(5, "the first round", || async {
        (app.fake.times_listened() > 0).then_some(())
    })
    .await;
    let browser = login(&app, ANA).await;
    app.fake.tell(Happened::Disabled { subject: ana() });
    app.clock.advance_s(1);
    until(5, "the session ends", || async {
        let page = browser.clone().user(LOGIN).await;
        (page.status.as_u16() == 401).then_some(())
    })
    .await;
}
