//! Tenants and their hosts.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::{Body, Patch};
use super::{Operator, created, if_match, versioned};
use crate::authz::{Permission, Scope};
use crate::domain::settings::Settings;
use crate::domain::tenant::{Brand, Purpose, Signup, Tenant, TenantState};
use crate::domain::{Problem, TenantId};
use crate::lane_a::operator::{self, Act};
use crate::store::{hosts as host_rows, tenants as tenant_rows};

/// `GET /v1/admin/tenants`: those that the caller may read.
pub async fn tenants(
    by: Operator,
    context: Context,
    Query(query): Query<Page>,
) -> Result<Response, Problem> {
    let path = "/v1/admin/tenants";
    let limit = query.limit()?;
    let after = query.after(&context, path)?;
    let all = if by
        .authority()
        .may(Permission::TenantsRead, &Scope::Instance)
    {
        tenant_rows::list(&context.core.db, &after, limit).await?
    } else {
        vec![(*context.site.tenant).clone()]
    };
    let last = all.last().map(|t| t.id.0.clone());
    let items = all.iter().map(shown::tenant).collect();
    Ok(page(&context, path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    slug: String,
    name: String,
    public_url: String,
    signup: Option<Signup>,
}

/// `POST /v1/admin/tenants`
pub async fn create_tenant(
    by: Operator,
    context: Context,
    Body(body): Body<NewTenant>,
) -> Result<Response, Problem> {
    let wanted = operator::NewTenant {
        slug: &body.slug,
        name: &body.name,
        public_url: &body.public_url,
        signup: body.signup.unwrap_or(Signup::Invite),
    };
    let tenant = operator::create_tenant(&by.act(&context), wanted).await?;
    let location = format!("/v1/admin/tenants/{}", tenant.id);
    Ok(created(&location, tenant.version, shown::tenant(&tenant)))
}

async fn tenant_by(context: &Context, id: String) -> Result<Tenant, Problem> {
    let id = TenantId(plausible(id)?);
    tenant_rows::find(&context.core.db, &id)
        .await?
        .ok_or_else(Problem::not_found)
}

/// `GET /v1/admin/tenants/{id}`
pub async fn read_tenant(context: Context, Path(id): Path<String>) -> Result<Response, Problem> {
    let tenant = tenant_by(&context, id).await?;
    Ok(versioned(tenant.version, shown::tenant(&tenant)))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct TenantChange {
    name: Patch<String>,
    state: Patch<TenantState>,
    signup: Patch<Signup>,
    origins: Patch<Vec<Url>>,
    brand: Patch<Map<String, Value>>,
    settings: Patch<Map<String, Value>>,
    claims_format: Patch<bool>,
    registration_enabled: Patch<bool>,
    client_documents_enabled: Patch<bool>,
    jit: Patch<Jit>,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Jit {
    Create,
    Deny,
}

/// `PATCH /v1/admin/tenants/{id}`
pub async fn change_tenant(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(body): Body<TenantChange>,
) -> Result<Response, Problem> {
    let (id, expected) = (TenantId(plausible(id)?), if_match(&context)?);
    let act = by.act(&context);
    let apply = |tenant: &mut Tenant| apply(&act, tenant, body);
    let tenant = operator::change_tenant(&act, &id, expected, apply, shown::tenant).await?;
    Ok(versioned(tenant.version, shown::tenant(&tenant)))
}

fn apply(act: &Act<'_>, tenant: &mut Tenant, change: TenantChange) -> Result<(), Problem> {
    if let Some(origins) = change.origins.removable() {
        tenant.origins = checked_origins(origins.unwrap_or_default())?;
    }
    match change.brand {
        Patch::Keep => {}
        Patch::Remove => tenant.brand = Brand::default(),
        Patch::Set(patch) => operator::patch_brand(tenant, &patch)?,
    }
    match change.settings {
        Patch::Keep => {}
        Patch::Remove => operator::patch_settings(act, tenant, &Settings::none())?,
        Patch::Set(patch) => operator::patch_settings(act, tenant, &patch)?,
    }
    if let Some(name) = change.name.lasting("/name")? {
        tenant.name = operator::check_tenant_name(&name)?;
    }
    if let Some(jit) = change.jit.lasting("/jit")? {
        tenant.jit = jit == Jit::Create;
    }
    tenant.state = change.state.lasting("/state")?.unwrap_or(tenant.state);
    tenant.signup = change.signup.lasting("/signup")?.unwrap_or(tenant.signup);
    let claims = change.claims_format.lasting("/claims_format")?;
    tenant.claims_format = claims.unwrap_or(tenant.claims_format);
    let switch = change.registration_enabled;
    let registration = switch.lasting("/registration_enabled")?;
    tenant.registration_enabled = registration.unwrap_or(tenant.registration_enabled);
    let switch = change.client_documents_enabled;
    let documents = switch.lasting("/client_documents_enabled")?;
    tenant.client_documents_enabled = documents.unwrap_or(tenant.client_documents_enabled);
    Ok(())
}

fn checked_origins(origins: Vec<Url>) -> Result<Vec<Url>, Problem> {
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
    Ok(origins)
}

/// Hosts are never changed, only added and removed.
const HOST_VERSION: i64 = 1;

/// `GET /v1/admin/tenants/{id}/hosts`
pub async fn hosts(context: Context, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let tenant = tenant_by(&context, id).await?;
    let all = host_rows::list(&context.core.db, &tenant.id).await?;
    let items: Vec<Value> = all.iter().map(shown::host).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// `GET /v1/admin/tenants/{id}/hosts/{host}`
pub async fn read_host(
    context: Context,
    Path((id, host)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let tenant = tenant_by(&context, id).await?;
    let all = host_rows::list(&context.core.db, &tenant.id).await?;
    let found = all.iter().find(|row| row.id == host);
    let found = found.ok_or_else(Problem::not_found)?;
    Ok(versioned(HOST_VERSION, shown::host(found)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewHost {
    host: String,
    purpose: Purpose,
    org: Option<String>,
}

/// `POST /v1/admin/tenants/{id}/hosts`
pub async fn add_host(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(body): Body<NewHost>,
) -> Result<Response, Problem> {
    let tenant = tenant_by(&context, id).await?;
    let act = Act {
        tenant: &tenant,
        ..by.act(&context)
    };
    let host = operator::add_host(&act, &body.host, body.purpose, body.org.as_deref()).await?;
    let location = format!("/v1/admin/tenants/{}/hosts/{}", tenant.id, host.id);
    Ok(created(&location, HOST_VERSION, shown::host(&host)))
}

/// `DELETE /v1/admin/tenants/{id}/hosts/{host}`
pub async fn remove_host(
    by: Operator,
    context: Context,
    Path((id, host)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let tenant = tenant_by(&context, id).await?;
    let act = Act {
        tenant: &tenant,
        ..by.act(&context)
    };
    operator::check_version(if_match(&context)?, HOST_VERSION)?;
    operator::remove_host(&act, &plausible(host)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
