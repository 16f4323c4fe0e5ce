//! Apps that the person has let in.

use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};

use super::super::super::context::Context;
use super::super::super::me;
use super::super::super::oauth::scope_words;
use super::super::super::router::AppState;
use super::{Pressed, Signed, done, posted};
use crate::domain::Problem;
use crate::lane_a::Visit;
use crate::oauth::grants;
use crate::views::{AppRow, AppsSection};

/// As many stand on the page.
const MOST: i64 = 50;

pub fn routes() -> Router<AppState> {
    Router::new().route("/account/apps/{app}/withdraw", post(withdraw))
}

pub async fn section(visit: &Visit<'_>) -> Result<AppsSection, Problem> {
    let all = grants::list(visit, "", MOST).await?;
    let rows = all
        .into_iter()
        .map(|held| AppRow {
            may: scope_words(visit.lang, &held.scope),
            id: held.app.0,
            name: held.name,
            own: held.first_party,
            since: held.since,
        })
        .collect();
    Ok(AppsSection { rows })
}

/// `POST /account/apps/{app}/withdraw`
async fn withdraw(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    let outcome = grants::withdraw(&visit, &me::plausible(id)?).await;
    done(outcome, "app-withdrawn")
}
