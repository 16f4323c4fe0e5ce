//! Keys that tokens are signed with.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::Operator;
use super::body::Body;
use crate::domain::Problem;
use crate::oauth::signing;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    #[serde(default)]
    at_once: bool,
}

/// `POST /v1/admin/keys/rotate`
pub async fn rotate_keys(
    by: Operator,
    context: Context,
    Body(body): Body<Rotation>,
) -> Result<Json<Value>, Problem> {
    let kid = signing::rotate_keys(&by.act(&context), body.at_once).await?;
    Ok(Json(json!({ "kid": kid, "at_once": body.at_once })))
}
