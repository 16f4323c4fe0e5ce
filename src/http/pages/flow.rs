//! Sign-in, sign-up and verification as pages.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{OriginalUri, Path, Query};
use axum::response::Response;
use http::StatusCode;
use laneway_contract::MethodKind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::{Browser, Context};
use super::super::flows;
use super::{after, check_form, chrome, page_of, render, render_flow, see_other, words};
use crate::authn;
use crate::domain::flow::{Flow, FlowPurpose, Step};
use crate::domain::tenant::Signup;
use crate::domain::{Code, FlowId, Problem, ids};
use crate::lane_a::{self, Begin, Submitted, Visit, methods};
use crate::providers::Offer;
use crate::views::{
    ChoosePage, CodePage, EnrolPage, FluentArgs, LoginPage, MagicLinkPage, MethodChoice,
    OrganizationChoice, OrganizationPage, PasskeyPage, ProfilePage, RedirectChoice, SignupPage,
    text,
};

#[derive(Deserialize, Default)]
pub struct PageQuery {
    flow: Option<String>,
    return_to: Option<String>,
    login_hint: Option<String>,
}

/// A posted form; which fields matter depends on `kind`.
#[derive(Deserialize, Default)]
pub struct StepForm {
    #[serde(default)]
    csrf: String,
    flow: Option<String>,
    #[serde(default)]
    kind: String,
    return_to: Option<String>,
    username: Option<String>,
    code: Option<String>,
    resend: Option<String>,
    connection: Option<String>,
    name: Option<String>,
    organization: Option<String>,
    skip: Option<String>,
}

impl StepForm {
    fn body(&self) -> Value {
        let mut body = json!({});
        let texts = [
            ("username", &self.username),
            ("code", &self.code),
            ("connection", &self.connection),
            ("name", &self.name),
            ("organization", &self.organization),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        for (key, value) in [("resend", &self.resend), ("skip", &self.skip)] {
            if value.is_some() {
                body[key] = json!(true);
            }
        }
        body
    }
}

/// `GET /login`: without a flow it writes no row.
pub async fn login(context: Context, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    first_page(context, query, FlowPurpose::Login).await
}

/// `GET /signup`
pub async fn signup(context: Context, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    first_page(context, query, FlowPurpose::Signup).await
}

/// `GET /verify`: proves the address of whoever is signed in.
pub async fn verify(context: Context, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    if query.flow.is_none() {
        if visit.live.is_none() {
            return Ok(see_other("/login?return_to=/verify"));
        }
        let begin = begin_of(&context, FlowPurpose::Verify, None)?;
        let flow = lane_a::begin(&visit, begin).await?;
        let submitted = lane_a::submit(&visit, &flow.id, "email-code", &json!({})).await?;
        let mut response = after(&visit, submitted);
        flows::set_flow_cookie(&mut response, &browser);
        return Ok(response);
    }
    first_page(context, query, FlowPurpose::Verify).await
}

async fn first_page(
    context: Context,
    query: PageQuery,
    purpose: FlowPurpose,
) -> Result<Response, Problem> {
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let mut response = match &query.flow {
        Some(id) if ids::plausible(id) => {
            let flow = match lane_a::load(&visit, &FlowId(id.clone())).await {
                // Over or another browser's: begin again rather than end in an error.
                Err(problem) if matches!(problem.code, Code::Expired | Code::NotFound) => {
                    return Ok(see_other("/login"));
                }
                other => other?,
            };
            step_page(&context, &visit, &browser, &flow, None, StatusCode::OK).await?
        }
        _ => {
            let draft = Draft::of(&context, query, purpose)?;
            start_page(&context, &visit, &browser, &draft, None, StatusCode::OK).await?
        }
    };
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// What a page without a flow carries along in its form.
struct Draft {
    purpose: FlowPurpose,
    return_to: String,
    username: String,
}

impl Draft {
    fn of(context: &Context, query: PageQuery, purpose: FlowPurpose) -> Result<Self, Problem> {
        let return_to = flows::return_to(context, query.return_to.as_deref())?;
        Ok(Self {
            purpose,
            return_to: return_to.as_str().to_owned(),
            username: query.login_hint.unwrap_or_default(),
        })
    }
}

/// `POST /login`, `/signup`, `/verify`: one answer.
pub async fn answer(
    context: Context,
    OriginalUri(uri): OriginalUri,
    form: Result<Form<StepForm>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(form) =
        form.map_err(|_| Problem::new(Code::InvalidRequest, "The form could not be read."))?;
    let browser = context.browser().ok_or_else(|| {
        Problem::new(
            Code::CsrfRequired,
            "This form is too old, or cookies are off. Load the page again.",
        )
    })?;
    check_form(&context, &browser.binding, &form.csrf)?;
    let visit = context.visit(&browser).await?;
    let purpose = match uri.path() {
        "/signup" => FlowPurpose::Signup,
        "/verify" => FlowPurpose::Verify,
        _ => FlowPurpose::Login,
    };
    let outcome = submit_form(&context, &visit, &form, purpose).await;
    match outcome {
        Ok(submitted) => Ok(after(&visit, submitted)),
        Err((flow, problem)) if shown_inline(&problem) => {
            let status = StatusCode::from_u16(problem.code.status())
                .unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let message = inline_text(&problem);
            match flow {
                Some(id) => {
                    let flow = lane_a::load(&visit, &id).await?;
                    step_page(&context, &visit, &browser, &flow, Some(message), status).await
                }
                None => {
                    let query = PageQuery {
                        flow: None,
                        return_to: form.return_to.clone(),
                        login_hint: form.username.clone(),
                    };
                    let draft = Draft::of(&context, query, purpose)?;
                    start_page(&context, &visit, &browser, &draft, Some(message), status).await
                }
            }
        }
        Err((_, problem)) => Err(problem),
    }
}

fn shown_inline(problem: &Problem) -> bool {
    matches!(
        problem.code,
        Code::InvalidCredentials
            | Code::InvalidField
            | Code::WrongStep
            | Code::Conflict
            | Code::RateLimited
    )
}

fn inline_text(problem: &Problem) -> String {
    problem
        .errors
        .first()
        .map_or_else(|| problem.detail.clone(), |fault| fault.detail.clone())
}

type Failed = (Option<FlowId>, Problem);

async fn submit_form(
    context: &Context,
    visit: &Visit<'_>,
    form: &StepForm,
    purpose: FlowPurpose,
) -> Result<Submitted, Failed> {
    let id = match &form.flow {
        Some(id) if ids::plausible(id) => FlowId(id.clone()),
        Some(_) => return Err((None, Problem::not_found())),
        None => {
            let begin = begin_of(context, purpose, form.return_to.as_deref())
                .map_err(|problem| (None, problem))?;
            lane_a::begin(visit, begin)
                .await
                .map_err(|problem| (None, problem))?
                .id
        }
    };
    let kept = form.flow.as_ref().map(|_| id.clone());
    let submitted = lane_a::submit(visit, &id, &form.kind, &form.body())
        .await
        .map_err(|problem| (kept.clone(), problem))?;
    if form.kind == "identify" {
        return go_on(visit, submitted)
            .await
            .map_err(|problem| (kept, problem));
    }
    Ok(submitted)
}

/// "Continue" starts the tenant's first method for a typed name.
async fn go_on(visit: &Visit<'_>, submitted: Submitted) -> Result<Submitted, Problem> {
    let Submitted::Pending(flow) = submitted else {
        return Ok(submitted);
    };
    if !matches!(flow.state.step, Step::Choose) {
        return Ok(Submitted::Pending(flow));
    }
    let offers = methods::of_flow(visit, &flow).await?;
    let typed = [MethodKind::EmailCode, MethodKind::Redirect];
    let first = typed
        .iter()
        .find(|kind| offers.iter().any(|offer| offer.kind == **kind));
    match first {
        Some(kind) => lane_a::submit(visit, &flow.id, kind.as_str(), &json!({})).await,
        None => Ok(Submitted::Pending(flow)),
    }
}

fn begin_of(
    context: &Context,
    purpose: FlowPurpose,
    return_to: Option<&str>,
) -> Result<Begin, Problem> {
    let mut begin = Begin::login(flows::return_to(context, return_to)?);
    begin.purpose = purpose;
    Ok(begin)
}

fn form_csrf(context: &Context, browser: &Browser) -> String {
    authn::form_token(&context.core.sealer, &browser.binding)
}

fn redirects(offers: &[Offer]) -> Vec<RedirectChoice> {
    offers
        .iter()
        .filter(|offer| offer.kind == MethodKind::Redirect)
        .map(|offer| RedirectChoice {
            connection: offer.upstream.row.slug.clone(),
            label: offer.upstream.row.label(),
        })
        .collect()
}

async fn start_page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    draft: &Draft,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let tenant = &context.site.tenant;
    let chrome = chrome(&context.site, &context.meta.request_id);
    let offers = context.core.providers.offers(tenant).await?;
    let has = |kind| offers.iter().any(|offer: &Offer| offer.kind == kind);
    let return_query: String =
        url::form_urlencoded::byte_serialize(draft.return_to.as_bytes()).collect();
    if draft.purpose == FlowPurpose::Signup {
        let page = SignupPage {
            chrome,
            action: "/signup".into(),
            csrf: form_csrf(context, browser),
            flow: None,
            return_to: draft.return_to.clone(),
            email: draft.username.clone(),
            error,
            login_href: format!("/login?return_to={return_query}"),
            closed: tenant.signup != Signup::Open || !has(MethodKind::EmailCode),
        };
        return Ok(render_flow(visit, status, &page).await);
    }
    let open = tenant.signup == Signup::Open && has(MethodKind::EmailCode);
    let page = LoginPage {
        carry: Vec::new(),
        chrome,
        action: "/login".into(),
        csrf: form_csrf(context, browser),
        flow: None,
        return_to: draft.return_to.clone(),
        username: draft.username.clone(),
        error,
        passkey: has(MethodKind::Passkey),
        email_code: has(MethodKind::EmailCode),
        password: false,
        redirects: redirects(&offers),
        signup_href: open.then(|| format!("/signup?return_to={return_query}")),
        notice: None,
    };
    Ok(render_flow(visit, status, &page).await)
}

/// The page of a flow's open step.
async fn step_page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    flow: &Flow,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let frame = chrome(&context.site, &context.meta.request_id);
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
            };
            return identify_page(context, visit, browser, flow, &draft, error, status).await;
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
                error,
                purpose: flow.purpose.as_str().to_owned(),
            };
            render_flow(visit, status, &page).await
        }
        Step::Passkey { public_key, .. } => {
            let page = PasskeyPage {
                chrome: frame,
                action,
                csrf,
                flow: flow.id.0.clone(),
                public_key_json: public_key.to_string(),
                error,
                can_choose: methods::of_flow(visit, flow).await?.len() > 1,
            };
            render_flow(visit, status, &page).await
        }
        Step::Enrol { public_key, .. } => {
            let page = EnrolPage {
                chrome: frame,
                action,
                csrf,
                flow: flow.id.0.clone(),
                public_key_json: public_key.to_string(),
                skippable: true,
                error,
            };
            render_flow(visit, status, &page).await
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
        Step::Redirect { url, .. } => see_other(url),
        Step::Done => see_other(flow.state.return_to.as_str()),
    };
    Ok(page)
}

async fn identify_page(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    flow: &Flow,
    draft: &Draft,
    error: Option<String>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let chrome = chrome(&context.site, &context.meta.request_id);
    let csrf = form_csrf(context, browser);
    let (return_to, username) = (draft.return_to.clone(), draft.username.clone());
    if flow.purpose == FlowPurpose::Signup {
        let page = SignupPage {
            chrome,
            action: "/signup".into(),
            csrf,
            flow: Some(flow.id.0.clone()),
            return_to,
            email: username,
            error,
            login_href: "/login".into(),
            closed: false,
        };
        return Ok(render_flow(visit, status, &page).await);
    }
    let offers = methods::of_flow(visit, flow).await?;
    let has = |kind| offers.iter().any(|offer: &Offer| offer.kind == kind);
    let page = LoginPage {
        carry: Vec::new(),
        chrome,
        action: "/login".into(),
        csrf,
        flow: Some(flow.id.0.clone()),
        return_to,
        username,
        error,
        passkey: has(MethodKind::Passkey),
        email_code: has(MethodKind::EmailCode),
        password: false,
        redirects: redirects(&offers),
        signup_href: None,
        notice: None,
    };
    Ok(render_flow(visit, status, &page).await)
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
                    text("method-redirect", &args)
                }
                kind => words(&format!("method-{}", kind.as_str())),
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
    let page = ChoosePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        action: page_of(flow)
            .split('?')
            .next()
            .unwrap_or("/login")
            .to_owned(),
        csrf: form_csrf(context, browser),
        flow: Some(flow.id.0.clone()),
        methods: choices,
        heading: words(heading),
        error,
    };
    Ok(render_flow(visit, status, &page).await)
}

/// `GET /login/link/{token}`: mail scanners look at links, so looking does nothing.
pub async fn link(context: Context, Path(token): Path<String>) -> Result<Response, Problem> {
    context.login_host_only()?;
    lane_a::limits::callback(&context.core, &context.meta.ip).await?;
    let browser = context.browser_or_new();
    let visit = context.visit(&browser).await?;
    let (flow, code) = lane_a::read_link(&visit, &token).await?;
    let same_browser = lane_a::load(&visit, &flow).await.is_ok();
    let page = MagicLinkPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        action: format!("/login/link/{token}"),
        csrf: form_csrf(&context, &browser),
        token: token.clone(),
        same_browser,
        code: (!same_browser).then_some(code),
    };
    let mut response = render(&context, StatusCode::OK, &page);
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// `POST /login/link/{token}`: the same challenge as typing the code.
pub async fn follow_link(
    context: Context,
    Path(token): Path<String>,
    form: Result<Form<StepForm>, FormRejection>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    let Form(form) =
        form.map_err(|_| Problem::new(Code::InvalidRequest, "The form could not be read."))?;
    let browser = context.browser().ok_or_else(Problem::not_found)?;
    check_form(&context, &browser.binding, &form.csrf)?;
    let visit = context.visit(&browser).await?;
    let (flow, code) = lane_a::read_link(&visit, &token).await?;
    let submitted = lane_a::submit(&visit, &flow, "email-code", &json!({ "code": code })).await?;
    Ok(after(&visit, submitted))
}
