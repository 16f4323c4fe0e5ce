//! `/oauth/userinfo`: what the bearer of an access token may know.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::super::context::Context;
use super::answer::{form, json_answer, refused};
use super::discovery::home;
use super::token::desk;
use crate::domain::{Code, Problem};
use crate::oauth::{Fault, person};

/// `GET /oauth/userinfo`
pub async fn userinfo(context: Context) -> Response {
    let token = bearer(&context);
    answer(&context, token).await
}

/// `POST /oauth/userinfo`: the token in the header, or in a form (RFC 6750 §2.2).
pub async fn posted(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    let header = bearer(&context);
    let is_form = context.headers.contains_key(header::CONTENT_TYPE);
    let in_form = match form(&context.headers, body) {
        Ok(params) => params.get("access_token").map(str::to_owned),
        Err(_) if header.is_some() || !is_form => None,
        Err(fault) => return refused(&context, fault),
    };
    if header.is_some() && in_form.is_some() {
        return refused(
            &context,
            Fault::request("the token is sent in two ways at once"),
        );
    }
    answer(&context, header.or(in_form)).await
}

fn bearer(context: &Context) -> Option<String> {
    let text = context.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

async fn answer(context: &Context, token: Option<String>) -> Response {
    if let Err(problem) = home(context) {
        return problem.into_response();
    }
    let Some(token) = token else {
        // RFC 6750 §3.1: whoever sent nothing is told no more than what to send.
        let body = json!({ "error": "invalid_token", "error_description": "send an access token" });
        return told(StatusCode::UNAUTHORIZED, "Bearer", body);
    };
    match Box::pin(person::userinfo(desk(context), &token)).await {
        Ok(body) => json_answer(body),
        Err(problem) => refusal(context, problem),
    }
}

fn refusal(context: &Context, problem: Problem) -> Response {
    let (status, error) = match problem.code {
        Code::InvalidToken | Code::TokenExpired => (StatusCode::UNAUTHORIZED, "invalid_token"),
        Code::Forbidden => (StatusCode::FORBIDDEN, "insufficient_scope"),
        _ => return refused(context, Fault::Broken(problem)),
    };
    let challenge = format!(r#"Bearer error="{error}""#);
    let body = json!({ "error": error, "error_description": problem.detail });
    told(status, &challenge, body)
}

fn told(status: StatusCode, challenge: &str, body: serde_json::Value) -> Response {
    let mut response = json_answer(body);
    *response.status_mut() = status;
    if let Ok(value) = HeaderValue::from_str(challenge) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, value);
    }
    response
}
