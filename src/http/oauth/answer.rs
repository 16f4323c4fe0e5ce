//! Answers of the authorization server: back to an app by the browser, or JSON to the app itself.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::super::bff::see_other;
use super::super::context::Context;
use super::super::pages;
use crate::domain::{Code, Problem};
use crate::oauth::authorize::Answer;
use crate::oauth::request::Mode;
use crate::oauth::{Fault, Params};

/// Sends the browser back to the app.
pub(super) fn back(context: &Context, answer: Answer) -> Response {
    let uri = answer.back.redirect_uri;
    match answer.back.mode {
        Mode::FormPost => {
            let fields = answer.fields.into_iter();
            let fields = fields
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            pages::return_to_app(context, &uri, fields)
        }
        Mode::Query => {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(answer.fields);
            let join = if uri.contains('?') { '&' } else { '?' };
            // A 303, which turns whatever method the person's answer came by into GET.
            see_other(&format!("{uri}{join}{}", query.finish()))
        }
    }
}

/// JSON that no cache keeps.
pub(super) fn json_answer(body: Value) -> Response {
    let mut response = Json(body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A refusal as RFC 6749 §5.2 writes it.
pub(super) fn refused(context: &Context, fault: Fault) -> Response {
    let (status, error, description, retry) = match fault {
        Fault::Refused { error, description } => {
            let status = match error {
                "invalid_client" => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, error, description, None)
        }
        Fault::Broken(problem) => broken(context, &problem),
    };
    let mut response = json_answer(json!({ "error": error, "error_description": description }));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static(r#"Basic realm="laneway""#);
        headers.insert(header::WWW_AUTHENTICATE, basic);
    }
    if let Some(seconds) = retry {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn broken(context: &Context, problem: &Problem) -> (StatusCode, &'static str, String, Option<u64>) {
    let status = StatusCode::from_u16(problem.code.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let error = match problem.code {
        Code::StoreUnavailable | Code::UpstreamUnavailable | Code::RateLimited => {
            "temporarily_unavailable"
        }
        _ if status.is_client_error() => "invalid_request",
        _ => "server_error",
    };
    if status.is_server_error() {
        let source = problem.source.as_deref().unwrap_or_default();
        let request_id = &context.meta.request_id;
        tracing::error!(%request_id, code = problem.code.as_str(), source, "request failed");
    }
    (status, error, problem.detail.clone(), problem.retry_after)
}

/// The parameters of a form; they come in the body and nowhere else.
pub(super) fn form(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Params, Fault> {
    if !is_of_kind(headers, "application/x-www-form-urlencoded") {
        return Err(Fault::request("send application/x-www-form-urlencoded"));
    }
    let body = body.map_err(|_| Fault::request("the body could not be read"))?;
    Params::parse(&body)
}

/// The same, where JSON will do too.
pub(super) fn either(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Params, Fault> {
    if !is_of_kind(headers, "application/json") {
        return form(headers, body);
    }
    let body = body.map_err(|_| Fault::request("the body could not be read"))?;
    let all: BTreeMap<String, String> = serde_json::from_slice(&body)
        .map_err(|_| Fault::request("send an object whose members are texts"))?;
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(all);
    Params::parse(encoded.finish().as_bytes())
}

fn is_of_kind(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|text| text.split(';').next());
    kind.unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}
