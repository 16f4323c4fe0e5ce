//! `/oauth/register`: apps that register themselves.

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::super::context::Context;
use super::answer::{json_answer, refused};
use super::discovery::home;
use super::token::desk;
use crate::lane_a::limits;
use crate::oauth::Fault;
use crate::oauth::register::{self as registration, Known};

/// `POST /oauth/register`
pub async fn create(context: Context, body: Result<Bytes, BytesRejection>) -> Response {
    let outcome = async {
        let body = described(&context, body)?;
        registration::register(desk(&context), bearer(&context), &body).await
    };
    let outcome = Box::pin(outcome).await;
    told(&context, StatusCode::CREATED, outcome).await
}

/// `GET /oauth/register/{client}`
pub async fn read(context: Context, Path(id): Path<String>) -> Response {
    let outcome = registration::read(desk(&context), &id, bearer(&context)).await;
    told(&context, StatusCode::OK, outcome).await
}

/// `PUT /oauth/register/{client}`
pub async fn replace(
    context: Context,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let outcome = async {
        let body = described(&context, body)?;
        registration::replace(desk(&context), &id, bearer(&context), &body).await
    };
    let outcome = Box::pin(outcome).await;
    told(&context, StatusCode::OK, outcome).await
}

/// `DELETE /oauth/register/{client}`
pub async fn remove(context: Context, Path(id): Path<String>) -> Response {
    if let Err(problem) = home(&context) {
        return problem.into_response();
    }
    let outcome = registration::delete(desk(&context), &id, bearer(&context)).await;
    match outcome {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(fault) => refusal(&context, fault).await,
    }
}

fn bearer(context: &Context) -> Option<&str> {
    let text = context.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A stranger is told no more than that, whatever they send.
fn described(
    context: &Context,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>, Fault> {
    if bearer(context).is_none() {
        return Err(Fault::new("invalid_token", "send a token for that"));
    }
    let bad = || Fault::new("invalid_client_metadata", "send one object in JSON");
    let body = body.map_err(|_| bad())?;
    serde_json::from_slice(&body).map_err(|_| bad())
}

async fn told(context: &Context, status: StatusCode, outcome: Result<Known, Fault>) -> Response {
    if let Err(problem) = home(context) {
        return problem.into_response();
    }
    match outcome {
        Ok(known) => {
            let mut response = json_answer(known.told(desk(context)));
            *response.status_mut() = status;
            response
        }
        Err(fault) => refusal(context, fault).await,
    }
}

/// RFC 7591 §3.2.2, RFC 7592 §2, RFC 6750 §3.1.
async fn refusal(context: &Context, fault: Fault) -> Response {
    let (error, description) = match fault {
        Fault::Refused { error, description } => (error, description),
        broken @ Fault::Broken(_) => return refused(context, broken),
    };
    let status = match error {
        "invalid_token" => StatusCode::UNAUTHORIZED,
        "access_denied" => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    if status == StatusCode::UNAUTHORIZED {
        // Nobody guesses them.
        if let Err(problem) = limits::callback(&context.core, &context.meta.ip).await {
            return refused(context, problem.into());
        }
    }
    let body = json!({ "error": error, "error_description": description });
    let mut response = json_answer(body);
    *response.status_mut() = status;
    if status == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, bearer);
    }
    response
}
