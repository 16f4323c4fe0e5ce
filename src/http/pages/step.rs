//! One page per step of a flow.

use axum::response::Response;
use http::StatusCode;
use laneway_contract::MethodKind;

use super::super::context::{Browser, Context};
use super::super::flows;
use super::flow::PageQuery;
use super::{chrome_of, page_of, render_flow, secret_step, see_other, words};
use crate::authn;
use crate::domain::Problem;
use crate::domain::flow::{Flow, FlowPurpose, Step};
use crate::domain::tenant::Signup;
use crate::lane_a::{Visit, methods, provider_address};
use crate::providers::Offer;
use crate::store::connections;
use crate::store::orgs::Organization;
use crate::views::{
    ChoosePage, Chrome, CodePage, FluentArgs, LoginPage, MethodChoice, OrganizationChoice,
    OrganizationPage, ProfilePage, RecoverPage, RedirectChoice, SignupPage, text,
};

/// What a page without a flow carries along in its form.
pub(super) struct Draft {
    pub purpose: FlowPurpose,
    pub return_to: String,
    pub username: String,
    pub flow: Option<Flow>,
    /// Whose sign-in it is, where it is an organization's own.
    pub org: Option<Organization>,
}

impl Draft {
    pub fn of(
        context: &Context,
        query: PageQuery,
        purpose: FlowPurpose,
        org: Option<Organization>,
    ) -> Result<Self, Problem> {
        let return_to = flows::return_to(context, query.return_to.as_deref())?;
        Ok(Self {
            purpose,
            return_to: return_to.as_str().to_owned(),
            username: query.login_hint.unwrap_or_default(),
            flow: None,
            org,
        })
    }
}

impl Draft {
    /// Where its form leads: an organization's begins in that organization.
    fn action(&self) -> String {
        match (&self.flow, &self.org) {
            (None, Some(org)) => format!("/login/{}", org.slug),
            _ => "/login".into(),
        }
    }
}

pub(in crate::http) fn form_csrf(context: &Context, browser: &Browser) -> String {
    authn::form_token(&context.core.sealer, &browser.binding)
}

/// The providers that are offered: an organization's own, and the tenant's.
fn redirects(offers: &[Offer]) -> (Vec<RedirectChoice>, Vec<RedirectChoice>) {
    let choice = |offer: &Offer| RedirectChoice {
        connection: offer.upstream.row.slug.clone(),
        label: offer.upstream.row.label(),
        social: offer.upstream.is_social(),
    };
    let of_org = |offer: &&Offer| {
        let attached = offer.upstream.attached.as_ref();
        attached.is_some_and(|own| own.org.is_some())
    };
    let all = offers.iter();
    let all = all.filter(|offer| offer.kind == MethodKind::Redirect);
    let (theirs, own): (Vec<&Offer>, Vec<&Offer>) = all.partition(of_org);
    (
        theirs.into_iter().map(choice).collect(),
        own.into_iter().map(choice).collect(),
    )
}

pub(super) async fn start_page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    draft: &Draft,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let tenant = &context.site.tenant;
    let chrome = chrome_of(&context.site, &context.meta.request_id, draft.org.as_ref());
    let offers = match (&draft.flow, &draft.org) {
        (Some(flow), _) => methods::of_flow(visit, flow).await?,
        (None, Some(org)) => {
            let own = methods::here(visit).await?;
            methods::of_organization(visit, org, own).await?
        }
        (None, None) => methods::here(visit).await?,
    };
    let has = |kind| offers.iter().any(|offer: &Offer| offer.kind == kind);
    let flow = draft.flow.as_ref().map(|flow| flow.id.0.clone());
    let open = tenant.signup == Signup::Open && has(MethodKind::EmailCode);
    let return_query: String =
        url::form_urlencoded::byte_serialize(draft.return_to.as_bytes()).collect();
    if draft.purpose == FlowPurpose::Recover {
        let page = RecoverPage {
            chrome,
            action: "/recover".into(),
            csrf: form_csrf(context, browser),
            flow,
            return_to: draft.return_to.clone(),
            email: draft.username.clone(),
            error,
            login_href: format!("/login?return_to={return_query}"),
        };
        return Ok(render_flow(visit, status, &page).await);
    }
    if draft.purpose == FlowPurpose::Signup {
        let page = SignupPage {
            chrome,
            action: "/signup".into(),
            csrf: form_csrf(context, browser),
            // A flow that has begun was let in, by an owner link for example.
            closed: flow.is_none() && !open,
            flow,
            return_to: draft.return_to.clone(),
            email: draft.username.clone(),
            error,
            login_href: format!("/login?return_to={return_query}"),
        };
        return Ok(render_flow(visit, status, &page).await);
    }
    // Nobody becomes a member by signing up.
    let may_sign_up = flow.is_none() && open && draft.org.is_none();
    let (theirs, redirects) = redirects(&offers);
    let db = &context.core.db;
    let leads = has(MethodKind::EmailCode) || has(MethodKind::Password);
    let page = LoginPage {
        chrome,
        action: draft.action(),
        csrf: form_csrf(context, browser),
        signup_href: may_sign_up.then(|| format!("/signup?return_to={return_query}")),
        flow,
        return_to: draft.return_to.clone(),
        username: draft.username.clone(),
        error,
        passkey: has(MethodKind::Passkey),
        email_code: has(MethodKind::EmailCode),
        password: has(MethodKind::Password),
        recover_href: (has(MethodKind::EmailCode) && secret_step::recovers(visit).await)
            .then(|| format!("/recover?return_to={return_query}")),
        theirs,
        redirects,
        leads: leads && connections::any_of_organizations(db, &tenant.id).await?,
        notice: None,
    };
    Ok(render_flow(visit, status, &page).await)
}

/// Whoever was asked to confirm that it is them, for something on their account, may think
/// better of it.
fn step_chrome(context: &Context, flow: &Flow, org: Option<&Organization>) -> Chrome {
    let own = flow.state.return_to.as_str().starts_with('/');
    let leaves = flow.purpose == FlowPurpose::StepUp && own;
    Chrome {
        leave_href: leaves.then(|| "/account".to_owned()),
        ..chrome_of(&context.site, &context.meta.request_id, org)
    }
}

/// The page of a flow's open step.
pub(super) async fn step_page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    flow: &Flow,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let org = methods::asked_for(visit, flow).await?;
    let frame = step_chrome(context, flow, org.as_ref());
    let csrf = form_csrf(context, browser);
    let action = page_of(flow)
        .split('?')
        .next()
        .unwrap_or("/login")
        .to_owned();
    let id = Some(flow.id.0.clone());
    let now = context.core.now();
    let page = match &flow.state.step {
        Step::Identify => {
            let draft = Draft {
                purpose: flow.purpose,
                return_to: flow.state.return_to.as_str().to_owned(),
                username: flow.state.username.clone().unwrap_or_default(),
                flow: Some(flow.clone()),
                org,
            };
            return start_page(context, visit, browser, &draft, error, status).await;
        }
        Step::Choose => {
            return choose_page(context, visit, browser, flow, error, status).await;
        }
        Step::EmailCode { resend_at, .. } => {
            let page = CodePage {
                chrome: frame,
                action,
                csrf,
                flow: id,
                email: flow.state.username.clone().unwrap_or_default(),
                resend_in: u32::try_from((resend_at - now).max(0) / 1000).unwrap_or(0),
                doubted: flow.state.code_must_follow() || flow.state.is_hidden(),
                error,
                purpose: flow.purpose.as_str().to_owned(),
            };
            render_flow(visit, status, &page).await
        }
        Step::Passkey { .. }
        | Step::Enrol { .. }
        | Step::NewPassword { .. }
        | Step::Password(_)
        | Step::Totp(_)
        | Step::RecoveryCode(_) => {
            let frame = secret_step::Frame {
                chrome: frame,
                action,
                csrf,
                error,
            };
            secret_step::page(context, visit, flow, frame, status).await?
        }
        Step::Profile => {
            let name = flow.state.name.clone().unwrap_or_default();
            let page = ProfilePage {
                chrome: frame,
                action,
                csrf,
                flow: id,
                name,
                error,
            };
            render_flow(visit, status, &page).await
        }
        Step::Organization { organizations } => {
            let all = organizations
                .iter()
                .map(|(id, slug, name)| OrganizationChoice {
                    id: id.0.clone(),
                    name: name.clone(),
                    slug: slug.clone(),
                })
                .collect();
            let page = OrganizationPage {
                chrome: frame,
                action,
                csrf,
                flow: id,
                organizations: all,
                error,
            };
            render_flow(visit, status, &page).await
        }
        Step::Redirect { url, upstream, .. } => {
            see_other(&provider_address(visit, flow, &url.0, upstream))
        }
        Step::Done => see_other(flow.state.return_to.as_str()),
    };
    Ok(page)
}

async fn choose_page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    flow: &Flow,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let offers = methods::of_flow(visit, flow).await?;
    let choices = offers
        .iter()
        .map(|offer| MethodChoice {
            kind: offer.kind.as_str().to_owned(),
            label: match offer.kind {
                MethodKind::Redirect => {
                    let mut args = FluentArgs::new();
                    args.set("provider", offer.upstream.row.label());
                    text(visit.lang, "method-redirect", &args)
                }
                kind => words(visit.lang, &format!("method-{}", kind.as_str())),
            },
            connection: (offer.kind == MethodKind::Redirect)
                .then(|| offer.upstream.row.slug.clone()),
        })
        .collect();
    let heading = if flow.state.bound.is_some() {
        "choose-step-up"
    } else {
        "choose-title"
    };
    let org = methods::asked_for(visit, flow).await?;
    let page = ChoosePage {
        chrome: step_chrome(context, flow, org.as_ref()),
        action: page_of(flow)
            .split('?')
            .next()
            .unwrap_or("/login")
            .to_owned(),
        csrf: form_csrf(context, browser),
        flow: Some(flow.id.0.clone()),
        methods: choices,
        heading: words(visit.lang, heading),
        error,
    };
    Ok(render_flow(visit, status, &page).await)
}
