//! Setup links of an organization.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::Body;
use super::{Operator, created};
use crate::domain::Problem;
use crate::lane_b::connections::get;
use crate::lane_b::setup_links::{self, NewLink};
use crate::store::setup_links as rows;

/// What a link is for.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// To set a connection up.
    Connection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    purpose: Purpose,
    expires_in: Option<i64>,
    connection: Option<String>,
    email: Option<String>,
}

/// `GET /v1/organizations/{org}/setup-links`
pub async fn setup_links(
    by: Operator,
    context: Context,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    let path = format!("/v1/organizations/{org}/setup-links");
    let (limit, before) = (paging.limit()?, paging.after(&context, &path)?);
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let all = rows::list(db, tenant, org, &before, limit).await?;
    let last = all.last().map(|link| link.id.clone());
    let now = context.core.now();
    let items = all
        .iter()
        .map(|link| shown::setup_link(link, now))
        .collect();
    Ok(page(&context, &path, limit, items, last))
}

/// `POST /v1/organizations/{org}/setup-links`: the address is shown once.
pub async fn create_setup_link(
    by: Operator,
    context: Context,
    Body(body): Body<NewBody>,
) -> Result<Response, Problem> {
    let (act, org) = (by.act(&context), &by.org()?.id);
    let Purpose::Connection = body.purpose;
    let connection = match body.connection {
        Some(name) => Some(get(&act, org, &plausible(name)?).await?.id),
        None => None,
    };
    let new = NewLink {
        expires_in: body.expires_in,
        connection,
        email: body.email,
        ..NewLink::default()
    };
    let (link, token) = setup_links::create(&act, org, new).await?;
    let mut record = shown::setup_link(&link, context.core.now());
    record["url"] = json!(context.site.tenant.address(&format!("/setup/{token}")));
    let location = format!("/v1/organizations/{org}/setup-links/{}", link.id);
    Ok(created(&location, 1, record))
}

/// `GET /v1/organizations/{org}/setup-links/{link}`
pub async fn read_setup_link(
    by: Operator,
    context: Context,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let found = rows::find(db, tenant, &by.org()?.id, &plausible(id)?).await?;
    let link = found.ok_or_else(Problem::not_found)?;
    Ok(Json(shown::setup_link(&link, context.core.now())))
}

/// `DELETE /v1/organizations/{org}/setup-links/{link}`
pub async fn revoke_setup_link(
    by: Operator,
    context: Context,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    setup_links::revoke(&by.act(&context), &by.org()?.id, &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
