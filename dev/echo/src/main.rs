//! Demo backend: answers every request with what it was asked, as JSON.
//!
//! Owns nothing but that answer. It must not know Laneway: what arrives here is what any backend
//! behind a route would see, so tests and people can look at it.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Json;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Largest body that is echoed, in bytes.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

#[tokio::main]
async fn main() -> ExitCode {
    match serve(std::env::args().skip(1)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("laneway-echo: {text}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let address = listen_address(arguments, std::env::var("LANEWAY_ECHO_LISTEN").ok())?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    announce(&listener).map_err(|error| format!("cannot announce the address: {error}"))?;
    axum::serve(listener, Router::new().fallback(echo))
        .await
        .map_err(|error| error.to_string())
}

/// `--listen ADDR` wins over the environment; port 0 picks a free one.
fn listen_address(
    mut arguments: impl Iterator<Item = String>,
    environment: Option<String>,
) -> Result<SocketAddr, String> {
    let mut given = environment;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--listen" => given = Some(arguments.next().ok_or("--listen needs an address")?),
            other => return Err(format!("unknown argument {other:?}; usage: --listen ADDR")),
        }
    }
    let text = given.unwrap_or_else(|| "127.0.0.1:0".to_owned());
    text.parse()
        .map_err(|_| format!("{text:?} is not an address like 127.0.0.1:9000"))
}

/// The one line on stdout: whoever started us with port 0 reads the address from it.
fn announce(listener: &TcpListener) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", listener.local_addr()?)?;
    stdout.flush()
}

async fn echo(request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY_LIMIT).await {
        Ok(bytes) => Json(answer(&parts, &bytes)).into_response(),
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}

/// The JSON answer. Bytes that are not UTF-8 are shown with replacement characters.
fn answer(parts: &Parts, body: &[u8]) -> Value {
    let headers: Vec<[String; 2]> = parts
        .headers
        .iter()
        .map(|(name, value)| {
            [
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            ]
        })
        .collect();
    json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": parts.uri.query().unwrap_or_default(),
        "headers": headers,
        "body": String::from_utf8_lossy(body),
    })
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
        let value = answer(&request.into_parts().0, b"hi \xff");
        assert_eq!(
            value,
            json!({
                "method": "PUT", "path": "/a/b", "query": "x=1&y=%20",
                "headers": [["x-twice", "one"], ["x-twice", "two"]], "body": "hi \u{fffd}",
            })
        );
    }

    #[test]
    fn the_argument_wins_over_the_environment() {
        let arguments = ["--listen".to_owned(), "127.0.0.1:7".to_owned()].into_iter();
        let address = listen_address(arguments, Some("127.0.0.1:8".to_owned()));
        assert_eq!(address, Ok(SocketAddr::from(([127, 0, 0, 1], 7))));
    }

    #[test]
    fn unknown_arguments_are_refused() {
        let found = listen_address(["--port".to_owned()].into_iter(), None);
        assert!(found.is_err_and(|text| text.contains("--port")));
    }
}
