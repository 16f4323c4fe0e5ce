//! What happens to every request before and after its handler: reference, address, host,
//! size, origin; security headers, error pages, metrics.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use metrics::Counter;
use serde_json::Value;
use url::Url;

use super::context::{Context, wants_html};
use super::first_head::TwoLengths;
use super::router::AppState;
use super::{pages, problem, traced};
use crate::audit::RequestMeta;
use crate::authn;
use crate::core::Site;
use crate::domain::{Code, Problem};

const MAX_HEADERS: usize = 32 * 1024;

/// The gate.
pub async fn gate(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let request_id = state.references.next();
    let html = wants_html(request.headers());
    let api = request.uri().path().starts_with("/api/");
    let scripted = is_scripted(request.uri().path());
    let method = request.method().clone();
    let shown = shown_path(request.uri().path());
    let bearer = authn::names_bearer(request.headers());
    let started = state.core.now();
    let mut context = None;
    let mut cors = None;
    let mut response = match admit(&state, Head::of(&request), &request_id).await {
        Err(problem) => problem.into_response(),
        Ok(admitted) => {
            cors = allowed_origin(&admitted, request.headers(), request.uri().path());
            laneway_spans::note("server.address", || admitted.site.host.host.clone());
            context = Some(admitted.clone());
            request.extensions_mut().insert(admitted);
            if is_preflight(&request) {
                StatusCode::NO_CONTENT.into_response()
            } else {
                next.run(request).await
            }
        }
    };
    let told = tell(&mut response, &request_id, html, bearer, context.as_ref());
    if let Some(context) = &context {
        context.remember_lang(&mut response);
    }
    finish(&mut response, &request_id);
    if scripted {
        for_scripts(&mut response, cors.as_deref());
    }
    if let Some(code) = told.filter(|_| api) {
        put(response.headers_mut(), "x-laneway-error", code);
    }
    tracing::info!(
        %request_id, %method, path = %shown, status = response.status().as_u16(),
        ms = state.core.now() - started, trace_id = traced::id(), "request"
    );
    count(&method, response.status());
    response
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key("access-control-request-method")
}

/// Turns the problem in an answer into what the caller can read; which one it was.
pub(super) fn tell(
    response: &mut Response,
    request_id: &str,
    html: bool,
    bearer: bool,
    context: Option<&Context>,
) -> Option<&'static str> {
    let mut problem = response.extensions_mut().remove::<Problem>()?;
    // Where a sign-in is not what strangers are asked for, none is named.
    if problem.code == Code::Unauthenticated
        && context.is_some_and(|context| !context.site.tenant.settings.asks_to_sign_in())
    {
        problem.extra.remove("login_url");
    }
    log(&problem, request_id);
    laneway_spans::note("laneway.error", || problem.code.as_str());
    let mut told = explain(&problem, request_id, html, context, response);
    if let Some(value) = challenge(&problem, bearer, html) {
        told.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    *response = told;
    Some(problem.code.as_str())
}

/// `WWW-Authenticate`: why a token was not enough (RFC 6750 §3.1), or what would be (RFC
/// 9470 §3). Pages get none: no browser can do anything with it.
fn challenge(problem: &Problem, bearer: bool, html: bool) -> Option<HeaderValue> {
    let text = match problem.code {
        Code::StepUpRequired if bearer => {
            let mut text = String::from(r#"Bearer error="insufficient_user_authentication""#);
            let wanted = problem.extra.get("acr_values").and_then(Value::as_array);
            let wanted: Vec<&str> = wanted
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            if !wanted.is_empty() {
                text.push_str(&format!(r#", acr_values="{}""#, wanted.join(" ")));
            }
            if let Some(seconds) = problem.extra.get("max_age").and_then(Value::as_u64) {
                text.push_str(&format!(r#", max_age="{seconds}""#));
            }
            text
        }
        Code::InvalidToken | Code::TokenExpired if !html => {
            r#"Bearer error="invalid_token""#.into()
        }
        _ if problem.code.status() == 401 && !html => "Bearer".into(),
        _ => return None,
    };
    HeaderValue::from_str(&text).ok()
}

/// The usual ones, looked up once: they are asked for on every request.
static USUAL: LazyLock<[(u16, Counter); 3]> =
    LazyLock::new(|| [200, 202, 401].map(|status| (status, counter("GET", status))));

pub(super) fn count(method: &Method, status: StatusCode) {
    let (method, status) = (label(method), status.as_u16());
    let usual = USUAL.iter().find(|(of, _)| *of == status);
    match usual.filter(|_| method == "GET") {
        Some((_, usual)) => usual.increment(1),
        None => counter(method, status).increment(1),
    }
}

fn counter(method: &'static str, status: u16) -> Counter {
    metrics::counter!("laneway_http_requests_total", "method" => method, "status" => status.to_string())
}

/// The parts of a request that are judged first.
struct Head {
    two_lengths: bool,
    headers: HeaderMap,
    authority: Option<String>,
    peer: Option<IpAddr>,
    reading: bool,
    uri: Uri,
}

impl Head {
    fn of(request: &Request) -> Self {
        Self {
            two_lengths: request.extensions().get::<TwoLengths>().is_some(),
            headers: request.headers().clone(),
            authority: request.uri().authority().map(ToString::to_string),
            peer: peer(request.extensions()),
            reading: matches!(*request.method(), Method::GET | Method::HEAD),
            uri: request.uri().clone(),
        }
    }
}

/// Who is at the other end of the connection.
pub(super) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip())
}

/// What every request has to keep to, whatever it is about.
pub(super) fn well_formed(two_lengths: bool, headers: &HeaderMap) -> Result<(), Problem> {
    if two_lengths {
        return Err(Problem::new(
            Code::InvalidRequest,
            "Send one length: Content-Length or Transfer-Encoding.",
        ));
    }
    let size: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if size > MAX_HEADERS {
        return Err(Problem::new(
            Code::HeadersTooLarge,
            "Send less in headers; clear old cookies.",
        ));
    }
    Ok(())
}

async fn admit(state: &AppState, head: Head, request_id: &str) -> Result<Context, Problem> {
    let headers = &head.headers;
    well_formed(head.two_lengths, headers)?;
    let raw_host = raw_host(&head)?;
    let site = state.core.tenants.site(&raw_host).await?;
    Ok(Context {
        core: Arc::clone(&state.core),
        site,
        meta: meta(state, head.peer, headers, request_id),
        raw_host,
        by_proxy: by_proxy(state, head.peer),
        headers: Arc::new(head.headers),
        uri: head.uri,
        reading: head.reading,
        own_lang: Arc::default(),
    })
}

/// Does a listed proxy ask?
pub(super) fn by_proxy(state: &AppState, peer: Option<IpAddr>) -> bool {
    peer.is_some_and(|peer| state.core.config.server.trusts(peer))
}

/// What is written down about a request.
pub(super) fn meta(
    state: &AppState,
    peer: Option<IpAddr>,
    headers: &HeaderMap,
    request_id: &str,
) -> RequestMeta {
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    RequestMeta {
        request_id: request_id.to_owned(),
        ip: client_address(state, peer, headers),
        user_agent: user_agent
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect(),
    }
}

/// Exactly one `Host` (or authority): two would let two readers see two sites.
fn raw_host(head: &Head) -> Result<String, Problem> {
    let bad = || Problem::new(Code::InvalidRequest, "Send exactly one Host header.");
    let mut hosts = head.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next(), head.authority.as_deref()) {
        (_, Some(_), _) | (None, None, None) => Err(bad()),
        (Some(host), None, authority) => {
            let host = host.to_str().map_err(|_| bad())?.to_owned();
            if authority.is_some_and(|a| !a.eq_ignore_ascii_case(&host)) {
                Err(bad())
            } else {
                Ok(host)
            }
        }
        (None, None, Some(authority)) => Ok(authority.to_owned()),
    }
}

/// The browser's address: the last hop that is not one of the listed proxies.
fn client_address(state: &AppState, peer: Option<IpAddr>, headers: &HeaderMap) -> String {
    let Some(peer) = peer.map(|ip| ip.to_canonical()) else {
        return "unknown".into();
    };
    let trusted = |ip: &IpAddr| state.core.config.server.trusts(*ip);
    if !trusted(&peer) {
        return peer.to_string();
    }
    let chain: Vec<&[u8]> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .collect();
    let mut nearest = peer;
    for hop in chain.iter().rev() {
        // Something unreadable ends the chain of trust at the hop before it.
        let hop = std::str::from_utf8(hop).unwrap_or_default();
        let Ok(ip) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        nearest = ip.to_canonical();
        if !trusted(&nearest) {
            break;
        }
    }
    nearest.to_string()
}

/// Paths meant for scripts.
fn is_scripted(path: &str) -> bool {
    ["/bff/", "/api/", "/v1/"]
        .iter()
        .any(|prefix| path.starts_with(prefix))
}

/// The method as a label: clients can make up any number of others.
fn label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The origin to answer CORS for: only on the paths meant for scripts, only when listed.
fn allowed_origin(context: &Context, headers: &HeaderMap, path: &str) -> Option<String> {
    if !is_scripted(path) {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?.to_str().ok()?;
    let url = Url::parse(origin).ok()?;
    let listed = context
        .site
        .tenant
        .origins
        .iter()
        .any(|o| o.origin() == url.origin());
    listed.then(|| origin.to_owned())
}

fn explain(
    problem: &Problem,
    request_id: &str,
    html: bool,
    context: Option<&Context>,
    old: &Response,
) -> Response {
    let mut response = if html {
        pages::error_page(problem, request_id, context)
    } else {
        let mut json = problem::document(problem, request_id).into_response();
        json.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        json
    };
    *response.status_mut() = old.status();
    for (name, value) in old.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}

fn log(problem: &Problem, request_id: &str) {
    let code = problem.code.as_str();
    let source = problem.source.as_deref().unwrap_or_default();
    if problem.code.status() >= 500 {
        tracing::error!(%request_id, code, source, "request failed");
    } else {
        tracing::debug!(%request_id, code, source, "request refused");
    }
}

/// What every answer carries.
pub(super) fn finish(response: &mut Response, request_id: &str) {
    let status = response.status();
    let headers = response.headers_mut();
    put(headers, "x-request-id", request_id);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let html = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if status == StatusCode::UNAUTHORIZED && !html {
        headers
            .entry(header::WWW_AUTHENTICATE)
            .or_insert(HeaderValue::from_static("Bearer"));
    }
}

fn for_scripts(response: &mut Response, cors: Option<&str>) {
    let headers = response.headers_mut();
    if let Some(origin) = cors {
        put(headers, "access-control-allow-origin", origin);
        put(headers, "access-control-allow-credentials", "true");
        put(
            headers,
            "access-control-allow-headers",
            "X-CSRF, X-Laneway-Org, Content-Type, Authorization",
        );
        put(
            headers,
            "access-control-allow-methods",
            "GET, POST, PUT, PATCH, DELETE",
        );
    }
    // Beside what a backend says; also where no origin is allowed, or a cache could serve
    // that answer to one that is.
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// Paths whose last part is a one-time value (the kinds of `SecretPurpose`).
const ONE_TIME: &[&str] = &[
    "/owner/",
    "/login/link/",
    "/invitations/",
    "/bff/logout/continue/",
    "/federation/tests/",
    "/setup/",
    "/v1/me/passkeys/",
];

/// Does this path hold a one-time value?
pub fn is_one_time(path: &str) -> bool {
    ONE_TIME.iter().any(|prefix| path.starts_with(prefix))
}

/// A path as the log may show it: no query, which holds codes and tickets, and no one-time
/// value.
fn shown_path(path: &str) -> String {
    match ONE_TIME.iter().find(|prefix| path.starts_with(*prefix)) {
        Some(prefix) => format!("{prefix}…"),
        None => path.chars().take(200).filter(|c| !c.is_control()).collect(),
    }
}

/// Headers of our own pages; `form_action` lists where forms may lead to.
pub fn page_headers(headers: &mut HeaderMap, site: Option<&Site>, form_action: &str) {
    // On an application's host a page of ours gets its files from the login host: whatever is
    // in front of the application lets only the application's own addresses through.
    let home = match site {
        Some(site) if !site.is_login() => {
            format!(" {}", site.tenant.public_url.origin().ascii_serialization())
        }
        _ => String::new(),
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'{home}; style-src 'self'{home}; \
         img-src 'self' data: https:{home}; \
         font-src 'self'; connect-src 'self'; form-action 'self'{form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let https = site.is_some_and(|site| site.tenant.public_url.scheme() == "https");
    put(headers, "content-security-policy", &policy);
    put(headers, "x-content-type-options", "nosniff");
    put(headers, "referrer-policy", "no-referrer");
    put(headers, "cross-origin-opener-policy", "same-origin");
    put(headers, "x-frame-options", "DENY");
    if https {
        put(headers, "strict-transport-security", "max-age=31536000");
    }
}
