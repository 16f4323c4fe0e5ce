//! Who gets into an organization without its own provider, in an emergency.

use axum::Json;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::Operator;
use crate::domain::{Problem, UserId, ids};
use crate::lane_b::enforce;

/// `GET /v1/organizations/{org}/break-glass`
pub async fn break_glass(by: Operator, context: Context) -> Result<Json<Value>, Problem> {
    let all = enforce::people(&by.act(&context), &by.org()?.id).await?;
    let items: Vec<Value> = all
        .iter()
        .map(|one| {
            json!({
                "user": one.user, "proven_at": one.proven_at.map(rfc3339),
                "used_at": one.used_at.map(rfc3339), "created_at": rfc3339(one.created_at),
            })
        })
        .collect();
    Ok(Json(json!({ "items": items })))
}

/// `PUT /v1/organizations/{org}/break-glass/{user}`
pub async fn name_break_glass(
    by: Operator,
    context: Context,
    Path((_, user)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    enforce::name(&by.act(&context), &by.org()?.id, &plausible(user)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/organizations/{org}/break-glass/{user}`
pub async fn unname_break_glass(
    by: Operator,
    context: Context,
    Path((_, user)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    enforce::unname(&by.act(&context), &by.org()?.id, &plausible(user)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn plausible(user: String) -> Result<UserId, Problem> {
    if ids::plausible(&user) {
        Ok(UserId(user))
    } else {
        Err(Problem::not_found())
    }
}
