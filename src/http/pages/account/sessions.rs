//! Where the person is signed in.

use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};

use super::super::super::context::Context;
use super::super::super::me;
use super::super::super::router::AppState;
use super::{Pressed, Signed, done, posted};
use crate::domain::{Problem, Sid};
use crate::lane_a::{Visit, account};
use crate::views::{SessionRow, SessionsSection, agent};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/sessions/end-others", post(end_others))
        .route("/account/sessions/{sid}/end", post(end))
}

pub async fn section(visit: &Visit<'_>) -> Result<SessionsSection, Problem> {
    let current = visit.session()?.session.sid.clone();
    let all = account::list_sessions(visit, "", 50).await?;
    let rows = all
        .into_iter()
        .map(|(session, hosts)| SessionRow {
            current: session.sid == current,
            id: session.sid.0,
            title: match session.app {
                Some(app) => app.name,
                None => agent::name(visit.lang, &session.user_agent),
            },
            ip: session.ip,
            created: session.created_at,
            last_seen: session.last_seen_at,
            hosts,
        })
        .collect();
    Ok(SessionsSection { rows })
}

/// `POST /account/sessions/{sid}/end`
async fn end(
    context: Context,
    Path(sid): Path<String>,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(
        account::end_session(&visit, &Sid(me::plausible(sid)?)).await,
        "ended",
    )
}

/// `POST /account/sessions/end-others`
async fn end_others(
    context: Context,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(account::end_other_sessions(&visit).await, "ended")
}
