//! Sign-in, sign-up and verification as pages.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{OriginalUri, Path, Query};
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use laneway_contract::MethodKind;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::{Browser, Context};
use super::super::flows;
use super::step::{Draft, form_csrf, start_page, step_page};
use super::{after, check_form, chrome, render, see_other};
use crate::domain::flow::{FlowPurpose, Step};
use crate::domain::{Code, FlowId, Problem, ids};
use crate::lane_a::{self, Begin, Submitted, Visit, methods};
use crate::store::orgs::{self, OrgState, Organization};
use crate::views::MagicLinkPage;

#[derive(Deserialize, Default)]
pub struct PageQuery {
    pub(super) flow: Option<String>,
    pub(super) return_to: Option<String>,
    pub(super) login_hint: Option<String>,
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
    /// Whoever typed a name wants to see all the ways, and to be led nowhere.
    ways: Option<String>,
    connection: Option<String>,
    name: Option<String>,
    organization: Option<String>,
    skip: Option<String>,
    enrol: Option<String>,
    password: Option<SecretString>,
}

impl StepForm {
    /// What is answered. Whoever sends the fields of the first page means what they have filled
    /// in, whatever its button: some have an address whose organization asks for no password here.
    fn kind(&self) -> &str {
        let given = |secret: &SecretString| !secret.expose_secret().is_empty();
        match (
            self.kind.as_str(),
            self.password.as_ref().is_some_and(given),
        ) {
            ("", true) => "password",
            ("" | "password", false) if self.username.is_some() => "identify",
            (kind, _) => kind,
        }
    }

    fn body(&self) -> Value {
        let mut body = json!({});
        let texts = [
            ("username", &self.username),
            ("code", &self.code),
            ("connection", &self.connection),
            ("name", &self.name),
            ("organization", &self.organization),
            ("enrol", &self.enrol),
        ];
        for (key, value) in texts {
            if let Some(value) = value {
                body[key] = json!(value);
            }
        }
        if let Some(password) = &self.password {
            body["password"] = json!(password.expose_secret());
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
    let org = context.site.org.clone();
    first_page(context, query, FlowPurpose::Login, org).await
}

/// `GET /login/{org}`: the same in an organization's look, with its ways in.
pub async fn login_of(
    context: Context,
    Path(org): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    let org = organization(&context, &org).await?;
    first_page(context, query, FlowPurpose::Login, Some(org)).await
}

/// An organization that somebody can enter.
async fn organization(context: &Context, name: &str) -> Result<Organization, Problem> {
    context.login_host_only()?;
    let found = orgs::find(&context.core.db, &context.site.tenant.id, name).await?;
    // An organization's own host knows no other.
    let own = context.site.org.as_ref();
    found
        .filter(|org| org.state == OrgState::Active)
        .filter(|org| own.is_none_or(|own| own.id == org.id))
        .ok_or_else(Problem::not_found)
}

/// `GET /signup`
pub async fn signup(context: Context, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    first_page(context, query, FlowPurpose::Signup, None).await
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
    first_page(context, query, FlowPurpose::Verify, None).await
}

/// `GET /recover`
pub async fn recover(
    context: Context,
    Query(query): Query<PageQuery>,
) -> Result<Response, Problem> {
    first_page(context, query, FlowPurpose::Recover, None).await
}

async fn first_page(
    context: Context,
    query: PageQuery,
    purpose: FlowPurpose,
    org: Option<Organization>,
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
            let draft = Draft::of(&context, query, purpose, org)?;
            if visit.live.is_some() && purpose == FlowPurpose::Login {
                return Ok(see_other(&draft.return_to));
            }
            start_page(&context, &visit, &browser, &draft, None, StatusCode::OK).await?
        }
    };
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// `POST /login`, `/signup`, `/verify`: one answer.
pub async fn answer(
    context: Context,
    OriginalUri(uri): OriginalUri,
    form: Result<Form<StepForm>, FormRejection>,
) -> Result<Response, Problem> {
    let purpose = match uri.path() {
        "/signup" => FlowPurpose::Signup,
        "/verify" => FlowPurpose::Verify,
        "/recover" => FlowPurpose::Recover,
        _ => FlowPurpose::Login,
    };
    let own = context.site.org.clone();
    let org = own.filter(|_| purpose == FlowPurpose::Login);
    Box::pin(answered(context, form, purpose, org)).await
}

/// `POST /login/{org}`: the first answer of a sign-in that is to begin there.
pub async fn answer_of(
    context: Context,
    Path(org): Path<String>,
    form: Result<Form<StepForm>, FormRejection>,
) -> Result<Response, Problem> {
    let org = organization(&context, &org).await?;
    Box::pin(answered(context, form, FlowPurpose::Login, Some(org))).await
}

async fn answered(
    context: Context,
    form: Result<Form<StepForm>, FormRejection>,
    purpose: FlowPurpose,
    org: Option<Organization>,
) -> Result<Response, Problem> {
    let form = flows::form_body(form)?;
    let browser = context.browser().ok_or_else(|| {
        Problem::new(
            Code::CsrfRequired,
            "This form is too old, or cookies are off. Load the page again.",
        )
    })?;
    check_form(&context, &browser.binding, &form.csrf)?;
    let visit = context.visit(&browser).await?;
    let outcome = submit_form(&context, &visit, &form, (purpose, org.as_ref())).await;
    let mut response = match outcome {
        Ok(submitted) => after(&visit, submitted),
        Err((flow, problem)) if shown_inline(&problem) => {
            inline(
                &context,
                &visit,
                &browser,
                &form,
                (purpose, org),
                (flow, problem),
            )
            .await?
        }
        Err((_, problem)) => return Err(problem),
    };
    // The flow may just have begun, under a cookie that is older than it.
    flows::set_flow_cookie(&mut response, &browser);
    Ok(response)
}

/// The same page again, with what was wrong on it.
async fn inline(
    context: &Context,
    visit: &Visit<'_>,
    browser: &Browser,
    form: &StepForm,
    (purpose, org): (FlowPurpose, Option<Organization>),
    (flow, problem): Failed,
) -> Result<Response, Problem> {
    let status =
        StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let message = super::said_inline(visit.lang, &problem);
    let mut response = match flow {
        Some(id) => {
            let flow = lane_a::load(visit, &id).await?;
            step_page(context, visit, browser, &flow, Some(message), status).await?
        }
        None => {
            let query = PageQuery {
                flow: None,
                return_to: form.return_to.clone(),
                login_hint: form.username.clone(),
            };
            let draft = Draft::of(context, query, purpose, org)?;
            start_page(context, visit, browser, &draft, Some(message), status).await?
        }
    };
    if let Some(seconds) = problem.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
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

type Failed = (Option<FlowId>, Problem);

async fn submit_form(
    context: &Context,
    visit: &Visit<'_>,
    form: &StepForm,
    (purpose, org): (FlowPurpose, Option<&Organization>),
) -> Result<Submitted, Failed> {
    let id = match &form.flow {
        Some(id) if ids::plausible(id) => FlowId(id.clone()),
        Some(_) => return Err((None, Problem::not_found())),
        None => {
            let mut begin = begin_of(context, purpose, form.return_to.as_deref())
                .map_err(|problem| (None, problem))?;
            begin.demand.org = org.map(|org| org.id.0.clone());
            lane_a::begin(visit, begin)
                .await
                .map_err(|problem| (None, problem))?
                .id
        }
    };
    let kept = form.flow.as_ref().map(|_| id.clone());
    let submitted = lane_a::submit(visit, &id, form.kind(), &form.body())
        .await
        .map_err(|problem| (kept.clone(), problem))?;
    if form.kind() == "identify" && form.ways.is_none() {
        return go_on(visit, submitted, form.kind == "password")
            .await
            .map_err(|problem| (kept, problem));
    }
    Ok(submitted)
}

/// "Continue" starts the provider of the name's organization where it comes first, else the
/// tenant's first method for a typed name: a password, for whoever pressed the button for that.
async fn go_on(
    visit: &Visit<'_>,
    submitted: Submitted,
    by_password: bool,
) -> Result<Submitted, Problem> {
    let Submitted::Pending(flow) = submitted else {
        return Ok(submitted);
    };
    if !matches!(flow.state.step, Step::Choose) {
        return Ok(Submitted::Pending(flow));
    }
    let offers = methods::of_flow(visit, &flow).await?;
    let mut typed = [
        MethodKind::EmailCode,
        MethodKind::Redirect,
        MethodKind::Password,
    ];
    if by_password {
        typed.reverse();
    }
    // Whoever types a name has not chosen where else they have an account.
    let offers: Vec<_> = offers
        .into_iter()
        .filter(|offer| !offer.upstream.is_social())
        .collect();
    let led = offers
        .first()
        .filter(|offer| offer.upstream.attached.is_some())
        .map(|_| &MethodKind::Redirect);
    let first = led.or_else(|| {
        typed
            .iter()
            .find(|kind| offers.iter().any(|offer| offer.kind == **kind))
    });
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
    let form = flows::form_body(form)?;
    let browser = context.browser().ok_or_else(Problem::not_found)?;
    check_form(&context, &browser.binding, &form.csrf)?;
    let visit = context.visit(&browser).await?;
    let (flow, code) = lane_a::read_link(&visit, &token).await?;
    let submitted = lane_a::submit(&visit, &flow, "email-code", &json!({ "code": code })).await?;
    Ok(after(&visit, submitted))
}
