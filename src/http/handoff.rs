//! App hosts: the handoff of a sign-in, `/api`, and the application behind.

use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;

use super::bff::{LoginQuery, check_org, see_other};
use super::context::{self, Context};
use super::router::AppState;
use super::{bff, flows};
use crate::authn::{self, Caller};
use crate::core::hash_token;
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, Problem};
use crate::edge::frontend;
use crate::edge::handoff::{self as handoffs, Ask};
use crate::edge::proxy::{self, Call};
use crate::lane_a;

/// `GET /.laneway/start?rd=`
pub async fn start(context: Context, Query(query): Query<LoginQuery>) -> Result<Response, Problem> {
    if context.site.is_login() {
        return Err(Problem::not_found());
    }
    let rd = flows::return_to(&context, Some(query.target().unwrap_or("/")))?;
    Ok(begin(&context, own_path(&context, rd)?, query.ask()?))
}

/// An absolute address on this very host becomes a path; other hosts are refused, they
/// have a start of their own.
fn own_path(context: &Context, rd: ReturnTo) -> Result<ReturnTo, Problem> {
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
    Ok(ReturnTo::own(format!("{}{query}", url.path())))
}

/// Sends a browser from an app host to the login host.
pub fn begin(context: &Context, rd: ReturnTo, ask: Ask) -> Response {
    let browser = context.browser_or_new();
    let to = handoffs::start(
        &context.core,
        &context.site,
        context.origin(),
        browser.hash,
        rd,
        ask,
    );
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
    {
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
    let answer = bff::sign_in(&context, here, ask, None).await?;
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
    if context.site.is_login() {
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
    let name = request
        .uri()
        .path()
        .split('/')
        .nth(2)
        .unwrap_or_default()
        .to_owned();
    let route = app
        .routes
        .iter()
        .find(|r| r.name == name)
        .ok_or_else(Problem::not_found)?;
    let live = match context.caller().await? {
        Caller::Session(live) => Some(live),
        Caller::Anonymous => None,
        Caller::Operator(_) => {
            return Err(Problem::new(
                Code::Forbidden,
                "Operator tokens open no applications.",
            ));
        }
    };
    if let Some(live) = &live {
        authn::check_api(&context.headers, request.method(), true)?;
        check_origin(&context, request.method())?;
        check_org(&context, live)?;
    }
    let call = Call {
        core: &context.core,
        site: &context.site,
        raw_host: &context.raw_host,
        meta: &context.meta,
        live,
    };
    proxy::forward(&call, &state.backends, route, request).await
}

/// Where a browser names its origin, it must be this host's or a listed one.
fn check_origin(context: &Context, method: &http::Method) -> Result<(), Problem> {
    let Some(origin) = context.headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let refused = || Problem::new(Code::OriginNotAllowed, "This page's origin is not listed.");
    let url = origin
        .to_str()
        .ok()
        .and_then(|t| url::Url::parse(t).ok())
        .ok_or_else(refused)?;
    let own = url::Url::parse(&context.origin()).is_ok_and(|own| own.origin() == url.origin());
    let listed = context
        .site
        .tenant
        .origins
        .iter()
        .any(|o| o.origin() == url.origin());
    if own || listed || *method == http::Method::GET {
        Ok(())
    } else {
        Err(refused())
    }
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
    let path = request.uri().path();
    let ours = ["/bff/", "/v1/", "/.laneway/", "/authz/"]
        .iter()
        .any(|p| path.starts_with(p));
    if ours {
        return Err(Problem::not_found());
    }
    let call = Call {
        core: &context.core,
        site: &context.site,
        raw_host: &context.raw_host,
        meta: &context.meta,
        live: None,
    };
    frontend::serve(&call, &state.backends, app.frontend.as_ref(), request).await
}
