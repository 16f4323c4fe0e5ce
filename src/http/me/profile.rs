//! The account itself: read, rename, delete.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::flows;
use super::{reading, writing};
use crate::authn::{self, Caller};
use crate::authz::Permission;
use crate::domain::Problem;
use crate::domain::user::User;
use crate::lane_a::account;

/// `GET /v1/me`: the one part of an account that a person's API token may read too.
pub async fn read(context: Context) -> Result<Json<Value>, Problem> {
    if let Caller::Token(live) = context.caller().await?
        && let Some(held) = live.token()
        && !held.service
        && held.includes(Permission::AccountRead.as_str())
    {
        return Ok(Json(user_json(&live.user)));
    }
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
        "locale": user.locale,
        "state": user.state,
        "created_at": rfc3339(user.created_at),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    name: Option<String>,
    /// Absent: stays. Null: whatever the browser prefers.
    #[serde(default, deserialize_with = "given")]
    locale: Option<Value>,
}

/// A member that is null is there, too.
fn given<'de, D>(value: D) -> Result<Option<Value>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Value::deserialize(value).map(Some)
}

/// `PATCH /v1/me`
pub async fn change(
    context: Context,
    body: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let visit = writing(&context, &Method::PATCH).await?;
    let body = flows::json_body(body)?;
    let locale = body.locale.map(|value| match value {
        Value::Null => String::new(),
        Value::String(tag) if !tag.is_empty() => tag,
        _ => "?".into(),
    });
    if body.name.is_none() && locale.is_none() {
        return Ok(Json(user_json(&visit.session()?.user)));
    }
    let user = account::change_profile(&visit, body.name.as_deref(), locale.as_deref()).await?;
    Ok(Json(user_json(&user)))
}

/// `DELETE /v1/me`
pub async fn remove(context: Context) -> Result<Response, Problem> {
    context.login_host_only()?;
    context.own_page_only()?;
    let visit = writing(&context, &Method::DELETE).await?;
    account::delete(&visit).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::clear(authn::SESSION));
    Ok(response)
}
