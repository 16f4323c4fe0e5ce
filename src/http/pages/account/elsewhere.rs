//! What the person's providers keep, and the way to their pages.

use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};
use laneway_contract::{Credential, MethodKind};

use super::super::super::context::Context;
use super::super::super::router::AppState;
use super::super::super::{flows, me};
use super::super::see_other;
use super::{Signed, done, posted};
use crate::domain::Problem;
use crate::lane_a::Visit;
use crate::lane_a::account::{self, Kept, Unseen};
use crate::views::{ElsewhereSection, KeptRow};

pub fn routes() -> Router<AppState> {
    Router::new().route("/account/upstream-credentials", post(begin))
}

pub async fn sections(visit: &Visit<'_>) -> Result<Vec<ElsewhereSection>, Problem> {
    let all = account::kept_elsewhere(visit).await?;
    Ok(all.into_iter().map(section).collect())
}

fn section(kept: Kept) -> ElsewhereSection {
    let trouble = kept.credentials.as_ref().err().map(|why| match why {
        Unseen::Away => "away",
        Unseen::NotAllowed => "not-allowed",
        Unseen::Gone => "gone",
    });
    let all = kept.credentials.unwrap_or_default();
    let of = |kind: MethodKind| all.iter().find(|one| one.kind == kind);
    let row = |one: &Credential| KeptRow {
        id: one.id.clone(),
        passkey: one.kind == MethodKind::Passkey,
        label: one.label.clone(),
        created: one.created_at_ms,
        last: kept.last.as_ref() == Some(&one.id),
    };
    ElsewhereSection {
        upstream: kept.upstream.row.slug.clone(),
        label: kept.upstream.row.label(),
        trouble,
        password_changed: of(MethodKind::Password).map(|one| one.created_at_ms),
        rows: all
            .iter()
            .filter(|one| account::is_removable(one))
            .map(row)
            .collect(),
        codes: of(MethodKind::RecoveryCode).map(|one| one.remaining.unwrap_or(0)),
    }
}

/// `POST /account/upstream-credentials`
async fn begin(
    context: Context,
    form: Result<Form<Signed<me::Wish>>, FormRejection>,
) -> Result<Response, Problem> {
    let (_, wish) = posted(&context, form).await?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    match me::begin_errand(&visit, wish).await {
        Ok(url) => {
            let mut response = see_other(&url);
            flows::set_flow_cookie(&mut response, &browser);
            Ok(response)
        }
        Err(problem) => done(Err(problem), "password"),
    }
}
