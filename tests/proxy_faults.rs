//! Backends and clients that misbehave: no request sees another's bytes, and every fault has
//! an answer of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::harness::app::Options;
use crate::harness::{Listener, TestApp, Wire, raw_backend};

/// Deadlines are a second here; the machine may be busy.
const SOON: Duration = Duration::from_secs(8);

/// A route without a sign-in in front of a backend, with short deadlines.
async fn stage(backend: &str) -> (TestApp, Listener) {
    let tables = format!(
        r#"
[[app]]
host = "raw.test"
[[app.route]]
name = "raw"
backend = "{backend}"
anonymous = true
body_limit = "1KiB"
connect_timeout = "500ms"
header_timeout = "1s"
idle_timeout = "1s"
stream_idle_timeout = "3s"
"#
    );
    let app = TestApp::sqlite_with(Options {
        tables,
        ..Options::default()
    })
    .await;
    let listener = app.listen().await;
    (app, listener)
}

fn get(path: &str) -> String {
    format!("GET /api/raw/{path} HTTP/1.1\r\nHost: raw.test\r\n\r\n")
}

fn post(more: &str) -> String {
    format!("POST /api/raw/x HTTP/1.1\r\nHost: raw.test\r\n{more}\r\n")
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A backend that reads one request's head and says this.
async fn says(answer: &'static str) -> String {
    raw_backend(move |_, mut wire: Wire| async move {
        wire.until("\r\n\r\n").await;
        wire.send(answer).await;
    })
    .await
}

/// What one request gets, and how long that took.
async fn asked(listener: &Listener, request: &str) -> (u16, String, Duration) {
    let began = Instant::now();
    let mut wire = listener.connect().await;
    wire.send(request).await;
    let (head, body) = wire.answer().await;
    let error = head.header("x-laneway-error").to_owned();
    let text = if error.is_empty() { body } else { error };
    (head.status, text, began.elapsed())
}

#[tokio::test]
async fn nonsense_from_a_backend_is_502() {
    for nonsense in [
        "",
        "garbage\r\n\r\n",
        "HTTP/1.1 2OO OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 200",
    ] {
        let (_app, listener) = stage(&says(nonsense).await).await;
        for request in [get("x"), post("Content-Length: 0\r\n")] {
            let (status, error, _) = asked(&listener, &request).await;
            assert_eq!(
                (status, error.as_str()),
                (502, "upstream_invalid"),
                "{nonsense:?}"
            );
        }
    }
}

#[tokio::test]
async fn late_headers_are_504_and_a_slow_upload_is_not() {
    let backend = raw_backend(|_, mut wire: Wire| async move {
        let head = wire.until("\r\n\r\n").await;
        if head.starts_with("GET") {
            tokio::time::sleep(SOON * 2).await;
        } else {
            wire.until("0\r\n\r\n").await;
            wire.send(OK).await;
        }
    })
    .await;
    let (_app, listener) = stage(&backend).await;
    let (status, error, took) = asked(&listener, &get("x")).await;
    assert_eq!((status, error.as_str()), (504, "upstream_timeout"));
    assert!(took >= Duration::from_secs(1) && took < SOON);
    let mut wire = listener.connect().await;
    wire.send(post("Transfer-Encoding: chunked\r\n")).await;
    for _ in 0..5 {
        wire.send("1\r\nx\r\n").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    wire.send("0\r\n\r\n").await;
    assert_eq!(wire.answer().await.1, "ok");
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_is_503() {
    // A full queue: the system lets further connections wait.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a port");
    let full = socket.listen(1).expect("a listener");
    let address = full.local_addr().expect("an address");
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let soon = Duration::from_millis(300);
        let connect = tokio::net::TcpStream::connect(address);
        waiting.push(tokio::time::timeout(soon, connect).await);
    }
    assert!(
        waiting.last().is_some_and(Result::is_err),
        "the queue is full"
    );
    let (_app, listener) = stage(&format!("http://{address}")).await;
    let (status, error, took) = asked(&listener, &get("x")).await;
    assert_eq!((status, error.as_str()), (503, "upstream_unavailable"));
    assert!(
        took >= Duration::from_millis(450) && took < SOON,
        "{took:?}"
    );
}

#[tokio::test]
async fn a_body_that_stops_arriving_is_refused() {
    for (framing, part) in [
        ("Content-Length: 10\r\n", "12345"),
        ("Transfer-Encoding: chunked\r\n", "5\r\n12345\r\n"),
    ] {
        let backend = raw_backend(|_, mut wire: Wire| async move {
            wire.rest().await;
        });
        let (_app, listener) = stage(&backend.await).await;
        let (status, error, took) = asked(&listener, &(post(framing) + part)).await;
        assert_eq!((status, error.as_str()), (400, "invalid_request"));
        assert!(took < SOON, "{took:?}");
    }
}

#[tokio::test]
async fn an_answer_that_stops_is_cut_and_not_completed() {
    for (answer, end) in [
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "wait",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "close",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "wait"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "close"),
    ] {
        let backend = raw_backend(move |_, mut wire: Wire| async move {
            wire.until("\r\n\r\n").await;
            wire.send(answer).await;
            if end == "wait" {
                wire.rest().await;
            }
        });
        let (_app, listener) = stage(&backend.await).await;
        let began = Instant::now();
        let mut wire = listener.connect().await;
        wire.send(get("x")).await;
        assert_eq!(wire.head().await.status, 200);
        let rest = wire.rest().await;
        assert!(
            rest.contains("abc") && !rest.contains("\r\n0\r\n"),
            "{rest:?}"
        );
        assert!(began.elapsed() < SOON, "{end} {answer:?}");
    }
}

#[tokio::test]
async fn a_quiet_event_stream_has_a_longer_patience() {
    let backend = raw_backend(|_, mut wire: Wire| async move {
        wire.until("\r\n\r\n").await;
        wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
            .await;
        wire.send("Transfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n")
            .await;
        wire.rest().await;
    });
    let (_app, listener) = stage(&backend.await).await;
    let mut wire = listener.connect().await;
    wire.send(get("x")).await;
    assert_eq!(wire.head().await.status, 200);
    wire.chunk().await.expect("a comment");
    assert!(wire.is_quiet(Duration::from_millis(1500)).await);
    let began = Instant::now();
    assert_eq!(wire.chunk().await, None, "an event stream ends as one");
    assert!(began.elapsed() < SOON);
}

#[tokio::test]
async fn a_websocket_on_which_nobody_says_anything_ends() {
    let backend = raw_backend(|_, mut wire: Wire| async move {
        wire.until("\r\n\r\n").await;
        wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n")
            .await;
        wire.send(
            "Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        )
        .await;
        // Half of the patience later it says something: from then on it is silent.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        wire.send("\u{1}\u{0}").await;
        wire.rest().await;
    });
    let (_app, listener) = stage(&backend.await).await;
    let mut wire = listener.connect().await;
    wire.send(
        "GET /api/raw/x HTTP/1.1\r\nHost: raw.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    .await;
    assert_eq!(wire.head().await.status, 101);
    let began = Instant::now();
    assert_eq!(wire.rest().await, "\u{1}\u{0}");
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(4000) && took < SOON,
        "{took:?}"
    );
}

#[tokio::test]
async fn left_over_bytes_answer_nobody() {
    // Every connection's first answer is followed by one that nobody asked for.
    let backend = raw_backend(|number, mut wire: Wire| async move {
        let mut first = true;
        loop {
            let head = wire.until("\r\n\r\n").await;
            let path = head.split(' ').nth(1).expect("a path").to_owned();
            let answer = |body: &str| {
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            };
            let mut text = answer(&path);
            if first {
                text += &answer("poison");
                first = false;
            }
            if wire.try_send(text).await.is_err() || number > 100 {
                return;
            }
        }
    });
    let (_app, listener) = stage(&backend.await).await;
    for number in 0..20 {
        let (status, body, _) = asked(&listener, &get(&number.to_string())).await;
        assert!(
            (status, body.as_str()) == (200, &format!("/{number}")) || status == 502,
            "{number}: {status} {body}"
        );
    }
}

#[tokio::test]
async fn answers_go_to_those_who_asked() {
    // Early answers, early ends, bodies that nobody reads, and ordinary ones, all at once.
    let backend = raw_backend(|_, mut wire: Wire| async move {
        loop {
            let head = wire.until("\r\n\r\n").await;
            let path = head.split(' ').nth(1).expect("a path").to_owned();
            let early = path.contains("early");
            if !early && head.contains("ontent-") {
                wire.exactly(5).await;
            }
            let length = path.len();
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{path}");
            if wire.try_send(answer).await.is_err() || early {
                return;
            }
        }
    });
    let (_app, listener) = stage(&backend.await).await;
    let listener = Arc::new(listener);
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let listener = Arc::clone(&listener);
        tasks.spawn(async move {
            for turn in 0..25 {
                let kind = ["early", "plain"][(worker + turn) % 2];
                let path = format!("{kind}-{worker}-{turn}");
                let request = if turn % 3 == 0 {
                    get(&path)
                } else {
                    post("Content-Length: 5\r\n").replace("/x ", &format!("/{path} ")) + "hello"
                };
                let (status, body, _) = asked(&listener, &request).await;
                assert!(
                    body == format!("/{path}") || status == 502,
                    "{path}: {status} {body}"
                );
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("a worker's checks");
    }
}

#[tokio::test]
async fn reading_is_tried_again_on_a_connection_that_was_just_closing_and_writing_is_not() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    let backend = raw_backend(move |number, mut wire: Wire| {
        let count = Arc::clone(&count);
        async move {
            wire.until("\r\n\r\n").await;
            // Each second connection answers.
            if count.fetch_add(1, Ordering::SeqCst) % 2 == 1 || number > 100 {
                wire.send(OK).await;
            }
        }
    });
    let (_app, listener) = stage(&backend.await).await;
    assert_eq!(asked(&listener, &get("x")).await.1, "ok");
    assert_eq!(requests.load(Ordering::SeqCst), 2);
    let (status, error, _) = asked(&listener, &post("Content-Length: 0\r\n")).await;
    assert_eq!((status, error.as_str()), (502, "upstream_invalid"));
    assert_eq!(requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_client_is_told_to_continue_only_when_its_body_is_wanted() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    let expects = |path: &str, length: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\n\
             Content-Length: {length}\r\n\r\n"
        )
    };
    let mut wire = listener.connect().await;
    wire.send(expects("/api/open/x", "5")).await;
    assert_eq!(wire.head().await.status, 100);
    wire.send("hello").await;
    let (head, body) = wire.answer().await;
    assert_eq!(head.status, 200);
    let seen: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(seen["body"], "hello");
    assert!(!body.contains("100-continue"), "answered here, not there");
    for (path, length, status) in [
        ("/api/echo/x", "5", 401),
        ("/api/open/x", "99999999", 413),
        ("/api/none/x", "5", 404),
    ] {
        let mut wire = listener.connect().await;
        wire.send(expects(path, length)).await;
        assert_eq!(wire.head().await.status, status, "{path} {length}");
    }
}

#[tokio::test]
async fn trailers_are_dropped_both_ways() {
    let backend = raw_backend(|_, mut wire: Wire| async move {
        loop {
            let head = wire.until("\r\n\r\n").await;
            assert!(!head.to_lowercase().contains("trailer"), "{head}");
            let end = wire.until("\r\n0\r\n").await + &wire.until("\r\n").await;
            assert!(!end.to_lowercase().contains("x-laneway"), "{end}");
            wire.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Laneway-User\r\n\r\n\
                 2\r\nok\r\n0\r\nX-Laneway-User: root\r\n\r\n",
            )
            .await;
        }
    });
    let (_app, listener) = stage(&backend.await).await;
    let mut wire = listener.connect().await;
    for _ in 0..2 {
        wire.send(post(
            "TE: trailers\r\nTrailer: X-Laneway-User\r\nTransfer-Encoding: chunked\r\n",
        ))
        .await;
        wire.send("2\r\nhi\r\n0\r\nX-Laneway-User: root\r\n\r\n")
            .await;
        let head = wire.head().await;
        assert_eq!((head.status, head.header("trailer")), (200, ""));
        assert_eq!(wire.until("0\r\n\r\n").await, "2\r\nok\r\n0\r\n\r\n");
    }
}

#[tokio::test]
async fn a_body_is_counted_without_a_length_too() {
    let backend = raw_backend(|_, mut wire: Wire| async move {
        wire.rest().await;
    });
    let (_app, listener) = stage(&backend.await).await;
    let chunk = format!("200\r\n{}\r\n", "x".repeat(512));
    let request = post("Transfer-Encoding: chunked\r\n") + &chunk.repeat(3);
    let (status, error, _) = asked(&listener, &request).await;
    assert_eq!((status, error.as_str()), (413, "too_large"));
    let request = post("Content-Length: 1025\r\n");
    let (status, error, _) = asked(&listener, &request).await;
    assert_eq!((status, error.as_str()), (413, "too_large"));
}
