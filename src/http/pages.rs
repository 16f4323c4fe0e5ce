//! Pages: the same flows as `/v1/auth/flows`, for browsers without scripts.

mod account;
pub(in crate::http) mod desk;
mod flow;
mod health;
mod invitation;
mod secret_step;
mod setup;
mod step;
mod targets;
mod test_login;
mod wizard;

use askama::Template;
use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use laneway_contract::MethodKind;
use url::Url;

use self::targets::{flow_targets, form_targets};
use super::bff::see_other;
use super::context::{Browser, Context};
use super::flows;
use super::gate::page_headers;
use super::router::AppState;
use crate::authn;
use crate::core::Site;
use crate::domain::flow::{Flow, FlowPurpose, Step};
use crate::domain::{Code, Lang, Problem};
use crate::lane_a::{Begin, Submitted, Visit, provider_address};
use crate::oauth::waiting;
use crate::store::orgs::Organization;
use crate::views::{self, Chrome, Reader};

pub(super) use step::form_csrf;
pub use test_login::test_result;

/// Addresses of pages; they exist on login hosts.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(account::home))
        .route("/login", get(flow::login).post(flow::answer))
        .route("/login/{org}", get(flow::login_of).post(flow::answer_of))
        .route(
            "/login/link/{token}",
            get(flow::link).post(flow::follow_link),
        )
        .route("/signup", get(flow::signup).post(flow::answer))
        .route("/verify", get(flow::verify).post(flow::answer))
        .route("/recover", get(flow::recover).post(flow::answer))
        .route("/logged-out", get(account::logged_out))
        .merge(account::routes())
        .route(
            "/invitations/{token}",
            get(invitation::show).post(invitation::answer),
        )
        .route(
            "/owner/{token}",
            get(setup::owner).post(setup::take_ownership),
        )
        .route("/admin/upstream", get(setup::show).post(setup::save))
        .route("/admin/upstream/activate", post(setup::activate))
        .merge(desk::routes())
        .merge(wizard::routes())
}

/// The frame of every page, in the look of the host.
pub(super) fn chrome(site: &Site, reference: &str) -> Chrome {
    chrome_of(site, reference, None)
}

/// The same in the look of the organization that somebody is about to enter.
pub(super) fn chrome_of(site: &Site, reference: &str, org: Option<&Organization>) -> Chrome {
    let brand = &site.tenant.brand;
    let settings = &site.tenant.settings;
    let mut frame = Chrome {
        tenant_name: site.tenant.name.clone(),
        brand_color: brand.color.clone(),
        logo_url: brand.logo_url.clone(),
        reference: reference.to_owned(),
        help_url: settings.help_url.as_ref().map(ToString::to_string),
        privacy_url: settings.privacy_url.as_ref().map(ToString::to_string),
        support_email: settings.support_email.clone(),
        leave_href: None,
    };
    if let Some(org) = org.or(site.org.as_ref()) {
        let brand = &org.brand;
        frame.tenant_name = brand.name.clone().unwrap_or_else(|| org.name.clone());
        frame.brand_color = brand.color.clone().or(frame.brand_color);
        // The tenant's picture beside another name would be wrong.
        frame.logo_url.clone_from(&brand.logo_url);
    }
    frame
}

/// A rendered page with its headers.
pub(super) fn render(context: &Context, status: StatusCode, page: &impl Template) -> Response {
    render_for(
        Some(&context.site),
        &context.reader(),
        status,
        page,
        &form_targets(&context.site),
    )
}

/// The same for a page whose forms lead to the provider of this issuer.
fn render_towards(
    context: &Context,
    status: StatusCode,
    page: &impl Template,
    issuer: &str,
) -> Response {
    let url = Url::parse(issuer).ok();
    render_towards_all(context, status, page, url.as_slice())
}

/// The same towards several providers.
fn render_towards_all(
    context: &Context,
    status: StatusCode,
    page: &impl Template,
    providers: &[Url],
) -> Response {
    let mut targets = form_targets(&context.site);
    // The provider may lead elsewhere in turn: browsers apply the rule to every hop.
    targets.push_str(" https:");
    for url in providers {
        targets.push_str(&format!(" {}", url.origin().ascii_serialization()));
    }
    render_for(
        Some(&context.site),
        &context.reader(),
        status,
        page,
        &targets,
    )
}

fn render_for(
    site: Option<&Site>,
    reader: &Reader,
    status: StatusCode,
    page: &impl Template,
    targets: &str,
) -> Response {
    let html = match reader.render(page) {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = (status, Html(html)).into_response();
    page_headers(response.headers_mut(), site, targets);
    super::lang::page_headers(response.headers_mut(), reader.lang);
    response
}

/// A page of a flow, which may lead to a provider.
async fn render_flow(visit: &Visit<'_>, status: StatusCode, page: &impl Template) -> Response {
    let reader = Reader {
        lang: visit.lang,
        here: visit.here.clone(),
        home: String::new(),
    };
    let targets = flow_targets(visit).await;
    render_for(Some(visit.site), &reader, status, page, &targets)
}

/// The page of a problem.
pub fn error_page(problem: &Problem, request_id: &str, context: Option<&Context>) -> Response {
    let chrome = context.map_or_else(
        || Chrome {
            tenant_name: "Laneway".into(),
            reference: request_id.to_owned(),
            ..Chrome::default()
        },
        |context| chrome(&context.site, request_id),
    );
    let site = context.map(|context| context.site.as_ref());
    let reader = context.map(Context::reader).unwrap_or_default();
    let lang = reader.lang;
    let status =
        StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match problem.code {
        Code::Denied => {
            let (title, ask, href, next) = denied_words(problem);
            let page = views::DeniedPage {
                chrome,
                title: words(lang, title),
                detail: said(lang, problem.code, &problem.detail),
                ask,
                next: Some((reader.ours(href), next)),
            };
            render_for(site, &reader, status, &page, "")
        }
        // A way on, where the organization has one.
        Code::SsoRequired if problem.extra.contains_key("start_url") => {
            let start = problem.extra.get("start_url").and_then(|url| url.as_str());
            let page = views::SsoRequiredPage {
                chrome,
                title: said(lang, problem.code, problem.code.title()),
                detail: said(lang, problem.code, &problem.detail),
                start_href: start.unwrap_or_default().to_owned(),
                unlinked: problem.extra.get("linked") == Some(&serde_json::Value::Bool(false)),
            };
            render_for(site, &reader, status, &page, "")
        }
        // Under /api it is a backend that does not answer, and sign-in is well.
        Code::UpstreamUnavailable | Code::UpstreamTimeout if !under_api(context) => {
            let page = views::UpstreamDownPage {
                chrome,
                upstream_label: String::new(),
                retry_href: again(context).unwrap_or_else(|| reader.ours("/login")),
                emergency_href: (problem.extra.contains_key("emergency"))
                    .then(|| reader.ours("/login")),
            };
            render_for(site, &reader, status, &page, "")
        }
        _ => {
            let page = views::ErrorPage {
                chrome,
                status: problem.code.status(),
                title: said(lang, problem.code, problem.code.title()),
                detail: said(lang, problem.code, &problem.detail),
            };
            render_for(site, &reader, status, &page, "")
        }
    }
}

/// The title, what to do, where it goes on, and the words for that.
fn denied_words(problem: &Problem) -> (&'static str, &'static str, &'static str, &'static str) {
    let refusal = problem.extra.get("refusal").and_then(|word| word.as_str());
    let own = |title, ask| (title, ask, "/login", "denied-retry");
    match refusal {
        Some("linked_elsewhere" | "not_linkable") => (
            "denied-title-link",
            "denied-ask-link",
            "/account",
            "leave-step",
        ),
        Some("too_weak") => own("denied-title-weak", "denied-ask-weak"),
        Some("not_rolled_out") => own("denied-title-early", "denied-ask-early"),
        Some("answer") => own("denied-title-answer", "denied-ask-answer"),
        Some("unmet_claim") => own("denied-title-account", "denied-ask-account"),
        Some("off") => own("denied-title-off", "denied-ask-off"),
        Some("provider") => own("denied-title-provider", "denied-ask-provider"),
        Some("cancelled") => own("denied-title-cancelled", "denied-ask-cancelled"),
        _ => own("denied-title", "denied-ask"),
    }
}

/// The same address, where it may be opened again: a step-up is not begun as a sign-in. A provider's
/// answer counts once.
fn again(context: Option<&Context>) -> Option<String> {
    let uri = &context.filter(|context| context.reading)?.uri;
    let once = uri.path().starts_with("/federation/callback/");
    let same = uri.path_and_query().filter(|_| !once)?;
    Some(same.as_str().to_owned())
}

fn under_api(context: Option<&Context>) -> bool {
    context.is_some_and(|context| context.uri.path().starts_with("/api/"))
}

/// Opens a flow's page in the browser.
///
/// # Errors
/// None today; kept for the flows that may refuse to open.
pub async fn open_flow(
    visit: &Visit<'_>,
    browser: &Browser,
    flow: Flow,
) -> Result<Response, Problem> {
    // A single method needs no choice: it starts at once.
    let offers = crate::lane_a::methods::of_flow(visit, &flow).await?;
    let mut response = match offers.as_slice() {
        [only] if matches!(flow.state.step, Step::Choose) || only.kind == MethodKind::Redirect => {
            let kind = only.kind.as_str();
            after(
                visit,
                crate::lane_a::submit(visit, &flow.id, kind, &flows::empty()).await?,
            )
        }
        _ => see_other(&page_of(&flow)),
    };
    flows::set_flow_cookie(&mut response, browser);
    Ok(response)
}

/// The address of a flow's page.
pub fn page_of(flow: &Flow) -> String {
    let page = match flow.purpose {
        FlowPurpose::Signup => "/signup",
        FlowPurpose::Verify => "/verify",
        FlowPurpose::Recover => "/recover",
        _ => "/login",
    };
    format!("{page}?flow={}", flow.id)
}

/// Where a browser goes after a submitted answer, by a 303.
pub fn after(visit: &Visit<'_>, submitted: Submitted) -> Response {
    let mut response = match codes_page(visit, &submitted) {
        Some(page) => page,
        None => see_other(&next_address(visit, &submitted)),
    };
    if let Submitted::Done { cookies, .. } = &submitted {
        flows::set_cookies(visit, &mut response, cookies.as_ref());
    }
    response
}

/// Recovery codes that were made on the way are shown once, before it goes on.
fn codes_page(visit: &Visit<'_>, submitted: &Submitted) -> Option<Response> {
    let (Submitted::Done { flow, .. } | Submitted::Pending(flow)) = submitted;
    let codes = &flow.state.recovery_codes;
    if codes.is_empty() {
        return None;
    }
    let page = views::RecoveryCodesPage {
        chrome: chrome(visit.site, &visit.meta.request_id),
        codes: codes.iter().map(|code| code.0.clone()).collect(),
        done_href: next_address(visit, submitted),
    };
    let reader = Reader {
        lang: visit.lang,
        here: visit.here.clone(),
        home: String::new(),
    };
    let targets = form_targets(visit.site);
    let (site, status) = (Some(visit.site), StatusCode::OK);
    Some(render_for(site, &reader, status, &page, &targets))
}

/// The address after a submitted answer.
pub fn next_address(visit: &Visit<'_>, submitted: &Submitted) -> String {
    match submitted {
        Submitted::Done { flow, .. } => flow.state.return_to.as_str().to_owned(),
        Submitted::Pending(flow) => match &flow.state.step {
            Step::Redirect { url, upstream, .. } => provider_address(visit, flow, &url.0, upstream),
            _ => page_of(flow),
        },
    }
}

/// To the login page, with what was asked for in its address.
pub fn to_login(begin: &Begin) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_to", begin.return_to.as_str());
    if let Some(name) = &begin.username {
        query.append_pair("login_hint", name);
    }
    see_other(&format!("/login?{}", query.finish()))
}

/// A page whose form ends the provider's session; the ID token travels in the body.
pub fn continue_logout(context: &Context, url: &Url, fields: Vec<(String, String)>) -> Response {
    let page = views::ContinueLogoutPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        action: url.to_string(),
        fields,
    };
    let targets = format!(
        "{} {}",
        form_targets(&context.site),
        url.origin().ascii_serialization()
    );
    render_for(
        Some(&context.site),
        &context.reader(),
        StatusCode::OK,
        &page,
        &targets,
    )
}

/// A page whose answer leads on to this origin or scheme, beside our own.
pub(super) fn render_leading_to(
    context: &Context,
    status: StatusCode,
    page: &impl Template,
    target: &str,
) -> Response {
    let targets = format!("{} {target}", form_targets(&context.site));
    render_for(
        Some(&context.site),
        &context.reader(),
        status,
        page,
        &targets,
    )
}

/// A page whose form takes an answer to an app that wants it posted.
pub(super) fn return_to_app(
    context: &Context,
    uri: &str,
    fields: Vec<(String, String)>,
) -> Response {
    let page = views::ReturnToAppPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        action: uri.to_owned(),
        fields,
    };
    let target = waiting::target(uri);
    render_leading_to(context, StatusCode::OK, &page, &target)
}

/// A page whose form takes a sign-in to a provider that wants it posted.
pub fn continue_sign_in(context: &Context, url: &Url, fields: Vec<(String, String)>) -> Response {
    let page = views::ContinueSignInPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        action: url.to_string(),
        fields,
    };
    render_towards(context, StatusCode::OK, &page, url.as_str())
}

/// Text of a key without values.
pub(super) fn words(lang: Lang, key: &str) -> String {
    views::text(lang, key, &views::FluentArgs::new())
}

/// What a problem says, in the language of the page it is shown on.
pub(super) fn said(lang: Lang, code: Code, english: &str) -> String {
    views::translate(lang, english).unwrap_or_else(|| {
        let class = match code.status() {
            403 => "problem-any-refused",
            429 | 500.. => "problem-any-later",
            _ => "problem-any-wrong",
        };
        words(lang, class)
    })
}

/// What is wrong with a form, for the page that shows it again.
pub(super) fn said_inline(lang: Lang, problem: &Problem) -> String {
    let english = problem.errors.first().map(|fault| fault.detail.as_str());
    said(lang, problem.code, english.unwrap_or(&problem.detail))
}

/// A form must carry the token of this browser.
pub(super) fn check_form(context: &Context, binding: &str, given: &str) -> Result<(), Problem> {
    if authn::form_token_matches(&context.core.sealer, binding, given) {
        return Ok(());
    }
    Err(Problem::new(
        Code::CsrfRequired,
        "This form is too old or was not made here. Load the page again.",
    ))
}
