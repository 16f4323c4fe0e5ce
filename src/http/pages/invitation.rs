//! `/invitations/{token}`: who is invited, to what, and what that person does next. Forms
//! have no address of their own: the page's own is a one-time value.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::super::context::{Browser, Context};
use super::super::flows;
use super::{after, check_form, chrome, render_flow, said_inline, see_other};
use crate::authn;
use crate::domain::invitation::InvitationState;
use crate::domain::{Code, Problem};
use crate::lane_a::invitation::{self as invitations, Looker, Shown};
use crate::lane_a::{Visit, account};
use crate::views::{InvitationPage, InvitationStep, PendingCode};

/// `GET /invitations/{token}`: looking consumes nothing.
pub async fn show(context: Context, Path(token): Path<String>) -> Result<Response, Problem> {
    context.login_host_only()?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let shown = invitations::look(&visit, &token).await?;
    let mut response = page(&context, &visit, &browser, shown, None).await?;
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// What a form here is bound to: the session if there is one, else this browser.
fn binding(context: &Context, visit: &Visit<'_>, browser: &Browser) -> String {
    match &visit.live {
        Some(_) => authn::read_single(&context.headers, authn::SESSION)
            .unwrap_or_default()
            .to_owned(),
        None => browser.binding.clone(),
    }
}

async fn page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    shown: Shown,
    failed: Option<&Problem>,
) -> Result<Response, Problem> {
    let step = step(visit, &shown).await?;
    let status = match (&step, failed) {
        (InvitationStep::Used | InvitationStep::Revoked | InvitationStep::Expired, _) => {
            StatusCode::GONE
        }
        (_, Some(problem)) => {
            StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::BAD_REQUEST)
        }
        _ => StatusCode::OK,
    };
    let me = visit.live.as_ref().map(|live| {
        let user = &live.user;
        user.email.clone().or(user.name.clone()).unwrap_or_default()
    });
    let page = InvitationPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        csrf: authn::form_token(&context.core.sealer, &binding(context, visit, browser)),
        email: shown.invitation.email,
        organization: shown.organization.unwrap_or_default(),
        me: me.unwrap_or_default(),
        step,
        error: failed.map(|problem| said_inline(visit.lang, problem)),
    };
    Ok(render_flow(visit, status, &page).await)
}

async fn step(visit: &Visit<'_>, shown: &Shown) -> Result<InvitationStep, Problem> {
    Ok(match shown.state {
        InvitationState::Accepted => InvitationStep::Used,
        InvitationState::Revoked => InvitationStep::Revoked,
        InvitationState::Expired => InvitationStep::Expired,
        InvitationState::Pending => match invitations::looker(visit, &shown.invitation).await? {
            Looker::Stranger => InvitationStep::Begin,
            Looker::Invited => InvitationStep::Accept,
            Looker::Other => InvitationStep::Other,
            Looker::Unproven => {
                let pending = account::pending_email(visit).await?;
                let here = pending.filter(|code| code.email == shown.invitation.email);
                match here {
                    None => InvitationStep::Confirm,
                    Some(code) => InvitationStep::Code(PendingCode {
                        email: code.email,
                        resend_in: u32::try_from(code.resend_in).unwrap_or(0),
                    }),
                }
            }
        },
    })
}

/// Fields of the page's forms.
#[derive(Deserialize)]
pub struct InvitationForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    code: String,
}

/// `POST /invitations/{token}`
pub async fn answer(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<InvitationForm>, FormRejection>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let form = flows::form_body(form)?;
    let browser = context.browser().ok_or_else(|| {
        Problem::new(
            Code::CsrfRequired,
            "Cookies are off, or the page is too old. Open the link again.",
        )
    })?;
    let visit = context.visit(&browser).await?;
    check_form(&context, &binding(&context, &visit, &browser), &form.csrf)?;
    match act(&visit, &token, &form).await {
        Ok(mut response) => {
            flows::set_flow_cookie(&mut response, &browser);
            Ok(response)
        }
        Err(problem) => failed(&context, &visit, &browser, &token, problem).await,
    }
}

async fn act(visit: &Visit<'_>, token: &str, form: &InvitationForm) -> Result<Response, Problem> {
    let here = format!("/invitations/{token}");
    let joined = || see_other("/account?done=joined");
    Ok(match (&visit.live, form.action.as_str()) {
        (Some(live), "sign-out") => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("sid", live.session.sid.as_str())
                .append_pair("return_to", &here)
                .finish();
            see_other(&format!("/bff/logout?{query}"))
        }
        (Some(_), "send") => {
            invitations::ask(visit, token).await?;
            see_other(&here)
        }
        (Some(_), "confirm") => {
            invitations::confirm(visit, token, &form.code).await?;
            joined()
        }
        (Some(_), _) => {
            invitations::accept(visit, token).await?;
            joined()
        }
        (None, _) => after(visit, invitations::start(visit, token).await?),
    })
}

/// What can be said on the page is said there; a proof that is wanted leads away and back.
async fn failed(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    token: &str,
    problem: Problem,
) -> Result<Response, Problem> {
    if let Some(url) = problem.extra.get("step_up_url").and_then(|v| v.as_str()) {
        return Ok(see_other(url));
    }
    let inline = matches!(
        problem.code,
        Code::Expired
            | Code::Denied
            | Code::InvalidCredentials
            | Code::InvalidField
            | Code::Conflict
            | Code::RateLimited
    );
    if !inline {
        return Err(problem);
    }
    let shown = invitations::look(visit, token).await?;
    page(context, visit, browser, shown, Some(&problem)).await
}
