//! Identity providers.

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::flows;
use super::super::me::plausible;
use super::{created, operator as caller, versioned};
use crate::domain::upstream::{Role, Upstream};
use crate::domain::{Code, Problem, UpstreamId};
use crate::lane_a::operator::{self, UpstreamInput};
use crate::lane_a::swap;

fn upstream_json(row: &Upstream) -> Value {
    json!({
        "id": row.id, "kind": row.kind, "name": row.slug, "issuer": row.issuer,
        "client_id": row.client_id, "client_secret": { "set": row.secret.is_some() },
        "options": row.options, "role": row.role, "config_owned": row.config_owned,
        "created_at": rfc3339(row.created_at),
    })
}

/// `GET /v1/admin/upstreams`
pub async fn upstreams(context: Context) -> Result<Json<Value>, Problem> {
    caller(&context, &Method::GET).await?;
    let all = context
        .core
        .providers
        .of_tenant(&context.site.tenant)
        .await?;
    let items: Vec<Value> = all.iter().map(|c| upstream_json(&c.row)).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

#[derive(Deserialize)]
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
    context: Context,
    body: Result<Json<NewUpstream>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = caller(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let tenant = &context.site.tenant;
    let all = context.core.providers.of_tenant(tenant).await?;
    if all.iter().any(|c| c.row.slug == body.name) {
        return Err(Problem::new(
            Code::Duplicate,
            "An upstream of this name exists already.",
        ));
    }
    let input = UpstreamInput {
        kind: body.kind,
        name: body.name,
        issuer: body.issuer,
        client_id: body.client_id,
        client_secret: body.client_secret,
        options: body.options.unwrap_or_else(|| json!({})),
    };
    let row =
        operator::put_upstream(&context.core, tenant, &context.meta, by.actor(), input).await?;
    Ok(created(
        &format!("/v1/admin/upstreams/{}", row.id),
        upstream_json(&row),
    ))
}

/// `GET /v1/admin/upstreams/{id}`
pub async fn read_upstream(context: Context, Path(id): Path<String>) -> Result<Response, Problem> {
    caller(&context, &Method::GET).await?;
    let id = UpstreamId(plausible(id)?);
    let found = context
        .core
        .providers
        .get(&context.site.tenant, &id)
        .await?;
    Ok(versioned(found.row.version, upstream_json(&found.row)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamChange {
    role: Option<Role>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    options: Option<Value>,
}

/// `PATCH /v1/admin/upstreams/{id}`
pub async fn change_upstream(
    context: Context,
    Path(id): Path<String>,
    body: Result<Json<UpstreamChange>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = caller(&context, &Method::PATCH).await?;
    let body = flows::json_body(body)?;
    let id = UpstreamId(plausible(id)?);
    let (core, tenant) = (&context.core, &context.site.tenant);
    let old = core.providers.get(tenant, &id).await?;
    let content = body.issuer.is_some()
        || body.client_id.is_some()
        || body.client_secret.is_some()
        || body.options.is_some();
    if content {
        let input = UpstreamInput {
            kind: old.row.kind.clone(),
            name: old.row.slug.clone(),
            issuer: body.issuer.unwrap_or_else(|| old.row.issuer.clone()),
            client_id: body.client_id.unwrap_or_else(|| old.row.client_id.clone()),
            client_secret: body.client_secret,
            options: body.options.unwrap_or_else(|| old.row.options.clone()),
        };
        operator::put_upstream(core, tenant, &context.meta, by.actor(), input).await?;
    }
    if let Some(role) = body.role {
        swap::set_role(core, tenant, &context.meta, by.actor(), &id, role).await?;
    }
    let new = core.providers.get(tenant, &id).await?;
    Ok(versioned(new.row.version, upstream_json(&new.row)))
}

/// `POST /v1/admin/upstreams/{id}/probe`
pub async fn probe(context: Context, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    caller(&context, &Method::POST).await?;
    let id = UpstreamId(plausible(id)?);
    let found = context
        .core
        .providers
        .get(&context.site.tenant, &id)
        .await?;
    let checks = operator::probe(&context.core, &context.site.tenant, &found).await?;
    let ok = checks.iter().all(|check| check.ok);
    Ok(Json(json!({ "ok": ok, "checks": checks })))
}
