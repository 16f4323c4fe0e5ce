//! `/v1/me/organizations`.

use axum::Json;
use serde_json::{Value, json};

use super::super::context::Context;
use super::reading;
use crate::domain::Problem;
use crate::store::orgs;

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
