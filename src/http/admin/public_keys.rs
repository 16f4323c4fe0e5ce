//! Public keys of service accounts.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::Body;
use super::{Operator, created};
use crate::domain::Problem;
use crate::lane_a::operator;

/// `GET /v1/organizations/{org}/service-accounts/{account}/public-keys`
pub async fn public_keys(
    by: Operator,
    context: Context,
    Path((_, account)): Path<(String, String)>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let (org, id) = (&by.org()?.id, plausible(account)?);
    let path = format!("/v1/organizations/{org}/service-accounts/{id}/public-keys");
    let (limit, before) = (paging.limit()?, paging.after(&context, &path)?);
    let all = operator::list_public_keys(&by.act(&context), org, &id, &before, limit).await?;
    let last = all.last().map(|key| key.id.clone());
    let items = all.iter().map(shown::public_key).collect();
    Ok(page(&context, &path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPublicKey {
    name: String,
    jwk: Value,
}

/// `POST /v1/organizations/{org}/service-accounts/{account}/public-keys`
pub async fn add_public_key(
    by: Operator,
    context: Context,
    Path((_, account)): Path<(String, String)>,
    Body(body): Body<NewPublicKey>,
) -> Result<Response, Problem> {
    let (org, id) = (&by.org()?.id, plausible(account)?);
    let what = (body.name.as_str(), &body.jwk);
    let key = operator::add_public_key(&by.act(&context), org, &id, what).await?;
    let location = format!(
        "/v1/organizations/{org}/service-accounts/{id}/public-keys/{}",
        key.id
    );
    Ok(created(&location, 1, shown::public_key(&key)))
}

/// `DELETE /v1/organizations/{org}/service-accounts/{account}/public-keys/{public_key}`
pub async fn remove_public_key(
    by: Operator,
    context: Context,
    Path((_, account, key)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let (id, key) = (plausible(account)?, plausible(key)?);
    operator::remove_public_key(&by.act(&context), &by.org()?.id, &id, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
