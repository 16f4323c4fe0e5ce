//! Identity providers.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::{Body, Patch, merged};
use super::{Operator, created, if_match, versioned};
use crate::domain::upstream::{Role, Upstream};
use crate::domain::{Problem, UpstreamId};
use crate::lane_a::operator::{self, UpstreamChange as Change, UpstreamInput};

/// `GET /v1/admin/upstreams`
pub async fn upstreams(context: Context, Query(paging): Query<Page>) -> Result<Response, Problem> {
    let path = "/v1/admin/upstreams";
    let limit = paging.limit()?;
    let after = paging.after(&context, path)?;
    let tenant = &context.site.tenant;
    let all = context.core.providers.of_tenant(tenant).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let found: Vec<&Upstream> = all
        .iter()
        .map(|configured| &configured.row)
        .filter(|row| row.id.as_str() > after.as_str())
        .take(wanted)
        .collect();
    let last = found.last().map(|row| row.id.0.clone());
    let items = found.into_iter().map(shown::upstream).collect();
    Ok(page(&context, path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUpstream {
    kind: String,
    name: String,
    issuer: String,
    client_id: String,
    client_secret: Option<SecretString>,
    options: Option<Value>,
}

/// `POST /v1/admin/upstreams`
pub async fn create_upstream(
    by: Operator,
    context: Context,
    Body(body): Body<NewUpstream>,
) -> Result<Response, Problem> {
    let input = UpstreamInput {
        kind: body.kind,
        name: body.name,
        issuer: body.issuer,
        client_id: body.client_id,
        client_secret: body.client_secret,
        options: body.options.unwrap_or_else(|| json!({})),
    };
    let row = operator::create_upstream(&by.act(&context), input).await?;
    let location = format!("/v1/admin/upstreams/{}", row.id);
    Ok(created(&location, row.version, shown::upstream(&row)))
}

/// `GET /v1/admin/upstreams/{id}`
pub async fn read_upstream(context: Context, Path(id): Path<String>) -> Result<Response, Problem> {
    let id = UpstreamId(plausible(id)?);
    let tenant = &context.site.tenant;
    let found = context.core.providers.get(tenant, &id).await?;
    Ok(versioned(found.row.version, shown::upstream(&found.row)))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct UpstreamChange {
    role: Patch<Role>,
    issuer: Patch<String>,
    client_id: Patch<String>,
    client_secret: Patch<SecretString>,
    options: Patch<Value>,
}

/// `PATCH /v1/admin/upstreams/{id}`
pub async fn change_upstream(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(body): Body<UpstreamChange>,
) -> Result<Response, Problem> {
    let (id, expected) = (UpstreamId(plausible(id)?), if_match(&context)?);
    let tenant = &context.site.tenant;
    let old = context.core.providers.get(tenant, &id).await?;
    let options = body.options.removable();
    let change = Change {
        role: body.role.lasting("/role")?,
        issuer: body.issuer.lasting("/issuer")?,
        client_id: body.client_id.lasting("/client_id")?,
        client_secret: body.client_secret.removable(),
        options: options.map(|change| merged(old.row.options.clone(), change)),
    };
    let row = operator::change_upstream(&by.act(&context), &id, change, expected).await?;
    Ok(versioned(row.version, shown::upstream(&row)))
}

/// `DELETE /v1/admin/upstreams/{id}`: retires it; links keep what they know.
pub async fn delete_upstream(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (id, expected) = (UpstreamId(plausible(id)?), if_match(&context)?);
    operator::delete_upstream(&by.act(&context), &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/admin/upstreams/{id}/probe`
pub async fn probe(context: Context, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let id = UpstreamId(plausible(id)?);
    let tenant = &context.site.tenant;
    let found = context.core.providers.get(tenant, &id).await?;
    let checks = operator::probe(&context.core, tenant, &found).await?;
    let ok = checks.iter().all(|check| check.ok);
    Ok(Json(json!({ "ok": ok, "checks": checks })))
}
