//! Who may see the pages of a set-up: the browser that opened its link.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::flows;
use super::super::{check_form, chrome, render, said_inline, see_other};
use super::draft::Draft;
use crate::authn;
use crate::authz::Authority;
use crate::core::hash_token;
use crate::domain::connection::{Connection, Revision};
use crate::domain::{Code, Problem};
use crate::lane_a::limits;
use crate::lane_a::operator::Act;
use crate::lane_b::setup_links::{self, LinkState, NewLink};
use crate::lane_b::{connections, mail_check, reading};
use crate::store::orgs::{self, OrgState, Organization};
use crate::store::setup_links::SetupLink;
use crate::views::setup::{MailboxCheck, SetupFrame, SetupLinkPage, SetupLinkStep};

/// A set-up that this browser may go on with.
pub struct Setup {
    /// In every address.
    pub token: String,
    /// The link.
    pub link: SetupLink,
    /// For whom.
    pub org: Organization,
    /// What it may do.
    pub authority: Authority,
    /// The connection and its draft, once there is one.
    pub made: Option<(Connection, Revision)>,
    /// What was understood so far.
    pub draft: Draft,
    /// What forms are bound to.
    device: String,
    /// Whoever made the link goes through it themselves, signed in.
    own: bool,
}

/// Fields that every form has.
#[derive(Deserialize, Default)]
pub struct Marked {
    #[serde(default)]
    pub csrf: String,
    #[serde(default)]
    action: String,
    /// Out of the mailbox, for the door.
    #[serde(default)]
    code: String,
}

fn device(context: &Context) -> Option<&str> {
    authn::read_single(&context.headers, authn::DEVICE)
}

/// What is shown instead of a page.
pub enum Instead {
    /// Another page: the link is over, or a step comes first.
    Page(Box<Response>),
    /// A refusal.
    Problem(Problem),
}

impl From<Problem> for Instead {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Instead {
    fn into_response(self) -> Response {
        match self {
            Self::Page(page) => *page,
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// The set-up behind a link, for the browser that opened it; else the page that says why not.
pub async fn enter(context: &Context, token: &str) -> Result<Setup, Instead> {
    context.login_host_only()?;
    limits::callback(&context.core, &context.meta.ip).await?;
    let device = device(context);
    let hash = device.map(hash_token);
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let (link, state) = setup_links::find(core, tenant, token, hash.as_ref()).await?;
    let org = organization(context, &link).await?;
    let step = match state {
        LinkState::Own => None,
        LinkState::Fresh => Some(SetupLinkStep::Fresh),
        LinkState::Taken => Some(SetupLinkStep::Taken),
        LinkState::Expired => Some(SetupLinkStep::Expired),
        LinkState::Revoked => Some(SetupLinkStep::Revoked),
    };
    if let Some(step) = step {
        let page = door_page(context, (&org, &link), step, None);
        return Err(Instead::Page(Box::new(page)));
    }
    let authority = setup_links::authority(tenant, &link);
    let mut setup = Setup {
        token: token.to_owned(),
        draft: Draft::read(&link.draft),
        authority,
        made: None,
        device: device.unwrap_or_default().to_owned(),
        own: made_by_visitor(context, &link).await?,
        org,
        link,
    };
    setup.made = setup.find_made(context).await?;
    if let Some((_, revision)) = setup.made.as_ref().filter(|_| setup.draft.is_empty()) {
        setup.draft = Draft::of_config(&revision.config);
    }
    Ok(setup)
}

/// The set-up behind a link and a form that was made for this browser; `csrf` reads the form's mark.
pub async fn posted<F>(
    context: &Context,
    token: &str,
    form: Result<Form<F>, FormRejection>,
    csrf: fn(&F) -> &str,
) -> Result<(Setup, F), Instead> {
    let form = flows::form_body(form)?;
    let setup = enter(context, token).await?;
    check_form(context, &setup.device, csrf(&form))?;
    Ok((setup, form))
}

/// A form that was made for this browser, by its mark.
///
/// # Errors
/// `csrf_required`.
pub fn marked(context: &Context, setup: &Setup, csrf: &str) -> Result<(), Problem> {
    check_form(context, &setup.device, csrf)
}

/// What is said on the page itself where somebody can mend it there.
pub fn told_here(context: &Context, problem: Problem) -> Result<String, Problem> {
    match problem.code {
        Code::InvalidField
        | Code::Conflict
        | Code::Duplicate
        | Code::Forbidden
        | Code::VersionMismatch => Ok(said_inline(context.lang(), &problem)),
        _ => Err(problem),
    }
}

async fn made_by_visitor(context: &Context, link: &SetupLink) -> Result<bool, Problem> {
    let live = authn::session_of(&context.core, &context.site, &context.headers, false).await?;
    Ok(live.is_some_and(|live| link.invited_by == format!("user:{}", live.session.user)))
}

async fn organization(context: &Context, link: &SetupLink) -> Result<Organization, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let found = orgs::find(db, tenant, link.org.as_str()).await?;
    found
        .filter(|org| org.state == OrgState::Active)
        .ok_or_else(Problem::not_found)
}

impl Setup {
    /// What is done by this link.
    pub fn act<'a>(&'a self, context: &'a Context) -> Act<'a> {
        Act {
            core: &context.core,
            tenant: &context.site.tenant,
            meta: &context.meta,
            by: &self.authority,
            lang: context.lang(),
        }
    }

    /// The connection that was made by this link, or by the one that it is a copy of.
    async fn find_made(
        &self,
        context: &Context,
    ) -> Result<Option<(Connection, Revision)>, Problem> {
        let act = self.act(context);
        let id = self.link.connection.as_ref().unwrap_or(&self.link.reserved);
        match connections::get(&act, &self.org.id, id.as_str()).await {
            Ok(one) => {
                let drafted = reading::drafted(&act, one).await?;
                Ok(Some((drafted.connection, drafted.draft)))
            }
            Err(problem) if problem.code == Code::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// The connection, or the first page where there is none yet.
    pub fn made(&self) -> Result<&(Connection, Revision), Instead> {
        self.made
            .as_ref()
            .ok_or_else(|| Instead::Page(Box::new(see_other(&self.address("connect")))))
    }

    /// The address of one of its pages.
    pub fn address(&self, page: &str) -> String {
        format!("/setup/{}/{page}", self.token)
    }

    /// The id that the connection has or will have.
    pub fn id(&self) -> &str {
        match &self.made {
            Some((one, _)) => one.id.as_str(),
            None => self.link.reserved.as_str(),
        }
    }

    /// What stands around a page.
    pub fn frame(&self, context: &Context, at: u8) -> SetupFrame {
        let one = self.made.as_ref().map(|(one, _)| one);
        let tested = one.is_some_and(|one| one.tested_hash.as_ref() == Some(&one.draft_hash));
        let live = one.is_some_and(|one| one.active.is_some());
        let reached = match (one, tested || live) {
            (None, _) => 1,
            (Some(_), false) => 3,
            (Some(_), true) => 4,
        };
        SetupFrame {
            organization: self.org.name.clone(),
            home: if self.own {
                format!("/org/{}", self.org.slug)
            } else {
                String::new()
            },
            base: format!("/setup/{}", self.token),
            csrf: authn::form_token(&context.core.sealer, &self.device),
            at,
            reached,
            tested,
            expires: day(self.link.expires_at),
            shared: String::new(),
        }
    }
}

/// A day as people write it in both languages' admin pages.
pub fn day(at: i64) -> String {
    super::super::super::bff::rfc3339(at)
        .chars()
        .take(10)
        .collect()
}

/// As much of an address as its owner knows it by, and nobody else learns.
fn veiled(email: &str) -> String {
    match email.split_once('@') {
        Some((name, domain)) => {
            let first: String = name.chars().take(1).collect();
            format!("{first}…@{domain}")
        }
        None => "…".to_owned(),
    }
}

fn door_page(
    context: &Context,
    (org, link): (&Organization, &SetupLink),
    step: SetupLinkStep,
    error: Option<String>,
) -> Response {
    let fresh = step == SetupLinkStep::Fresh;
    // The door has no cookie yet to bind its form to: it gets one with the page.
    let (value, known) = match device(context) {
        Some(value) => (value.to_owned(), true),
        None => (context.core.new_token().0.expose().to_owned(), false),
    };
    let page = SetupLinkPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        organization: org.name.clone(),
        csrf: authn::form_token(&context.core.sealer, &value),
        step,
        mailbox: link.email.as_deref().map(|email| MailboxCheck {
            to: veiled(email),
            sent: link.code_until > context.core.now(),
        }),
        error,
    };
    let status = match (fresh, page.error.is_some()) {
        (true, false) => StatusCode::OK,
        (true, true) => StatusCode::UNPROCESSABLE_ENTITY,
        (false, _) => StatusCode::GONE,
    };
    let mut response = render(context, status, &page);
    if fresh && !known {
        let cookie = authn::set_device(&value);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `GET /setup/{token}`: a button, because looking must open nothing.
pub async fn door(context: Context, Path(token): Path<String>) -> Result<Response, Instead> {
    let setup = enter(&context, &token).await?;
    let page = match &setup.made {
        None => "connect",
        Some((one, _)) if one.active.is_some() => "activate",
        Some(_) => "check",
    };
    Ok(see_other(&setup.address(page)))
}

/// `POST /setup/{token}`: opens the link for this browser.
pub async fn open(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<Marked>, FormRejection>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let form = flows::form_body(form)?;
    let too_old = || {
        Problem::new(
            Code::CsrfRequired,
            "Cookies are off, or the page is too old. Open the link again.",
        )
    };
    let device = device(&context).ok_or_else(too_old)?.to_owned();
    check_form(&context, &device, &form.csrf)?;
    let hash = hash_token(&device);
    let (core, tenant) = (&context.core, &context.site.tenant);
    let (link, state) = setup_links::find(core, &tenant.id, &token, Some(&hash)).await?;
    if !matches!(state, LinkState::Fresh | LinkState::Own) {
        return Ok(see_other(&format!("/setup/{token}")));
    }
    let authority = setup_links::authority(&tenant.id, &link);
    let act = Act {
        core,
        tenant,
        meta: &context.meta,
        by: &authority,
        lang: context.lang(),
    };
    let opened = match (form.action.as_str(), &link.email) {
        ("send", Some(_)) => {
            let org = organization(&context, &link).await?;
            mail_check::send(&act, &org, &link).await
        }
        (_, Some(_)) => mail_check::open(&act, &link, &hash, &form.code).await,
        (_, None) => setup_links::open(&act, &link, &hash).await,
    };
    let known = |code| {
        matches!(
            code,
            Code::InvalidCredentials | Code::Expired | Code::RateLimited | Code::Conflict
        )
    };
    match opened {
        Ok(()) => Ok(see_other(&format!("/setup/{token}"))),
        Err(problem) if link.email.is_some() && known(problem.code) => {
            let org = organization(&context, &link).await?;
            let words = said_inline(context.lang(), &problem);
            let step = SetupLinkStep::Fresh;
            Ok(door_page(&context, (&org, &link), step, Some(words)))
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /setup/{token}/share`: another link to the same set-up, as long as this one.
pub async fn share(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<Marked>, FormRejection>,
) -> Result<Response, Instead> {
    let (setup, _) = posted(&context, &token, form, |form| &form.csrf).await?;
    let left = (setup.link.expires_at - context.core.now()) / 1000;
    if left < setup_links::SHORTEST_S {
        return Err(setup_links::over().into());
    }
    let new = NewLink {
        // Never longer than the link that it is a copy of.
        expires_in: Some(left),
        connection: setup.link.connection.clone(),
        reserved: Some(setup.link.reserved.clone()),
        draft: Some(setup.link.draft.clone()),
        // Whoever shares has shown it.
        email: None,
    };
    let (_, shared) = setup_links::create(&setup.act(&context), &setup.org.id, new).await?;
    let url = context.site.tenant.address(&format!("/setup/{shared}"));
    let status = StatusCode::OK;
    Ok(super::connect::page(&context, &setup, None, status, Some(url)).await?)
}
