//! What happens to every request before and after its handler: reference, address, host,
//! size, origin; security headers, error pages, metrics.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use url::Url;

use super::context::{Context, wants_html};
use super::first_head::TwoLengths;
use super::router::AppState;
use super::{pages, problem};
use crate::audit::RequestMeta;
use crate::core::Site;
use crate::domain::{Code, Problem};

const MAX_HEADERS: usize = 32 * 1024;

/// The gate.
pub async fn gate(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let request_id = new_reference(&state);
    let html = wants_html(request.headers());
    let api = request.uri().path().starts_with("/api/");
    let scripted = is_scripted(request.uri().path());
    let method = request.method().clone();
    let shown = shown_path(request.uri().path());
    let started = state.core.now();
    let head = Head::of(&request);
    let admitted = admit(&state, head, &request_id).await;
    let mut context = None;
    let mut cors = None;
    let mut response = match admitted {
        Err(problem) => problem.into_response(),
        Ok(admitted) => {
            cors = allowed_origin(&admitted, request.headers(), request.uri().path());
            context = Some(admitted.clone());
            if method == Method::OPTIONS
                && request
                    .headers()
                    .contains_key("access-control-request-method")
            {
                StatusCode::NO_CONTENT.into_response()
            } else {
                request.extensions_mut().insert(admitted);
                next.run(request).await
            }
        }
    };
    let code = response
        .extensions()
        .get::<Problem>()
        .map(|problem| problem.code.as_str());
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        log(&problem, &request_id);
        response = explain(
            &problem,
            &request_id,
            html && !api,
            context.as_ref(),
            &response,
        );
    }
    finish(
        &mut response,
        &request_id,
        cors.as_deref(),
        code.filter(|_| api),
        scripted,
    );
    tracing::info!(
        %request_id, %method, path = %shown, status = response.status().as_u16(),
        ms = state.core.now() - started, "request"
    );
    metrics::counter!(
        "laneway_http_requests_total",
        "method" => label(&method), "status" => response.status().as_u16().to_string()
    )
    .increment(1);
    response
}

/// The parts of a request that are judged first.
struct Head {
    two_lengths: bool,
    headers: HeaderMap,
    authority: Option<String>,
    peer: Option<IpAddr>,
}

impl Head {
    fn of(request: &Request) -> Self {
        Self {
            two_lengths: request.extensions().get::<TwoLengths>().is_some(),
            headers: request.headers().clone(),
            authority: request.uri().authority().map(ToString::to_string),
            peer: request
                .extensions()
                .get::<ConnectInfo<SocketAddr>>()
                .map(|info| info.0.ip()),
        }
    }
}

async fn admit(state: &AppState, head: Head, request_id: &str) -> Result<Context, Problem> {
    let headers = &head.headers;
    if head.two_lengths {
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
    let raw_host = raw_host(&head)?;
    let site = state.core.tenants.site(&raw_host).await?;
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let meta = RequestMeta {
        request_id: request_id.to_owned(),
        ip: client_address(state, head.peer, headers),
        user_agent: user_agent
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect(),
    };
    Ok(Context {
        core: Arc::clone(&state.core),
        site,
        meta,
        raw_host,
        headers: Arc::new(head.headers),
    })
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
    let trusted = |ip: &IpAddr| {
        state
            .core
            .config
            .server
            .trusted_proxies
            .iter()
            .any(|net| net.contains(ip))
    };
    if !trusted(&peer) {
        return peer.to_string();
    }
    let chain: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .collect();
    let mut nearest = peer;
    for hop in chain.iter().rev() {
        // Something unreadable ends the chain of trust at the hop before it.
        let Ok(ip) = hop.parse::<IpAddr>() else { break };
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

fn finish(
    response: &mut Response,
    request_id: &str,
    cors: Option<&str>,
    api_error: Option<&'static str>,
    scripted: bool,
) {
    let status = response.status();
    let html = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("x-request-id", request_id);
    if let Some(code) = api_error {
        put("x-laneway-error", code);
    }
    if let Some(origin) = cors {
        put("access-control-allow-origin", origin);
        put("access-control-allow-credentials", "true");
        put(
            "access-control-allow-headers",
            "X-CSRF, X-Laneway-Org, Content-Type, Authorization",
        );
        put(
            "access-control-allow-methods",
            "GET, POST, PUT, PATCH, DELETE",
        );
    }
    if scripted {
        // Beside what a backend says; also where no origin is allowed, or a cache could
        // serve that answer to one that is.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if status == StatusCode::UNAUTHORIZED && !html {
        headers
            .entry(header::WWW_AUTHENTICATE)
            .or_insert(HeaderValue::from_static("Bearer"));
    }
}

/// Paths whose last part is a one-time value (the kinds of `SecretPurpose`).
const ONE_TIME: &[&str] = &[
    "/owner/",
    "/login/link/",
    "/bff/logout/continue/",
    "/v1/me/passkeys/",
];

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
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; \
         font-src 'self'; connect-src 'self'; form-action 'self'{form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let https = site.is_some_and(|site| site.tenant.public_url.scheme() == "https");
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("content-security-policy", &policy);
    put("x-content-type-options", "nosniff");
    put("referrer-policy", "no-referrer");
    put("cross-origin-opener-policy", "same-origin");
    put("x-frame-options", "DENY");
    if https {
        put("strict-transport-security", "max-age=31536000");
    }
}

/// Short Crockford text, as pages show it.
fn new_reference(state: &AppState) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut random = [0u8; 12];
    state.core.random.fill(&mut random);
    random
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect()
}
