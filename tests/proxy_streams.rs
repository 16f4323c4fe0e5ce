//! Bodies, events and WebSockets through the real listener (CONTRACT §2, §4).

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;

use crate::harness::app::Options;
use crate::harness::{APP, Browser, Listener, TestApp, Wire, raw_backend};

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Somebody who is signed in on the app host, and the real listener.
async fn stage() -> (TestApp, Browser, Listener) {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    let listener = app.listen().await;
    (app, browser, listener)
}

/// `Cookie: …` of a browser on the app host.
pub fn cookie(browser: &Browser) -> String {
    let value = browser.cookie(APP, "__Host-lw").expect("a cookie");
    format!("Cookie: theme=dark; __Host-lw={value}\r\n")
}

/// The head of a WebSocket's request.
pub fn socket(host: &str, path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

fn sent<'a>(seen: &'a Value, name: &str) -> Vec<&'a str> {
    let all = seen["headers"].as_array().expect("headers").iter();
    all.filter(|pair| pair[0] == name)
        .filter_map(|pair| pair[1].as_str())
        .collect()
}

/// The program with a route to a backend that a test writes itself.
pub async fn in_front_of(backend: String) -> (TestApp, Listener) {
    let app = TestApp::sqlite_with(Options {
        tables: format!(
            "[[app]]\nhost = \"raw.test\"\n[[app.route]]\nname = \"raw\"\nbackend = \"{backend}\"\n\
             anonymous = true\n"
        ),
        ..Options::default()
    })
    .await;
    let listener = app.listen().await;
    (app, listener)
}

#[tokio::test]
async fn events_arrive_while_they_are_made() {
    // The next event is made when the one before has arrived.
    let arrived = Arc::new(Notify::new());
    let go_on = Arc::clone(&arrived);
    let backend = raw_backend(move |_, mut wire: Wire| {
        let go_on = Arc::clone(&go_on);
        async move {
            wire.until("\r\n\r\n").await;
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
                .await;
            wire.send("Transfer-Encoding: chunked\r\n\r\n").await;
            for number in 1..=3 {
                wire.send(format!("9\r\ndata: {number}\n\n\r\n")).await;
                go_on.notified().await;
            }
            wire.send("0\r\n\r\n").await;
        }
    })
    .await;
    let (_app, listener) = in_front_of(backend).await;
    let mut wire = listener.connect().await;
    wire.send("GET /api/raw/x HTTP/1.1\r\nHost: raw.test\r\n\r\n")
        .await;
    let head = wire.head().await;
    assert_eq!(
        (head.status, head.header("content-type")),
        (200, "text/event-stream")
    );
    assert_eq!(head.header("x-accel-buffering"), "no");
    for number in 1..=3 {
        let event = wire.chunk().await.expect("an event");
        assert_eq!(event, format!("data: {number}\n\n").as_bytes());
        arrived.notify_one();
    }
    assert_eq!(wire.chunk().await, None);
}

#[tokio::test]
async fn a_request_body_reaches_the_backend_while_it_is_sent() {
    let arrived = Arc::new(Notify::new());
    let seen = Arc::clone(&arrived);
    let backend = raw_backend(move |_, mut wire: Wire| {
        let seen = Arc::clone(&seen);
        async move {
            wire.until("first piece").await;
            seen.notify_one();
            wire.until("0\r\n\r\n").await;
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .await;
        }
    })
    .await;
    let (_app, listener) = in_front_of(backend).await;
    let mut wire = listener.connect().await;
    wire.send("POST /api/raw/x HTTP/1.1\r\nHost: raw.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    wire.send("b\r\nfirst piece\r\n").await;
    let streamed = tokio::time::timeout(Duration::from_secs(10), arrived.notified()).await;
    streamed.expect("the first piece arrives before the last is sent");
    wire.send("4\r\nlast\r\n0\r\n\r\n").await;
    assert_eq!(wire.answer().await.1, "ok");
}

#[tokio::test]
async fn a_websocket_passes_with_the_token_instead_of_the_cookie() {
    let (_app, browser, listener) = stage().await;
    let mut wire = listener.connect().await;
    let more = format!(
        "{}Origin: https://app.test\r\nSec-WebSocket-Protocol: chat, other\r\n\
         X-Laneway-User: root\r\nConnection: X-Laneway-Org\r\n",
        cookie(&browser)
    );
    wire.send(socket("app.test", "/api/echo/ws?x=1", &more))
        .await;
    let head = wire.head().await;
    assert_eq!(head.status, 101);
    assert_eq!(head.header("upgrade"), "websocket");
    assert_eq!(head.header("connection").to_lowercase(), "upgrade");
    assert_eq!(
        head.header("sec-websocket-accept"),
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    assert_eq!(head.header("sec-websocket-protocol"), "chat");
    let (kind, greeting) = wire.message().await;
    assert_eq!(kind, TEXT);
    let seen: Value = serde_json::from_str(&greeting).expect("JSON");
    assert_eq!(
        (&seen["path"], &seen["query"]),
        (&"/base/ws".into(), &"x=1".into())
    );
    assert!(sent(&seen, "authorization")[0].starts_with("Bearer eyJ"));
    assert_eq!(sent(&seen, "cookie"), ["theme=dark"]);
    assert_eq!(sent(&seen, "x-forwarded-host"), ["app.test"]);
    assert!(sent(&seen, "x-laneway-user").is_empty());
    wire.frame(TEXT, "hello").await;
    assert_eq!(wire.message().await, (TEXT, "hello".into()));
    wire.frame(PING, "p").await;
    assert_eq!(wire.message().await, (PONG, "p".into()));
    wire.frame(CLOSE, "").await;
    assert_eq!(wire.message().await.0, CLOSE);
    assert_eq!(wire.rest().await, "");
}

/// The status that a WebSocket's request gets.
async fn status(listener: &Listener, request: &str) -> (u16, String) {
    let mut wire = listener.connect().await;
    wire.send(request).await;
    let head = wire.head().await;
    (head.status, head.header("x-laneway-error").to_owned())
}

#[tokio::test]
async fn websockets_are_for_own_and_listed_origins() {
    let (_app, browser, listener) = stage().await;
    let cookie = cookie(&browser);
    let with = |origin: &str| socket("app.test", "/api/echo/ws", &format!("{cookie}{origin}"));
    let refused = (403, "origin_not_allowed".to_owned());
    for bad in [
        "",
        "Origin: https://evil.test\r\n",
        "Origin: null\r\n",
        "Origin: http://app.test\r\n",
        "Origin: https://app.test.evil.test\r\n",
        "Origin: https://app.test\r\nOrigin: https://evil.test\r\n",
        // Marks that count for other requests.
        "X-CSRF: 1\r\n",
        "Sec-Fetch-Site: same-origin\r\n",
        "X-CSRF: 1\r\nOrigin: https://evil.test\r\n",
    ] {
        assert_eq!(status(&listener, &with(bad)).await, refused, "{bad:?}");
    }
    for good in ["https://app.test", "https://listed.example"] {
        let origin = format!("Origin: {good}\r\n");
        assert_eq!(status(&listener, &with(&origin)).await.0, 101, "{good}");
    }
    // Strangers: 401, and on a route that admits them there is no cookie to misuse.
    let stranger = socket("app.test", "/api/echo/ws", "Origin: https://app.test\r\n");
    assert_eq!(status(&listener, &stranger).await.0, 401);
    let open = socket("app.test", "/api/open/ws", "");
    assert_eq!(status(&listener, &open).await.0, 101);
    let open = socket("app.test", "/api/open/ws", "Origin: https://evil.test\r\n");
    assert_eq!(status(&listener, &open).await, refused);
}

#[tokio::test]
async fn nothing_but_a_websocket_is_an_upgrade() {
    let (_app, _browser, listener) = stage().await;
    let socket = socket("app.test", "/api/open/x", "");
    let old = socket.replace("HTTP/1.1", "HTTP/1.0");
    let h2c = socket.replace(
        "Upgrade: websocket",
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk",
    );
    let post = socket
        .replace("GET", "POST")
        .replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n");
    for request in [old, h2c, post] {
        let mut wire = listener.connect().await;
        wire.send(&request).await;
        let (head, body) = wire.answer().await;
        assert_eq!(head.status, 200, "{request}");
        let seen: Value = serde_json::from_str(&body).expect("JSON");
        for gone in ["upgrade", "connection", "http2-settings"] {
            assert!(sent(&seen, gone).is_empty(), "{gone}: {request}");
        }
    }
    // Asked for, but the backend does not: its answer passes, and no tunnel stands.
    let mut wire = listener.connect().await;
    wire.send(&socket).await;
    assert_eq!(wire.answer().await.0.status, 200);
    wire.send("GET /api/open/y HTTP/1.1\r\nHost: app.test\r\n\r\n")
        .await;
    assert!(wire.answer().await.1.contains("\"/y\""));
}

#[tokio::test]
async fn a_frontends_server_streams_and_reloads_too() {
    let (_app, _browser, listener) = stage().await;
    let mut wire = listener.connect().await;
    let hmr = "Origin: https://ide.test\r\nSec-WebSocket-Protocol: vite-hmr\r\n\
               Cookie: __Host-lw=x; theme=dark\r\n";
    wire.send(socket("ide.test", "/ws?token=abc", hmr)).await;
    let head = wire.head().await;
    assert_eq!(
        (head.status, head.header("sec-websocket-protocol")),
        (101, "vite-hmr")
    );
    let seen: Value = serde_json::from_str(&wire.message().await.1).expect("JSON");
    assert_eq!(sent(&seen, "cookie"), ["theme=dark"]);
    assert!(sent(&seen, "authorization").is_empty());
    wire.frame(TEXT, "{\"type\":\"ping\"}").await;
    assert_eq!(wire.message().await.1, "{\"type\":\"ping\"}");
    let foreign = socket("ide.test", "/ws", "Origin: https://evil.test\r\n");
    assert_eq!(status(&listener, &foreign).await.0, 403);
    let mut wire = listener.connect().await;
    wire.send("GET /sse?ms=50&n=2 HTTP/1.1\r\nHost: ide.test\r\n\r\n")
        .await;
    assert_eq!(wire.head().await.status, 200);
    assert_eq!(wire.chunk().await.expect("an event"), b"data: 1\n\n");
    assert_eq!(wire.chunk().await.expect("an event"), b"data: 2\n\n");
}
