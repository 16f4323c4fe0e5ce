//! The account page: a file per section, which builds it and answers its forms.

mod apps;
mod deletion;
mod devices;
mod elsewhere;
mod email;
mod factors;
mod identities;
mod organizations;
mod passkeys;
mod profile;
mod sessions;
mod tokens;

use axum::extract::Query;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::get;
use axum::{Form, Router};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(super) use apps::row as app_row;

use super::super::context::Context;
use super::super::router::AppState;
use super::{check_form, chrome, render, render_flow, see_other, words};
use crate::authn;
use crate::domain::{Lang, Problem, UserId};
use crate::lane_a::{self, Visit};
use crate::views::{self, AccountPage, LoggedOutPage};

const NO_BROWSER: [u8; 32] = [0; 32];

/// The page and the forms of its sections.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/account", get(show))
        .merge(profile::routes())
        .merge(email::routes())
        .merge(deletion::routes())
        .merge(passkeys::routes())
        .merge(factors::routes())
        .merge(elsewhere::routes())
        .merge(identities::routes())
        .merge(sessions::routes())
        .merge(devices::routes())
        .merge(apps::routes())
        .merge(tokens::routes())
        .merge(organizations::routes())
}

/// `GET /`
pub async fn home(context: Context) -> Result<Response, Problem> {
    let visit = context.visit_as(NO_BROWSER, true).await?;
    Ok(see_other(if visit.live.is_some() {
        "/account"
    } else {
        "/login"
    }))
}

/// What a provider adds to `/logged-out`.
#[derive(Deserialize)]
pub struct LoggedOut {
    state: Option<String>,
}

/// `GET /logged-out`
pub async fn logged_out(
    context: Context,
    Query(query): Query<LoggedOut>,
) -> Result<Response, Problem> {
    if let Some(state) = &query.state {
        lane_a::limits::callback(&context.core, &context.meta.ip).await?;
        let tenant = &context.site.tenant;
        let home = lane_a::logout::returned(&context.core, &tenant.id, state).await?;
        if home != tenant.address("/logged-out") {
            return Ok(see_other(&home));
        }
    }
    let page = LoggedOutPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        login_href: "/login".into(),
    };
    Ok(render(&context, StatusCode::OK, &page))
}

/// `?done=` names what just happened; only words that the page knows are shown.
#[derive(Deserialize)]
pub struct Flash {
    done: Option<String>,
}

impl Flash {
    fn words(&self, lang: Lang) -> Option<String> {
        let key = format!("account-flash-{}", self.done.as_deref()?);
        views::has_text(&key).then(|| words(lang, &key))
    }
}

/// `GET /account`
async fn show(context: Context, Query(flash): Query<Flash>) -> Result<Response, Problem> {
    let visit = context.visit_as(NO_BROWSER, true).await?;
    if visit.live.is_none() {
        return Ok(see_other("/login?return_to=/account"));
    }
    let words = flash.words(visit.lang);
    let page = page(&context, &visit, words, tokens::Just::default()).await?;
    // Its forms may lead to a provider: to link it, or to prove oneself again.
    Ok(render_flow(&visit, StatusCode::OK, &page).await)
}

/// The page; `token` is what became of the form for a new one a moment ago.
async fn page(
    context: &Context,
    visit: &Visit<'_>,
    flash: Option<String>,
    token: tokens::Just,
) -> Result<AccountPage, Problem> {
    let live = visit.session()?;
    Ok(AccountPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        csrf: form_token(context),
        acr: live.session.acr.as_str().to_owned(),
        operator: administers(context, &live.session.user).await?,
        flash,
        logout_href: format!("/bff/logout?sid={}", live.session.sid),
        profile: profile::section(&live.user),
        passkeys: passkeys::section(visit).await?,
        factors: factors::section(visit).await?,
        elsewhere: elsewhere::sections(visit).await?,
        identities: identities::section(visit).await?,
        sessions: sessions::section(visit).await?,
        devices: devices::section(visit).await?,
        apps: apps::section(visit).await?,
        tokens: tokens::section(visit, token).await?,
        organizations: organizations::section(visit).await?,
    })
}

/// Is there anything in the tenant's administration for this person?
async fn administers(context: &Context, user: &UserId) -> Result<bool, Problem> {
    let tenant = &context.site.tenant.id;
    let authority = context.core.authority_of(tenant, user).await?;
    Ok(authority.is_operator_of(tenant))
}

fn form_token(context: &Context) -> String {
    let value = authn::read_single(&context.headers, authn::SESSION).unwrap_or_default();
    authn::form_token(&context.core.sealer, value)
}

/// A form of the account: its own fields beside the hidden token.
#[derive(Deserialize)]
struct Signed<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    fields: T,
}

/// The fields of a form that is only a button.
#[derive(Deserialize)]
struct Pressed {}

/// The person behind a form and its fields, once the form is proven to be ours.
async fn posted<T: DeserializeOwned>(
    context: &Context,
    form: Result<Form<Signed<T>>, FormRejection>,
) -> Result<(Visit<'_>, T), Problem> {
    context.login_host_only()?;
    let form = super::flows::form_body(form)?;
    let visit = context.visit_as(NO_BROWSER, true).await?;
    visit.session()?;
    let value = authn::read_single(&context.headers, authn::SESSION).unwrap_or_default();
    check_form(context, value, &form.csrf)?;
    Ok((visit, form.fields))
}

/// A step-up that a form needs becomes a redirect: the person comes back to the page.
fn done(outcome: Result<(), Problem>, word: &str) -> Result<Response, Problem> {
    match outcome {
        Ok(()) => Ok(see_other(&format!("/account?done={word}"))),
        Err(problem) => match problem.extra.get("step_up_url").and_then(|v| v.as_str()) {
            // What was pressed was not done: the page says so afterwards.
            Some(url) if url.ends_with("return_to=%2Faccount") => {
                Ok(see_other(&format!("{url}%3Fdone%3Dagain")))
            }
            Some(url) => Ok(see_other(url)),
            None => Err(problem),
        },
    }
}
