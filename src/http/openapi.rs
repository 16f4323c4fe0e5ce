//! The description of all routes (`OpenAPI` 3.1), made from the list of routes.
//!
//! Who may call a route stands in the list, in words stands the rest; a test compares both, and
//! the answers of the whole test suite are held against the shapes.
//!
//! Owns: the document and how it is put together.
//! Must not know: how a request is answered.

mod account;
mod admin;
mod apps;
mod connections;
mod describe;
mod edge;
mod kept_there;
mod oauth;
mod operators;
mod organizations;
mod public;
mod registration;
mod schema;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::access::{Access, At};
use super::router::ROUTES;
use crate::domain::Code;
use describe::{Answer, Entry, Shape};

/// Every room's routes in words.
const ENTRIES: &[&[Entry]] = &[
    public::ENTRIES,
    edge::ENTRIES,
    account::ENTRIES,
    admin::ENTRIES,
    kept_there::ENTRIES,
    operators::ENTRIES,
    connections::ENTRIES,
    organizations::ENTRIES,
    apps::ENTRIES,
    oauth::ENTRIES,
    registration::ENTRIES,
];
/// Every room's shapes.
const SHAPES: &[&[Shape]] = &[
    public::SHAPES,
    edge::SHAPES,
    account::SHAPES,
    admin::SHAPES,
    kept_there::SHAPES,
    operators::SHAPES,
    connections::SHAPES,
    organizations::SHAPES,
    apps::SHAPES,
    oauth::SHAPES,
    registration::SHAPES,
];

/// The document, made once.
static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The `OpenAPI` document.
pub fn openapi() -> &'static Value {
    &DOCUMENT
}

/// Entries that no route has any more: a description must not outlive its route.
pub fn orphans() -> Vec<&'static str> {
    ENTRIES
        .iter()
        .flat_map(|room| room.iter())
        .map(|entry| entry.route)
        .filter(|route| !ROUTES.iter().any(|(m, p, _)| format!("{m} {p}") == *route))
        .collect()
}

fn entry(method: &str, path: &str) -> Option<&'static Entry> {
    let route = format!("{method} {path}");
    ENTRIES
        .iter()
        .flat_map(|room| room.iter())
        .find(|entry| entry.route == route)
}

fn document() -> Value {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (method, path, access) in ROUTES {
        if let Some(entry) = entry(method, path) {
            paths
                .entry(path.replace("{*", "{"))
                .or_default()
                .insert(method.to_lowercase(), operation(path, *access, entry));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Laneway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Routes of login hosts; those of app hosts are /.laneway, /bff, \
                /v1/me and /api. Errors are RFC 9457 documents.",
        },
        "paths": paths,
        "components": {
            "schemas": schema::all(SHAPES),
            "securitySchemes": {
                "cookie": { "type": "apiKey", "in": "cookie", "name": "__Host-lw" },
                "bearer": { "type": "http", "scheme": "bearer" },
                "apiKey": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
            },
        },
    })
}

fn operation(path: &str, access: Access, entry: &Entry) -> Value {
    let method = entry.route.split(' ').next().unwrap_or_default();
    let mut out = json!({
        "summary": entry.summary,
        "operationId": operation_id(method, path),
        "tags": [tag(path)],
        "parameters": parameters(path, method, access, entry),
        "responses": responses(path, method, access, entry),
    });
    if let Some(body) = entry.body {
        out["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": schema::reference(body) } },
        });
    }
    if let Some(media) = entry.media {
        out["requestBody"] = json!({
            "required": true,
            "content": { media: { "schema": { "type": "string", "format": "binary" } } },
        });
    }
    out["security"] = match access {
        Access::Session => json!([{ "cookie": [] }, { "bearer": [] }]),
        Access::Needs(permission, at) => {
            out["x-laneway-permission"] = json!(permission.as_str());
            out["x-laneway-scope"] = json!(scope(at));
            json!([{ "cookie": [] }, { "bearer": [] }, { "apiKey": [] }])
        }
        _ => json!([]),
    };
    out
}

fn scope(at: At) -> &'static str {
    match at {
        At::Instance => "instance",
        At::Tenant | At::Named => "tenant",
        At::Org => "org",
    }
}

/// `GET /v1/admin/users/{id}` → `get_v1_admin_users_id`.
fn operation_id(method: &str, path: &str) -> String {
    let plain = path.replace(['{', '}', '*', '.'], "");
    let words = plain.split(['/', '-']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    format!("{}_{}", method.to_lowercase(), words.join("_"))
}

/// The noun that a path is about.
fn tag(path: &str) -> &str {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next(), parts.next()) {
        (Some("v1"), Some("admin"), Some(noun)) | (Some("v1"), Some(noun), _) => noun,
        (Some(first), ..) => first,
        _ => "",
    }
}

fn parameters(path: &str, method: &str, access: Access, entry: &Entry) -> Value {
    let mut all = Vec::new();
    for part in path.split('/').filter(|part| part.starts_with('{')) {
        let name = part.trim_matches(['{', '}', '*']);
        all.push(json!({
            "name": name, "in": "path", "required": true, "schema": { "type": "string" },
        }));
    }
    for (name, about) in entry.query {
        all.push(query(name, about, &json!({ "type": "string" })));
    }
    if matches!(entry.answer, Answer::Page(_)) {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 });
        all.push(query("limit", "how many", &limit));
        all.push(query(
            "cursor",
            "next_cursor of the page before",
            &json!({ "type": "string" }),
        ));
    }
    if !matches!(access, Access::Public | Access::Bound | Access::App) && method != "GET" {
        all.push(json!({
            "name": "X-CSRF", "in": "header", "required": false, "schema": { "const": "1" },
            "description": "needed with a cookie",
        }));
    }
    if is_versioned(path, method, access) {
        all.push(json!({
            "name": "If-Match", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "ETag of the record: refused with 412 when it has changed since",
        }));
    }
    Value::Array(all)
}

fn query(name: &str, about: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "required": false, "description": about, "schema": schema })
}

fn is_versioned(path: &str, method: &str, access: Access) -> bool {
    matches!(access, Access::Needs(..))
        && matches!(method, "PATCH" | "DELETE" | "PUT")
        && (path.ends_with('}') || path.ends_with("/logo"))
        && !path.contains("/sessions/")
}

fn responses(path: &str, method: &str, access: Access, entry: &Entry) -> Value {
    let mut all = Map::new();
    let (status, good) = success(&entry.answer);
    all.insert(status, good);
    if entry.sends_on {
        let (status, elsewhere) = success(&Answer::Redirect);
        all.insert(status, elsewhere);
    }
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in codes(path, method, access, entry) {
        by_status
            .entry(code.status())
            .or_default()
            .push(code.as_str());
    }
    // OAuth has words of its own for what goes wrong.
    let (kind, fault) = match access {
        Access::App => ("application/json", "OAuthError"),
        _ => ("application/problem+json", "Problem"),
    };
    for (status, codes) in by_status {
        all.insert(
            status.to_string(),
            json!({
                "description": codes.join(", "),
                "content": {
                    kind: { "schema": schema::reference(fault) },
                },
            }),
        );
    }
    Value::Object(all)
}

fn success(answer: &Answer) -> (String, Value) {
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    match answer {
        Answer::Json(status, shape) => (
            status.to_string(),
            json!({ "description": "done", "content": content(schema::reference(shape)) }),
        ),
        Answer::Loose(shape) => {
            let any = json!({ "anyOf": [schema::reference(shape), { "type": "null" }, { "type": "array" }] });
            (
                "200".into(),
                json!({ "description": "done", "content": content(any) }),
            )
        }
        Answer::Page(shape) => (
            "200".into(),
            json!({ "description": "a page", "content": content(schema::page(shape)) }),
        ),
        Answer::Empty(status) => (status.to_string(), json!({ "description": "done" })),
        Answer::Redirect => ("303".into(), json!({ "description": "go on there" })),
        Answer::Media(kind) => (
            "200".into(),
            json!({ "description": "done", "content": { (*kind): {} } }),
        ),
        Answer::Foreign => (
            "default".into(),
            json!({ "description": "the backend's answer" }),
        ),
    }
}

/// What can go wrong: by what the route is, and what its own line says.
fn codes(path: &str, method: &str, access: Access, entry: &Entry) -> Vec<Code> {
    let mut all = vec![Code::StoreUnavailable];
    if access == Access::App {
        all.extend([Code::InvalidRequest, Code::InvalidToken, Code::Forbidden]);
        all.push(Code::RateLimited);
        return all;
    }
    let protected = matches!(access, Access::Session | Access::Needs(..));
    if protected {
        all.extend([
            Code::Unauthenticated,
            Code::InvalidToken,
            Code::TokenExpired,
            Code::Forbidden,
        ]);
        // Where something is managed a provider's old word is not enough.
        if path.starts_with("/v1/") {
            all.push(Code::SessionStale);
        }
        if method != "GET" {
            all.extend([Code::CsrfRequired, Code::StepUpRequired]);
        }
    }
    if matches!(access, Access::Needs(_, At::Org)) {
        all.extend([Code::SsoRequired, Code::NotSupportedByUpstream]);
        if method == "GET" {
            all.push(Code::StepUpRequired);
        }
    }
    if path.contains('{') {
        all.push(Code::NotFound);
    }
    if entry.body.is_some() || entry.media.is_some() {
        all.extend([
            Code::InvalidRequest,
            Code::InvalidField,
            Code::UnsupportedMediaType,
            Code::TooLarge,
        ]);
    }
    if matches!(entry.answer, Answer::Page(_)) {
        all.extend([Code::InvalidRequest, Code::InvalidCursor]);
    }
    if is_versioned(path, method, access) {
        all.push(Code::VersionMismatch);
    }
    all.extend(entry.codes);
    all
}
