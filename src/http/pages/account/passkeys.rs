//! The person's passkeys.

use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};

use super::super::super::context::Context;
use super::super::super::me;
use super::super::super::router::AppState;
use super::{Pressed, Signed, done, posted};
use crate::domain::Problem;
use crate::lane_a::{Visit, account};
use crate::views::{PasskeyRow, PasskeysSection};

pub fn routes() -> Router<AppState> {
    Router::new().route("/account/passkeys/{id}/remove", post(remove))
}

pub async fn section(visit: &Visit<'_>) -> Result<PasskeysSection, Problem> {
    let all = account::list_passkeys(visit).await?;
    let rows = all
        .into_iter()
        .map(|key| PasskeyRow {
            id: key.id,
            label: key.label,
            created: key.created_at_ms,
            last_used: key.last_used_at_ms,
        })
        .collect();
    Ok(PasskeysSection {
        rows,
        can_enrol: account::can_enrol(visit).await,
    })
}

/// `POST /account/passkeys/{id}/remove`
async fn remove(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(
        account::remove_passkey(&visit, &me::plausible(id)?).await,
        "removed",
    )
}
