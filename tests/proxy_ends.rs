//! A stream ends with its session: on every node, by every way of ending, within the bound and
//! a second (CONTRACT §4); and what does not concern it leaves it alone.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::app::Options;
use crate::harness::soak::measured;
use crate::harness::{
    APP, Browser, Call, Cluster, LOGIN, Listener, TestApp, Wire, new_database, until,
};
use crate::proxy_streams::{cookie, socket};

/// `revocation.bound` and a second.
const GATE: Duration = Duration::from_secs(6);

/// An event stream and a WebSocket of one browser.
struct Open {
    events: Wire,
    socket: Wire,
}

impl Open {
    async fn by(browser: &Browser, listener: &Listener) -> Self {
        let cookie = cookie(browser);
        let mut events = listener.connect().await;
        events
            .send(format!(
                "GET /api/echo/sse?ms=600000 HTTP/1.1\r\nHost: app.test\r\nX-CSRF: 1\r\n{cookie}\r\n"
            ))
            .await;
        assert_eq!(events.head().await.status, 200);
        events.chunk().await.expect("the first event");
        let mut wire = listener.connect().await;
        let own = format!("{cookie}Origin: https://app.test\r\n");
        wire.send(socket("app.test", "/api/echo/ws", &own)).await;
        assert_eq!(wire.head().await.status, 101);
        wire.message().await;
        Self {
            events,
            socket: wire,
        }
    }

    /// Waits for the end of both.
    async fn ended(mut self) {
        // An event stream ends as one: the browser's `EventSource` asks again and is refused.
        assert_eq!(self.events.chunk().await, None);
        assert_eq!(self.socket.rest().await, "");
    }

    async fn goes_on(&mut self, time: Duration) {
        let (events, socket) = tokio::join!(self.events.is_quiet(time), self.socket.is_quiet(time));
        assert!(events && socket, "both go on: {events} {socket}");
        self.socket.frame(0x1, "still here").await;
        assert_eq!(self.socket.message().await.1, "still here");
    }
}

async fn person(app: &TestApp, email: &str) -> (Browser, String) {
    let mut browser = app.signup(email).await;
    app.enter(&mut browser, APP).await;
    let sub = browser.me().await["sub"]
        .as_str()
        .expect("a sub")
        .to_owned();
    (browser, sub)
}

/// Makes an organization, grants roles in it, and makes it the active one.
async fn member(app: &TestApp, browser: &mut Browser, sub: &str) -> String {
    let made = json!({ "slug": format!("o-{sub}"), "name": "Acme" });
    let org = app.admin("POST", "/v1/organizations", made).await;
    let org = org.expect(201).json()["id"]
        .as_str()
        .expect("id")
        .to_owned();
    grant(app, &org, sub, json!(["admin"])).await;
    let enter = json!({ "org": org });
    browser
        .post(&format!("{APP}/bff/org"), enter)
        .await
        .expect(200);
    org
}

async fn grant(app: &TestApp, org: &str, sub: &str, roles: Value) {
    let path = format!("/v1/organizations/{org}/members/{sub}");
    app.admin("PUT", &path, json!({ "roles": roles }))
        .await
        .expect(200);
}

/// Ends the session of a browser in some way.
async fn end(app: &TestApp, way: &str, mut browser: Browser, sub: &str, org: &str) {
    let path = format!("/v1/admin/users/{sub}");
    match way {
        "logout" => {
            let out = browser.post(&format!("{APP}/bff/logout"), json!({})).await;
            out.expect(200);
        }
        "disable" => {
            let state = json!({ "state": "disabled" });
            app.admin("PATCH", &path, state).await.expect(200);
        }
        "delete" => {
            app.admin("DELETE", &path, json!({})).await.expect(204);
        }
        "operator" => {
            let all = format!("{path}/sessions");
            app.admin("DELETE", &all, json!({})).await.expect(204);
        }
        _ => grant(app, org, sub, json!(["member"])).await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_way_of_ending_ends_streams_on_both_nodes() {
    let Some(first) = TestApp::postgres().await else {
        return;
    };
    let second = first.second().await;
    let _jobs = [first.jobs(), second.jobs()];
    let (here, there) = (first.listen().await, second.listen().await);
    let (bystander, _) = person(&first, "bystander@x.test").await;
    let mut others = [
        Open::by(&bystander, &here).await,
        Open::by(&bystander, &there).await,
    ];
    for way in ["logout", "disable", "delete", "operator", "fewer roles"] {
        let (mut browser, sub) = person(&first, &format!("{}@x.test", way.replace(' ', "-"))).await;
        let org = member(&first, &mut browser, &sub).await;
        let open = [
            Open::by(&browser, &here).await,
            Open::by(&browser, &there).await,
        ];
        let asked = Instant::now();
        end(&first, way, browser, &sub, &org).await;
        let [one, two] = open;
        let took = tokio::join!(
            async {
                one.ended().await;
                asked.elapsed()
            },
            async {
                two.ended().await;
                asked.elapsed()
            }
        );
        measured(&format!(
            "streams after {way}: {} ms on the node, {} ms on the other",
            took.0.as_millis(),
            took.1.as_millis()
        ));
        assert!(took.0 < GATE && took.1 < GATE, "{way}: {took:?}");
    }
    for other in &mut others {
        other.goes_on(Duration::from_millis(400)).await;
    }
}

#[tokio::test]
async fn what_changes_nothing_for_the_backend_ends_nothing() {
    let app = TestApp::sqlite().await;
    let _jobs = app.jobs();
    let listener = app.listen().await;
    let (mut browser, sub) = person(&app, "ana@x.test").await;
    let org = member(&app, &mut browser, &sub).await;
    let mut open = Open::by(&browser, &listener).await;
    // Another tab leaves the organization, another host is entered, a name changes, somebody
    // else's roles change.
    let leave = json!({ "org": null });
    browser
        .post(&format!("{APP}/bff/org"), leave)
        .await
        .expect(200);
    app.enter(&mut browser, crate::harness::IDE).await;
    let renamed = json!({ "name": "Ana Other" });
    app.admin("PATCH", &format!("/v1/admin/users/{sub}"), renamed)
        .await
        .expect(200);
    let (_, other) = person(&app, "bob@x.test").await;
    grant(&app, &org, &other, json!(["member"])).await;
    open.goes_on(Duration::from_millis(1200)).await;
}

#[tokio::test]
async fn a_stream_ends_at_the_sessions_absolute_end() {
    let app = TestApp::sqlite().await;
    let _jobs = app.jobs();
    let listener = app.listen().await;
    let (browser, _) = person(&app, "ana@x.test").await;
    let mut open = Open::by(&browser, &listener).await;
    open.goes_on(Duration::from_millis(400)).await;
    app.clock.advance_s(30 * 86_400 + 60);
    tokio::time::timeout(GATE, open.ended())
        .await
        .expect("over");
}

#[tokio::test]
async fn bytes_are_use_and_silence_is_not() {
    let app = TestApp::sqlite().await;
    let _jobs = app.jobs();
    let listener = app.listen().await;
    let (mut browser, _) = person(&app, "ana@x.test").await;
    let mut open = Open::by(&browser, &listener).await;
    // Twice seven hours are more than the twelve that a session lives unused.
    for _ in 0..2 {
        app.clock.advance_s(7 * 3600);
        app.core().log.poll().await.expect("the log");
        open.socket.frame(0x1, "typing").await;
        assert_eq!(open.socket.message().await.1, "typing");
    }
    app.core().sessions.flush().await.expect("written");
    browser.user(APP).await.expect(200);
    app.clock.advance_s(13 * 3600);
    tokio::time::timeout(GATE, open.ended())
        .await
        .expect("over");
}

#[tokio::test]
async fn a_stream_that_nobody_reads_ends_too() {
    let app = TestApp::sqlite().await;
    let _jobs = app.jobs();
    let listener = app.listen().await;
    let (mut browser, _) = person(&app, "ana@x.test").await;
    let mut wire = listener.connect().await;
    let cookie = cookie(&browser);
    // Without pause: buffers are full soon, and nothing is read here.
    wire.send(format!(
        "GET /api/echo/sse?ms=0 HTTP/1.1\r\nHost: app.test\r\nX-CSRF: 1\r\n{cookie}\r\n"
    ))
    .await;
    let streams = || app.core().sessions.streams().running();
    until(10, "the stream runs", || async {
        (streams() == 1).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    browser
        .post(&format!("{APP}/bff/logout"), json!({}))
        .await
        .expect(200);
    until(3, "it is over", || async { (streams() == 0).then_some(()) }).await;
}

#[tokio::test]
async fn an_upload_of_an_ended_session_is_refused() {
    let app = TestApp::sqlite().await;
    let _jobs = app.jobs();
    let listener = app.listen().await;
    let (mut browser, _) = person(&app, "ana@x.test").await;
    let mut wire = listener.connect().await;
    let cookie = cookie(&browser);
    wire.send(format!(
        "POST /api/echo/x HTTP/1.1\r\nHost: app.test\r\nX-CSRF: 1\r\n{cookie}\
         Content-Length: 100\r\n\r\nhalf"
    ))
    .await;
    let streams = || app.core().sessions.streams().running();
    until(10, "it runs", || async { (streams() == 1).then_some(()) }).await;
    browser
        .post(&format!("{APP}/bff/logout"), json!({}))
        .await
        .expect(200);
    let (head, body) = wire.answer().await;
    assert_eq!(
        (head.status, head.header("x-laneway-error")),
        (401, "unauthenticated")
    );
    assert!(body.contains("/bff/login"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_that_cannot_be_confirmed_ends_within_the_bound_and_a_second() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    let database = new_database(&cluster.url()).await;
    let options = Options {
        real_time: true,
        ..Options::default()
    };
    let app = TestApp::on(&database, &options).await;
    let _jobs = app.jobs();
    let listener = app.listen().await;
    let (mut browser, _) = person(&app, "ana@x.test").await;
    let mut open = Open::by(&browser, &listener).await;
    open.goes_on(Duration::from_secs(1)).await;
    cluster.signal("STOP");
    let stopped = Instant::now();
    open.goes_on(Duration::from_secs(3)).await;
    tokio::time::timeout(GATE * 2, open.ended())
        .await
        .expect("over");
    let took = stopped.elapsed();
    cluster.signal("CONT");
    measured(&format!(
        "streams without a store end after {} ms",
        took.as_millis()
    ));
    assert!(took < GATE + Duration::from_millis(200), "{took:?}");
    // Nobody was signed out.
    until(20, "the session lives on", || {
        let mut browser = browser.clone();
        async move { (browser.user(LOGIN).await.code() == 200).then_some(()) }
    })
    .await;
    let again = Call::new("GET", &format!("{APP}/api/echo/x")).header("x-csrf", "1");
    browser.send(again).await.expect(200);
}
