//! The description of the API is whole, holds what is promised, and says what is answered.

use std::collections::BTreeSet;

use laneway::http::{Access, ROUTES, openapi, orphans};
use serde_json::{Value, json};

use crate::harness::{Call, TestApp, described};

/// Paths that are promised to whoever builds on Laneway; the description may hold more.
const PROMISED: &str = "
GET /healthz
GET /openapi.json
GET /.well-known/jwks.json
GET /bff/login
GET /bff/user
POST /bff/logout
GET /bff/logout
POST /bff/org
POST /bff/backchannel/{}
GET /.laneway/start
GET /.laneway/callback
GET /.laneway/logout
POST /v1/auth/flows
GET /v1/auth/flows/{}
POST /v1/auth/flows/{}/{}
GET /v1/me
PATCH /v1/me
DELETE /v1/me
GET /v1/me/sessions
DELETE /v1/me/sessions
DELETE /v1/me/sessions/{}
GET /v1/me/passkeys
POST /v1/me/passkeys
POST /v1/me/passkeys/{}
DELETE /v1/me/passkeys/{}
GET /v1/me/identities
POST /v1/me/identities
GET /v1/me/organizations
DELETE /v1/me/organizations/{}
GET /federation/{}/start
GET /federation/callback/{}
POST /federation/callback/{}
GET /v1/admin/tenants
POST /v1/admin/tenants
GET /v1/admin/tenants/{}
PATCH /v1/admin/tenants/{}
GET /v1/admin/tenants/{}/hosts
POST /v1/admin/tenants/{}/hosts
DELETE /v1/admin/tenants/{}/hosts/{}
GET /v1/admin/users
POST /v1/admin/users
GET /v1/admin/users/{}
PATCH /v1/admin/users/{}
DELETE /v1/admin/users/{}
GET /v1/admin/users/{}/sessions
DELETE /v1/admin/users/{}/sessions
GET /v1/admin/users/{}/identities
PUT /v1/admin/users/{}/identities
GET /v1/admin/sessions
DELETE /v1/admin/sessions/{}
GET /v1/admin/upstreams
POST /v1/admin/upstreams
GET /v1/admin/upstreams/{}
PATCH /v1/admin/upstreams/{}
DELETE /v1/admin/upstreams/{}
POST /v1/admin/upstreams/{}/probe
GET /v1/admin/audit-events
GET /v1/organizations
POST /v1/organizations
GET /v1/organizations/{}
PATCH /v1/organizations/{}
GET /v1/organizations/{}/members
GET /v1/organizations/{}/members/{}
PUT /v1/organizations/{}/members/{}
PATCH /v1/organizations/{}/members/{}
DELETE /v1/organizations/{}/members/{}
GET /v1/users
GET /v1/sessions
";

fn anonymous(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn operations() -> BTreeSet<(String, String)> {
    let paths = openapi()["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("an item").keys();
            methods.map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let routes: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), path.replace("{*", "{")))
        .collect();
    let described = operations();
    let missing: Vec<_> = routes.difference(&described).collect();
    assert!(
        missing.is_empty(),
        "describe these in src/http/openapi/: {missing:?}"
    );
    let extra: Vec<_> = described.difference(&routes).collect();
    assert!(extra.is_empty(), "{extra:?}");
    assert!(orphans().is_empty(), "{:?}", orphans());
}

#[test]
fn what_is_promised_is_there() {
    let there: BTreeSet<String> = operations()
        .into_iter()
        .map(|(method, path)| format!("{method} {}", anonymous(&path)))
        .collect();
    for line in PROMISED.lines().filter(|line| !line.is_empty()) {
        assert!(there.contains(line), "{line}");
    }
}

#[test]
fn shapes_and_permissions_are_those_of_the_program() {
    let document = openapi();
    let text = document.to_string();
    assert!(
        !text.contains("x-unknown-kind"),
        "a kind that nobody defined"
    );
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().expect("a pointer");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    let mut ids = BTreeSet::new();
    for (method, path, access) in ROUTES {
        let operation = &document["paths"][path.replace("{*", "{")][method.to_lowercase()];
        let id = operation["operationId"].as_str().expect("an id").to_owned();
        assert!(ids.insert(id.clone()), "{id} twice");
        let wanted = match access {
            Access::Needs(permission, _) => json!(permission.as_str()),
            _ => Value::Null,
        };
        assert_eq!(operation["x-laneway-permission"], wanted, "{method} {path}");
        let open = operation["security"].as_array().is_some_and(Vec::is_empty);
        let protected = matches!(access, Access::Session | Access::Needs(..));
        assert_eq!(open, !protected, "{method} {path}");
    }
}

/// A value that fits a member's description.
fn sample(schema: &Value) -> Value {
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"][0].as_str());
    match kind {
        Some("string") => json!("x"),
        Some("boolean") => json!(true),
        Some("integer") => json!(1),
        Some("array") => json!([]),
        _ => json!({}),
    }
}

#[tokio::test]
async fn bodies_of_the_administration_are_read_as_described() {
    let app = TestApp::sqlite().await;
    let token = app.operator().await;
    let document = openapi();
    let mut seen = 0;
    for (method, path, access) in ROUTES {
        let operation = &document["paths"][*path][method.to_lowercase()];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|text| text.rsplit('/').next())
        else {
            continue;
        };
        // Organizations are looked for before their body is read.
        if !matches!(access, Access::Needs(..)) || path.contains("{org}") {
            continue;
        }
        seen += 1;
        let shape = &document["components"]["schemas"][name];
        let members = shape["properties"].as_object().expect("members");
        let send = |body: Value| {
            let call = Call::api(method, &path.replace(['{', '}'], ""), &body).bearer(&token);
            let mut browser = app.browser();
            async move { browser.send(call).await }
        };
        let unknown = send(json!({ "no_such_member": 1 })).await;
        assert_eq!(unknown.code(), 422, "{method} {path}: {}", unknown.text());
        let faults = unknown.json()["errors"].to_string();
        assert!(
            faults.contains("/no_such_member") || faults.contains("required"),
            "{faults}"
        );
        for (member, schema) in members {
            let reply = send(json!({ (member): sample(schema) })).await;
            let text = reply.text();
            let refused = text.contains(&format!("\"/{member}\"")) && text.contains("\"unknown\"");
            assert!(
                !refused,
                "{method} {path}: {member} is described, not read: {text}"
            );
        }
        let required = shape["required"].as_array().expect("a list");
        if !required.is_empty() {
            let faults = send(json!({})).await.json()["errors"].to_string();
            assert!(faults.contains("required"), "{method} {path}: {faults}");
        }
    }
    assert!(seen >= 8, "{seen}");
}

#[tokio::test]
async fn the_document_and_its_page_are_served_without_foreign_scripts() {
    let app = TestApp::sqlite().await;
    let mut browser = app.browser();
    let served = browser.get("/openapi.json").await.expect(200);
    assert_eq!(&served.json(), openapi());
    assert_eq!(served.json()["openapi"], "3.1.0");
    let page = browser.get("/docs/api").await.expect(200);
    let html = page.text();
    assert!(
        !html.contains("<script") && !html.contains("//cdn"),
        "no scripts"
    );
    for (method, path, _) in ROUTES {
        let shown = format!("<code>{method} {}</code>", path.replace("{*", "{"));
        assert!(html.contains(&shown), "{shown}");
    }
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
}

#[test]
fn an_answer_that_is_not_as_described_is_seen() {
    let good = json!({ "items": [], "next_cursor": null });
    assert_eq!(described("GET", "/v1/admin/users", 200, &good), Ok(()));
    for bad in [
        json!({ "items": [] }),
        json!({ "items": [{ "id": "x" }], "next_cursor": null }),
        json!({ "items": {}, "next_cursor": null }),
        json!({ "items": [], "next_cursor": null, "more": 1 }),
    ] {
        assert!(
            described("GET", "/v1/admin/users", 200, &bad).is_err(),
            "{bad}"
        );
    }
    assert!(
        described("GET", "/v1/admin/users/u1", 201, &good).is_err(),
        "another status"
    );
    assert_eq!(
        described("GET", "/some/page", 200, &good),
        Ok(()),
        "no route of ours"
    );
}
