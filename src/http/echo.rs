//! `/.laneway/echo/…`: what the proxy in front forwards, as JSON, for `laneway verify-edge`.
//!
//! Owns: showing it without giving anything away: values that authenticate are cut.

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Value, json};

use super::context;
use crate::edge::forward;

/// Any method, from a listed proxy only.
pub async fn echo(request: Request) -> Response {
    let by_proxy = context::of(&request).is_some_and(|context| context.by_proxy);
    if !by_proxy {
        return forward::refused(
            "This address answers listed proxies only: add the proxy to trusted_proxies.",
        )
        .into_response();
    }
    let whole = request
        .uri()
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let headers: Vec<Value> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            json!([name.as_str(), shown(name.as_str(), &text)])
        })
        .collect();
    let answer = json!({
        "laneway_echo": 1,
        "method": request.method().as_str(),
        "target": whole.strip_prefix("/.laneway/echo").unwrap_or(whole),
        "headers": headers,
    });
    Json(answer).into_response()
}

/// A header's value, cut where it opens something: this answer can be read by scripts.
fn shown(name: &str, value: &str) -> String {
    match name.replace('_', "-").as_str() {
        "cookie" => value
            .split(';')
            .map(|pair| pair.split('=').next().unwrap_or_default().trim())
            .filter(|name| !name.is_empty())
            .map(|name| format!("{name}=…"))
            .collect::<Vec<_>>()
            .join("; "),
        "x-laneway-jwt" if value.is_empty() => String::new(),
        // Enough to tell ours from a client's.
        "x-laneway-jwt" if value.split('.').count() == 3 => "a.signed.token".into(),
        _ if name == header::AUTHORIZATION.as_str() || name == "proxy-authorization" => {
            format!("{} …", value.split(' ').next().unwrap_or_default())
        }
        "x-api-key" => "…".into(),
        _ => value.chars().take(512).collect(),
    }
}
