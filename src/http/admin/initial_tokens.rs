//! Tokens that apps register themselves with.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::body::Body;
use super::{Operator, created, versioned};
use crate::domain::Problem;
use crate::oauth::initial_access::{self as tokens, Wanted};
use crate::store::initial_access_tokens::InitialToken;

const PATH: &str = "/v1/admin/initial-access-tokens";
/// They are never changed, only made and deleted.
const VERSION: i64 = 1;

fn shown(token: &InitialToken) -> Value {
    json!({
        "id": token.id, "label": token.label, "token": { "set": true },
        "max_uses": token.max_uses, "uses": token.uses,
        "created_at": rfc3339(token.created_at), "expires_at": rfc3339(token.expires_at),
    })
}

/// `GET /v1/admin/initial-access-tokens`
pub async fn initial_tokens(
    by: Operator,
    context: Context,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let limit = paging.limit()?;
    let after = paging.after(&context, PATH)?;
    let all = tokens::list_tokens(&by.act(&context), &after, limit).await?;
    let last = all.last().map(|token| token.id.clone());
    Ok(page(
        &context,
        PATH,
        limit,
        all.iter().map(shown).collect(),
        last,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInitialToken {
    label: String,
    expires_in: Option<i64>,
    max_uses: Option<i64>,
}

/// `POST /v1/admin/initial-access-tokens`
pub async fn create_initial_token(
    by: Operator,
    context: Context,
    Body(body): Body<NewInitialToken>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        label: body.label,
        expires_in: body.expires_in,
        max_uses: body.max_uses,
    };
    let (token, secret) = tokens::create_token(&by.act(&context), wanted).await?;
    let mut shown = shown(&token);
    shown["token"] = json!(secret.expose());
    Ok(created(&format!("{PATH}/{}", token.id), VERSION, shown))
}

/// `GET /v1/admin/initial-access-tokens/{id}`
pub async fn read_initial_token(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let token = tokens::get_token(&by.act(&context), &plausible(id)?).await?;
    Ok(versioned(VERSION, shown(&token)))
}

/// `DELETE /v1/admin/initial-access-tokens/{id}`
pub async fn delete_initial_token(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    tokens::delete_token(&by.act(&context), &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
