//! Sessions end by themselves, and are listed and ended by their owner.

use laneway::domain::Sid;
use laneway::store::sessions;
use serde_json::json;

use crate::harness::rows::db;
use crate::harness::{APP, Call, LOGIN, TestApp, both, members};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

both! {
    async fn an_unused_session_ends_after_its_idle_limit(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        app.clock.advance_s(12 * HOUR - 1);
        browser.get("/bff/user?slide=false").await.expect(200);
        app.clock.advance_s(1);
        browser.user(LOGIN).await.refused(401, "unauthenticated");
    }

    async fn use_keeps_a_session_alive_until_its_absolute_end(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let created = laneway_contract::Clock::now_ms(&*app.clock);
        let mut uses = 0;
        loop {
            app.clock.advance_s(11 * HOUR);
            let age = (laneway_contract::Clock::now_ms(&*app.clock) - created) / 1000;
            if age >= 30 * DAY {
                break;
            }
            let user = browser.user(LOGIN).await.expect(200).json();
            assert_eq!(user["session_expires_in"], 30 * DAY - age);
            assert!(user["idle_expires_in"].as_i64().is_some_and(|left| left <= 30 * DAY - age));
            uses += 1;
            if uses % 7 == 0 {
                app.core().sessions.flush().await.expect("flushed");
            }
        }
        browser.user(LOGIN).await.refused(401, "unauthenticated");
        assert_eq!(uses, 65);
    }

    async fn looking_without_sliding_is_no_use(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        for _ in 0..6 {
            app.clock.advance_s(2 * HOUR - 1);
            browser.get("/bff/user?slide=false").await.expect(200);
        }
        app.clock.advance_s(6);
        browser.get("/bff/user?slide=false").await.refused(401, "unauthenticated");
    }

    async fn uses_are_written_in_batches_and_at_most_once_a_minute(app: TestApp) {
        let mut browser = app.signup("ana@x.test").await;
        let sid = Sid(browser.me().await["sid"].as_str().expect("a sid").to_owned());
        let tenant = app.tenant().await.id;
        let stored = || async {
            sessions::find(db(&app), &tenant, &sid).await.expect("read").expect("there").last_seen_at
        };
        let first = stored().await;
        app.clock.advance_s(59);
        browser.user(LOGIN).await.expect(200);
        app.core().sessions.flush().await.expect("flushed");
        assert_eq!(stored().await, first, "less than a minute is not noted");
        app.clock.advance_s(1);
        browser.user(LOGIN).await.expect(200);
        assert_eq!(stored().await, first, "not on the request itself");
        app.core().sessions.flush().await.expect("flushed");
        assert_eq!(stored().await, first + 60_000);
        let listed = browser.get("/v1/me/sessions").await.expect(200).json();
        assert_eq!(listed["items"][0]["last_seen_at"], "2027-01-15T08:01:01Z");
    }

    async fn people_see_and_end_their_own_sessions(app: TestApp) {
        let mut one = app.signup("ana@x.test").await;
        let mut two = app.login("ana@x.test").await;
        let mut three = app.login("ana@x.test").await;
        app.enter(&mut three, APP).await;
        let page = one.get("/v1/me/sessions").await.expect(200).json();
        let items = page["items"].as_array().expect("items").clone();
        assert_eq!((items.len(), &page["next_cursor"]), (3, &json!(null)));
        assert_eq!(members(&items[0]), [
            "acr", "amr", "app", "created_at", "current", "hosts", "id", "ip", "last_seen_at", "org_id", "user_agent",
        ]);
        assert_eq!(items[0]["hosts"], json!(["app.test", "login.test"]), "newest first");
        let current: Vec<bool> = items.iter().filter_map(|item| item["current"].as_bool()).collect();
        assert_eq!(current, [false, false, true]);
        assert_eq!(items[0]["ip"], "192.0.2.7");

        let second = items[1]["id"].as_str().expect("an id");
        let end = Call::api("DELETE", &format!("/v1/me/sessions/{second}"), &json!({}));
        one.send(end.clone()).await.expect(204);
        two.user(LOGIN).await.refused(401, "unauthenticated");
        one.send(end).await.refused(404, "not_found");
        one.send(Call::api("DELETE", "/v1/me/sessions", &json!({}))).await.expect(204);
        for origin in [LOGIN, APP] {
            three.user(origin).await.refused(401, "unauthenticated");
        }
        one.user(LOGIN).await.expect(200);
        let no_mark = Call::new("DELETE", "/v1/me/sessions");
        one.send(no_mark).await.refused(403, "csrf_required");
    }
}

#[tokio::test]
async fn people_change_their_name_and_leave() {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    let sub = browser.me().await["sub"].clone();
    let me = browser
        .send(Call::api("PATCH", "/v1/me", &json!({ "name": "Ana B" })))
        .await
        .expect(200)
        .json();
    assert_eq!(
        members(&me),
        [
            "created_at",
            "email",
            "email_verified",
            "id",
            "locale",
            "name",
            "state"
        ]
    );
    assert_eq!(browser.me().await["name"], "Ana B", "caches hear of it");
    let reply = browser
        .send(Call::api(
            "PATCH",
            "/v1/me",
            &json!({ "state": "disabled" }),
        ))
        .await;
    assert_eq!(reply.code(), 400, "not theirs to set");
    app.clock.advance_s(301);
    let leave = || Call::api("DELETE", "/v1/me", &json!({}));
    browser.send(leave()).await.refused(403, "step_up_required");
    let mut fresh = app.login("ana@x.test").await;
    fresh.send(leave()).await.expect(204);
    for gone in [&mut browser, &mut fresh] {
        gone.user(LOGIN).await.refused(401, "unauthenticated");
    }
    let mut again = app.signup("ana@x.test").await;
    assert_ne!(again.me().await["sub"], sub, "an id is never given twice");
}
