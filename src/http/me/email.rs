//! `/v1/me/email`: moving the account to another address.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::flows;
use super::{user_json, writing};
use crate::domain::Problem;
use crate::lane_a::account;

#[derive(Deserialize)]
pub struct NewEmail {
    email: String,
}

/// `POST /v1/me/email`: sends a code to the new address.
pub async fn begin_email(
    context: Context,
    body: Result<Json<NewEmail>, JsonRejection>,
) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let pending = account::begin_email_change(&visit, &body.email).await?;
    let answer = json!({
        "email": pending.email,
        "expires_in": pending.expires_in,
        "resend_in": pending.resend_in,
    });
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

#[derive(Deserialize)]
pub struct EmailCode {
    code: String,
}

/// `POST /v1/me/email/confirm`: the code from the new address moves the account.
pub async fn confirm_email(
    context: Context,
    body: Result<Json<EmailCode>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let user = account::confirm_email_change(&visit, &body.code).await?;
    Ok(Json(user_json(&user)))
}
