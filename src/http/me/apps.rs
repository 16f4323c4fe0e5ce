//! `/v1/me/apps`: what somebody has let apps do.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::json;

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::{Page, page, plausible, reading, writing};
use crate::domain::Problem;
use crate::oauth::grants;

const PATH: &str = "/v1/me/apps";

/// `GET /v1/me/apps`
pub async fn apps(context: Context, Query(query): Query<Page>) -> Result<Response, Problem> {
    let visit = reading(&context).await?;
    let limit = query.limit()?;
    let after = query.after(&context, PATH)?;
    let found = grants::list(&visit, &after, limit).await?;
    let last = found.last().map(|held| held.app.0.clone());
    let items = found
        .iter()
        .map(|held| {
            json!({
                "id": held.app, "client_name": held.name, "first_party": held.first_party,
                "scope": held.scope, "created_at": rfc3339(held.since),
            })
        })
        .collect();
    Ok(page(&context, PATH, limit, items, last))
}

/// `DELETE /v1/me/apps/{app}`: takes everything back from it.
pub async fn withdraw_app(context: Context, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    grants::withdraw(&visit, &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
