//! `/v1/me/apps`: what somebody has let apps do.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{Method, StatusCode};

use super::super::context::Context;
use super::super::shown;
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
    let last = found.last().map(|one| one.held.app.0.clone());
    let items = found.iter().map(shown::app_access).collect();
    Ok(page(&context, PATH, limit, items, last))
}

/// `DELETE /v1/me/apps/{app}`: takes everything back from it.
pub async fn withdraw_app(context: Context, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    grants::withdraw(&visit, &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
