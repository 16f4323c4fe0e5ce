//! Step 4: what was tested goes live, step by step, and back.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::{chrome, render, see_other};
use super::guard::{Instead, Setup, enter, posted, told_here};
use crate::domain::Problem;
use crate::domain::connection::{Connection, Rollout, State};
use crate::lane_b::connections::{self, ConnectionChange};
use crate::lane_b::live;
use crate::store::connections as rows;
use crate::views::setup::SetupActivatePage;

/// Fields of all forms of the page.
#[derive(Deserialize, Default)]
pub struct ActivateForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    rollout: String,
    #[serde(default)]
    people: String,
}

/// `GET /setup/{token}/activate`
pub async fn show(context: Context, Path(token): Path<String>) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    page(&context, &setup, None).await
}

/// `POST /setup/{token}/activate`
pub async fn act(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<ActivateForm>, FormRejection>,
) -> Result<Response, Instead> {
    let (setup, form) = posted(&context, &token, form, |form| &form.csrf).await?;
    let (one, _) = setup.made()?;
    match carry_out(&context, &setup, one, &form).await {
        Ok(()) => Ok(see_other(&setup.address("activate"))),
        Err(problem) => {
            let words = told_here(&context, problem)?;
            page(&context, &setup, Some(words)).await
        }
    }
}

async fn carry_out(
    context: &Context,
    setup: &Setup,
    one: &Connection,
    form: &ActivateForm,
) -> Result<(), Problem> {
    let (act, org, id) = (setup.act(context), &setup.org.id, one.id.as_str());
    let change = match form.action.as_str() {
        "activate" => {
            live::activate(&act, org, id, &form.hash, None).await?;
            return Ok(());
        }
        "rollback" => {
            live::roll_back(&act, org, id, None).await?;
            return Ok(());
        }
        "rollout" => {
            let people = form.people.split_whitespace().map(str::to_owned).collect();
            let rollout = Rollout::parse(&form.rollout).ok_or_else(Problem::not_found)?;
            ConnectionChange {
                people: (rollout == Rollout::Some).then_some(people),
                rollout: Some(rollout),
                ..ConnectionChange::default()
            }
        }
        "off" | "on" => ConnectionChange {
            state: Some(if form.action == "on" {
                State::Active
            } else {
                State::Disabled
            }),
            ..ConnectionChange::default()
        },
        _ => return Err(Problem::not_found()),
    };
    connections::change(&act, org, id, change, None).await?;
    Ok(())
}

async fn page(
    context: &Context,
    setup: &Setup,
    error: Option<String>,
) -> Result<Response, Instead> {
    let (one, _) = setup.made()?;
    let (db, tenant) = (&context.core.db, &context.site.tenant);
    let revisions = rows::revisions(db, &tenant.id, &one.id)
        .await
        .map_err(Problem::from)?;
    let other_was_live = revisions
        .iter()
        .any(|row| row.activated_at.is_some() && Some(row.number) != one.active);
    let people = rows::people(db, &tenant.id, &one.id)
        .await
        .map_err(Problem::from)?;
    let tested = one.tested_hash.as_ref() == Some(&one.draft_hash);
    let hash = if tested {
        one.draft_hash.clone()
    } else {
        String::new()
    };
    let status = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let page = SetupActivatePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: setup.frame(context, 4),
        short: one.draft_hash.chars().take(8).collect(),
        hash,
        state: one.state.as_str().to_owned(),
        is_live: one.state == State::Active && one.active == Some(one.draft),
        rollout: one.rollout.as_str().to_owned(),
        people: people.join("\n"),
        start: tenant.address(&format!("/federation/{}/start", one.id)),
        can_roll_back: other_was_live && one.state == State::Active,
        error,
    };
    Ok(render(context, status, &page))
}
