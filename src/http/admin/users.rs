//! People, their sessions and identities.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::{Method, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::flows;
use super::super::me::{Page, identity_json, page, plausible, session_json, user_json};
use super::{created, if_match, operator as caller, versioned};
use crate::domain::user::{User, UserState};
use crate::domain::{Code, Problem, UserId};
use crate::lane_a::logout;
use crate::lane_a::operator::{self, ChangeUser, CreateUser};
use crate::store::sessions::Which;
use crate::store::{links, sessions, users as user_rows};

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
    caller(&context, &Method::GET).await?;
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
    let by = caller(&context, &Method::POST).await?;
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

pub(super) async fn user_by(context: &Context, id: String) -> Result<User, Problem> {
    let id = UserId(plausible(id)?);
    let found = user_rows::find(&context.core.db, &context.site.tenant.id, &id).await?;
    found
        .filter(|user| user.state != UserState::Deleted)
        .ok_or_else(Problem::not_found)
}

/// `GET /v1/admin/users/{id}`
pub async fn read_user(context: Context, Path(id): Path<String>) -> Result<Response, Problem> {
    caller(&context, &Method::GET).await?;
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
    let by = caller(&context, &Method::PATCH).await?;
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
    let by = caller(&context, &Method::DELETE).await?;
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
    caller(&context, &Method::GET).await?;
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
    let by = caller(&context, &Method::DELETE).await?;
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
    caller(&context, &Method::GET).await?;
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
    let by = caller(&context, &Method::PUT).await?;
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
