//! Which routes name no record, and bodies that the others would take.
//!
//! Must not know: what any test proves.

use serde_json::{Value, json};

/// Routes that name no record, so that no record of another tenant can be asked for. What they
/// list or create lies in the tenant of the host; that is proven below.
pub const NAMELESS: &[(&str, &str, &str)] = &[
    ("GET", "/v1/admin/tenants", "tenants are the instance's own"),
    ("POST", "/v1/admin/tenants", "creates"),
    ("GET", "/v1/admin/users", "lists"),
    ("POST", "/v1/admin/users", "creates"),
    ("POST", "/v1/admin/user-imports", "creates"),
    ("GET", "/v1/admin/sessions", "lists"),
    ("DELETE", "/v1/admin/sessions", "by filter, proven below"),
    ("GET", "/v1/admin/upstreams", "lists"),
    ("POST", "/v1/admin/upstreams", "creates"),
    ("GET", "/v1/admin/connections", "lists"),
    ("POST", "/v1/admin/connections", "creates"),
    ("GET", "/v1/admin/apps", "lists"),
    ("POST", "/v1/admin/apps", "creates"),
    ("GET", "/v1/admin/initial-access-tokens", "lists"),
    ("POST", "/v1/admin/initial-access-tokens", "creates"),
    (
        "POST",
        "/v1/admin/keys/rotate",
        "the keys of the tenant of the host",
    ),
    (
        "POST",
        "/v1/admin/api-tokens",
        "names an owner in its body: tests/token_imports.rs",
    ),
    ("GET", "/v1/admin/operators", "lists"),
    (
        "POST",
        "/v1/admin/operators",
        "names a user in its body, proven below",
    ),
    ("GET", "/v1/admin/usage", "counts"),
    (
        "GET",
        "/v1/admin/receipts",
        "a place in the log of the installation; nothing of any tenant",
    ),
    ("GET", "/v1/admin/invitations", "lists"),
    ("POST", "/v1/admin/invitations", "creates"),
    ("GET", "/v1/admin/audit-events", "lists"),
    ("GET", "/v1/admin/audit-events/export", "lists"),
    ("POST", "/v1/admin/routing/explain", "asks about a name"),
    ("GET", "/v1/admin/roles", "lists"),
    ("POST", "/v1/admin/roles", "creates"),
    ("GET", "/v1/invalidations", "follows what happens"),
    ("GET", "/v1/organizations", "lists"),
    ("POST", "/v1/organizations", "creates"),
    ("GET", "/v1/users", "lists"),
    ("POST", "/v1/users", "creates"),
    ("GET", "/v1/sessions", "lists"),
    ("DELETE", "/v1/sessions", "by filter, proven below"),
];

pub fn is_nameless(method: &str, path: &str) -> bool {
    NAMELESS.iter().any(|(m, p, _)| *m == method && *p == path)
}

/// A body that the route would take.
pub fn body(method: &str, path: &str) -> Value {
    match (method, path.rsplit('/').next().unwrap_or_default()) {
        ("PATCH", _) if path.contains("/upstreams/") => json!({ "role": "secondary" }),
        ("PATCH", _) if path.contains("/operators/") => json!({ "role": "viewer" }),
        ("PATCH", _) if path.contains("/members/") => json!({ "state": "active" }),
        ("PATCH", _) if path.contains("/apps/") => json!({ "client_name": "n" }),
        ("PATCH", _) | ("POST", "keys") => json!({ "name": "n" }),
        ("POST", "public-keys") => {
            json!({ "name": "n", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": "b" } })
        }
        ("PUT", "role-mappings") | ("POST", "diff") => json!({ "rules": [] }),
        ("POST", "activate") => json!({ "hash": "h" }),
        ("POST", "simulate") => json!({ "claims": {} }),
        ("PUT", "identities") => json!({ "upstream": "corp", "subject": "s" }),
        ("PUT", "profile") => json!({ "nickname": "n" }),
        ("PUT", _) => json!({ "roles": [] }),
        ("POST", "mails") => json!({ "mail": "set-password" }),
        ("POST", "hosts") => json!({ "host": "n.test", "purpose": "app" }),
        ("POST", "invitations") => json!({ "email": "n@x.test", "roles": [] }),
        _ => json!({}),
    }
}
