//! Step 4: what was tested goes live, step by step, and back.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::{chrome, render, see_other};
use super::guard::{Instead, Setup, enter, posted, told_here};
use super::health::Done;
use crate::domain::connection::{Connection, Rollout, State};
use crate::domain::{Code, Problem};
use crate::lane_a::emergency;
use crate::lane_b::connections::{self, ConnectionChange};
use crate::lane_b::{enforce, live};
use crate::store::{connections as rows, revisions};
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
pub async fn show(
    context: Context,
    Path(token): Path<String>,
    Query(query): Query<Done>,
) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    let shown = Shown {
        done: done(&query.done),
        ..Shown::default()
    };
    page(&context, &setup, shown).await
}

/// What was done, or refused, just before.
#[derive(Default)]
struct Shown {
    done: Option<&'static str>,
    error: Option<String>,
    /// Addresses that were refused, as they were typed.
    typed: Option<String>,
}

/// An address can be opened again when it is otherwise.
fn is_so(key: &str, one: &Connection) -> bool {
    match key {
        "setup-done-enforced" => one.enforced,
        "setup-done-freed" => !one.enforced,
        "setup-done-off" => one.state == State::Disabled,
        _ => one.state == State::Active,
    }
}

/// The words for what an address says was done.
fn done(name: &str) -> Option<&'static str> {
    match name {
        "activate" => Some("setup-done-activate"),
        "rollback" => Some("setup-done-rollback"),
        "rollout" => Some("setup-done-rollout"),
        "enforce" => Some("setup-done-enforced"),
        "free" => Some("setup-done-freed"),
        "on" => Some("setup-done-on"),
        "off" => Some("setup-done-off"),
        _ => None,
    }
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
        Ok(()) => {
            let next = format!("activate?done={}", form.action);
            Ok(see_other(&setup.address(&next)))
        }
        Err(problem) => {
            let about_people = problem.code == Code::InvalidField && form.rollout == "some";
            let shown = Shown {
                error: Some(told_here(&context, problem)?),
                typed: about_people.then_some(form.people),
                done: None,
            };
            page(&context, &setup, shown).await
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
        "enforce" | "free" => ConnectionChange {
            enforced: Some(form.action == "enforce"),
            ..ConnectionChange::default()
        },
        _ => return Err(Problem::not_found()),
    };
    connections::change(&act, org, id, change, None).await?;
    Ok(())
}

async fn page(context: &Context, setup: &Setup, just: Shown) -> Result<Response, Instead> {
    let (one, _) = setup.made()?;
    let (db, tenant) = (&context.core.db, &context.site.tenant);
    let all = revisions::list(db, &tenant.id, &one.id)
        .await
        .map_err(Problem::from)?;
    let other_was_live = all
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
    let named = enforce::people(&setup.act(context), &setup.org.id).await?;
    let proven = emergency::proven(&named, context.core.now()).count();
    let status = if just.error.is_some() {
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
        wrong: just.typed.is_some(),
        people: just.typed.unwrap_or_else(|| people.join("\n")),
        start: tenant.address(&format!("/federation/{}/start", one.id)),
        can_roll_back: other_was_live && one.state == State::Active,
        enforced: one.enforced,
        emergency: (proven.to_string(), named.len().to_string()),
        done: just.done.filter(|key| is_so(key, one)),
        error: just.error,
    };
    Ok(render(context, status, &page))
}
