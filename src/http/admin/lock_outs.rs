//! Lock-outs of a person at their identity providers.

use axum::Json;
use axum::extract::Path;
use http::StatusCode;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::me::plausible;
use super::Operator;
use super::users::user_by;
use crate::domain::{Problem, UserId};
use crate::lane_a::operator::{self, Kept, Lock};

/// `GET /v1/admin/users/{id}/lockouts`: what each provider of theirs says. One that is silent is
/// `unknown`.
pub async fn lockouts(context: Context, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let user = user_by(&context, id).await?;
    let all = operator::lock_outs(&context.core, &context.site.tenant, &user.id).await?;
    let items: Vec<Value> = all.iter().map(shown).collect();
    Ok(Json(json!({ "items": items, "next_cursor": null })))
}

/// `DELETE /v1/admin/users/{id}/lockouts`: wherever they are locked out.
pub async fn unlock(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    operator::unlock(&by.act(&context), &UserId(plausible(id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(kept: &Kept) -> Value {
    let (state, lock) = match kept.lock {
        Lock::Open => ("open", None),
        Lock::Locked(lock) => ("locked", Some(lock)),
        Lock::Unknown => ("unknown", None),
    };
    json!({
        "upstream": kept.upstream,
        "state": state,
        "failures": lock.map(|lock| lock.failures),
        "until": lock.and_then(|lock| lock.until_ms).map(rfc3339),
        "last_failure_at": lock.and_then(|lock| lock.last_failure_ms).map(rfc3339),
    })
}
