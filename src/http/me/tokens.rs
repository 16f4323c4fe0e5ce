//! `/v1/me/tokens`: a person's API tokens.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::header};
use http::{Method, StatusCode};
use serde::Deserialize;

use super::super::context::Context;
use super::super::{flows, shown};
use super::{Page, page, plausible, reading, writing};
use crate::domain::Problem;
use crate::lane_a::account;
use crate::lane_a::api_tokens::NewToken;

/// `GET /v1/me/tokens`
pub async fn tokens(context: Context, Query(query): Query<Page>) -> Result<Response, Problem> {
    let visit = reading(&context).await?;
    let limit = query.limit()?;
    let before = query.after(&context, "/v1/me/tokens")?;
    let found = account::list_tokens(&visit, &before, limit).await?;
    let last = found.last().map(|token| token.id.clone());
    let items = found
        .iter()
        .map(|one| shown::api_token(one, None))
        .collect();
    Ok(page(&context, "/v1/me/tokens", limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenInput {
    name: String,
    scopes: Vec<String>,
    org: Option<String>,
    expires_in: Option<i64>,
}

/// `POST /v1/me/tokens`: the value is shown once.
pub async fn create_token(
    context: Context,
    body: Result<Json<TokenInput>, JsonRejection>,
) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let new = NewToken {
        name: body.name,
        scopes: Some(body.scopes),
        expires_in: body.expires_in,
    };
    let (token, plain) = account::create_token(&visit, new, body.org.as_deref()).await?;
    let location = [(header::LOCATION, format!("/v1/me/tokens/{}", token.id))];
    let record = shown::api_token(&token, Some(&plain));
    Ok((StatusCode::CREATED, location, Json(record)).into_response())
}

/// `DELETE /v1/me/tokens/{id}`
pub async fn revoke_token(context: Context, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::revoke_token(&visit, &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
