//! Demo backend: answers every request with what it was asked, as JSON.
//!
//! Owns nothing but that answer. It must not know Laneway: what arrives here is what any backend
//! behind a route would see, so tests and people can look at it.
//!
//! The last part of the path chooses another way to answer: `sse` (events), `ws` (a WebSocket
//! that sends back what it gets), `drip` (a body in pieces), `slow` (late headers), `cookies`
//! (headers that a backend must not set). `?ms=` is the pause, `?n=` the number of pieces.

mod socket;

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Json, Router};
use futures::stream;
use serde_json::{Value, json};

/// Largest body that is echoed, in bytes.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// The whole backend.
pub fn router() -> Router {
    Router::new().fallback(answer)
}

async fn answer(request: Request) -> Response {
    let uri = request.uri().clone();
    let query = uri.query().unwrap_or_default();
    let pause = Duration::from_millis(number(query, "ms", 100));
    match uri.path().rsplit('/').next() {
        Some("sse") => events(number(query, "n", u64::MAX), pause),
        Some("drip") => pieces(number(query, "n", 10), pause),
        Some("ws") => socket::open(request),
        Some("cookies") => forbidden_headers(),
        Some("slow") => {
            tokio::time::sleep(pause).await;
            echo(request).await
        }
        _ => echo(request).await,
    }
}

fn number(query: &str, name: &str, otherwise: u64) -> u64 {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(otherwise)
}

/// `data: 1`, `data: 2`, …; the first at once.
fn events(many: u64, pause: Duration) -> Response {
    let body = timed(many, pause, |number| format!("data: {number}\n\n"));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn pieces(many: u64, pause: Duration) -> Response {
    timed(many, pause, |number| format!("piece {number}\n")).into_response()
}

fn timed(many: u64, pause: Duration, text: fn(u64) -> String) -> Body {
    Body::from_stream(stream::unfold(0, move |sent| async move {
        if sent >= many {
            return None;
        }
        if sent > 0 {
            tokio::time::sleep(pause).await;
        }
        let piece = Ok::<_, std::io::Error>(Bytes::from(text(sent + 1)));
        Some((piece, sent + 1))
    }))
}

/// What a backend must not say in the name of whoever stands in front of it.
fn forbidden_headers() -> Response {
    let headers = [
        ("set-cookie", "theme=dark; Path=/"),
        ("set-cookie", "__Host-lw=stolen; Path=/; Secure"),
        ("x-laneway-user", "somebody else"),
    ];
    AppendHeaders(headers).into_response()
}

async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY_LIMIT).await {
        Ok(bytes) => {
            let mut value = seen(&parts);
            value["body"] = String::from_utf8_lossy(&bytes).into();
            Json(value).into_response()
        }
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// What arrived, but for the body. Bytes that are not UTF-8 are shown with replacement
/// characters.
fn seen(parts: &Parts) -> Value {
    json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": parts.uri.query().unwrap_or_default(),
        "headers": pairs(&parts.headers),
        "body": "",
    })
}

fn pairs(headers: &HeaderMap) -> Vec<[String; 2]> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            [name.as_str().to_owned(), value]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_with_what_it_was_asked() {
        let request = Request::builder()
            .method("PUT")
            .uri("/a/b?x=1&y=%20")
            .header("x-twice", "one")
            .header("x-twice", "two")
            .body(())
            .expect("a request");
        assert_eq!(
            seen(&request.into_parts().0),
            json!({
                "method": "PUT", "path": "/a/b", "query": "x=1&y=%20",
                "headers": [["x-twice", "one"], ["x-twice", "two"]], "body": "",
            })
        );
    }

    #[test]
    fn pauses_and_counts_come_from_the_query() {
        assert_eq!(number("ms=5&n=7", "n", 1), 7);
        assert_eq!(number("ms=5&n=x", "n", 1), 1);
        assert_eq!(number("", "n", 1), 1);
    }
}
