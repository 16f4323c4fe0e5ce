//! `/api/{route}/…`: the cookie stays here, the backend gets a short token.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use url::Url;

use super::headers::{clean_answer, remove_cors, remove_hop_by_hop, remove_spoofable};
use super::identity;
use crate::audit::RequestMeta;
use crate::authn;
use crate::config::{Route, RouteToken};
use crate::core::{Core, Site};
use crate::domain::{Code, Problem};
use crate::sessions::Live;

type Https = hyper_rustls::HttpsConnector<HttpConnector>;

/// The pooled client for backends and frontends. It follows nothing and adds nothing.
#[derive(Clone)]
pub struct Backends {
    client: Client<Https, Body>,
}

impl Backends {
    /// With the system's root certificates.
    ///
    /// # Errors
    /// When no root certificates can be read.
    pub fn new() -> std::io::Result<Self> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(Duration::from_secs(2)));
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(https),
        })
    }

    /// Sends a request whose URI and headers are final.
    ///
    /// # Errors
    /// `upstream_unavailable`, `upstream_timeout`, `upstream_invalid`, `too_large`.
    pub async fn send(
        &self,
        request: http::Request<Body>,
        header_timeout: Duration,
    ) -> Result<Response, Problem> {
        let answer = tokio::time::timeout(header_timeout, self.client.request(request)).await;
        match answer {
            Err(_) => Err(Problem::new(
                Code::UpstreamTimeout,
                "The application behind this address took too long.",
            )),
            Ok(Err(error)) => Err(failed(&error)),
            Ok(Ok(answer)) => {
                let (mut parts, body) = answer.into_parts();
                clean_answer(&mut parts.headers);
                Ok(Response::from_parts(parts, Body::new(body)))
            }
        }
    }
}

fn failed(error: &hyper_util::client::legacy::Error) -> Problem {
    if error.is_connect() {
        return Problem::new(
            Code::UpstreamUnavailable,
            "The application behind this address is not running.",
        )
        .because(error);
    }
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<http_body_util::LengthLimitError>() {
            return Problem::new(Code::TooLarge, "Send a smaller body.");
        }
        source = inner.source();
    }
    Problem::new(
        Code::UpstreamInvalid,
        "The application behind this address answered nonsense.",
    )
    .because(error)
}

/// Who calls a route, where from.
pub struct Call<'a> {
    /// The program.
    pub core: &'a Core,
    /// The app host.
    pub site: &'a Site,
    /// `Host` as the browser wrote it.
    pub raw_host: &'a str,
    /// Request id and address.
    pub meta: &'a RequestMeta,
    /// The session, if any.
    pub live: Option<Arc<Live>>,
}

/// Forwards a request to a route's backend.
///
/// # Errors
/// `unauthenticated` unless the route admits strangers, `org_mismatch`, and those of
/// [`Backends::send`].
pub async fn forward(
    call: &Call<'_>,
    backends: &Backends,
    route: &Route,
    request: Request,
) -> Result<Response, Problem> {
    if call.live.is_none() && !route.anonymous {
        return Err(Problem::new(Code::Unauthenticated, "Sign in to use this.")
            .with("login_url", "/bff/login"));
    }
    let (mut parts, body) = request.into_parts();
    let target = target(route, &parts.uri)?;
    if let Some(length) = content_length(&parts.headers)
        && length > route.body_limit
    {
        return Err(Problem::new(Code::TooLarge, "Send a smaller body."));
    }
    prepare(call, &mut parts.headers)?;
    if route.token == RouteToken::Laneway
        && let Some(live) = &call.live
    {
        let token =
            identity::access_token(call.core, &call.site.tenant, live, &route.audience).await?;
        let value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|error| Problem::new(Code::Internal, "token").because(error))?;
        parts.headers.insert(header::AUTHORIZATION, value);
    }
    parts.uri = target;
    parts.version = http::Version::HTTP_11;
    let body = Body::new(Limited::new(body, route.body_limit).map_err(axum::Error::new));
    let mut answer = backends
        .send(http::Request::from_parts(parts, body), route.header_timeout)
        .await?;
    remove_cors(answer.headers_mut());
    if !answer.headers().contains_key(header::CACHE_CONTROL) {
        answer
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(answer)
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
    if climbs(rest) {
        return Err(Problem::new(
            Code::InvalidRequest,
            "Write the path without dot segments.",
        ));
    }
    join(&route.backend, rest, uri.query())
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

/// Dot segments in any spelling: a backend would resolve them against its own base and so
/// leave the route.
fn climbs(path: &str) -> bool {
    let mut decoded = path.to_ascii_lowercase();
    // Twice: "%252e" becomes "%2e" becomes ".".
    for _ in 0..2 {
        decoded = decoded
            .replace("%25", "%")
            .replace("%2e", ".")
            .replace("%2f", "/")
            .replace("%5c", "/");
    }
    decoded
        .replace('\\', "/")
        .split('/')
        .any(|segment| matches!(segment.split(';').next(), Some("." | "..")))
}

#[cfg(test)]
mod tests {
    use super::climbs;

    #[test]
    fn dot_segments_in_any_spelling_are_refused() {
        for bad in [
            "/../x",
            "/a/..",
            "/a/%2e%2e/x",
            "/a/%2E%2e%2fx",
            "/a/..;x/y",
            "/a\\..\\b",
            "/%252e%252e/x",
            "/./x",
            "/..%5cx",
        ] {
            assert!(climbs(bad), "{bad}");
        }
        for good in [
            "",
            "/",
            "/a.b/c..d",
            "/...",
            "/a//b",
            "/%20x",
            "/.well-known/x",
        ] {
            assert!(!climbs(good), "{good}");
        }
    }
}
