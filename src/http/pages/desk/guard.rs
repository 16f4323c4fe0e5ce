//! The door of the administration: strangers go to the login and come back, people without
//! a grant are refused, and whoever acts has proven themselves lately.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri};

use super::super::super::admin::page_operator;
use super::super::super::context::Context;
use super::super::{check_form, said_inline, see_other};
use crate::authn;
use crate::authz::{Authority, Scope};
use crate::domain::{Code, Lang, Problem, UserId};
use crate::lane_a::desk::acts::{Act, Permission};
use crate::lane_a::{Visit, account};
use crate::sessions::Live;
use crate::views::desk::DeskFrame;

const NO_BROWSER: [u8; 32] = [0; 32];

/// Why a page is not shown.
pub enum Refused {
    /// The browser goes elsewhere first: to sign in, or to prove itself again.
    Go(String),
    /// Refused.
    Problem(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Go(address) => see_other(&address),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// An operator at a page.
pub struct Desk<'a> {
    /// Their request.
    pub visit: Visit<'a>,
    /// Their session.
    live: std::sync::Arc<Live>,
    /// What they may do.
    authority: Authority,
}

impl Desk<'_> {
    /// May they do this in this tenant?
    pub fn may(&self, permission: Permission) -> bool {
        let there = Scope::Tenant(self.visit.site.tenant.id.clone());
        self.authority.may(permission, &there)
    }

    /// Is this the operator themselves?
    pub fn is(&self, user: &str) -> bool {
        self.user().as_str() == user
    }

    /// Who they are.
    pub fn user(&self) -> &UserId {
        &self.live.session.user
    }

    /// For what changes something.
    pub fn act(&self) -> Act<'_> {
        Act {
            core: self.visit.core,
            tenant: &self.visit.site.tenant,
            meta: self.visit.meta,
            by: &self.authority,
            lang: self.visit.lang,
        }
    }

    /// What stands around a page.
    pub fn frame(&self, context: &Context, here: &'static str) -> DeskFrame {
        let user = &self.live.user;
        let name = user.name.clone().or_else(|| user.email.clone());
        DeskFrame {
            here,
            name: name.unwrap_or_else(|| user.id.0.clone()),
            role: if self.may(Permission::OperatorsWrite) {
                "desk-role-owner"
            } else if self.may(Permission::UsersWrite) {
                "desk-role-admin"
            } else {
                "desk-role-viewer"
            },
            attention: 0,
            csrf: authn::form_token(&context.core.sealer, session_token(context)),
        }
    }
}

fn session_token(context: &Context) -> &str {
    authn::read_single(&context.headers, authn::SESSION).unwrap_or_default()
}

/// Whoever looks at a page; `here` is where they come back to after signing in.
///
/// # Errors
/// To the login for strangers, `forbidden` without the permission.
pub async fn enter<'a>(
    context: &'a Context,
    here: &Uri,
    permission: Permission,
) -> Result<Desk<'a>, Refused> {
    match admit(context, permission).await {
        Err(problem) if problem.code == Code::Unauthenticated => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("return_to", &here.to_string())
                .finish();
            Err(Refused::Go(format!("/login?{query}")))
        }
        other => Ok(other?),
    }
}

async fn admit(context: &Context, permission: Permission) -> Result<Desk<'_>, Problem> {
    context.login_host_only()?;
    // Pages are for people: a token of any kind reads the API.
    let visit = context.visit_as(NO_BROWSER, true).await?;
    let live = visit.session()?.clone();
    let authority = page_operator(context, permission)
        .await?
        .authority()
        .clone();
    Ok(Desk {
        visit,
        live,
        authority,
    })
}

/// Whoever sends a form: with the token of their own page and a fresh proof. `back` is the
/// page that they come back to after another proof.
///
/// # Errors
/// `unauthenticated`, `csrf_required`, `forbidden`; to the step-up where the proof is old.
pub async fn act<'a>(
    context: &'a Context,
    permission: Permission,
    csrf: &str,
    back: &str,
) -> Result<Desk<'a>, Refused> {
    let visit = context.visit_as(NO_BROWSER, false).await?;
    visit.session()?;
    check_form(context, session_token(context), csrf)?;
    let desk = admit(context, permission).await?;
    match account::require_operator(&desk.visit, back).await {
        Ok(()) => Ok(desk),
        Err(problem) => match problem.extra.get("step_up_url").and_then(|v| v.as_str()) {
            Some(url) => Err(Refused::Go(url.to_owned())),
            None => Err(problem.into()),
        },
    }
}

/// What an act was answered, as far as its page can say it again: the status and the words,
/// in the reader's language. Anything else is a page of its own.
///
/// # Errors
/// The problem itself.
pub fn explain(lang: Lang, problem: Problem) -> Result<(StatusCode, String), Problem> {
    let shown = matches!(
        problem.code,
        Code::InvalidField
            | Code::TooLarge
            | Code::UnsupportedMediaType
            | Code::Conflict
            | Code::Duplicate
            | Code::VersionMismatch
            | Code::LastFactor
            | Code::NotSupportedByUpstream
            | Code::UpstreamUnavailable
            | Code::UpstreamTimeout
            | Code::UpstreamInvalid
    );
    if !shown {
        return Err(problem);
    }
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::CONFLICT);
    Ok((status, said_inline(lang, &problem)))
}
