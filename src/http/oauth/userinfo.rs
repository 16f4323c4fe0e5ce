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
use crate::oauth::Fault;
use crate::oauth::person::{self, Scheme};
use crate::tokens::FOREIGN_ALGS;

/// `GET /oauth/userinfo`
pub async fn userinfo(context: Context) -> Response {
    let token = in_header(&context);
    answer(&context, token).await
}

/// `POST /oauth/userinfo`: the token in the header, or in a form (RFC 6750 §2.2).
pub async fn posted(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    let header = in_header(&context);
    let is_form = context.headers.contains_key(header::CONTENT_TYPE);
    let in_form = match form(&context.headers, body) {
        Ok(params) => {
            let token = params.get("access_token");
            token.map(|token| (Scheme::Bearer, token.to_owned()))
        }
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

fn in_header(context: &Context) -> Option<(Scheme, String)> {
    let text = context.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Scheme::Bearer,
        "dpop" => Scheme::Dpop,
        _ => return None,
    };
    Some((scheme, token.trim().to_owned()))
}

async fn answer(context: &Context, token: Option<(Scheme, String)>) -> Response {
    if let Err(problem) = home(context) {
        return problem.into_response();
    }
    let Some((scheme, token)) = token else {
        // RFC 6750 §3.1: whoever sent nothing is told no more than what to send.
        let body = json!({ "error": "invalid_token", "error_description": "send an access token" });
        return told(StatusCode::UNAUTHORIZED, "Bearer", body);
    };
    match Box::pin(person::userinfo(desk(context), scheme, &token)).await {
        Ok(body) => json_answer(body),
        Err(Fault::Broken(problem)) => refusal(context, scheme, problem),
        Err(Fault::Refused { error, description }) => {
            let body = json!({ "error": error, "error_description": description });
            told(StatusCode::UNAUTHORIZED, &challenge(scheme, error), body)
        }
    }
}

/// What to send, in the words of RFC 6750 §3 and RFC 9449 §7.1.
fn challenge(scheme: Scheme, error: &str) -> String {
    match scheme {
        Scheme::Bearer => format!(r#"Bearer error="{error}""#),
        Scheme::Dpop => {
            let algs = FOREIGN_ALGS.join(" ");
            format!(r#"DPoP error="{error}", algs="{algs}""#)
        }
    }
}

fn refusal(context: &Context, scheme: Scheme, problem: Problem) -> Response {
    let (status, error) = match problem.code {
        Code::InvalidToken | Code::TokenExpired => (StatusCode::UNAUTHORIZED, "invalid_token"),
        Code::Forbidden => (StatusCode::FORBIDDEN, "insufficient_scope"),
        _ => return refused(context, Fault::Broken(problem)),
    };
    let body = json!({ "error": error, "error_description": problem.detail });
    told(status, &challenge(scheme, error), body)
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
