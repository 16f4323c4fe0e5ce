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
use crate::domain::app::known_by;
use crate::domain::{Lang, Problem};
use crate::lane_a::Visit;
use crate::oauth::grants::{self, Access};
use crate::views::{AppRow, AppSignIn, AppsSection};

/// As many stand on the page.
const MOST: i64 = 50;
/// And of each as many sign-ins.
const MOST_SIGN_INS: usize = 5;

pub fn routes() -> Router<AppState> {
    Router::new().route("/account/apps/{app}/withdraw", post(withdraw))
}

pub async fn section(visit: &Visit<'_>) -> Result<AppsSection, Problem> {
    let all = grants::list(visit, "", MOST).await?;
    let rows = all.into_iter().map(|one| row(visit.lang, one)).collect();
    Ok(AppsSection { rows })
}

/// An app in a line, here and where operators look.
pub fn row(lang: Lang, access: Access) -> AppRow {
    let held = access.held;
    let shown = access.tokens.into_iter().take(MOST_SIGN_INS);
    AppRow {
        may: scope_words(lang, &held.scope),
        id: held.app.0,
        name: held.name,
        known_by: held.document.as_deref().and_then(known_by),
        own: held.first_party,
        since: held.since,
        sign_ins: shown
            .map(|one| AppSignIn {
                created: one.created_at,
                last_used: one.usage.last_at.zip(one.usage.last_ip),
                uses: u32::try_from(one.usage.count).unwrap_or(u32::MAX),
            })
            .collect(),
    }
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
