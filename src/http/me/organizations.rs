//! `/v1/me/organizations`.

use axum::Json;
use axum::extract::Path;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::context::Context;
use super::{plausible, reading, writing};
use crate::domain::Problem;
use crate::lane_a::account;
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

/// `DELETE /v1/me/organizations/{org}`: leaves it.
pub async fn leave_organization(
    context: Context,
    Path(org): Path<String>,
) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::leave_org(&visit, &plausible(org)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
