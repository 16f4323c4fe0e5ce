//! Data to take along, and the end of the account.

use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::get;
use axum::{Form, Router};
use http::{StatusCode, header};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::router::AppState;
use super::super::{chrome, render, see_other, words};
use super::{NO_BROWSER, Signed, done, form_token, posted};
use crate::authn;
use crate::domain::Problem;
use crate::lane_a::{Visit, account};
use crate::views::{AccountDeletedPage, DeleteAccountPage};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/delete", get(show).post(delete))
        .route("/account/deleted", get(deleted))
}

/// `GET /account/delete`: what goes and what stays.
async fn show(context: Context) -> Result<Response, Problem> {
    let visit = context.visit_as(NO_BROWSER, true).await?;
    if visit.live.is_none() {
        return Ok(see_other("/login?return_to=/account/delete"));
    }
    page(&context, &visit, None).await
}

async fn page(
    context: &Context,
    visit: &Visit<'_>,
    error: Option<String>,
) -> Result<Response, Problem> {
    let facts = match account::deletion(visit).await {
        Ok(facts) => facts,
        Err(problem) => return done(Err(problem), ""),
    };
    let status = match error {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = DeleteAccountPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        csrf: form_token(context),
        word: word(visit)?,
        organizations: facts.organizations.join(", "),
        elsewhere: facts.elsewhere,
        only_owner: facts.only_owner,
        error,
    };
    Ok(render(context, status, &page))
}

/// What is typed to confirm.
fn word(visit: &Visit<'_>) -> Result<String, Problem> {
    let email = visit.session()?.user.email.clone();
    Ok(email.unwrap_or_else(|| words(visit.lang, "delete-word")))
}

#[derive(Deserialize)]
struct Confirmed {
    #[serde(default)]
    confirm: String,
}

/// `POST /account/delete`
async fn delete(
    context: Context,
    form: Result<Form<Signed<Confirmed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, fields) = posted(&context, form).await?;
    if !fields.confirm.trim().eq_ignore_ascii_case(&word(&visit)?) {
        return page(&context, &visit, Some(words(visit.lang, "delete-mismatch"))).await;
    }
    if let Err(problem) = account::delete(&visit).await {
        return done(Err(problem), "");
    }
    let mut response = see_other("/account/deleted");
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::clear(authn::SESSION));
    Ok(response)
}

/// `GET /account/deleted`
async fn deleted(context: Context) -> Result<Response, Problem> {
    let page = AccountDeletedPage {
        chrome: chrome(&context.site, &context.meta.request_id),
    };
    Ok(render(&context, StatusCode::OK, &page))
}
