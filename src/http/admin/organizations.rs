//! Organizations and their members.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::flows;
use super::super::me::{Page, page, plausible};
use super::users::user_by;
use super::{created, operator as caller};
use crate::audit::{Event, Outcome, kind};
use crate::domain::{OrgId, Problem, UserId};
use crate::lane_a::operator::{self};
use crate::store::invalidations::{Change, Scope};
use crate::store::orgs;

fn org_json(org: &orgs::Organization) -> Value {
    json!({
        "id": org.id, "slug": org.slug, "name": org.name, "state": org.state,
        "created_at": rfc3339(org.created_at),
    })
}

/// `GET /v1/organizations`
pub async fn organizations(
    context: Context,
    Query(query): Query<Page>,
) -> Result<Response, Problem> {
    caller(&context, &Method::GET).await?;
    let limit = query.limit()?;
    let after = query.after(&context, "/v1/organizations")?;
    let all = orgs::list(&context.core.db, &context.site.tenant.id, &after, limit).await?;
    let last = all.last().map(|org| org.id.0.clone());
    Ok(page(
        &context,
        "/v1/organizations",
        limit,
        all.iter().map(org_json).collect(),
        last,
    ))
}

#[derive(Deserialize)]
pub struct NewOrganization {
    slug: String,
    name: String,
}

/// `POST /v1/organizations`
pub async fn create_organization(
    context: Context,
    body: Result<Json<NewOrganization>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = caller(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    operator::check_slug("/slug", &body.slug)?;
    if body.name.trim().is_empty()
        || body.name.chars().count() > 100
        || body.name.chars().any(char::is_control)
    {
        return Err(Problem::field(
            "/name",
            "invalid",
            "Use 1 to 100 characters.",
        ));
    }
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let org = orgs::Organization {
        id: OrgId(core.new_id()),
        slug: body.slug,
        name: body.name.trim().to_owned(),
        state: "active".into(),
        created_at: core.now(),
    };
    let mut write = core.begin().await?;
    orgs::create(&mut write.tx, tenant, &org).await?;
    let event = Event::new(
        kind::ORGANIZATION_CREATED,
        Outcome::Success,
        ("organization", org.id.as_str()),
    )
    .by(by.0, &by.1)
    .org(org.id.as_str());
    core.audit(&mut write, tenant, &context.meta, event).await?;
    core.commit(write).await?;
    Ok(created(
        &format!("/v1/organizations/{}", org.id),
        org_json(&org),
    ))
}

async fn org_by(context: &Context, id: String) -> Result<orgs::Organization, Problem> {
    let id = plausible(id)?;
    let found = orgs::find(&context.core.db, &context.site.tenant.id, &id).await?;
    found.ok_or_else(Problem::not_found)
}

/// `GET /v1/organizations/{org}`
pub async fn read_organization(
    context: Context,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    caller(&context, &Method::GET).await?;
    Ok(Json(org_json(&org_by(&context, org).await?)))
}

#[derive(Deserialize)]
pub struct PutMember {
    roles: Vec<String>,
}

/// `PUT /v1/organizations/{org}/members/{user}`: the manual grants become exactly these.
pub async fn put_member(
    context: Context,
    Path((org, user)): Path<(String, String)>,
    body: Result<Json<PutMember>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let by = caller(&context, &Method::PUT).await?;
    let body = flows::json_body(body)?;
    for (i, role) in body.roles.iter().enumerate() {
        operator::check_slug(&format!("/roles/{i}"), role)?;
    }
    let org = org_by(&context, org).await?;
    let user = user_by(&context, user).await?;
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let mut write = core.begin().await?;
    let now = write.now();
    let membership = orgs::add_member(
        &mut write.tx,
        tenant,
        &org.id,
        &user.id,
        &core.new_id(),
        now,
    )
    .await?;
    let mut roles = body.roles;
    roles.sort();
    roles.dedup();
    let grants: Vec<(String, String)> = roles
        .iter()
        .map(|role| (core.new_id(), role.clone()))
        .collect();
    orgs::set_grants(&mut write.tx, tenant, &membership, "manual", &grants, now).await?;
    write.invalidate(Change::Changed, Scope::User, user.id.as_str());
    let event = Event::new(
        kind::MEMBER_CHANGED,
        Outcome::Success,
        ("user", user.id.as_str()),
    )
    .by(by.0, &by.1)
    .org(org.id.as_str())
    .detail(json!({ "roles": roles }));
    core.audit(&mut write, tenant, &context.meta, event).await?;
    core.commit(write).await?;
    member_json(&context, &org.id, &user.id).await
}

/// `GET /v1/organizations/{org}/members/{user}`
pub async fn read_member(
    context: Context,
    Path((org, user)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    caller(&context, &Method::GET).await?;
    let org = org_by(&context, org).await?;
    let user = user_by(&context, user).await?;
    member_json(&context, &org.id, &user.id).await
}

async fn member_json(
    context: &Context,
    org: &OrgId,
    user: &UserId,
) -> Result<Json<Value>, Problem> {
    let found = orgs::grants(&context.core.db, &context.site.tenant.id, org, user).await?;
    let grants = found.ok_or_else(Problem::not_found)?;
    let mut roles: Vec<&str> = grants.iter().map(|(role, _)| role.as_str()).collect();
    roles.dedup();
    let list: Vec<Value> = grants
        .iter()
        .map(|(role, source)| json!({ "role": role, "source": source }))
        .collect();
    Ok(Json(
        json!({ "user": user, "org": org, "roles": roles, "grants": list }),
    ))
}
