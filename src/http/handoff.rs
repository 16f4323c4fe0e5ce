//! App hosts: the handoff of a sign-in, `/api`, and the application behind.

use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;

use super::applications;
use super::bff::{LoginQuery, check_org, see_other};
use super::context::{self, Context};
use super::router::AppState;
use super::{bff, flows};
use crate::authn;
use crate::core::hash_token;
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, Problem};
use crate::edge::handoff::{self as handoffs, Ask};
use crate::edge::proxy::{self, Call};
use crate::edge::{self, frontend, is_ours, upstream_token};
use crate::lane_a::{self, revalidation};

/// `GET /.laneway/start?rd=`
pub async fn start(context: Context, Query(query): Query<LoginQuery>) -> Result<Response, Problem> {
    if context.site.is_home() {
        return Err(Problem::not_found());
    }
    let rd = flows::return_to(&context, Some(query.target().unwrap_or("/")))?;
    Ok(begin(&context, own_path(&context, rd)?, query.ask()?))
}

/// An absolute address on this very host becomes a path; other hosts are refused, they
/// have a start of their own.
pub(super) fn own_path(context: &Context, rd: ReturnTo) -> Result<ReturnTo, Problem> {
    let Ok(url) = url::Url::parse(rd.as_str()) else {
        return Ok(rd);
    };
    let here = context
        .site
        .own_host(&url)
        .is_some_and(|host| host.host == context.site.host.host);
    if !here {
        return Err(Problem::new(
            Code::InvalidReturnTo,
            "Use a path on this host.",
        ));
    }
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    let path = format!("{}{query}", url.path());
    // "https://here//evil.test/" has a path that would be another host by itself.
    if ReturnTo::parse(&path, |_| false).is_some() {
        Ok(ReturnTo::own(path))
    } else {
        Ok(ReturnTo::own(url.as_str()))
    }
}

/// Sends a browser from an app host to the login host.
pub fn begin(context: &Context, rd: ReturnTo, ask: Ask) -> Response {
    let browser = context.browser_or_new();
    let mut to = handoffs::start(
        &context.core,
        &context.site,
        context.origin(),
        browser.hash,
        rd,
        ask,
    );
    if let Some(list) = context.ui_locales() {
        to.push_str(&format!("&ui_locales={}", list.replace(' ', "+")));
    }
    let mut response = see_other(&to);
    flows::set_flow_cookie(&mut response, &browser);
    response
}

#[derive(Deserialize)]
pub struct HandoffQuery {
    request: String,
    error: Option<String>,
}

/// `GET /bff/handoff?request=` on the login host.
pub async fn go_on(
    context: Context,
    Query(query): Query<HandoffQuery>,
) -> Result<Response, Problem> {
    context.login_host_only()?;
    lane_a::limits::callback(&context.core, &context.meta.ip).await?;
    let request = handoffs::read(&context.core, &context.site, &query.request)?;
    // A silent attempt at the provider came back empty-handed: asking again would loop.
    if query.error.as_deref() == Some("login_required") {
        return Ok(see_other(&back(&request, "login_required")));
    }
    let live = authn::session_of(&context.core, &context.site, &context.headers, true).await?;
    if let Some(live) = &live
        && request.served_by(&live.session, context.core.now())
        && upstream_token::lost_at(&context.core, &live.session)
            .await?
            .is_none()
    {
        revalidation::confirm(&context.core, live, false).await?;
        let to = handoffs::issue(&context.core, &context.site, &request, &live.session.sid).await?;
        return Ok(see_other(&to));
    }
    let ask = Ask {
        acr: request.acr,
        max_age: request.max_age,
        prompt: request.prompt,
        login_hint: request.login_hint.clone(),
        connection: request.connection.clone(),
        org: request.org.clone(),
    };
    if ask.prompt == Some(laneway_contract::Prompt::None) && live.is_some() {
        return Ok(see_other(&back(&request, "login_required")));
    }
    let here = ReturnTo::own(format!("/bff/handoff?request={}", query.request));
    let answer = Box::pin(bff::sign_in(&context, here, ask, None)).await?;
    // A silent attempt that cannot be silent ends in the app, not here.
    let stuck = answer
        .headers()
        .get(header::LOCATION)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|to| to.starts_with("/bff/handoff") && to.contains("error=login_required"));
    Ok(if stuck {
        see_other(&back(&request, "login_required"))
    } else {
        answer
    })
}

fn back(request: &handoffs::Request, error: &str) -> String {
    let to = request.rd.with_query("error", error);
    if to.starts_with('/') {
        format!("{}{to}", request.origin)
    } else {
        to
    }
}

#[derive(Deserialize)]
pub struct CallbackQuery {
    ticket: String,
}

/// `GET /.laneway/callback?ticket=` on the app host.
pub async fn callback(
    context: Context,
    Query(query): Query<CallbackQuery>,
) -> Result<Response, Problem> {
    if context.site.is_home() {
        return Err(Problem::not_found());
    }
    lane_a::limits::callback(&context.core, &context.meta.ip).await?;
    let over = || {
        Problem::new(
            Code::Expired,
            "This sign-in is over. Start again in the app.",
        )
    };
    let browser = context.browser().ok_or_else(over)?;
    let old = authn::read_single(&context.headers, authn::SESSION).map(hash_token);
    let (cookie, rd) = handoffs::redeem(
        &context.core,
        &context.site,
        &context.meta,
        &query.ticket,
        &browser.hash,
        old,
    )
    .await?;
    let mut response = see_other(rd.as_str());
    let seconds =
        i64::try_from(context.core.config.sessions.absolute.as_secs()).unwrap_or(i64::MAX);
    response
        .headers_mut()
        .append(header::SET_COOKIE, authn::set_session(&cookie, seconds));
    Ok(response)
}

/// `/api/{route}/…` on app hosts.
pub async fn api(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let context = context::of(&request).ok_or_else(Problem::not_found)?;
    let app = context.site.app.clone().ok_or_else(Problem::not_found)?;
    let route = app
        .route(request.uri().path())
        .ok_or_else(Problem::not_found)?;
    // From before the look-up: what is invalidated after this instant is not missed.
    let epoch = context.core.sessions.epoch();
    let origin = context.origin();
    let names = [route.audience.as_str(), origin.as_str()];
    let (core, site) = (&context.core, &context.site);
    let meta = || context.meta.clone();
    let applications::Caller { live, by_token } =
        applications::caller(core, site, &context.headers, &names, meta).await?;
    let websocket = is_websocket(&request);
    if !by_token {
        if websocket {
            check_socket_origin(&context, live.is_some())?;
        } else if live.is_some() {
            authn::check_api(&context.headers, request.method(), true)?;
            check_origin(&context, request.method())?;
        }
    }
    if let Some(live) = &live {
        check_org(&context, live)?;
    }
    let call = Call {
        core: &context.core,
        site: &context.site,
        raw_host: &context.raw_host,
        meta: &context.meta,
        live,
        epoch,
    };
    proxy::forward(&call, &state.backends, route, request).await
}

fn is_websocket(request: &Request) -> bool {
    edge::websocket_wanted(request.method(), request.version(), request.headers())
}

/// Where a browser names its origin, it must be this host's or a listed one.
fn check_origin(context: &Context, method: &http::Method) -> Result<(), Problem> {
    match named_origin(context)? {
        Some(false) if *method != http::Method::GET => Err(foreign_origin()),
        _ => Ok(()),
    }
}

/// A script cannot mark a WebSocket with `X-CSRF`, and no preflight asks: the origin is all
/// there is against foreign pages. With a cookie it must be there.
fn check_socket_origin(context: &Context, with_cookie: bool) -> Result<(), Problem> {
    match named_origin(context)? {
        Some(true) => Ok(()),
        None if !with_cookie => Ok(()),
        _ => Err(foreign_origin()),
    }
}

fn foreign_origin() -> Problem {
    Problem::new(Code::OriginNotAllowed, "This page's origin is not listed.")
}

/// Is the origin that a browser names this host's or a listed one? `None`: it names none.
fn named_origin(context: &Context) -> Result<Option<bool>, Problem> {
    let mut named = context.headers.get_all(header::ORIGIN).iter();
    let (origin, second) = (named.next(), named.next());
    let Some(origin) = origin else {
        return Ok(None);
    };
    let url = origin
        .to_str()
        .ok()
        .filter(|_| second.is_none())
        .and_then(|text| url::Url::parse(text).ok())
        .ok_or_else(foreign_origin)?;
    let own = url::Url::parse(&context.origin()).is_ok_and(|own| own.origin() == url.origin());
    let listed = context
        .site
        .tenant
        .origins
        .iter()
        .any(|listed| listed.origin() == url.origin());
    Ok(Some(own || listed))
}

/// Whatever no route of ours names: the application on app hosts, nothing on login hosts.
pub async fn fallback(State(state): State<AppState>, request: Request) -> Response {
    match application(&state, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn application(state: &AppState, request: Request) -> Result<Response, Problem> {
    let context = context::of(&request).ok_or_else(Problem::not_found)?;
    let app = context.site.app.clone().ok_or_else(Problem::not_found)?;
    if is_ours(request.uri().path()) {
        return Err(Problem::not_found());
    }
    if is_websocket(&request) {
        check_socket_origin(&context, false)?;
    }
    let call = Call {
        core: &context.core,
        site: &context.site,
        raw_host: &context.raw_host,
        meta: &context.meta,
        live: None,
        epoch: 0,
    };
    frontend::serve(&call, &state.backends, app.frontend.as_ref(), request).await
}
