//! The account page and its forms.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::context::Context;
use super::super::me;
use super::{check_form, chrome, render, render_flow, see_other, words};
use crate::authn;
use crate::domain::upstream::Role;
use crate::domain::user::LinkKind;
use crate::domain::{Problem, Sid};
use crate::lane_a::{Visit, account};
use crate::store::operators;
use crate::views::{
    AccountPage, IdentityRow, LoggedOutPage, PasskeyRow, RedirectChoice, SessionRow,
};

const NO_BROWSER: [u8; 32] = [0; 32];

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
        crate::lane_a::limits::callback(&context.core, &context.meta.ip).await?;
        let tenant = &context.site.tenant.id;
        crate::lane_a::logout::check_state(&context.core, tenant, state).await?;
    }
    let page = LoggedOutPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        login_href: "/login".into(),
    };
    Ok(render(&context, StatusCode::OK, &page))
}

#[derive(Deserialize)]
pub struct Flash {
    done: Option<String>,
}

/// `GET /account`
pub async fn show(context: Context, Query(flash): Query<Flash>) -> Result<Response, Problem> {
    let visit = context.visit_as(NO_BROWSER, true).await?;
    let Some(live) = visit.live.clone() else {
        return Ok(see_other("/login?return_to=/account"));
    };
    let known = ["saved", "ended", "removed", "linked", "added"];
    let flash = flash.done.filter(|word| known.contains(&word.as_str()));
    let page = AccountPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        csrf: form_token(&context),
        name: live.user.name.clone().unwrap_or_default(),
        email: live.user.email.clone().unwrap_or_default(),
        email_verified: live.user.email_verified,
        acr: live.session.acr.as_str().to_owned(),
        sessions: session_rows(&visit).await?,
        passkeys: passkey_rows(&visit).await?,
        identities: identity_rows(&visit).await?,
        linkable: linkable(&visit).await?,
        can_enrol: account::can_enrol(&visit).await,
        operator: operators::is_owner(&context.core.db, &live.session.user).await?,
        flash: flash.map(|word| words(&format!("account-flash-{word}"))),
        logout_href: format!("/bff/logout?sid={}", live.session.sid),
    };
    // Its forms may lead to a provider: to link it, or to prove oneself again.
    Ok(render_flow(&visit, StatusCode::OK, &page).await)
}

fn form_token(context: &Context) -> String {
    let value = authn::read_single(&context.headers, authn::SESSION).unwrap_or_default();
    authn::form_token(&context.core.sealer, value)
}

async fn session_rows(visit: &Visit<'_>) -> Result<Vec<SessionRow>, Problem> {
    let current = visit.session()?.session.sid.clone();
    let all = account::list_sessions(visit, "", 50).await?;
    Ok(all
        .into_iter()
        .map(|(session, hosts)| SessionRow {
            current: session.sid == current,
            id: session.sid.0,
            title: browser_name(&session.user_agent),
            ip: session.ip,
            created: session.created_at,
            last_seen: session.last_seen_at,
            hosts,
        })
        .collect())
}

/// What a user agent calls itself, in words people know; the order matters, since most
/// name others too.
fn browser_name(agent: &str) -> String {
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |table: &[(&str, &'static str)]| {
        table
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) if agent.is_empty() => words("account-unknown-browser"),
        (None, None) => agent.chars().take(40).collect(),
    }
}

async fn passkey_rows(visit: &Visit<'_>) -> Result<Vec<PasskeyRow>, Problem> {
    let all = account::list_passkeys(visit).await?;
    Ok(all
        .into_iter()
        .map(|key| PasskeyRow {
            id: key.id,
            label: key.label,
            created: key.created_at_ms,
            last_used: key.last_used_at_ms,
        })
        .collect())
}

async fn identity_rows(visit: &Visit<'_>) -> Result<Vec<IdentityRow>, Problem> {
    let upstreams = visit.core.providers.of_tenant(&visit.site.tenant).await?;
    let all = account::list_identities(visit).await?;
    let several = all.len() > 1;
    Ok(all
        .into_iter()
        .map(|link| IdentityRow {
            label: match link.kind {
                LinkKind::Email => words("identity-email"),
                _ => upstreams
                    .iter()
                    .find(|u| u.row.issuer == link.issuer)
                    .map_or_else(|| link.issuer.clone(), |u| u.row.label()),
            },
            id: link.id,
            subject: link.subject,
            kind: link.kind.as_str().to_owned(),
            since: link.created_at,
            removable: several && link.kind != LinkKind::Email,
        })
        .collect())
}

/// Providers with a page of their own that this person is not linked to yet.
async fn linkable(visit: &Visit<'_>) -> Result<Vec<RedirectChoice>, Problem> {
    let links = account::list_identities(visit).await?;
    let all = visit.core.providers.of_tenant(&visit.site.tenant).await?;
    Ok(all
        .iter()
        .filter(|u| u.redirects() && u.row.role != Role::Retired)
        .filter(|u| !links.iter().any(|link| link.issuer == u.row.issuer))
        .map(|u| RedirectChoice {
            connection: u.row.slug.clone(),
            label: u.row.label(),
        })
        .collect())
}

/// Fields of the account's forms.
#[derive(Deserialize)]
pub struct AccountForm {
    #[serde(default)]
    csrf: String,
    name: Option<String>,
    connection: Option<String>,
}

async fn posted(
    context: &Context,
    form: Result<Form<AccountForm>, FormRejection>,
) -> Result<(Visit<'_>, AccountForm), Problem> {
    context.login_host_only()?;
    let form = super::flows::form_body(form)?;
    let visit = context.visit_as(NO_BROWSER, true).await?;
    visit.session()?;
    let value = authn::read_single(&context.headers, authn::SESSION).unwrap_or_default();
    check_form(context, value, &form.csrf)?;
    Ok((visit, form))
}

/// A step-up that a form needs becomes a redirect: the person comes back to the page.
fn done(outcome: Result<(), Problem>, word: &str) -> Result<Response, Problem> {
    match outcome {
        Ok(()) => Ok(see_other(&format!("/account?done={word}"))),
        Err(problem) => match problem.extra.get("step_up_url").and_then(|v| v.as_str()) {
            Some(url) => Ok(see_other(url)),
            None => Err(problem),
        },
    }
}

/// `POST /account/profile`
pub async fn profile(
    context: Context,
    form: Result<Form<AccountForm>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, form) = posted(&context, form).await?;
    let outcome = account::rename(&visit, form.name.as_deref().unwrap_or_default()).await;
    done(outcome.map(|_| ()), "saved")
}

/// `POST /account/sessions/{sid}/end`
pub async fn end_session(
    context: Context,
    Path(sid): Path<String>,
    form: Result<Form<AccountForm>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(
        account::end_session(&visit, &Sid(me::plausible(sid)?)).await,
        "ended",
    )
}

/// `POST /account/sessions/end-others`
pub async fn end_others(
    context: Context,
    form: Result<Form<AccountForm>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(account::end_other_sessions(&visit).await, "ended")
}

/// `POST /account/passkeys/{id}/remove`
pub async fn remove_passkey(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<AccountForm>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(
        account::remove_passkey(&visit, &me::plausible(id)?).await,
        "removed",
    )
}

/// `POST /account/identities/{id}/remove`
pub async fn unlink(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<AccountForm>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(
        account::unlink(&visit, &me::plausible(id)?).await,
        "removed",
    )
}

/// `POST /account/identities/link`
pub async fn link(
    context: Context,
    form: Result<Form<AccountForm>, FormRejection>,
) -> Result<Response, Problem> {
    let (_, form) = posted(&context, form).await?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let upstream = form.connection.unwrap_or_default();
    match me::begin_link(&visit, &upstream).await {
        Ok(url) => {
            let mut response = see_other(&url);
            super::flows::set_flow_cookie(&mut response, &browser);
            Ok(response)
        }
        Err(problem) => done(Err(problem), "linked"),
    }
}
