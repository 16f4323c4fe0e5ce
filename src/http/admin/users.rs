//! People and their identities.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::me::{Page, identity_json, page, plausible, user_json};
use super::super::shown;
use super::body::{Body, Patch};
use super::receipts::gone;
use super::sessions::session_page;
use super::{Operator, address, created, if_match, versioned};
use crate::domain::user::{User, UserState};
use crate::domain::{Code, Problem, UserId};
use crate::lane_a::operator::{self, ChangeUser, CreateUser};
use crate::store::sessions::{SessionFilter, Which};
use crate::store::users::UserFilter;
use crate::store::{links, members, users as user_rows};

#[derive(Deserialize)]
pub struct UserQuery {
    q: Option<String>,
    state: Option<String>,
}

/// `GET /v1/admin/users?q=&state=`: by prefix of name or address, or exact id.
pub async fn users(
    context: Context,
    Query(query): Query<UserQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let limit = paging.limit()?;
    let filters = [("q", &query.q), ("state", &query.state)];
    let path = address("/v1/admin/users", &filters);
    let after = paging.after(&context, &path)?;
    let filter = UserFilter {
        prefix: query.q.unwrap_or_default(),
        state: state(query.state.as_deref())?,
    };
    let tenant = &context.site.tenant.id;
    let all = user_rows::list(&context.core.db, tenant, &filter, &after, limit).await?;
    let last = all.last().map(|user| user.id.0.clone());
    let items = all.iter().map(user_json).collect();
    Ok(page(&context, &path, limit, items, last))
}

fn state(text: Option<&str>) -> Result<Option<UserState>, Problem> {
    match text {
        None => Ok(None),
        Some("active") => Ok(Some(UserState::Active)),
        Some("disabled") => Ok(Some(UserState::Disabled)),
        Some(_) => Err(Problem::new(
            Code::InvalidRequest,
            "state is active or disabled.",
        )),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    email: String,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    password: Option<SecretString>,
}

/// `POST /v1/admin/users`
pub async fn create_user(
    by: Operator,
    context: Context,
    Body(body): Body<NewUser>,
) -> Result<Response, Problem> {
    // What somebody chose elsewhere; an operator of one tenant chooses nobody's password.
    if body.password.is_some() && !by.authority().is_instance_operator() {
        return Err(Problem::new(
            Code::Forbidden,
            "Only operators of the installation bring passwords along.",
        ));
    }
    let wanted = CreateUser {
        email: body.email,
        email_verified: body.email_verified,
        name: body.name,
        password: body.password,
    };
    let user = operator::create_user(&by.act(&context), wanted).await?;
    let location = format!("/v1/admin/users/{}", user.id);
    Ok(created(&location, user.version, user_json(&user)))
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
    let user = user_by(&context, id).await?;
    Ok(versioned(user.version, user_json(&user)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct UserChange {
    name: Patch<String>,
    email: Patch<String>,
    email_verified: Patch<bool>,
    state: Patch<UserState>,
}

/// `PATCH /v1/admin/users/{id}`
pub async fn change_user(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(body): Body<UserChange>,
) -> Result<Response, Problem> {
    let state = body.state.lasting("/state")?;
    if state == Some(UserState::Deleted) {
        return Err(Problem::field(
            "/state",
            "unknown",
            "Use active or disabled; DELETE deletes.",
        ));
    }
    let change = ChangeUser {
        name: body.name.removable(),
        email: body.email.removable(),
        email_verified: body.email_verified.lasting("/email_verified")?,
        state,
    };
    let (id, expected) = (UserId(plausible(id)?), if_match(&context)?);
    let user = operator::change_user(&by.act(&context), &id, change, expected).await?;
    Ok(versioned(user.version, user_json(&user)))
}

/// `DELETE /v1/admin/users/{id}`: anonymises; the id is never given to anybody else.
pub async fn delete_user(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let (id, expected) = (UserId(plausible(id)?), if_match(&context)?);
    operator::delete_user(&by.act(&context), &id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/admin/users/{id}/totp`: the authenticator app with its recovery codes, and every
/// session.
pub async fn reset_totp(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    operator::reset_second_factor(&by.act(&context), &UserId(plausible(id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/admin/users/{id}/sessions`
pub async fn user_sessions(
    context: Context,
    Path(id): Path<String>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let user = user_by(&context, id).await?;
    let path = format!("/v1/admin/users/{}/sessions", user.id);
    let filter = SessionFilter {
        user: user.id.0,
        ..SessionFilter::default()
    };
    session_page(&context, &path, &filter, &paging).await
}

/// `DELETE /v1/admin/users/{id}/sessions`: all of them.
pub async fn end_user_sessions(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let user = user_by(&context, id).await?;
    let target = ("user", user.id.as_str());
    let which = Which::OfUser(&user.id);
    let ended = operator::end_sessions(&by.act(&context), target, which).await?;
    Ok(gone(ended.receipt))
}

/// `GET /v1/admin/users/{id}/organizations`: memberships with grants, also suspended ones.
pub async fn user_memberships(
    context: Context,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let user = user_by(&context, id).await?;
    let all = members::of_user(&context.core.db, &context.site.tenant.id, &user.id).await?;
    let items: Vec<Value> = all.iter().map(shown::member).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// `GET /v1/admin/users/{id}/identities`
pub async fn user_identities(
    context: Context,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let user = user_by(&context, id).await?;
    let all = links::list(&context.core.db, &context.site.tenant.id, &user.id).await?;
    let items: Vec<Value> = all.iter().map(identity_json).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutIdentity {
    upstream: String,
    subject: String,
}

/// `PUT /v1/admin/users/{id}/identities`
pub async fn put_identity(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(body): Body<PutIdentity>,
) -> Result<Json<Value>, Problem> {
    let user = user_by(&context, id).await?;
    let act = by.act(&context);
    let link = operator::put_identity(&act, &user.id, &body.upstream, &body.subject).await?;
    Ok(Json(identity_json(&link)))
}

/// `DELETE /v1/admin/users/{id}/identities/{identity}`
pub async fn delete_identity(
    by: Operator,
    context: Context,
    Path((id, identity)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let user = user_by(&context, id).await?;
    let identity = plausible(identity)?;
    operator::delete_identity(&by.act(&context), &user.id, &identity).await?;
    Ok(StatusCode::NO_CONTENT)
}
