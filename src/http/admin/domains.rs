//! Domains of an organization, and where an identifier leads.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::me::{Page, page};
use super::body::Body;
use super::connections::NoMembers;
use super::{Operator, created};
use crate::domain::Problem;
use crate::lane_a::routing;
use crate::lane_b::domains;
use crate::store::domains::{self as rows, OrgDomain};

/// A domain as the outside sees it, with the record that proves it.
pub fn shown(one: &OrgDomain) -> Value {
    json!({
        "id": one.id, "domain": one.domain, "verified_at": one.verified_at.map(rfc3339),
        "checked_at": one.checked_at.map(rfc3339),
        "missing_since": one.missing_since.map(rfc3339),
        "txt": { "name": domains::txt_name(&one.domain), "value": one.proof },
        "created_at": rfc3339(one.created_at),
    })
}

/// `GET /v1/organizations/{org}/domains`
pub async fn domains(
    by: Operator,
    context: Context,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    let path = format!("/v1/organizations/{org}/domains");
    let (limit, after) = (paging.limit()?, paging.after(&context, &path)?);
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let all = rows::list(db, tenant, org, &after, limit).await?;
    let last = all.last().map(|one| one.domain.clone());
    let items = all.iter().map(shown).collect();
    Ok(page(&context, &path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    domain: String,
}

/// `POST /v1/organizations/{org}/domains`
pub async fn add_domain(
    by: Operator,
    context: Context,
    Body(body): Body<NewDomain>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    let one = domains::add(&by.act(&context), org, &body.domain).await?;
    let location = format!("/v1/organizations/{org}/domains/{}", one.id);
    Ok(created(&location, 1, shown(&one)))
}

/// `GET /v1/organizations/{org}/domains/{domain}`
pub async fn read_domain(
    by: Operator,
    context: Context,
    Path((_, name)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let one = domains::get(&by.act(&context), &by.org()?.id, &name).await?;
    Ok(Json(shown(&one)))
}

/// `POST /v1/organizations/{org}/domains/{domain}/verify`: looks for the record now.
pub async fn verify_domain(
    by: Operator,
    context: Context,
    Path((_, name)): Path<(String, String)>,
    Body(_): Body<NoMembers>,
) -> Result<Json<Value>, Problem> {
    let (one, seen) = domains::verify(&by.act(&context), &by.org()?.id, &name).await?;
    let mut body = shown(&one);
    body["seen"] = json!(seen);
    Ok(Json(body))
}

/// `DELETE /v1/organizations/{org}/domains/{domain}`
pub async fn remove_domain(
    by: Operator,
    context: Context,
    Path((_, name)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    domains::remove(&by.act(&context), &by.org()?.id, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    identifier: String,
}

/// `POST /v1/admin/routing/explain`: where an address, a domain, an organization, a connection or
/// a set-up link leads, and why.
pub async fn explain_routing(
    context: Context,
    Body(body): Body<Identifier>,
) -> Result<Json<Value>, Problem> {
    let tenant = &context.site.tenant.id;
    let routed = routing::of_identifier(&context.core, tenant, &body.identifier).await?;
    Ok(Json(json!({
        "connection": routed.connection, "reason": routed.reason, "enforced": routed.enforced,
        "beside": routed.beside, "rules": routed.rules,
    })))
}
