//! `/api/{route}/…`: the cookie stays here, the backend gets a short token.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use url::Url;

use super::backends::Backends;
use super::body::{Downward, Fault, Progress, Upward};
use super::headers::{clean_answer, remove_cors, remove_hop_by_hop, remove_spoofable};
use super::{identity, traced, upgrade, upstream_token};
use crate::audit::RequestMeta;
use crate::authn;
use crate::config::{Exchange, Route, RouteToken};
use crate::core::{Core, Site};
use crate::domain::forward::climbs;
use crate::domain::{Code, Problem};
use crate::sessions::{End, Lease, Live};

/// Who calls a route, where from.
pub struct Call<'a> {
    /// The program.
    pub core: &'a Arc<Core>,
    /// The app host.
    pub site: &'a Site,
    /// `Host` as the browser wrote it.
    pub raw_host: &'a str,
    /// Request id and address.
    pub meta: &'a RequestMeta,
    /// The session, if any.
    pub live: Option<Arc<Live>>,
    /// The log's epoch from before the session was looked up.
    pub epoch: u64,
}

/// Forwards a request to a route's backend.
///
/// # Errors
/// `unauthenticated` unless the route admits strangers, `too_large`, `upstream_unavailable`,
/// `upstream_timeout`, `upstream_invalid`.
pub async fn forward(
    call: &Call<'_>,
    backends: &Backends,
    route: &Route,
    mut request: Request,
) -> Result<Response, Problem> {
    if call.live.is_none() && !route.anonymous {
        return Err(Problem::new(Code::Unauthenticated, "Sign in to use this.")
            .with("login_url", "/bff/login"));
    }
    let target = target(route, request.uri())?;
    let upgrade = upgrade::take(&mut request);
    let headers = request.headers_mut();
    prepare(call, headers)?;
    if let Some(token) = token(call, route).await? {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|error| Problem::new(Code::Internal, "token").because(error))?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    *request.uri_mut() = target;
    let mut answer = exchange(call, backends, &route.exchange, request, upgrade).await?;
    remove_cors(answer.headers_mut());
    if !answer.headers().contains_key(header::CACHE_CONTROL) {
        answer
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(answer)
}

/// What the route attaches for its caller.
async fn token(call: &Call<'_>, route: &Route) -> Result<Option<Arc<str>>, Problem> {
    let Some(live) = &call.live else {
        return Ok(None);
    };
    match route.token {
        RouteToken::Laneway => {
            let made =
                identity::access_token(call.core, &call.site.tenant, live, &route.audience).await;
            made.map(Some)
        }
        RouteToken::Upstream => {
            let held = Box::pin(upstream_token::of(call.core, live, call.epoch)).await;
            held.map(Some)
        }
        RouteToken::None => Ok(None),
    }
}

/// Sends what is ready to be sent, and lets both bodies through while they last. `upgrade` is
/// the client's half of a WebSocket.
pub(super) async fn exchange(
    call: &Call<'_>,
    backends: &Backends,
    bounds: &Exchange,
    mut request: Request,
    upgrade: Option<OnUpgrade>,
) -> Result<Response, Problem> {
    if content_length(request.headers()).is_some_and(|length| length > bounds.body_limit) {
        return Err(Fault::TooLarge.told());
    }
    if upgrade.is_some() {
        upgrade::mark(request.headers_mut());
    }
    *request.version_mut() = http::Version::HTTP_11;
    // What the gate hung on it is none of the client's business.
    *request.extensions_mut() = http::Extensions::new();
    let mut lease = call.core.sessions.lease(call.live.clone(), call.epoch);
    let progress = Progress::new();
    let span = traced::begin(&mut request);
    let request = request.map(|body| {
        let (limit, idle) = (bounds.body_limit, bounds.idle_timeout);
        Body::new(Upward::new(body, limit, idle, &progress, lease.usage()))
    });
    let answer = tokio::select! {
        end = lease.ended() => return Err(ended(end)),
        answer = backends.send(request, bounds, &progress) => answer,
    };
    traced::end(span, &answer);
    let answer = answer?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return switched(answer, upgrade, bounds.stream_idle_timeout, lease);
    }
    Ok(passed_on(answer, bounds, lease))
}

fn ended(end: End) -> Problem {
    match end {
        End::Session => Problem::new(Code::Unauthenticated, "The session has ended.")
            .with("login_url", "/bff/login"),
        End::Stopping => Problem::new(
            Code::UpstreamUnavailable,
            "This node stops. Send the request again.",
        ),
    }
}

fn passed_on(answer: http::Response<Incoming>, bounds: &Exchange, mut lease: Lease) -> Response {
    let (mut parts, body) = answer.into_parts();
    clean_answer(&mut parts.headers);
    let events = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"text/event-stream")
    });
    let idle = if events {
        lease.becomes_stream();
        // Otherwise nginx in front of us gathers events until a buffer is full.
        parts
            .headers
            .entry("x-accel-buffering")
            .or_insert(HeaderValue::from_static("no"));
        bounds.stream_idle_timeout
    } else {
        bounds.idle_timeout
    };
    parts.extensions = http::Extensions::new();
    parts.extensions.insert(Reader {
        stall: idle,
        cut: Arc::clone(lease.cut()),
    });
    Response::from_parts(parts, Body::new(Downward::new(body, idle, lease, events)))
}

/// Put on an answer, for the connection that it goes out on.
#[derive(Debug, Clone)]
pub struct Reader {
    /// How long the client may leave bytes unread.
    pub stall: Duration,
    /// Set when the exchange must end even though nobody reads.
    pub cut: Arc<AtomicBool>,
}

fn switched(
    mut answer: http::Response<Incoming>,
    upgrade: Option<OnUpgrade>,
    idle: Duration,
    mut lease: Lease,
) -> Result<Response, Problem> {
    let mut named = answer.headers().get_all(header::UPGRADE).iter();
    let websocket = named
        .next()
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let (Some(client), true, None) = (upgrade, websocket, named.next()) else {
        return Err(Problem::new(
            Code::UpstreamInvalid,
            "The application behind this address answered nonsense.",
        )
        .because("it switched to a protocol that nobody asked for"));
    };
    let backend = hyper::upgrade::on(&mut answer);
    lease.becomes_stream();
    tokio::spawn(upgrade::join(client, backend, idle, lease));
    let (mut parts, _) = answer.into_parts();
    clean_answer(&mut parts.headers);
    upgrade::mark(&mut parts.headers);
    parts.extensions = http::Extensions::new();
    Ok(Response::from_parts(parts, Body::empty()))
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Headers as a backend may see them: ours removed, the client's forgeries removed, the
/// truth about the client added.
pub(super) fn prepare(call: &Call<'_>, headers: &mut HeaderMap) -> Result<(), Problem> {
    let cookies = authn::strip_ours(headers);
    headers.remove(header::COOKIE);
    remove_hop_by_hop(headers);
    remove_spoofable(headers);
    headers.remove(header::HOST);
    if let Some(cookies) = cookies {
        headers.insert(header::COOKIE, cookies);
    }
    let origin = call.site.origin(call.raw_host);
    let scheme = origin
        .split_once("://")
        .map_or("https", |(scheme, _)| scheme)
        .to_owned();
    let truth = [
        ("x-forwarded-for", call.meta.ip.as_str()),
        ("x-forwarded-host", call.raw_host),
        ("x-forwarded-proto", scheme.as_str()),
        ("x-request-id", call.meta.request_id.as_str()),
    ];
    for (name, value) in truth {
        let value = HeaderValue::from_str(value)
            .map_err(|_| Problem::new(Code::InvalidRequest, "The host name is not usable."))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(())
}

/// The backend's address for a request: its base, then the rest of our path byte for byte.
fn target(route: &Route, uri: &Uri) -> Result<Uri, Problem> {
    let path = uri.path();
    let prefix = format!("/api/{}", route.name);
    let rest = if route.strip_prefix {
        path.strip_prefix(&prefix).unwrap_or(path)
    } else {
        path
    };
    join(&route.backend, without_climbing(rest)?, uri.query())
}

/// A backend would resolve dot segments against its own base, and so leave what was opened.
///
/// # Errors
/// `invalid_request`.
pub(super) fn without_climbing(path: &str) -> Result<&str, Problem> {
    if climbs(path) {
        return Err(Problem::new(
            Code::InvalidRequest,
            "Write the path without dot segments.",
        ));
    }
    Ok(path)
}

pub(super) fn join(base: &Url, rest: &str, query: Option<&str>) -> Result<Uri, Problem> {
    let root = base.as_str().trim_end_matches('/');
    let rest = if rest.is_empty() || rest.starts_with('/') {
        rest.to_owned()
    } else {
        format!("/{rest}")
    };
    let rest = if rest.is_empty() {
        "/".to_owned()
    } else {
        rest
    };
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    format!("{root}{rest}{query}").parse().map_err(|error| {
        Problem::new(Code::InvalidRequest, "The path is not usable.").because(error)
    })
}
