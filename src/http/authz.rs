//! `/authz/*` and `/oauth2/auth`: proxies ask whether a request may pass (CONTRACT §5).

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::json;

use super::applications;
use super::context::{Context, wants_html};
use super::first_head::TwoLengths;
use super::gate;
use super::last_words::panicked;
use super::oauth;
use super::router::AppState;
use super::traced;
use crate::authn;
use crate::core::Site;
use crate::domain::forward::{Original, Rule, Verdict, judge, login_address};
use crate::domain::{Code, Problem};
use crate::edge::forward::{self, Endpoint, Question};
use crate::sessions::Live;

/// All that the answer hangs on, so that no cache gives it to somebody else.
const VARY: &str = "Cookie, Authorization, X-API-Key, Accept, X-Requested-With, X-Original-URL, \
                    X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-Uri, Host";

/// Any method: a proxy asks with its own or with the browser's. Asked on every request of
/// every application, so it goes past all that pages and APIs need.
pub async fn answer(state: &AppState, endpoint: Endpoint, request: Request) -> Response {
    laneway_spans::note("http.route", || endpoint.route());
    let request_id = state.references.next();
    let (parts, _) = request.into_parts();
    let judged = AssertUnwindSafe(judged(state, endpoint, &parts)).catch_unwind();
    let (asked, answer) = judged
        .await
        .unwrap_or_else(|panic| (None, Ok(panicked(panic))));
    let (site, origin) = asked.unzip();
    let mut answer = answer.unwrap_or_else(|problem| forward::only_known(problem).into_response());
    if answer.extensions().get::<Problem>().is_some() {
        let context = site.map(|site| context(state, site, &parts, &request_id));
        let html = wants_html(&parts.headers);
        let bearer = authn::names_bearer(&parts.headers);
        gate::tell(&mut answer, &request_id, html, bearer, context.as_ref());
    }
    let headers = answer.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static(VARY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    gate::finish(&mut answer, &request_id);
    if let Some(origin) = origin {
        point_out(&mut answer, &origin);
    }
    let status = answer.status().as_u16();
    // A yes is said a thousand times a second and tells nothing; a no is looked for.
    if answer.status().is_success() {
        tracing::debug!(%request_id, ?endpoint, status, trace_id = traced::id(), "question");
    } else {
        tracing::info!(%request_id, ?endpoint, status, trace_id = traced::id(), "question");
    }
    gate::count(&parts.method, answer.status());
    answer
}

/// Tells whoever is refused without a sign-in where tokens for this host come from (RFC 9728 §5.1):
/// agents find their way by that alone.
fn point_out(answer: &mut Response, origin: &str) {
    if answer.status() != StatusCode::UNAUTHORIZED {
        return;
    }
    let at = format!(
        r#"resource_metadata="{origin}{}""#,
        oauth::RESOURCE_METADATA
    );
    let headers = answer.headers_mut();
    let said = headers.get(header::WWW_AUTHENTICATE);
    let said = said.and_then(|value| value.to_str().ok());
    let text = match said {
        Some(said) if said.starts_with("Bearer ") => format!("{said}, {at}"),
        _ => format!("Bearer {at}"),
    };
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
}

/// The site and origin that were asked about, where they are known, and the answer.
async fn judged(
    state: &AppState,
    endpoint: Endpoint,
    parts: &Parts,
) -> (Option<(Arc<Site>, String)>, Result<Response, Problem>) {
    let core = &state.core;
    let asked = match question(state, endpoint, parts) {
        Ok(asked) => asked,
        Err(problem) => return (None, Err(problem)),
    };
    // Whose it is says the address that the browser asked for, not our own Host.
    match core.tenants.site(&asked.original.host).await {
        Ok(site) => {
            laneway_spans::note("server.address", || site.host.host.clone());
            let answer = decide(state, &site, parts, &asked).await;
            (Some((site, asked.original.origin)), answer)
        }
        Err(problem) => (None, Err(problem)),
    }
}

fn question(state: &AppState, endpoint: Endpoint, parts: &Parts) -> Result<Question, Problem> {
    let two_lengths = parts.extensions.get::<TwoLengths>().is_some();
    gate::well_formed(two_lengths, &parts.headers)?;
    // From anybody else the original address is a forgery.
    if !gate::by_proxy(state, gate::peer(&parts.extensions)) {
        return Err(forward::refused(
            "This address answers listed proxies only: add the proxy to trusted_proxies.",
        ));
    }
    forward::question(endpoint, parts.method.as_str(), &parts.uri, &parts.headers)
}

/// What a refusal's page is made from.
fn context(state: &AppState, site: Arc<Site>, parts: &Parts, request_id: &str) -> Context {
    let peer = gate::peer(&parts.extensions);
    Context {
        core: Arc::clone(&state.core),
        raw_host: site.host.host.clone(),
        site,
        meta: gate::meta(state, peer, &parts.headers, request_id),
        headers: Arc::new(parts.headers.clone()),
        by_proxy: true,
        uri: parts.uri.clone(),
        reading: matches!(parts.method, Method::GET | Method::HEAD),
        own_lang: Arc::default(),
    }
}

async fn decide(
    state: &AppState,
    site: &Site,
    parts: &Parts,
    asked: &Question,
) -> Result<Response, Problem> {
    let (core, headers) = (&*state.core, &parts.headers);
    let meta = || gate::meta(state, gate::peer(&parts.extensions), headers, "");
    let names = [asked.original.origin.as_str()];
    let live = applications::caller(core, site, headers, &names, meta)
        .await?
        .live;
    let seen = live.as_deref().map(Live::glance);
    let session = live.as_deref().zip(seen.as_ref());
    let who = session.map(|(live, seen)| forward::who(live, seen));
    match (judge(&asked.rules, who.as_ref()), session) {
        (Verdict::Yes, Some(session)) => {
            let identity = forward::identity(core, site, session, &asked.original, headers).await?;
            let yes = match asked.endpoint {
                Endpoint::OAuth2 => StatusCode::ACCEPTED,
                _ => StatusCode::OK,
            };
            Ok((yes, identity).into_response())
        }
        (Verdict::StepUp(acr), _) => {
            let login = site.tenant.issuer();
            let address = login_address(&login, &asked.original, Some(acr));
            Ok(step_up(asked.endpoint, acr.as_str(), &address))
        }
        (Verdict::Refused(number), _) => {
            let rule = asked.rules.get(number).map(Rule::text);
            Err(forward::refused(&format!(
                "Your account may not use this. It takes: {}.",
                rule.unwrap_or_default()
            )))
        }
        (Verdict::SignIn | Verdict::Yes, _) => {
            if !site.tenant.settings.asks_to_sign_in() {
                return Err(Problem::new(
                    Code::Unauthenticated,
                    "Sign in, or send a token.",
                ));
            }
            let login = site.tenant.issuer();
            let address = login_address(&login, &asked.original, None);
            Ok(sign_in(asked.endpoint, &asked.original, headers, &address))
        }
    }
}

/// Nobody is signed in. nginx takes no redirect from us: it gets the address beside its 401.
fn sign_in(endpoint: Endpoint, original: &Original, headers: &HeaderMap, to: &str) -> Response {
    let reading = matches!(original.method.as_str(), "GET" | "HEAD");
    let page = reading && wants_html(headers) && !headers.contains_key("x-requested-with");
    if endpoint.redirects() && page {
        return located(StatusCode::FOUND.into_response(), to);
    }
    match endpoint {
        Endpoint::AuthRequest => located(StatusCode::UNAUTHORIZED.into_response(), to),
        Endpoint::OAuth2 => StatusCode::UNAUTHORIZED.into_response(),
        Endpoint::ForwardAuth | Endpoint::ExtAuthz => {
            Problem::new(Code::Unauthenticated, "Sign in to use this.")
                .with("login_url", to)
                .into_response()
        }
    }
}

fn step_up(endpoint: Endpoint, acr: &str, to: &str) -> Response {
    let refusal = Problem::new(
        Code::StepUpRequired,
        "This needs a stronger proof that it is you.",
    )
    .with("acr_values", json!([acr]))
    .with("step_up_url", to)
    .into_response();
    if endpoint == Endpoint::AuthRequest {
        located(refusal, to)
    } else {
        refusal
    }
}

fn located(mut response: Response, to: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}
