//! A backend that answers with what it was sent.
//!
//! Owns: one server for the whole run, on a thread of its own, because every test has a
//! runtime of its own.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::extract::Request;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Json, Router};
use http_body_util::BodyExt;
use serde_json::{Value, json};

static URL: OnceLock<String> = OnceLock::new();

/// The backend's address, without a trailing slash.
pub fn backend_url() -> &'static str {
    URL.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a listener");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                axum::serve(listener, Router::new().fallback(echo))
                    .await
                    .expect("a server");
            });
        });
        format!("http://{address}")
    })
}

async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.path().ends_with("/cookies") {
        let cookies = [
            ("set-cookie", "theme=dark; Path=/"),
            ("set-cookie", "__Host-lw=stolen; Path=/; Secure"),
            ("x-laneway-user", "somebody else"),
        ];
        return AppendHeaders(cookies).into_response();
    }
    let headers: Vec<Value> = parts
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    let body: Bytes = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => Bytes::new(),
    };
    Json(json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": parts.uri.query(),
        "headers": headers,
        "body": String::from_utf8_lossy(&body),
    }))
    .into_response()
}
