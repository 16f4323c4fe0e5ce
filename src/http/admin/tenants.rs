//! Tenants and their hosts.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::flows;
use super::super::me::{Page, page, plausible};
use super::{created, if_match, operator as caller, versioned};
use crate::audit::{Event, Outcome, kind};
use crate::domain::tenant::{Brand, Host, Purpose, Signup, Tenant};
use crate::domain::{Code, Problem, TenantId};
use crate::lane_a::operator::{self};
use crate::store::invalidations::{Change, Scope};
use crate::store::{hosts as host_rows, tenants as tenant_rows};

fn tenant_json(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id, "slug": tenant.slug, "name": tenant.name,
        "public_url": tenant.issuer(), "signup": tenant.signup, "origins": tenant.origins,
        "brand": tenant.brand, "rp_id": tenant.rp_id, "jit": if tenant.jit { "create" } else { "deny" },
        "created_at": rfc3339(tenant.created_at),
    })
}

/// `GET /v1/admin/tenants`
pub async fn tenants(context: Context, Query(query): Query<Page>) -> Result<Response, Problem> {
    caller(&context, &Method::GET).await?;
    let limit = query.limit()?;
    let after = query.after(&context, "/v1/admin/tenants")?;
    let all = tenant_rows::list(&context.core.db, &after, limit).await?;
    let last = all.last().map(|t| t.id.0.clone());
    Ok(page(
        &context,
        "/v1/admin/tenants",
        limit,
        all.iter().map(tenant_json).collect(),
        last,
    ))
}

#[derive(Deserialize)]
pub struct NewTenant {
    slug: String,
    name: String,
    public_url: String,
    signup: Option<Signup>,
}

/// `POST /v1/admin/tenants`
pub async fn create_tenant(
    context: Context,
    body: Result<Json<NewTenant>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = caller(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let tenant = operator::create_tenant(
        &context.core,
        &context.meta,
        by.actor(),
        &body.slug,
        &body.name,
        &body.public_url,
        body.signup.unwrap_or(Signup::Invite),
    )
    .await?;
    Ok(created(
        &format!("/v1/admin/tenants/{}", tenant.id),
        tenant_json(&tenant),
    ))
}

async fn tenant_by(context: &Context, id: &str) -> Result<Tenant, Problem> {
    let id = TenantId(plausible(id.to_owned())?);
    tenant_rows::find(&context.core.db, &id)
        .await?
        .ok_or_else(Problem::not_found)
}

/// `GET /v1/admin/tenants/{id}`
pub async fn read_tenant(context: Context, Path(id): Path<String>) -> Result<Response, Problem> {
    caller(&context, &Method::GET).await?;
    let tenant = tenant_by(&context, &id).await?;
    Ok(versioned(tenant.version, tenant_json(&tenant)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    name: Option<String>,
    signup: Option<Signup>,
    origins: Option<Vec<Url>>,
    brand: Option<Brand>,
    claims_format: Option<bool>,
    jit: Option<String>,
}

/// `PATCH /v1/admin/tenants/{id}`
pub async fn change_tenant(
    context: Context,
    Path(id): Path<String>,
    body: Result<Json<TenantChange>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = caller(&context, &Method::PATCH).await?;
    let body = flows::json_body(body)?;
    let mut tenant = tenant_by(&context, &id).await?;
    if if_match(&context)?.is_some_and(|version| version != tenant.version) {
        return Err(Problem::new(
            Code::VersionMismatch,
            "Read the tenant again before you change it.",
        ));
    }
    let before = tenant_json(&tenant);
    apply(&mut tenant, body)?;
    let mut write = context.core.begin().await?;
    if !tenant_rows::update(&mut write.tx, &tenant).await? {
        return Err(Problem::new(
            Code::Conflict,
            "The tenant was changed meanwhile. Try again.",
        ));
    }
    tenant.version += 1;
    write.invalidate(Change::Changed, Scope::Tenant, tenant.id.as_str());
    let event = Event::new(
        kind::TENANT_UPDATED,
        Outcome::Success,
        ("tenant", tenant.id.as_str()),
    )
    .by(by.0, &by.1)
    .change(Some(before), Some(tenant_json(&tenant)));
    context
        .core
        .audit(&mut write, &tenant.id, &context.meta, event)
        .await?;
    context.core.commit(write).await?;
    Ok(versioned(tenant.version, tenant_json(&tenant)))
}

fn apply(tenant: &mut Tenant, change: TenantChange) -> Result<(), Problem> {
    if let Some(origins) = change.origins {
        for (i, origin) in origins.iter().enumerate() {
            let plain = origin.path() == "/" && origin.query().is_none() && origin.has_host();
            if !plain || !matches!(origin.scheme(), "https" | "http") {
                return Err(Problem::field(
                    &format!("/origins/{i}"),
                    "invalid_origin",
                    "Give scheme, host and port only.",
                ));
            }
        }
        tenant.origins = origins;
    }
    if let Some(brand) = change.brand {
        if brand
            .color
            .as_deref()
            .is_some_and(|c| crate::views::brand_css(c).is_none())
        {
            return Err(Problem::field(
                "/brand/color",
                "invalid",
                "Give a colour as #rrggbb.",
            ));
        }
        tenant.brand = brand;
    }
    if let Some(name) = change.name {
        if name.trim().is_empty()
            || name.chars().count() > 100
            || name.chars().any(char::is_control)
        {
            return Err(Problem::field(
                "/name",
                "invalid",
                "Use 1 to 100 characters.",
            ));
        }
        name.trim().clone_into(&mut tenant.name);
    }
    if let Some(jit) = change.jit {
        tenant.jit = match jit.as_str() {
            "create" => true,
            "deny" => false,
            _ => return Err(Problem::field("/jit", "unknown", "Use create or deny.")),
        };
    }
    tenant.signup = change.signup.unwrap_or(tenant.signup);
    tenant.claims_format = change.claims_format.unwrap_or(tenant.claims_format);
    Ok(())
}

fn host_json(host: &Host) -> Value {
    json!({
        "id": host.id, "host": host.host, "purpose": host.purpose, "canonical": host.canonical,
        "config_owned": host.config_owned,
    })
}

/// `GET /v1/admin/tenants/{id}/hosts`
pub async fn hosts(context: Context, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    caller(&context, &Method::GET).await?;
    let tenant = tenant_by(&context, &id).await?;
    let all = host_rows::list(&context.core.db, &tenant.id).await?;
    let items: Vec<Value> = all.iter().map(host_json).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

#[derive(Deserialize)]
pub struct NewHost {
    host: String,
    purpose: Purpose,
}

/// `POST /v1/admin/tenants/{id}/hosts`
pub async fn add_host(
    context: Context,
    Path(id): Path<String>,
    body: Result<Json<NewHost>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = caller(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let tenant = tenant_by(&context, &id).await?;
    let core = &context.core;
    let host = operator::add_host(
        core,
        &context.meta,
        by.actor(),
        &tenant.id,
        &body.host,
        body.purpose,
    )
    .await?;
    Ok(created(
        &format!("/v1/admin/tenants/{}/hosts/{}", tenant.id, host.id),
        host_json(&host),
    ))
}
