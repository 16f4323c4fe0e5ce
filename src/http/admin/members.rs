//! Members of an organization.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::{Body, Patch};
use super::{Operator, address, if_match, versioned};
use crate::domain::{Problem, UserId};
use crate::lane_a::operator;
use crate::store::members::{self as rows, MemberState};

#[derive(Deserialize)]
pub struct MemberQuery {
    role: Option<String>,
}

/// `GET /v1/organizations/{org}/members?role=`
pub async fn members(
    by: Operator,
    context: Context,
    Query(query): Query<MemberQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let org = by.org()?;
    let path = format!("/v1/organizations/{}/members", org.id);
    let path = address(&path, &[("role", &query.role)]);
    let limit = paging.limit()?;
    let after = paging.after(&context, &path)?;
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let role = query.role.unwrap_or_default();
    let all = rows::list(db, tenant, &org.id, &role, &after, limit).await?;
    let last = all.last().map(|member| member.user.0.clone());
    let items = all.iter().map(shown::member).collect();
    Ok(page(&context, &path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutMember {
    roles: Vec<String>,
}

/// `PUT /v1/organizations/{org}/members/{user}`: what was granted by hand or by an invitation becomes
/// exactly these.
pub async fn put_member(
    by: Operator,
    context: Context,
    Path((_, user)): Path<(String, String)>,
    Body(body): Body<PutMember>,
) -> Result<Response, Problem> {
    let user = UserId(plausible(user)?);
    let (org, expected) = (&by.org()?.id, if_match(&context)?);
    let act = by.act(&context);
    let member = operator::put_member(&act, org, &user, &body.roles, expected).await?;
    Ok(versioned(member.version, shown::member(&member)))
}

/// `GET /v1/organizations/{org}/members/{user}`
pub async fn read_member(
    by: Operator,
    context: Context,
    Path((_, user)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let user = UserId(plausible(user)?);
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let found = rows::find(db, tenant, &by.org()?.id, &user).await?;
    let member = found.ok_or_else(Problem::not_found)?;
    Ok(versioned(member.version, shown::member(&member)))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct MemberChange {
    state: Patch<MemberState>,
}

/// `PATCH /v1/organizations/{org}/members/{user}`
pub async fn change_member(
    by: Operator,
    context: Context,
    Path((_, user)): Path<(String, String)>,
    Body(body): Body<MemberChange>,
) -> Result<Response, Problem> {
    let user = UserId(plausible(user)?);
    let state = body.state.lasting("/state")?;
    let (org, expected) = (&by.org()?.id, if_match(&context)?);
    let act = by.act(&context);
    let member = operator::change_member(&act, org, &user, state, expected).await?;
    Ok(versioned(member.version, shown::member(&member)))
}

/// `DELETE /v1/organizations/{org}/members/{user}`
pub async fn remove_member(
    by: Operator,
    context: Context,
    Path((_, user)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let user = UserId(plausible(user)?);
    let (org, expected) = (&by.org()?.id, if_match(&context)?);
    operator::remove_member(&by.act(&context), org, &user, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
