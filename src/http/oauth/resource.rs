//! What a protected resource says of itself (RFC 9728): who gives out the tokens for it.

use axum::Json;
use axum::extract::OriginalUri;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde_json::json;

use super::super::context::Context;

/// Where applications behind a proxy that sends us nothing else have it too.
pub const RESOURCE_METADATA: &str = "/.laneway/oauth-protected-resource";

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// `GET /.well-known/oauth-protected-resource`, for whichever path of the host (RFC 9728 §3.1), and
/// `GET /.laneway/oauth-protected-resource`
pub async fn resource(context: Context, OriginalUri(here): OriginalUri) -> Response {
    let tenant = &context.site.tenant;
    // Our own API is known by the issuer, every application by its own address. Whoever looks for
    // a path's document compares what it says with that path (§3.3).
    let path = here.path().strip_prefix(WELL_KNOWN).unwrap_or_default();
    let resource = match (context.site.is_login(), path) {
        (true, "" | "/") => tenant.issuer(),
        (true, path) => format!("{}{path}", tenant.issuer()),
        (false, "") => format!("{}/", context.origin()),
        (false, path) => format!("{}{path}", context.origin()),
    };
    let body = json!({
        "resource": resource,
        "resource_name": tenant.name,
        "authorization_servers": [tenant.issuer()],
        "bearer_methods_supported": ["header"],
        "jwks_uri": tenant.address("/.well-known/jwks.json"),
        // Agents ask for exactly these, so each may have all of them without an operator. Without the
        // last one they would have no refresh token, and open a browser every five minutes.
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
    });
    let mut response = Json(body).into_response();
    let cached = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, cached);
    response
}
