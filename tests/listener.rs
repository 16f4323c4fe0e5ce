//! The listener itself: heads that are too big or too slow, connections that are kept, and an
//! end that waits for answers and not for streams.

use std::time::Duration;

use tokio::time::Instant;

use crate::harness::{TestApp, Wire};
use crate::proxy_streams::socket;

fn with(header: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\nHost: login.test\r\n{header}\r\n")
}

#[tokio::test]
async fn big_heads_are_431_whoever_notices() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    let big = |bytes: usize| with(&format!("X-Big: {}\r\n", "x".repeat(bytes)));
    let mut wire = listener.connect().await;
    wire.send(big(30 * 1024)).await;
    assert_eq!(wire.answer().await.0.status, 200);
    wire.send(big(33 * 1024)).await;
    let (head, body) = wire.answer().await;
    assert_eq!(head.status, 431);
    assert!(body.contains("\"headers_too_large\""), "{body}");
    // From here on the library refuses, and closes; the answer must arrive all the same.
    let many: String = (0..400).fold(String::new(), |all, n| all + &format!("X-{n}: 1\r\n"));
    let cookies = format!("Cookie: a={}\r\n", "x".repeat(65_000));
    for request in [
        big(66 * 1024),
        big(200 * 1024),
        big(400 * 1024),
        with(&many),
        with(&cookies),
    ] {
        let mut wire = listener.connect().await;
        wire.send(&request).await;
        assert_eq!(wire.head().await.status, 431, "{} bytes", request.len());
    }
}

#[tokio::test]
async fn two_lengths_are_refused_in_every_request_of_a_connection() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    let two = with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n";
    for requests in [0, 1, 3] {
        let mut wire = listener.connect().await;
        for _ in 0..requests {
            // What is no head must not be taken for one.
            let body = "Content-Length: 1\nTransfer-Encoding: x\n\n";
            let length = format!("Content-Length: {}\r\n", body.len());
            wire.send(with(&length) + body).await;
            assert_eq!(wire.answer().await.0.status, 200);
        }
        wire.send(&two).await;
        let (head, body) = wire.answer().await;
        assert_eq!(head.status, 400, "after {requests}: {body}");
    }
    let mut wire = listener.connect().await;
    wire.send(two.replace("\r\n", "\n")).await;
    assert_eq!(wire.answer().await.0.status, 400, "bare line feeds");
}

#[tokio::test]
async fn a_slow_head_is_cut_and_an_unused_connection_is_kept() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    let silent = async {
        let (mut wire, began) = (listener.connect().await, Instant::now());
        assert_eq!(wire.rest().await, "");
        began.elapsed()
    };
    let dripping = async {
        let (mut wire, began) = (listener.connect().await, Instant::now());
        for byte in with("X-Slow: yes\r\n").bytes().cycle() {
            if wire.try_send([byte]).await.is_err() || began.elapsed().as_secs() > 18 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        began.elapsed()
    };
    let unused = async {
        let mut wire = listener.connect().await;
        wire.send(with("")).await;
        assert_eq!(wire.answer().await.0.status, 200);
        // Longer than a head may take, and nginx keeps connections to us for 60 s.
        assert!(wire.is_quiet(Duration::from_millis(11_500)).await);
        wire.send(with("")).await;
        assert_eq!(wire.answer().await.0.status, 200);
    };
    let second_head = async {
        let mut wire = listener.connect().await;
        wire.send(with("")).await;
        wire.answer().await;
        let began = Instant::now();
        wire.send("GET / HT").await;
        assert_eq!(wire.rest().await, "");
        began.elapsed()
    };
    let (silent, dripping, (), second) = tokio::join!(silent, dripping, unused, second_head);
    for (what, took) in [
        ("silent", silent),
        ("dripping", dripping),
        ("second", second),
    ] {
        assert!((9..=14).contains(&took.as_secs()), "{what}: {took:?}");
    }
}

async fn begun(mut wire: Wire, request: &str, status: u16) -> Wire {
    wire.send(request).await;
    assert_eq!(wire.head().await.status, status);
    wire
}

#[tokio::test]
async fn stopping_ends_streams_at_once_and_waits_for_answers() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    let get = |path: &str| format!("GET /api/open/{path} HTTP/1.1\r\nHost: app.test\r\n\r\n");
    let sse = get("sse?ms=600000");
    let mut events = begun(listener.connect().await, &sse, 200).await;
    let request = socket("app.test", "/api/open/ws", "");
    let mut tunnel = begun(listener.connect().await, &request, 101).await;
    let drip = get("drip?ms=150&n=10");
    let mut body = begun(listener.connect().await, &drip, 200).await;
    let mut unused = begun(listener.connect().await, &with(""), 200).await;
    let took = listener.stop().await;
    assert!(
        took > Duration::from_secs(1),
        "the body was waited for: {took:?}"
    );
    assert!(
        took < Duration::from_secs(4),
        "the streams were not: {took:?}"
    );
    assert_eq!(events.chunk().await.as_deref(), Some(&b"data: 1\n\n"[..]));
    assert_eq!(events.chunk().await, None);
    tunnel.message().await;
    assert_eq!(tunnel.rest().await, "");
    let rest = body.rest().await;
    assert!(
        rest.contains("piece 10") && rest.ends_with("0\r\n\r\n"),
        "{rest}"
    );
    unused.rest().await;
}

#[tokio::test]
async fn a_body_without_an_end_does_not_keep_the_program() {
    let app = TestApp::sqlite().await;
    let listener = app.listen().await;
    let request = "GET /api/open/drip?ms=100&n=100000 HTTP/1.1\r\nHost: app.test\r\n\r\n";
    let mut wire = begun(listener.connect().await, request, 200).await;
    let took = listener.stop().await;
    assert!(took <= Duration::from_millis(10_500), "{took:?}");
    let rest = wire.rest().await;
    assert!(
        !rest.ends_with("\r\n0\r\n\r\n"),
        "it was cut, not completed"
    );
}
