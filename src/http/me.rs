//! `/v1/me`: people and their own account (CONTRACT §7).

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bff::{check_org, rfc3339};
use super::context::Context;
use super::{flows, pages};
use crate::authn;
use crate::domain::flow::{Demand, FlowPurpose};
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::domain::{Code, Problem, Sid, ids};
use crate::lane_a::{self, Begin, Visit, account};
use crate::store::orgs;

const NO_BROWSER: [u8; 32] = [0; 32];

async fn reading(context: &Context) -> Result<Visit<'_>, Problem> {
    refuse_tokens(context).await?;
    let visit = context.visit_as(NO_BROWSER, true).await?;
    check_org(context, visit.session()?)?;
    Ok(visit)
}

async fn writing<'a>(context: &'a Context, method: &Method) -> Result<Visit<'a>, Problem> {
    let visit = reading(context).await?;
    authn::check_api(&context.headers, method, false)?;
    Ok(visit)
}

/// A bad bearer value must not fall back to the cookie; a good operator token is nobody.
async fn refuse_tokens(context: &Context) -> Result<(), Problem> {
    match context.caller().await? {
        authn::Caller::Operator(_) => Err(Problem::new(
            Code::Forbidden,
            "Operator tokens have no account.",
        )),
        _ => Ok(()),
    }
}

/// `GET /v1/me`
pub async fn read(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    Ok(Json(user_json(&visit.session()?.user)))
}

/// A person as the account and admin APIs show them.
pub fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "email_verified": user.email_verified,
        "name": user.name,
        "state": user.state,
        "created_at": rfc3339(user.created_at),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    name: Option<String>,
}

/// `PATCH /v1/me`
pub async fn change(
    context: Context,
    body: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let visit = writing(&context, &Method::PATCH).await?;
    let body = flows::json_body(body)?;
    let user = match body.name {
        Some(name) => account::rename(&visit, &name).await?,
        None => visit.session()?.user.clone(),
    };
    Ok(Json(user_json(&user)))
}

/// `DELETE /v1/me`
pub async fn remove(context: Context) -> Result<Response, Problem> {
    context.login_host_only()?;
    let visit = writing(&context, &Method::DELETE).await?;
    account::delete(&visit).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::clear(authn::SESSION));
    Ok(response)
}

/// `?limit=&cursor=` of a listing.
#[derive(Deserialize, Default)]
pub struct Page {
    limit: Option<i64>,
    cursor: Option<String>,
}

impl Page {
    /// How many.
    ///
    /// # Errors
    /// `invalid_request` outside 1–200.
    pub fn limit(&self) -> Result<i64, Problem> {
        match self.limit.unwrap_or(50) {
            limit @ 1..=200 => Ok(limit),
            _ => Err(Problem::new(
                Code::InvalidRequest,
                "limit is between 1 and 200.",
            )),
        }
    }

    /// From where: the opened cursor, bound to `query`.
    ///
    /// # Errors
    /// `invalid_cursor`.
    pub fn after(&self, context: &Context, query: &str) -> Result<String, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(String::new());
        };
        open_cursor(context, query, cursor).ok_or_else(|| {
            Problem::new(
                Code::InvalidCursor,
                "Use next_cursor of the same query as it came.",
            )
        })
    }
}

fn cursor_place<'a>(context: &'a Context, query: &'a str) -> crate::store::seal::Place<'a> {
    crate::store::seal::Place {
        tenant: context.site.tenant.id.as_str(),
        table: "cursor",
        column: "",
        row: query,
    }
}

fn open_cursor(context: &Context, query: &str, cursor: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()?;
    let plain = context
        .core
        .sealer
        .open(cursor_place(context, query), &bytes)
        .ok()?;
    String::from_utf8(plain).ok()
}

/// A page of a listing: `items`, and the way to the next when the page is full.
pub fn page(
    context: &Context,
    query: &str,
    limit: i64,
    items: Vec<Value>,
    last: Option<String>,
) -> Response {
    use base64::Engine as _;
    let full = i64::try_from(items.len()).is_ok_and(|n| n == limit);
    let next = last.filter(|_| full).map(|last| {
        let sealed = context
            .core
            .sealer
            .seal(cursor_place(context, query), last.as_bytes());
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sealed)
    });
    let mut response = Json(json!({ "items": items, "next_cursor": next })).into_response();
    if let Some(next) = next {
        let path = query.split_once('?').map_or(query, |(path, _)| path);
        let rest = query
            .split_once('?')
            .map(|(_, rest)| format!("&{rest}"))
            .unwrap_or_default();
        let link = format!(
            "<{}{path}?limit={limit}&cursor={next}{rest}>; rel=\"next\"",
            context.origin()
        );
        if let Ok(value) = link.parse() {
            response.headers_mut().insert(header::LINK, value);
        }
    }
    response
}

/// `GET /v1/me/sessions`
pub async fn sessions(context: Context, Query(query): Query<Page>) -> Result<Response, Problem> {
    let visit = reading(&context).await?;
    let current = visit.session()?.session.sid.clone();
    let limit = query.limit()?;
    let before = query.after(&context, "/v1/me/sessions")?;
    let found = account::list_sessions(&visit, &before, limit).await?;
    let last = found.last().map(|(session, _)| session.sid.0.clone());
    let items = found
        .iter()
        .map(|(s, hosts)| session_json(s, hosts, Some(&current)))
        .collect();
    Ok(page(&context, "/v1/me/sessions", limit, items, last))
}

/// A session as listings show it.
pub fn session_json(session: &Session, hosts: &[String], current: Option<&Sid>) -> Value {
    json!({
        "id": session.sid,
        "current": current == Some(&session.sid),
        "created_at": rfc3339(session.created_at),
        "last_seen_at": rfc3339(session.last_seen_at),
        "ip": session.ip,
        "user_agent": session.user_agent,
        "acr": session.acr.as_str(),
        "amr": session.amr,
        "org_id": session.org,
        "hosts": hosts,
    })
}

/// `DELETE /v1/me/sessions/{sid}`
pub async fn end_session(context: Context, Path(sid): Path<String>) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::end_session(&visit, &Sid(plausible(sid)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/me/sessions`: all others.
pub async fn end_others(context: Context) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::end_other_sessions(&visit).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/me/passkeys`
pub async fn passkeys(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    let all = account::list_passkeys(&visit).await?;
    let items: Vec<Value> = all.iter().map(passkey_json).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

fn passkey_json(key: &laneway_contract::Credential) -> Value {
    json!({
        "id": key.id,
        "label": key.label,
        "created_at": rfc3339(key.created_at_ms),
        "last_used_at": key.last_used_at_ms.map(rfc3339),
    })
}

#[derive(Deserialize, Default)]
pub struct NewPasskey {
    #[serde(default)]
    label: String,
}

/// `POST /v1/me/passkeys`
pub async fn begin_passkey(
    context: Context,
    body: Result<Json<NewPasskey>, JsonRejection>,
) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let begun = account::begin_passkey(&visit, &body.label).await?;
    Ok((StatusCode::CREATED, Json(begun)).into_response())
}

#[derive(Deserialize)]
pub struct Finish {
    credential: Value,
}

/// `POST /v1/me/passkeys/{id}`
pub async fn finish_passkey(
    context: Context,
    Path(id): Path<String>,
    body: Result<Json<Finish>, JsonRejection>,
) -> Result<Response, Problem> {
    let visit = writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let stored = account::finish_passkey(&visit, &plausible(id)?, body.credential).await?;
    Ok((StatusCode::CREATED, Json(passkey_json(&stored))).into_response())
}

/// `DELETE /v1/me/passkeys/{id}`
pub async fn remove_passkey(
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::remove_passkey(&visit, &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/me/identities`
pub async fn identities(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    let all = account::list_identities(&visit).await?;
    let items: Vec<Value> = all.iter().map(identity_json).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// A link as listings show it.
pub fn identity_json(link: &crate::domain::user::IdentityLink) -> Value {
    json!({
        "id": link.id,
        "kind": link.kind,
        "upstream": link.source,
        "issuer": link.issuer,
        "subject": link.subject,
        "created_at": rfc3339(link.created_at),
        "last_used_at": link.last_used_at.map(rfc3339),
    })
}

#[derive(Deserialize)]
pub struct Link {
    upstream: String,
}

/// `POST /v1/me/identities`: begins linking; the browser goes to `redirect_to`.
pub async fn link(
    context: Context,
    body: Result<Json<Link>, JsonRejection>,
) -> Result<Response, Problem> {
    writing(&context, &Method::POST).await?;
    let body = flows::json_body(body)?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let url = begin_link(&visit, &body.upstream).await?;
    let mut response = Json(json!({ "redirect_to": url })).into_response();
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// Begins a link flow to an upstream by slug or id; where the browser goes.
///
/// # Errors
/// `step_up_required`, `not_supported_by_upstream`.
pub async fn begin_link(visit: &Visit<'_>, upstream: &str) -> Result<String, Problem> {
    account::require_fresh(visit, "/account").await?;
    let all = visit.core.providers.of_tenant(&visit.site.tenant).await?;
    let target = all
        .iter()
        .find(|c| c.row.slug == upstream || c.row.id.as_str() == upstream)
        .ok_or_else(|| {
            Problem::field(
                "/upstream",
                "unknown",
                "Name one of the tenant's upstreams.",
            )
        })?;
    if !target.redirects() {
        return Err(Problem::new(
            Code::NotSupportedByUpstream,
            "Verify your address instead: that is what links you to this provider.",
        ));
    }
    let begin = Begin {
        purpose: FlowPurpose::Link,
        username: None,
        return_to: crate::domain::return_to::ReturnTo::own("/account"),
        demand: Demand::default(),
        link_to: Some(target.row.id.clone()),
        owner_link: None,
    };
    let flow = lane_a::begin(visit, begin).await?;
    let submitted = lane_a::submit(visit, &flow.id, "redirect", &flows::empty()).await?;
    Ok(pages::next_address(&submitted))
}

/// `DELETE /v1/me/identities/{id}`
pub async fn unlink(context: Context, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::unlink(&visit, &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/me/organizations`
pub async fn organizations(context: Context) -> Result<Json<Value>, Problem> {
    let visit = reading(&context).await?;
    let user = &visit.session()?.session.user;
    let all = orgs::memberships(&context.core.db, &context.site.tenant.id, user).await?;
    let items: Vec<Value> = all
        .iter()
        .map(|m| json!({ "id": m.org, "slug": m.slug, "name": m.name, "roles": m.roles, "permissions": m.permissions }))
        .collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// An id that can be one of ours at all.
///
/// # Errors
/// `not_found`.
pub fn plausible(id: String) -> Result<String, Problem> {
    if ids::plausible(&id) {
        Ok(id)
    } else {
        Err(Problem::not_found())
    }
}
