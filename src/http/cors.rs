//! Which pages of other origins may read an answer (CONTRACT §2).
//!
//! Owns: where that can be, and the headers that say so.
//! Must not know: whether the request itself is good.

use axum::response::Response;
use http::{HeaderValue, header};
use url::Url;

use super::context::Context;
use super::gate::put;
use super::oauth;

/// What is published, and where an app brings its own proof or token: no cookie is read there, so a
/// page gets nothing that it has not brought.
const OPEN: &[&str] = &[
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/oauth/token",
    "/oauth/par",
    "/oauth/device_authorization",
    "/oauth/revoke",
    "/oauth/introspect",
    "/oauth/userinfo",
    "/oauth/register",
];
/// The same on every host.
const RESOURCE: [&str; 2] = [
    "/.laneway/oauth-protected-resource",
    "/.well-known/oauth-protected-resource",
];

/// The pages that may read the answer to a request.
pub(super) enum Pages {
    /// Those of this host.
    Own,
    /// Those of listed origins, with the cookie; of the one that asks, where it is listed.
    Listed(Option<String>),
    /// All, without a cookie.
    All,
}

impl Pages {
    /// For a path of a host that nobody has looked at yet.
    pub(super) fn of(path: &str) -> Self {
        if ["/bff/", "/api/", "/v1/"]
            .iter()
            .any(|prefix| path.starts_with(prefix))
        {
            Self::Listed(None)
        } else {
            Self::Own
        }
    }

    /// For a request that was let in.
    pub(super) fn judge(&mut self, context: &Context) {
        match self {
            Self::Listed(origin) => *origin = listed(context),
            Self::Own if is_open(context) => *self = Self::All,
            Self::Own | Self::All => {}
        }
    }

    /// Says so in the answer.
    pub(super) fn tell(&self, response: &mut Response) {
        let headers = response.headers_mut();
        match self {
            Self::Own => {}
            Self::Listed(origin) => {
                if let Some(origin) = origin {
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
                // Beside what a backend says; also where no origin is allowed, or a cache could
                // serve that answer to one that is.
                headers.append(header::VARY, HeaderValue::from_static("Origin"));
            }
            Self::All => {
                put(headers, "access-control-allow-origin", "*");
                put(
                    headers,
                    "access-control-allow-headers",
                    "Authorization, Content-Type, DPoP, MCP-Protocol-Version",
                );
                put(headers, "access-control-allow-methods", "GET, POST");
                put(headers, "access-control-expose-headers", "WWW-Authenticate");
            }
        }
    }
}

fn is_open(context: &Context) -> bool {
    let usual = oauth::usual(&context.uri);
    let path = usual.as_ref().unwrap_or(&context.uri).path();
    let below = |known: &&str| {
        let rest = path.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // An application speaks for itself on its own host.
    RESOURCE.iter().any(below) || (context.site.is_login() && OPEN.contains(&path))
}

fn listed(context: &Context) -> Option<String> {
    let origin = context.headers.get(header::ORIGIN)?.to_str().ok()?;
    let url = Url::parse(origin).ok()?;
    let mut all = context.site.tenant.origins.iter();
    let known = all.any(|listed| listed.origin() == url.origin());
    known.then(|| origin.to_owned())
}
