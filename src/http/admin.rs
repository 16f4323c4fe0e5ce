//! `/v1/admin` and the operators' part of `/v1/organizations` (CONTRACT §8).

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::bff::rfc3339;
use super::context::Context;
use super::flows;
use super::me::{Page, identity_json, page, plausible, session_json, user_json};
use crate::audit::{Event, Outcome, kind};
use crate::authn::{self, Caller};
use crate::domain::tenant::{Brand, Host, Purpose, Signup, Tenant};
use crate::domain::upstream::{Role, Upstream};
use crate::domain::user::{User, UserState};
use crate::domain::{Code, OrgId, Problem, TenantId, UpstreamId, UserId};
use crate::lane_a::operator::{self, ChangeUser, CreateUser, UpstreamInput};
use crate::lane_a::{logout, swap};
use crate::store::audit::Filter;
use crate::store::invalidations::{Change, Scope};
use crate::store::sessions::Which;
use crate::store::{
    audit, hosts as host_rows, links, operators, orgs, sessions, tenants as tenant_rows,
    users as user_rows,
};

/// An operator, for the audit event.
pub struct Operator(&'static str, String);

impl Operator {
    fn actor(&self) -> (&'static str, &str) {
        (self.0, &self.1)
    }
}

/// The caller as an instance operator, by token or by session.
///
/// # Errors
/// `unauthenticated`, `forbidden`, `csrf_required`, `not_found` on app hosts.
pub async fn operator(context: &Context, method: &Method) -> Result<Operator, Problem> {
    context.login_host_only()?;
    match context.caller().await? {
        Caller::Operator(id) => Ok(Operator("token", id)),
        Caller::Session(live) => {
            if !operators::is_owner(&context.core.db, &live.session.user).await? {
                return Err(Problem::new(Code::Forbidden, "Only owners may do this."));
            }
            authn::check_api(&context.headers, method, false)?;
            Ok(Operator("user", live.session.user.0.clone()))
        }
        Caller::Anonymous => Err(
            Problem::new(Code::Unauthenticated, "Send an operator's token.")
                .with("login_url", "/bff/login"),
        ),
    }
}

fn created(location: &str, body: Value) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn versioned(version: i64, body: Value) -> Response {
    let mut response = Json(body).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

fn if_match(context: &Context) -> Result<Option<i64>, Problem> {
    let Some(value) = context.headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim_matches('"');
    if text == "*" {
        return Ok(None);
    }
    let mismatch = || {
        Problem::new(
            Code::VersionMismatch,
            "Read the record again before you change it.",
        )
    };
    text.parse().map(Some).map_err(|_| mismatch())
}

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
    operator(&context, &Method::GET).await?;
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
    let by = operator(&context, &Method::POST).await?;
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
    operator(&context, &Method::GET).await?;
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
    let by = operator(&context, &Method::PATCH).await?;
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
        if name.trim().is_empty() || name.chars().count() > 100 {
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
    operator(&context, &Method::GET).await?;
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
    let by = operator(&context, &Method::POST).await?;
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

#[derive(Deserialize)]
pub struct UserQuery {
    q: Option<String>,
}

/// `GET /v1/admin/users?q=`: by prefix of name or address, or exact id.
pub async fn users(
    context: Context,
    Query(query): Query<UserQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    operator(&context, &Method::GET).await?;
    let limit = paging.limit()?;
    let wanted = query.q.unwrap_or_default();
    let encoded: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    let path = format!("/v1/admin/users?q={encoded}");
    let after = paging.after(&context, &path)?;
    let tenant = &context.site.tenant.id;
    let exact = user_rows::find(&context.core.db, tenant, &UserId(wanted.clone())).await?;
    let all = match exact {
        Some(user) => vec![user],
        None => user_rows::list(&context.core.db, tenant, Some(&wanted), &after, limit).await?,
    };
    let last = all.last().map(|user| user.id.0.clone());
    Ok(page(
        &context,
        &path,
        limit,
        all.iter().map(user_json).collect(),
        last,
    ))
}

#[derive(Deserialize)]
pub struct NewUser {
    email: String,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    password: Option<SecretString>,
}

/// `POST /v1/admin/users`
pub async fn create_user(
    context: Context,
    body: Result<Json<NewUser>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = operator(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    if body.password.is_some() {
        return Err(Problem::new(
            Code::NotSupportedByUpstream,
            "This provider keeps no passwords.",
        ));
    }
    let wanted = CreateUser {
        email: body.email,
        email_verified: body.email_verified,
        name: body.name,
    };
    let tenant = &context.site.tenant;
    let user =
        operator::create_user(&context.core, tenant, &context.meta, by.actor(), wanted).await?;
    Ok(created(
        &format!("/v1/admin/users/{}", user.id),
        user_json(&user),
    ))
}

async fn user_by(context: &Context, id: String) -> Result<User, Problem> {
    let id = UserId(plausible(id)?);
    let found = user_rows::find(&context.core.db, &context.site.tenant.id, &id).await?;
    found
        .filter(|user| user.state != UserState::Deleted)
        .ok_or_else(Problem::not_found)
}

/// `GET /v1/admin/users/{id}`
pub async fn read_user(context: Context, Path(id): Path<String>) -> Result<Response, Problem> {
    operator(&context, &Method::GET).await?;
    let user = user_by(&context, id).await?;
    Ok(versioned(user.version, user_json(&user)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    name: Option<String>,
    state: Option<UserState>,
}

/// `PATCH /v1/admin/users/{id}`
pub async fn change_user(
    context: Context,
    Path(id): Path<String>,
    body: Result<Json<UserChange>, JsonRejection>,
) -> Result<Response, Problem> {
    let by = operator(&context, &Method::PATCH).await?;
    let body = flows::json_body(body)?;
    if body.state == Some(UserState::Deleted) {
        return Err(Problem::field(
            "/state",
            "unknown",
            "Use active or disabled; DELETE deletes.",
        ));
    }
    let (id, change) = (
        UserId(plausible(id)?),
        ChangeUser {
            name: body.name,
            state: body.state,
        },
    );
    let (tenant, expected) = (&context.site.tenant.id, if_match(&context)?);
    let user = operator::change_user(
        &context.core,
        tenant,
        &context.meta,
        by.actor(),
        &id,
        change,
        expected,
    )
    .await?;
    Ok(versioned(user.version, user_json(&user)))
}

/// `DELETE /v1/admin/users/{id}`
pub async fn delete_user(context: Context, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let by = operator(&context, &Method::DELETE).await?;
    let id = UserId(plausible(id)?);
    operator::delete_user(
        &context.core,
        &context.site.tenant,
        &context.meta,
        by.actor(),
        &id,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/admin/users/{id}/sessions`
pub async fn user_sessions(
    context: Context,
    Path(id): Path<String>,
    Query(query): Query<Page>,
) -> Result<Response, Problem> {
    operator(&context, &Method::GET).await?;
    let user = user_by(&context, id).await?;
    let limit = query.limit()?;
    let path = format!("/v1/admin/users/{}/sessions", user.id);
    let before = query.after(&context, &path)?;
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let found =
        sessions::list_of_user(db, tenant, &user.id, &before, limit, context.core.now()).await?;
    let mut items = Vec::new();
    for session in &found {
        let hosts = sessions::hosts(db, tenant, &session.sid).await?;
        items.push(session_json(session, &hosts, None));
    }
    let last = found.last().map(|session| session.sid.0.clone());
    Ok(page(&context, &path, limit, items, last))
}

/// `DELETE /v1/admin/users/{id}/sessions`: all of them.
pub async fn end_sessions(context: Context, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let by = operator(&context, &Method::DELETE).await?;
    let user = user_by(&context, id).await?;
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let which = Which::OfUser(&user.id);
    logout::end_sessions(
        core,
        tenant,
        &context.meta,
        by.actor(),
        &user.id,
        which,
        "ended_by_operator",
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/admin/users/{id}/identities`
pub async fn user_identities(
    context: Context,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    operator(&context, &Method::GET).await?;
    let user = user_by(&context, id).await?;
    let all = links::list(&context.core.db, &context.site.tenant.id, &user.id).await?;
    let items: Vec<Value> = all.iter().map(identity_json).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

#[derive(Deserialize)]
pub struct PutIdentity {
    upstream: String,
    subject: String,
}

/// `PUT /v1/admin/users/{id}/identities`
pub async fn put_identity(
    context: Context,
    Path(id): Path<String>,
    body: Result<Json<PutIdentity>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let by = operator(&context, &Method::PUT).await?;
    let body = flows::json_body(body)?;
    let id = UserId(plausible(id)?);
    let (core, tenant) = (&context.core, &context.site.tenant);
    let link = operator::put_identity(
        core,
        tenant,
        &context.meta,
        by.actor(),
        &id,
        &body.upstream,
        &body.subject,
    )
    .await?;
    Ok(Json(identity_json(&link)))
}

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
    operator(&context, &Method::GET).await?;
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
    let by = operator(&context, &Method::POST).await?;
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
    operator(&context, &Method::GET).await?;
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
    let by = operator(&context, &Method::PATCH).await?;
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
    operator(&context, &Method::POST).await?;
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

#[derive(Deserialize)]
pub struct AuditQuery {
    #[serde(rename = "type")]
    kind: Option<String>,
    actor: Option<String>,
    target: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// `GET /v1/admin/audit-events`, newest first.
pub async fn audit_events(
    context: Context,
    Query(query): Query<AuditQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    operator(&context, &Method::GET).await?;
    let limit = paging.limit()?;
    let filter = Filter {
        kind: query.kind.clone().unwrap_or_default(),
        actor: query.actor.clone().unwrap_or_default(),
        target: query.target.clone().unwrap_or_default(),
        from: instant(query.from.as_deref(), 0)?,
        to: instant(query.to.as_deref(), i64::MAX)?,
    };
    let path = audit_path(&query);
    let before = paging.after(&context, &path)?;
    let all = audit::list(
        &context.core.db,
        &context.site.tenant.id,
        &filter,
        &before,
        limit,
    )
    .await?;
    let last = all.last().map(|event| event.id.clone());
    Ok(page(
        &context,
        &path,
        limit,
        all.iter().map(event_json).collect(),
        last,
    ))
}

/// The listing's address with its filters, which its cursors are bound to.
fn audit_path(query: &AuditQuery) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    let filters = [
        ("type", &query.kind),
        ("actor", &query.actor),
        ("target", &query.target),
        ("from", &query.from),
        ("to", &query.to),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            encoded.append_pair(name, value);
        }
    }
    let encoded = encoded.finish();
    let join = if encoded.is_empty() { "" } else { "?" };
    format!("/v1/admin/audit-events{join}{encoded}")
}

fn event_json(event: &audit::EventRow) -> Value {
    let parse = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .unwrap_or(Value::Null)
    };
    json!({
        "id": event.id, "at": rfc3339(event.at), "type": event.kind, "outcome": event.outcome,
        "actor": event.actor, "target": event.target, "org_id": event.org,
        "request_id": event.request_id, "ip": event.ip,
        "detail": parse(&Some(event.detail.clone())),
        "before": parse(&event.before), "after": parse(&event.after),
    })
}

fn instant(text: Option<&str>, default: i64) -> Result<i64, Problem> {
    use time::format_description::well_known::Rfc3339;
    let Some(text) = text else { return Ok(default) };
    time::OffsetDateTime::parse(text, &Rfc3339)
        .map(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(default))
        .map_err(|_| {
            Problem::new(
                Code::InvalidRequest,
                "Write instants as 2026-11-22T10:00:00Z.",
            )
        })
}

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
    operator(&context, &Method::GET).await?;
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
    let by = operator(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    operator::check_slug("/slug", &body.slug)?;
    if body.name.trim().is_empty() || body.name.chars().count() > 100 {
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
    operator(&context, &Method::GET).await?;
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
    let by = operator(&context, &Method::PUT).await?;
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
    operator(&context, &Method::GET).await?;
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
