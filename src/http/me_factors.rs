//! `/v1/me/password`, `/v1/me/totp`, `/v1/me/recovery-codes` (CONTRACT §7).

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bff::rfc3339;
use super::context::Context;
use super::flows;
use super::me::{reading, writing};
use crate::domain::Problem;
use crate::lane_a::factors;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Password {
    current: Option<SecretString>,
    new: SecretString,
}

/// `POST /v1/me/password`
pub async fn change_password(
    context: Context,
    body: Result<Json<Password>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    factors::change_password(&visit, body.current, body.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/me/totp`: whether there is an app.
pub async fn totp(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    let app = factors::list(&visit).await?.totp;
    Ok(Json(json!({
        "set": app.is_some(),
        "created_at": app.as_ref().map(|app| rfc3339(app.created_at_ms)),
        "last_used_at": app.and_then(|app| app.last_used_at_ms).map(rfc3339),
    })))
}

/// `POST /v1/me/totp`: begins setting an app up.
pub async fn begin_totp(context: Context) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let app = factors::begin_totp(&visit).await?;
    let body = json!({
        "otpauth_uri": app.otpauth_uri.expose_secret(),
        "secret": app.secret.expose_secret(),
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    code: String,
}

/// `POST /v1/me/totp/confirm`: the first code; answers recovery codes, this one time.
pub async fn confirm_totp(
    context: Context,
    body: Result<Json<Confirm>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let (app, codes) = factors::confirm_totp(&visit, &body.code).await?;
    Ok(Json(json!({
        "set": true,
        "created_at": rfc3339(app.created_at_ms),
        "codes": factors::codes_json(&codes),
    })))
}

/// `DELETE /v1/me/totp`
pub async fn remove_totp(context: Context) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    factors::remove_totp(&visit).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/me/recovery-codes`
pub async fn recovery_codes(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    let remaining = factors::recovery_codes_left(&visit).await?;
    Ok(Json(json!({ "remaining": remaining })))
}

/// `POST /v1/me/recovery-codes`
pub async fn new_recovery_codes(context: Context) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let codes = factors::new_recovery_codes(&visit).await?;
    let body = json!({ "codes": factors::codes_json(&codes) });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
