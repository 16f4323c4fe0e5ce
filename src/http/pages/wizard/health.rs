//! How it goes, for whoever has set it up: no step of its own, and no account needed.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::shown::instant;
use super::super::health::shown;
use super::super::{chrome, render, see_other};
use super::guard::{Instead, Setup, day, enter, posted, told_here};
use crate::domain::Problem;
use crate::domain::connection::{Config, Connection, Protocol, Revision};
use crate::lane_b::connections::{self, ConnectionChange};
use crate::lane_b::drafts::Secret;
use crate::lane_b::health;
use crate::views::setup::{SetupHealthPage, StatedChanges};

/// Fields of both forms.
#[derive(Deserialize, Default)]
pub struct HealthForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    contacts: String,
    #[serde(default)]
    secret_end: String,
    #[serde(default)]
    hash: String,
}

/// What was done just before.
#[derive(Deserialize, Default)]
pub(super) struct Done {
    #[serde(default)]
    pub(super) done: String,
}

/// `GET /setup/{token}/health`
pub async fn show(
    context: Context,
    Path(token): Path<String>,
    Query(query): Query<Done>,
) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    page(&context, &setup, (None, query.done == "saved"), None).await
}

/// `POST /setup/{token}/health`
pub async fn act(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<HealthForm>, FormRejection>,
) -> Result<Response, Instead> {
    let (setup, form) = posted(&context, &token, form, |form| &form.csrf).await?;
    let (one, revision) = setup.made()?;
    match carry_out(&context, &setup, (one, revision), &form).await {
        Ok(next) => Ok(see_other(&setup.address(next))),
        Err(problem) => {
            let words = told_here(&context, problem)?;
            let typed = (form.action == "contacts").then_some(&form);
            page(&context, &setup, (Some(words), false), typed).await
        }
    }
}

/// The step to go on with.
async fn carry_out(
    context: &Context,
    setup: &Setup,
    (one, revision): (&Connection, &Revision),
    form: &HealthForm,
) -> Result<&'static str, Problem> {
    let (change, next) = match form.action.as_str() {
        "contacts" => {
            let all = form.contacts.split_whitespace().map(str::to_owned);
            let end = form.secret_end.trim();
            let end = match (one.protocol, end) {
                (Protocol::Saml, _) => None,
                (Protocol::Oidc, "") => Some(None),
                (Protocol::Oidc, day) => Some(Some(instant(Some(&format!("{day}T00:00:00Z")), 0)?)),
            };
            let change = ConnectionChange {
                contacts: Some(all.collect()),
                secret_end: end,
                ..ConnectionChange::default()
            };
            (change, "health?done=saved")
        }
        "approve" => {
            let change = ConnectionChange {
                approve: Some(form.hash.clone()),
                ..ConnectionChange::default()
            };
            (change, "health")
        }
        // What is published now becomes a draft: looked at, tested and activated like any other.
        "read" => {
            let mut config = revision.config.clone();
            match &mut config {
                Config::Saml(saml) if saml.metadata_url.is_some() => saml.certificates.clear(),
                _ => return Err(Problem::not_found()),
            }
            let change = ConnectionChange {
                draft: Some((one.draft, config, Secret::Keep)),
                ..ConnectionChange::default()
            };
            (change, "check")
        }
        _ => return Err(Problem::not_found()),
    };
    let (act, id) = (setup.act(context), one.id.as_str());
    connections::change(&act, &setup.org.id, id, change, None).await?;
    Ok(next)
}

async fn page(
    context: &Context,
    setup: &Setup,
    (error, saved): (Option<String>, bool),
    typed: Option<&HealthForm>,
) -> Result<Response, Instead> {
    let (one, _) = setup.made()?;
    let known = health::of(&setup.act(context), one).await?;
    let changed = known.findings.iter().any(|check| {
        !check.ok && ["metadata_changed", "metadata_moved"].contains(&check.code.as_str())
    });
    let status = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let (contacts, secret_end) = match typed {
        Some(form) => (form.contacts.clone(), form.secret_end.clone()),
        None => (
            known.contacts.join("\n"),
            known.secret_end.map(day).unwrap_or_default(),
        ),
    };
    let changes = known.changes.as_ref().map(|(hash, all)| StatedChanges {
        hash: hash.clone(),
        rows: all
            .iter()
            .map(|one| (one.member.clone(), one.before.clone(), one.now.clone()))
            .collect(),
    });
    let page = SetupHealthPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: setup.frame(context, 4),
        health: shown(context.lang(), context.core.now(), known),
        changes,
        has_secret: one.protocol == Protocol::Oidc,
        secret_end,
        can_read_again: changed,
        contacts,
        wrong: typed.is_some(),
        saved,
        error,
    };
    Ok(render(context, status, &page))
}
