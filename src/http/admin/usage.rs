//! How much a tenant uses: numbers, and nobody's name.

use axum::Json;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use crate::domain::Problem;
use crate::lane_a::desk::{self, Range};

/// `GET /v1/admin/usage`
pub async fn usage(context: Context) -> Result<Json<Value>, Problem> {
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let figures = desk::figures(core, tenant).await?;
    let month = desk::series(core, tenant, Range::Month).await?;
    Ok(Json(json!({
        "users": { "active": figures.active, "disabled": figures.disabled },
        "organizations": figures.organizations,
        "sessions": figures.sessions,
        "sign_ins": { "days": 30, "succeeded": month.worked, "failed": month.failed },
        "at": rfc3339(figures.at),
    })))
}
