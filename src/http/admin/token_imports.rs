//! API keys that were in use elsewhere.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Deserialize;

use super::super::context::Context;
use super::super::me::plausible;
use super::super::shown;
use super::Operator;
use super::body::Body;
use crate::domain::{Problem, UserId};
use crate::lane_a::operator::{self, ForeignKey};
use crate::store::api_tokens::Principal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyInput {
    sha256: String,
    name: String,
    user: Option<String>,
    service_account: Option<String>,
    scopes: Option<Vec<String>>,
    expires_at: String,
}

/// `POST /v1/admin/api-tokens`: only the hash comes here, the key itself stays where it is.
pub async fn import_token(
    by: Operator,
    context: Context,
    Body(body): Body<KeyInput>,
) -> Result<Response, Problem> {
    let owner = match (body.user, body.service_account) {
        (Some(user), None) => Principal::User(UserId(plausible(user)?)),
        (None, Some(id)) => Principal::ServiceAccount(plausible(id)?),
        _ => {
            let text = "Name one owner: `user` or `service_account`.";
            return Err(Problem::field("/user", "required", text));
        }
    };
    let wrong = |_| {
        let text = "Write instants as 2026-11-22T10:00:00Z.";
        Problem::field("/expires_at", "invalid", text)
    };
    let key = ForeignKey {
        sha256: body.sha256,
        name: body.name,
        owner,
        scopes: body.scopes,
        expires_at: shown::instant(Some(&body.expires_at), 0).map_err(wrong)?,
    };
    let token = operator::import_key(&by.act(&context), key).await?;
    Ok((StatusCode::CREATED, Json(shown::api_token(&token, None))).into_response())
}
