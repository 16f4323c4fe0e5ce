//! `/v1/me/sessions`.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::{Page, page, plausible, reading, writing};
use crate::domain::session::Session;
use crate::domain::{Problem, Sid};
use crate::lane_a::account;

/// `GET /v1/me/sessions`
pub async fn sessions(context: Context, Query(query): Query<Page>) -> Result<Response, Problem> {
    let visit = reading(&context).await?;
    let current = visit.session()?.session.sid.clone();
    let limit = query.limit()?;
    let before = query.after(&context, "/v1/me/sessions")?;
    let found = account::list_sessions(&visit, &before, limit).await?;
    let last = found.last().map(|(session, _)| session.sid.0.clone());
    let items = found
        .iter()
        .map(|(s, hosts)| session_json(s, hosts, Some(&current)))
        .collect();
    Ok(page(&context, "/v1/me/sessions", limit, items, last))
}

/// A session as listings show it.
pub fn session_json(session: &Session, hosts: &[String], current: Option<&Sid>) -> Value {
    json!({
        "id": session.sid,
        "current": current == Some(&session.sid),
        "created_at": rfc3339(session.created_at),
        "last_seen_at": rfc3339(session.last_seen_at),
        "ip": session.ip,
        "user_agent": session.user_agent,
        "acr": session.acr.as_str(),
        "amr": session.amr,
        "org_id": session.org,
        "app": session.app.as_ref().map(|app| json!({ "client_id": app.id, "name": app.name })),
        "hosts": hosts,
    })
}

/// `DELETE /v1/me/sessions/{sid}`
pub async fn end_session(context: Context, Path(sid): Path<String>) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::end_session(&visit, &Sid(plausible(sid)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/me/sessions`: all others.
pub async fn end_others(context: Context) -> Result<StatusCode, Problem> {
    let visit = writing(&context, &Method::DELETE).await?;
    account::end_other_sessions(&visit).await?;
    Ok(StatusCode::NO_CONTENT)
}
