//! Sessions of a tenant.

use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::receipts::gone;
use super::{Operator, address};
use crate::domain::{Code, OrgId, Problem, Sid, UpstreamId, UserId};
use crate::lane_a::operator;
use crate::store::sessions::{self as rows, SessionFilter, Which};

#[derive(Deserialize)]
pub struct SessionQuery {
    user: Option<String>,
    org: Option<String>,
    upstream: Option<String>,
}

/// `GET /v1/admin/sessions?user=&org=&upstream=`, newest first.
pub async fn sessions(
    context: Context,
    Query(query): Query<SessionQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let filters = [
        ("user", &query.user),
        ("org", &query.org),
        ("upstream", &query.upstream),
    ];
    let path = address("/v1/admin/sessions", &filters);
    let filter = SessionFilter {
        user: query.user.unwrap_or_default(),
        org: query.org.unwrap_or_default(),
        upstream: query.upstream.unwrap_or_default(),
    };
    session_page(&context, &path, &filter, &paging).await
}

/// A page of sessions; `path` is what its cursors are bound to.
pub(super) async fn session_page(
    context: &Context,
    path: &str,
    filter: &SessionFilter,
    paging: &Page,
) -> Result<Response, Problem> {
    let limit = paging.limit()?;
    let before = paging.after(context, path)?;
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let now = context.core.now();
    let found = rows::list(db, tenant, filter, &before, limit, now).await?;
    let mut items = Vec::with_capacity(found.len());
    for session in &found {
        let hosts = rows::hosts(db, tenant, &session.sid).await?;
        items.push(shown::session(session, &hosts));
    }
    let last = found.last().map(|session| session.sid.0.clone());
    Ok(page(context, path, limit, items, last))
}

/// `DELETE /v1/admin/sessions/{sid}`
pub async fn end_session(
    by: Operator,
    context: Context,
    Path(sid): Path<String>,
) -> Result<Response, Problem> {
    let sid = Sid(plausible(sid)?);
    let target = ("session", sid.as_str());
    let ended = operator::end_sessions(&by.act(&context), target, Which::One(&sid)).await?;
    if ended.sids.is_empty() {
        return Err(Problem::not_found());
    }
    Ok(gone(ended.receipt))
}

/// `DELETE /v1/admin/sessions?user=|org=|upstream=`: exactly one of them.
pub async fn end_sessions(
    by: Operator,
    context: Context,
    Query(query): Query<SessionQuery>,
) -> Result<Response, Problem> {
    let act = by.act(&context);
    let ended = match (query.user, query.org, query.upstream) {
        (Some(id), None, None) => {
            let id = UserId(plausible(id)?);
            operator::end_sessions(&act, ("user", id.as_str()), Which::OfUser(&id)).await?
        }
        (None, Some(id), None) => {
            let id = OrgId(plausible(id)?);
            operator::end_sessions(&act, ("organization", id.as_str()), Which::OfOrg(&id)).await?
        }
        (None, None, Some(id)) => {
            let id = UpstreamId(plausible(id)?);
            let which = Which::OfUpstream(&id);
            operator::end_sessions(&act, ("upstream", id.as_str()), which).await?
        }
        _ => {
            return Err(Problem::new(
                Code::InvalidRequest,
                "Say whose sessions: user, org or upstream.",
            ));
        }
    };
    Ok(gone(ended.receipt))
}
