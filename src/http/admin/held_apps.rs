//! Which apps have something of a person, for operators.

use axum::extract::{Path, Query};
use axum::response::Response;

use super::super::context::Context;
use super::super::me::{Page, page};
use super::super::shown;
use super::users::user_by;
use crate::domain::Problem;
use crate::oauth::grants;

/// `GET /v1/admin/users/{id}/apps`
pub async fn user_apps(
    context: Context,
    Path(id): Path<String>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let user = user_by(&context, id).await?;
    let path = format!("/v1/admin/users/{}/apps", user.id);
    let (limit, after) = (paging.limit()?, paging.after(&context, &path)?);
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let found = grants::of_user(core, (tenant, &user.id), &after, limit).await?;
    let last = found.last().map(|one| one.held.app.0.clone());
    let items = found.iter().map(shown::app_access).collect();
    Ok(page(&context, &path, limit, items, last))
}
