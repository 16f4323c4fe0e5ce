//! Step 2: what the other side says about the draft now.

use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;

use super::super::super::bff::rfc3339;
use super::super::super::context::Context;
use super::super::test_login::row_for;
use super::super::{chrome, render};
use super::guard::{Instead, enter};
use crate::lane_b::check::Check;
use crate::lane_b::drafts;
use crate::views::setup::SetupCheckPage;

/// `GET /setup/{token}/check`
pub async fn show(context: Context, Path(token): Path<String>) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    let (one, revision) = setup.made()?;
    let tenant = &context.site.tenant;
    let found = drafts::look(&context.core, tenant, one, revision).await?;
    let ready = !found.iter().any(Check::blocks);
    let now = rfc3339(context.core.now());
    let lang = context.lang();
    let page = SetupCheckPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: setup.frame(&context, 2),
        checks: found
            .into_iter()
            .map(|check| row_for(lang, check))
            .collect(),
        hash: one.draft_hash.chars().take(8).collect(),
        looked: clock(&now),
        ready,
    };
    Ok(render(&context, StatusCode::OK, &page))
}

/// The time of day of an instant.
pub(super) fn clock(rfc3339: &str) -> String {
    let time: String = rfc3339.chars().skip(11).take(8).collect();
    format!("{time} UTC")
}
