//! `/v1/me/passkeys`.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::flows;
use super::{plausible, reading, writing};
use crate::domain::Problem;
use crate::lane_a::account;

/// `GET /v1/me/passkeys`
pub async fn passkeys(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    let all = account::list_passkeys(&visit).await?;
    let items: Vec<Value> = all.iter().map(passkey_json).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// A way to sign in as the export shows it.
pub fn credential_json(key: &laneway_contract::Credential) -> Value {
    let mut shown = passkey_json(key);
    shown["kind"] = json!(key.kind.as_str());
    shown
}

fn passkey_json(key: &laneway_contract::Credential) -> Value {
    json!({
        "id": key.id,
        "label": key.label,
        "created_at": rfc3339(key.created_at_ms),
        "last_used_at": key.last_used_at_ms.map(rfc3339),
    })
}

#[derive(Deserialize, Default)]
pub struct NewPasskey {
    #[serde(default)]
    label: String,
}

/// `POST /v1/me/passkeys`
pub async fn begin_passkey(
    context: Context,
    body: Result<Json<NewPasskey>, JsonRejection>,
) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let begun = account::begin_passkey(&visit, &body.label).await?;
    Ok((StatusCode::CREATED, Json(begun)).into_response())
}

#[derive(Deserialize)]
pub struct Finish {
    credential: Value,
}

/// `POST /v1/me/passkeys/{id}`
pub async fn finish_passkey(
    context: Context,
    Path(id): Path<String>,
    body: Result<Json<Finish>, JsonRejection>,
) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let stored = account::finish_passkey(&visit, &plausible(id)?, body.credential).await?;
    Ok((StatusCode::CREATED, Json(passkey_json(&stored))).into_response())
}

/// `DELETE /v1/me/passkeys/{id}`
pub async fn remove_passkey(
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::remove_passkey(&visit, &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
