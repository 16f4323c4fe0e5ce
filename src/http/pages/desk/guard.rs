//! The door of the administration, of the tenant or of one organization: strangers go to the
//! login and come back, people without a grant are refused, and whoever acts has proven
//! themselves lately.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri};

use super::super::super::admin::{Operator, page_manager, page_operator};
use super::super::super::context::Context;
use super::super::{check_form, said_inline, see_other};
use super::words;
use crate::authn;
use crate::authz::{Authority, Scope};
use crate::domain::tenant::Brand;
use crate::domain::{Code, Lang, Problem, UserId};
use crate::lane_a::desk::acts::{Act, Permission};
use crate::lane_a::{Visit, account};
use crate::sessions::Live;
use crate::store::orgs::Organization;
use crate::views::desk::{DeskFrame, OrgFrame};

/// The rooms of the administration, each with what it asks for; `members` are those of one
/// organization, as operators see them.
const ROOMS: &[(&str, Permission)] = &[
    ("overview", Permission::TenantsRead),
    ("people", Permission::UsersRead),
    ("organizations", Permission::OrganizationsRead),
    ("members", Permission::MembersRead),
    ("upstreams", Permission::UpstreamsRead),
    ("connections", Permission::UpstreamsRead),
    ("apps", Permission::AppsRead),
    ("settings", Permission::TenantsRead),
    ("trail", Permission::AuditRead),
];

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
        match problem
            .extra
            .get("step_up_url")
            .and_then(|url| url.as_str())
        {
            Some(url) => Self::Go(url.to_owned()),
            None => Self::Problem(problem),
        }
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

/// Somebody who administers, at a page.
pub struct Desk<'a> {
    /// Their request.
    pub visit: Visit<'a>,
    /// Their session.
    live: std::sync::Arc<Live>,
    /// What they may do.
    authority: Authority,
    /// The organization whose own pages they are at; none: the tenant's.
    org: Option<Organization>,
}

/// Stands in the address of whoever comes back from a step-up: what they pressed is not done.
const AGAIN: &str = "again=1";

impl Desk<'_> {
    /// May they do this where the page is about?
    pub fn may(&self, permission: Permission) -> bool {
        self.authority.may(permission, &self.there())
    }

    /// Do they hold all that these words permit where the page is about?
    pub fn covers<'w>(&self, words: impl IntoIterator<Item = &'w String>) -> bool {
        let words = words.into_iter().map(String::as_str);
        self.authority.covers_words(words, &self.there())
    }

    fn there(&self) -> Scope {
        let tenant = self.visit.site.tenant.id.clone();
        match &self.org {
            Some(org) => Scope::Org(tenant, org.id.clone()),
            None => Scope::Tenant(tenant),
        }
    }

    /// Is this the person themselves?
    pub fn is(&self, user: &str) -> bool {
        self.user().as_str() == user
    }

    /// Who they are.
    pub fn user(&self) -> &UserId {
        &self.live.session.user
    }

    /// The organization whose own pages these are.
    pub fn own_org(&self) -> Option<&Organization> {
        self.org.as_ref()
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
            role: self.role(),
            attention: 0,
            again: context
                .uri
                .query()
                .is_some_and(|query| query.split('&').any(|one| one == AGAIN)),
            csrf: authn::form_token(&context.core.sealer, session_token(context)),
            rooms: ROOMS
                .iter()
                .filter(|(_, permission)| self.may(*permission))
                .map(|(room, _)| *room)
                .collect(),
            org: self.org.as_ref().map(|org| OrgFrame {
                slug: org.slug.clone(),
                name: org.name.clone(),
                logo: org
                    .brand
                    .logo_url
                    .clone()
                    .filter(|url| Brand::may_be_logo(url)),
                people: self.may(Permission::MembersRead),
                connections: self.may(Permission::ConnectionsRead),
                trail: self.may(Permission::AuditRead),
                settings: self.may(Permission::OrgWrite),
            }),
        }
    }

    /// Key of what they are here.
    fn role(&self) -> &'static str {
        match &self.org {
            Some(_) if self.authority.is_operator_of(&self.visit.site.tenant.id) => {
                "org-role-operator"
            }
            Some(_) if self.may(Permission::OwnersWrite) => "org-role-owner",
            Some(_) if self.may(Permission::OrgWrite) => "org-role-admin",
            Some(_) => "org-role-some",
            None => {
                let role = self.authority.operator_role(&self.there());
                role.map_or("org-role-some", words::of_operator)
            }
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
    or_to_login(here, admit(context, None, permission, "").await)
}

/// The same at a page of an organization.
///
/// # Errors
/// As [`enter`]; `not_found` for whoever has nothing to do with it; `sso_required`, or to more
/// proof, where it asks for that.
pub async fn enter_org<'a>(
    context: &'a Context,
    here: &Uri,
    org: &str,
    permission: Permission,
) -> Result<(Desk<'a>, Organization), Refused> {
    let back = here.to_string();
    let desk = or_to_login(here, admit(context, Some(org), permission, &back).await)?;
    in_org(desk)
}

fn in_org(desk: Desk<'_>) -> Result<(Desk<'_>, Organization), Refused> {
    let org = desk.org.clone().ok_or_else(Problem::not_found)?;
    Ok((desk, org))
}

fn or_to_login<T>(here: &Uri, outcome: Result<T, Problem>) -> Result<T, Refused> {
    match outcome {
        Err(problem) if problem.code == Code::Unauthenticated => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("return_to", &here.to_string())
                .finish();
            Err(Refused::Go(format!("/login?{query}")))
        }
        other => Ok(other?),
    }
}

async fn admit<'a>(
    context: &'a Context,
    org: Option<&str>,
    permission: Permission,
    back: &str,
) -> Result<Desk<'a>, Problem> {
    context.login_host_only()?;
    // Pages are for people: a token of any kind reads the API.
    let visit = context.visit_as(NO_BROWSER, true).await?;
    let live = visit.session()?.clone();
    let by: Operator = match org {
        Some(org) => page_manager(context, org, permission, back).await?,
        None => page_operator(context, permission).await?,
    };
    Ok(Desk {
        visit,
        live,
        authority: by.authority().clone(),
        org: by.org().ok().cloned(),
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
    act_at(context, None, permission, csrf, back).await
}

/// The same in an organization, at a page of it.
///
/// # Errors
/// As [`act`]; `not_found` for whoever has nothing to do with it.
pub async fn act_org<'a>(
    context: &'a Context,
    (org, page): (&str, &str),
    permission: Permission,
    csrf: &str,
) -> Result<(Desk<'a>, Organization), Refused> {
    let back = format!("/org/{org}{page}");
    in_org(act_at(context, Some(org), permission, csrf, &back).await?)
}

async fn act_at<'a>(
    context: &'a Context,
    org: Option<&str>,
    permission: Permission,
    csrf: &str,
    back: &str,
) -> Result<Desk<'a>, Refused> {
    let visit = context.visit_as(NO_BROWSER, false).await?;
    visit.session()?;
    check_form(context, session_token(context), csrf)?;
    let desk = admit(context, org, permission, back).await?;
    let mark = if back.contains('?') { '&' } else { '?' };
    account::require_operator(&desk.visit, &format!("{back}{mark}{AGAIN}")).await?;
    Ok(desk)
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
    if shown {
        return Ok(shown_inline(lang, &problem));
    }
    Err(problem)
}

/// The same for acts that concern somebody's place: who stands above, or was written to too
/// often, is said beside the form too.
///
/// # Errors
/// The problem itself.
pub fn explain_refusal(lang: Lang, problem: Problem) -> Result<(StatusCode, String), Problem> {
    if matches!(problem.code, Code::Forbidden | Code::RateLimited) {
        return Ok(shown_inline(lang, &problem));
    }
    explain(lang, problem)
}

fn shown_inline(lang: Lang, problem: &Problem) -> (StatusCode, String) {
    let status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::CONFLICT);
    (status, said_inline(lang, problem))
}
