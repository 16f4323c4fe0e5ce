//! Moving the account to another address, as pages.

use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Form, Router};
use http::StatusCode;
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::router::AppState;
use super::super::{chrome, render, said_inline, see_other};
use super::{NO_BROWSER, Pressed, Signed, done, form_token, posted};
use crate::domain::{Code, Problem};
use crate::lane_a::{Visit, account};
use crate::views::{ChangeEmailPage, PendingCode};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/email", get(show).post(begin))
        .route("/account/email/confirm", post(confirm))
        .route("/account/email/cancel", post(cancel))
}

/// `GET /account/email`: asks for the proof first, so that nobody types in vain.
async fn show(context: Context) -> Result<Response, Problem> {
    let visit = context.visit_as(NO_BROWSER, true).await?;
    if visit.live.is_none() {
        return Ok(see_other("/login?return_to=/account/email"));
    }
    if account::pending_email(&visit).await?.is_none()
        && let Err(problem) = account::require_fresh(&visit, "/account/email").await
    {
        return done(Err(problem), "");
    }
    page(&context, &visit, "", None, StatusCode::OK).await
}

async fn page(
    context: &Context,
    visit: &Visit<'_>,
    typed: &str,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let pending = account::pending_email(visit).await?;
    let page = ChangeEmailPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        csrf: form_token(context),
        present: visit.session()?.user.email.clone().unwrap_or_default(),
        typed: typed.to_owned(),
        pending: pending.map(|pending| PendingCode {
            email: pending.email,
            resend_in: u32::try_from(pending.resend_in).unwrap_or(0),
        }),
        error,
    };
    Ok(render(context, status, &page))
}

#[derive(Deserialize)]
struct NewEmail {
    #[serde(default)]
    email: String,
}

/// `POST /account/email`: sends a code, or another one.
async fn begin(
    context: Context,
    form: Result<Form<Signed<NewEmail>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, fields) = posted(&context, form).await?;
    match account::begin_email_change(&visit, &fields.email).await {
        Ok(_) => Ok(see_other("/account/email")),
        Err(problem) if shown_inline(&problem) => {
            let text = said_inline(visit.lang, &problem);
            page(
                &context,
                &visit,
                &fields.email,
                Some(text),
                status(&problem),
            )
            .await
        }
        Err(problem) => done(Err(problem), ""),
    }
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    code: String,
}

/// `POST /account/email/confirm`
async fn confirm(
    context: Context,
    form: Result<Form<Signed<Typed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, fields) = posted(&context, form).await?;
    match account::confirm_email_change(&visit, &fields.code).await {
        Ok(_) => done(Ok(()), "moved"),
        Err(problem) if shown_inline(&problem) => {
            let text = said_inline(visit.lang, &problem);
            page(&context, &visit, "", Some(text), status(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /account/email/cancel`
async fn cancel(
    context: Context,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(account::cancel_email_change(&visit).await, "kept")
}

fn shown_inline(problem: &Problem) -> bool {
    matches!(
        problem.code,
        Code::InvalidField
            | Code::InvalidCredentials
            | Code::Expired
            | Code::Conflict
            | Code::RateLimited
            // Of the address that was typed: the account here stays as it is.
            | Code::SsoRequired
    )
}

fn status(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
}
