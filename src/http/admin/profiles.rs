//! Standard claims of people (OpenID Connect Core §5.1) beside their name and address.

use axum::Json;
use axum::extract::Path;
use serde_json::Value;

use super::super::context::Context;
use super::super::me::plausible;
use super::Operator;
use super::body::Body;
use super::users::user_by;
use crate::domain::profile::Profile;
use crate::domain::{Problem, UserId};
use crate::lane_a::operator;
use crate::store::profiles;

/// `GET /v1/admin/users/{id}/profile`
pub async fn read_profile(
    context: Context,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let user = user_by(&context, id).await?;
    let found = profiles::find(&context.core.db, &context.site.tenant.id, &user.id).await?;
    let (profile, _) = found.ok_or_else(Problem::not_found)?;
    Ok(Json(Value::Object(profile.members())))
}

/// `PUT /v1/admin/users/{id}/profile`: all of it; what is left out is forgotten.
pub async fn put_profile(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(profile): Body<Profile>,
) -> Result<Json<Value>, Problem> {
    let id = UserId(plausible(id)?);
    operator::put_profile(&by.act(&context), &id, &profile).await?;
    Ok(Json(Value::Object(profile.members())))
}
