//! Roles of an organization, and of the tenant for all of its organizations.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::context::Context;
use super::super::me::{Page, page};
use super::super::shown;
use super::body::{Body, Patch};
use super::{Operator, created, if_match, versioned};
use crate::domain::{OrgId, Problem};
use crate::lane_a::operator::{self, NewRole, RoleChange};

const OF_TENANT: &str = "/v1/admin/roles";

fn of_org(org: &OrgId) -> String {
    format!("/v1/organizations/{org}/roles")
}

async fn listed(
    by: &Operator,
    context: &Context,
    org: Option<&OrgId>,
    path: &str,
    paging: &Page,
) -> Result<Response, Problem> {
    let limit = paging.limit()?;
    let after = paging.after(context, path)?;
    let all = operator::list_roles(&by.act(context), org, &after, limit).await?;
    let last = all.last().map(|role| role.slug.clone());
    let items = all.iter().map(shown::role).collect();
    Ok(page(context, path, limit, items, last))
}

/// `GET /v1/organizations/{org}/roles`: what may be granted here, and what it permits.
pub async fn org_roles(
    by: Operator,
    context: Context,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    listed(&by, &context, Some(org), &of_org(org), &paging).await
}

/// `GET /v1/admin/roles`
pub async fn roles(
    by: Operator,
    context: Context,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    listed(&by, &context, None, OF_TENANT, &paging).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleInput {
    slug: String,
    name: String,
    permissions: Vec<String>,
}

async fn create(
    by: &Operator,
    context: &Context,
    org: Option<&OrgId>,
    path: &str,
    body: RoleInput,
) -> Result<Response, Problem> {
    let new = NewRole {
        slug: body.slug,
        name: body.name,
        permissions: body.permissions,
    };
    let role = operator::create_role(&by.act(context), org, new).await?;
    let location = format!("{path}/{}", role.slug);
    Ok(created(&location, role.version, shown::role(&role)))
}

/// `POST /v1/organizations/{org}/roles`
pub async fn create_org_role(
    by: Operator,
    context: Context,
    Body(body): Body<RoleInput>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    create(&by, &context, Some(org), &of_org(org), body).await
}

/// `POST /v1/admin/roles`
pub async fn create_role(
    by: Operator,
    context: Context,
    Body(body): Body<RoleInput>,
) -> Result<Response, Problem> {
    create(&by, &context, None, OF_TENANT, body).await
}

async fn read(
    by: &Operator,
    context: &Context,
    org: Option<&OrgId>,
    role: &str,
) -> Result<Response, Problem> {
    let role = operator::get_role(&by.act(context), org, role).await?;
    Ok(versioned(role.version, shown::role(&role)))
}

/// `GET /v1/organizations/{org}/roles/{role}`
pub async fn read_org_role(
    by: Operator,
    context: Context,
    Path((_, role)): Path<(String, String)>,
) -> Result<Response, Problem> {
    read(&by, &context, Some(&by.org()?.id), &role).await
}

/// `GET /v1/admin/roles/{role}`
pub async fn read_role(
    by: Operator,
    context: Context,
    Path(role): Path<String>,
) -> Result<Response, Problem> {
    read(&by, &context, None, &role).await
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct RolePatch {
    name: Patch<String>,
    permissions: Patch<Vec<String>>,
}

async fn change(
    by: &Operator,
    context: &Context,
    org: Option<&OrgId>,
    role: &str,
    body: RolePatch,
) -> Result<Response, Problem> {
    let change = RoleChange {
        name: body.name.lasting("/name")?,
        permissions: body.permissions.lasting("/permissions")?,
    };
    let (act, expected) = (by.act(context), if_match(context)?);
    let role = operator::change_role(&act, org, role, change, expected).await?;
    Ok(versioned(role.version, shown::role(&role)))
}

/// `PATCH /v1/organizations/{org}/roles/{role}`
pub async fn change_org_role(
    by: Operator,
    context: Context,
    Path((_, role)): Path<(String, String)>,
    Body(body): Body<RolePatch>,
) -> Result<Response, Problem> {
    change(&by, &context, Some(&by.org()?.id), &role, body).await
}

/// `PATCH /v1/admin/roles/{role}`
pub async fn change_role(
    by: Operator,
    context: Context,
    Path(role): Path<String>,
    Body(body): Body<RolePatch>,
) -> Result<Response, Problem> {
    change(&by, &context, None, &role, body).await
}

/// `DELETE /v1/organizations/{org}/roles/{role}`
pub async fn delete_org_role(
    by: Operator,
    context: Context,
    Path((_, role)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (org, expected) = (&by.org()?.id, if_match(&context)?);
    operator::delete_role(&by.act(&context), Some(org), &role, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/admin/roles/{role}`
pub async fn delete_role(
    by: Operator,
    context: Context,
    Path(role): Path<String>,
) -> Result<StatusCode, Problem> {
    let expected = if_match(&context)?;
    operator::delete_role(&by.act(&context), None, &role, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
