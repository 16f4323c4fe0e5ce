//! What operators look at, as it is measured and counted: nodes, upstreams, sign-ins.

use laneway::lane_a::desk::{self, Finding, Range, Trust};
use laneway::store::{login_hours, nodes};
use laneway_fake::Mood;
use serde_json::json;

use crate::harness::rows::db;
use crate::harness::{Call, TestApp, answer, both};

const HOUR_S: i64 = 3600;

async fn tones(app: &TestApp) -> Vec<&'static str> {
    let all = desk::findings(app.core(), &app.tenant().await).await;
    all.expect("findings").iter().map(Finding::tone).collect()
}

both! {
    async fn a_node_tells_how_fast_it_hears_of_revocations(app: TestApp) {
        let other = app.second().await;
        app.signup("ana@x.test").await;
        let mut ana = app.login("ana@x.test").await;
        ana.send(Call::api("POST", "/bff/logout", &json!({ "everywhere": true }))).await.expect(200);
        app.clock.advance_s(1);
        other.core().log.poll().await.expect("it hears");
        desk::heartbeat(other.core()).await.expect("written");
        desk::heartbeat(app.core()).await.expect("written");
        let all = desk::nodes(app.core()).await.expect("nodes");
        assert_eq!(all.len(), 2);
        let heard = all.iter().find(|node| node.row.id == other.core().node.id).expect("the other");
        assert_eq!(heard.trust, Trust::Yes);
        assert!(heard.row.heard >= 2, "{heard:?}");
        assert!(heard.row.p99_ms.is_some_and(|ms| ms >= 1000), "{heard:?}");
        assert_eq!(heard.row.bound_ms, 5_000);
        desk::leave(other.core()).await;
        assert_eq!(desk::nodes(app.core()).await.expect("nodes").len(), 1);
    }

    async fn a_node_that_is_silent_is_missed_and_then_forgotten(app: TestApp) {
        desk::heartbeat(app.core()).await.expect("written");
        app.clock.advance_s(10);
        assert!(!tones(&app).await.contains(&"warn"));
        app.clock.advance_s(60);
        let all = desk::nodes(app.core()).await.expect("nodes");
        assert_eq!(all[0].trust, Trust::Missed);
        assert!(tones(&app).await.contains(&"warn"));
        app.clock.advance_s(2 * HOUR_S);
        assert!(desk::nodes(app.core()).await.expect("nodes").is_empty());
        let left = nodes::list(db(&app), 0, 10).await.expect("rows");
        assert_eq!(left.len(), 1, "the row itself goes with the next clean-up");
    }

    async fn upstreams_are_probed_and_the_change_is_an_event(app: TestApp) {
        let id = app.add_fake().await;
        app.admin("PATCH", &format!("/v1/admin/upstreams/{id}"), json!({ "role": "primary" })).await.expect(200);
        let tenant = app.tenant().await;
        let state = async || {
            let all = desk::upstreams(app.core(), &tenant).await.expect("upstreams");
            all.into_iter().find(|view| view.row.slug == "corp").expect("corp")
        };
        assert!(state().await.probe.is_none(), "not probed yet, and nobody waited for it");
        desk::watch_upstreams(app.core()).await.expect("looked");
        assert!(!state().await.is_failing());
        let first = state().await.probe.expect("a probe");
        app.fake.set_mood(Mood::Down);
        app.clock.advance_s(60);
        desk::watch_upstreams(app.core()).await.expect("looked");
        assert_eq!(state().await.probe, Some(first), "not due: nothing was asked");
        app.clock.advance_s(300);
        desk::watch_upstreams(app.core()).await.expect("looked");
        let failing = state().await;
        assert!(failing.is_failing());
        assert_eq!(app.events("upstream.failed").await.len(), 1);
        assert!(tones(&app).await.contains(&"bad"));
        app.clock.advance_s(70);
        desk::watch_upstreams(app.core()).await.expect("looked");
        assert_eq!(state().await.probe.expect("a probe").since, failing.probe.expect("a probe").since);
        assert_eq!(app.events("upstream.failed").await.len(), 1, "said once");
        app.fake.set_mood(Mood::Fine);
        app.clock.advance_s(70);
        desk::watch_upstreams(app.core()).await.expect("looked");
        assert!(!state().await.is_failing());
        let event = app.events("upstream.recovered").await.remove(0);
        let detail: serde_json::Value = serde_json::from_str(&event.detail).expect("JSON");
        assert_eq!(detail["failed_for_s"], 140);
        let all = desk::findings(app.core(), &tenant).await.expect("findings");
        assert!(matches!(all.as_slice(), [Finding::UpstreamRecovered { .. }, ..]), "{all:?}");
        app.clock.advance_s(25 * HOUR_S);
        desk::watch_upstreams(app.core()).await.expect("looked");
        assert!(tones(&app).await.is_empty(), "yesterday is over");
    }

    async fn a_call_that_fails_makes_the_upstream_worth_a_look(app: TestApp) {
        let id = app.add_fake().await;
        app.admin("PATCH", &format!("/v1/admin/upstreams/{id}"), json!({ "role": "primary" })).await.expect(200);
        desk::watch_upstreams(app.core()).await.expect("looked");
        app.fake.set_mood(Mood::Down);
        app.clock.advance_s(5);
        app.admin("POST", &format!("/v1/admin/upstreams/{id}/probe"), json!({})).await.expect(200);
        let mut browser = app.browser();
        let flow = app.begin(&mut browser, json!({})).await;
        let flow = flow["id"].as_str().expect("an id");
        answer(&mut browser, flow, "redirect", json!({ "connection": "corp" })).await;
        desk::watch_upstreams(app.core()).await.expect("looked");
        let tenant = app.tenant().await;
        let all = desk::upstreams(app.core(), &tenant).await.expect("upstreams");
        assert!(all.iter().any(desk::UpstreamView::is_failing), "it did not wait for five minutes");
    }

    async fn sign_ins_are_the_same_numbers_before_and_after_they_are_rolled_up(app: TestApp) {
        app.signup("ana@x.test").await;
        app.login("ana@x.test").await;
        let mut browser = app.browser();
        let (flow, _) = app.asked_for_code(&mut browser, "login", "ana@x.test").await;
        answer(&mut browser, &flow, "email-code", json!({ "code": "000000" })).await.refused(422, "invalid_credentials");
        app.clock.advance_s(3 * HOUR_S);
        app.login("ana@x.test").await;
        let tenant = app.tenant().await.id;
        let read = async || desk::series(app.core(), &tenant, Range::Day).await.expect("a series");
        let before = read().await;
        assert_eq!((before.worked, before.failed), (3, 1));
        assert_eq!(before.reasons, [(("email-code".to_owned(), String::new()), 1)]);
        desk::count(app.core()).await.expect("counted");
        assert!(login_hours::done_until(db(&app)).await.expect("a mark") > 0);
        let after = read().await;
        assert_eq!((&after.bars, after.worked, after.failed), (&before.bars, 3, 1));
        app.clock.advance_s(HOUR_S);
        app.login("ana@x.test").await;
        desk::count(app.core()).await.expect("counted");
        desk::count(app.core()).await.expect("counting twice is counting once");
        assert_eq!(read().await.worked, 4);
    }

    async fn a_raised_session_is_no_sign_in(app: TestApp) {
        let mut ana = app.signup("ana@x.test").await;
        let flow = app.begin(&mut ana, json!({ "purpose": "step_up" })).await;
        let flow = flow["id"].as_str().expect("an id").to_owned();
        answer(&mut ana, &flow, "email-code", json!({})).await.expect(200);
        let code = app.code_for("ana@x.test").await;
        answer(&mut ana, &flow, "email-code", json!({ "code": code })).await.expect(200);
        let tenant = app.tenant().await.id;
        let found = desk::series(app.core(), &tenant, Range::Day).await.expect("a series");
        assert_eq!(found.worked, 1, "the signup alone");
    }

    async fn what_there_is_is_counted_now_and_then(app: TestApp) {
        app.signup("ana@x.test").await;
        let tenant = app.tenant().await.id;
        let read = async || desk::figures(app.core(), &tenant).await.expect("figures");
        let first = read().await;
        assert_eq!((first.sessions, first.active, first.organizations), (1, 1, 0));
        app.signup("bob@x.test").await;
        assert_eq!(read().await.active, 1, "as of the last count, and it says of when");
        app.clock.advance_s(20);
        desk::count(app.core()).await.expect("counted");
        let second = read().await;
        assert_eq!((second.sessions, second.active), (2, 2));
        assert!(second.at > first.at);
        app.clock.advance_s(13 * HOUR_S);
        desk::count(app.core()).await.expect("counted");
        assert_eq!(read().await.sessions, 0, "unused for too long is not live");
    }
}
