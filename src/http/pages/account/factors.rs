//! The person's password, authenticator app and recovery codes.

use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Form, Router};
use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::router::AppState;
use super::super::{chrome, render, said_inline, see_other};
use super::{NO_BROWSER, Pressed, Signed, done, form_token, posted};
use crate::domain::{Code, Problem};
use crate::lane_a::{Visit, account, factors};
use crate::views::{EnrolTotpPage, FactorsSection, NewPasswordPage, RecoveryCodesPage};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account/password", get(ask_password).post(save_password))
        .route("/account/totp", get(show_app).post(begin_app))
        .route("/account/totp/confirm", post(confirm_app))
        .route("/account/totp/remove", post(remove_app))
        .route("/account/recovery-codes", post(make_codes))
}

pub async fn section(visit: &Visit<'_>) -> Result<FactorsSection, Problem> {
    let all = factors::list(visit).await?;
    Ok(FactorsSection {
        passwords: all.passwords,
        password_changed: all.password.map(|password| password.created_at_ms),
        apps: all.apps,
        app_since: all.totp.as_ref().map(|app| app.created_at_ms),
        app_used: all.totp.and_then(|app| app.last_used_at_ms),
        codes: all.recovery_codes,
    })
}

#[derive(Deserialize)]
struct PasswordForm {
    current: Option<SecretString>,
    password: Option<SecretString>,
}

/// `GET /account/password`
async fn ask_password(context: Context) -> Result<Response, Problem> {
    let visit = context.visit_as(NO_BROWSER, true).await?;
    if visit.live.is_none() {
        return Ok(see_other("/login?return_to=/account/password"));
    }
    // Asked before anything is typed: a form that is sent twice is a nuisance.
    if let Err(problem) = account::require_fresh(&visit, "/account/password").await {
        return done(Err(problem), "password");
    }
    password_page(&context, &visit, None, StatusCode::OK).await
}

async fn password_page(
    context: &Context,
    visit: &Visit<'_>,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let all = factors::list(visit).await?;
    if !all.passwords {
        return Err(Problem::not_found());
    }
    let user = &visit.session()?.user;
    let has = all.password.is_some();
    let page = NewPasswordPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        action: "/account/password".into(),
        csrf: form_token(context),
        flow: None,
        occasion: if has { "change" } else { "set" }.into(),
        username: user.email.clone().unwrap_or_default(),
        min: factors::least_length(all.totp.is_some()),
        asks_current: has,
        skippable: false,
        error,
    };
    Ok(render(context, status, &page))
}

/// `POST /account/password`
async fn save_password(
    context: Context,
    form: Result<Form<Signed<PasswordForm>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, form) = posted(&context, form).await?;
    let new = form.password.unwrap_or_default();
    match factors::change_password(&visit, form.current, new).await {
        Err(problem) if shown(&problem) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            password_page(
                &context,
                &visit,
                Some(said_inline(visit.lang, &problem)),
                status,
            )
            .await
        }
        outcome => done(outcome, "password"),
    }
}

fn shown(problem: &Problem) -> bool {
    matches!(problem.code, Code::InvalidCredentials | Code::InvalidField)
}

/// `POST /account/totp`
async fn begin_app(
    context: Context,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    match factors::begin_totp(&visit).await {
        Ok(_) => Ok(see_other("/account/totp")),
        Err(problem) => done(Err(problem), "added"),
    }
}

/// `GET /account/totp`: the app that was begun, as often as the page is loaded.
async fn show_app(context: Context) -> Result<Response, Problem> {
    let visit = context.visit_as(NO_BROWSER, true).await?;
    if visit.live.is_none() {
        return Ok(see_other("/login?return_to=/account"));
    }
    app_page(&context, &visit, None, StatusCode::OK).await
}

async fn app_page(
    context: &Context,
    visit: &Visit<'_>,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let Some(uri) = factors::begun_totp(visit).await? else {
        return Ok(see_other("/account"));
    };
    let page = EnrolTotpPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        action: "/account/totp/confirm".into(),
        csrf: form_token(context),
        flow: None,
        otpauth_uri: uri.expose_secret().to_owned(),
        passkey_instead: false,
        error,
    };
    Ok(render(context, status, &page))
}

#[derive(Deserialize)]
struct CodeForm {
    #[serde(default)]
    code: String,
}

/// `POST /account/totp/confirm`
async fn confirm_app(
    context: Context,
    form: Result<Form<Signed<CodeForm>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, form) = posted(&context, form).await?;
    match factors::confirm_totp(&visit, &form.code).await {
        Ok((_, codes)) => Ok(codes_page(&context, &codes)),
        Err(problem) if shown(&problem) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            app_page(
                &context,
                &visit,
                Some(said_inline(visit.lang, &problem)),
                status,
            )
            .await
        }
        Err(problem) if problem.code == Code::NotFound => Ok(see_other("/account")),
        Err(problem) => Err(problem),
    }
}

fn codes_page(context: &Context, codes: &[SecretString]) -> Response {
    let page = RecoveryCodesPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        codes: codes
            .iter()
            .map(|code| code.expose_secret().to_owned())
            .collect(),
        done_href: "/account".into(),
    };
    render(context, StatusCode::OK, &page)
}

/// `POST /account/totp/remove`
async fn remove_app(
    context: Context,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(factors::remove_totp(&visit).await, "totp-removed")
}

/// `POST /account/recovery-codes`
async fn make_codes(
    context: Context,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    match factors::new_recovery_codes(&visit).await {
        Ok(codes) => Ok(codes_page(&context, &codes)),
        Err(problem) => done(Err(problem), "added"),
    }
}
