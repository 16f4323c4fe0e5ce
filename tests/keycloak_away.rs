//! Keycloak is away for twenty minutes, as when it is brought up to date: a door in front of the live
//! server is shut. Sessions go on and are said to be stale, nobody gets a new proof, and when the door is
//! open again all is as before.

use laneway::lane_a::revalidation::ask_due_once;
use laneway::outbound::SystemClock;
use laneway_contract::Clock as _;
use reqwest::Method;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::harness::realms::Realms;
use crate::harness::{Browser, Call, LOGIN, Reply, TestApp, free_port};
use crate::suite::web;

/// Passes connections on until it is shut; then nobody listens there.
struct Door {
    port: u16,
    to: String,
    work: JoinSet<()>,
}

impl Door {
    fn to(server: &str) -> Self {
        let url = url::Url::parse(server).expect("an address");
        let port = url.port().expect("a port of its own");
        Self {
            port: free_port(),
            to: format!("{}:{port}", url.host_str().expect("a host")),
            work: JoinSet::new(),
        }
    }

    fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    async fn open(&mut self) {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await;
        let (listener, to) = (listener.expect("a port"), self.to.clone());
        self.work.spawn(async move {
            let mut passed = JoinSet::new();
            while let Ok((mut here, _)) = listener.accept().await {
                let to = to.clone();
                passed.spawn(async move {
                    if let Ok(mut there) = TcpStream::connect(&to).await {
                        let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                    }
                });
            }
        });
    }

    /// Whoever is connected is cut off.
    async fn shut(&mut self) {
        self.work.shutdown().await;
    }
}

/// Signs in at Keycloak; its tokens are of the machine's time.
async fn sign_in(app: &TestApp, realms: &Realms) -> Browser {
    app.clock.set_ms(SystemClock.now_ms());
    let mut browser = app.browser();
    let start = "/federation/kc/start?return_to=/account";
    let start = browser.get(start).await.expect(303);
    let mut there = web::Browser::new();
    let home = realms.walk(&mut there, start.location(), "ana").await;
    browser.get(&home).await.expect(303);
    browser
}

/// A page, as whoever looks at a browser's window gets it.
async fn opens(browser: &mut Browser, path: &str) -> Reply {
    let mut at = path.to_owned();
    loop {
        let call = Call::new("GET", &at).header("accept", "text/html");
        let reply = browser.send(call).await;
        if reply.code() != 303 {
            return reply;
        }
        reply.location().clone_into(&mut at);
        assert!(
            at.starts_with('/') || at.starts_with(LOGIN),
            "leads to {at}"
        );
    }
}

/// Where the button of such a page leads at the provider.
async fn tried_again(door: &Door, mut browser: Browser, page: &str) -> String {
    let button = page.split("data-kind=\"primary\" href=\"").nth(1);
    let to = button.and_then(|rest| rest.split('"').next());
    let to = to.expect("a way to try again").replace("&amp;", "&");
    let mut at = to.replace("&#38;", "&");
    while !at.starts_with(&door.url()) {
        let next = browser.get(&at).await.expect(303);
        next.location().clone_into(&mut at);
    }
    at
}

async fn in_front(realms: &Realms, door: &Door) -> TestApp {
    let app = TestApp::sqlite().await;
    app.clock.set_ms(SystemClock.now_ms());
    let shown = json!({ "attributes": { "frontendUrl": door.url() } });
    let path = format!("/{}", realms.home);
    realms.send(Method::PUT, &path, Some(shown)).await;
    let mut body = realms.bootstrap("kc").await;
    body["issuer"] = json!(format!("{}/realms/{}", door.url(), realms.home));
    let made = app.admin("POST", "/v1/admin/upstreams", body).await;
    let id = made.expect(201).json()["id"].clone();
    let path = format!("/v1/admin/upstreams/{}", id.as_str().expect("an id"));
    let primary = app
        .admin("PATCH", &path, json!({ "role": "primary" }))
        .await;
    primary.expect(200);
    realms.person(&realms.home, "ana", "staff").await;
    app
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_minutes_without_keycloak_sign_nobody_out() {
    let Some(realms) = Realms::new().await else {
        return;
    };
    let mut door = Door::to(&realms.at("", ""));
    door.open().await;
    let app = in_front(&realms, &door).await;
    let mut ana = sign_in(&app, &realms).await;
    let before = ana.me().await;
    assert_eq!(before["upstream"]["state"], "fresh");

    door.shut().await;
    for _ in 0..20 {
        app.clock.advance_s(60);
        app.core().log.poll().await.expect("the log is read");
        assert_eq!(ana.me().await["sid"], before["sid"]);
        ask_due_once(app.core()).await;
    }
    let user = ana.user(LOGIN).await.expect(200);
    assert_eq!(user.header("x-laneway-upstream-state"), "stale");
    assert_eq!(user.json()["upstream"]["state"], "stale");
    // An account is managed on a new word alone, and a new proof is not to be had.
    let account = ana.get(&format!("{LOGIN}/v1/me")).await;
    account.refused(401, "session_stale");
    let mut retries = Vec::new();
    for (who, mut browser, ask) in [
        (
            "step-up",
            ana.clone(),
            "/bff/login?max_age=60&return_to=/account",
        ),
        ("stranger", app.browser(), "/bff/login?return_to=/account"),
    ] {
        let page = opens(&mut browser, ask).await.expect(503);
        assert!(!page.header("retry-after").is_empty(), "{who}");
        assert!(
            page.text().to_lowercase().starts_with("<!doctype html>"),
            "{who}"
        );
        assert!(
            !page.text().contains("localhost"),
            "{who}: no address of a server"
        );
        retries.push((who, browser, page.text()));
    }

    door.open().await;
    app.clock.advance_s(10);
    app.core().log.poll().await.expect("the log is read");
    ana.user(LOGIN).await.expect(200);
    ask_due_once(app.core()).await;
    let after = ana.user(LOGIN).await.expect(200);
    assert_eq!(after.header("x-laneway-upstream-state"), "");
    let after = after.json();
    assert_eq!(
        (&after["sid"], &after["upstream"]["state"]),
        (&before["sid"], &json!("fresh"))
    );
    ana.get(&format!("{LOGIN}/v1/me")).await.expect(200);
    // The page led to the same again.
    for (who, browser, page) in retries {
        let there = tried_again(&door, browser, &page).await;
        assert!(who != "step-up" || there.contains("max_age="), "{there}");
    }
    let again = sign_in(&app, &realms).await.me().await;
    assert_eq!(again["sub"], before["sub"]);
    let ended = app.events("session.ended").await;
    assert!(ended.is_empty(), "nobody was signed out: {ended:?}");
    realms.remove().await;
}
