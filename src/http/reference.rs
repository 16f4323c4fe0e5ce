//! What can be read without an account: the description of the API, and what checks mean.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use super::context::Context;
use super::openapi::openapi;
use super::pages::{chrome, render};
use crate::domain::Problem;
use crate::views::{ApiGroup, ApiMember, ApiOperation, ApiReferencePage, HelpChecksPage};

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// `GET /openapi.json`
pub async fn document() -> Response {
    let mut response = axum::Json(openapi()).into_response();
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    response
}

/// `GET /docs/api`
pub async fn page(context: Context) -> Result<Response, Problem> {
    context.login_host_only()?;
    let page = ApiReferencePage {
        chrome: chrome(&context.site, &context.meta.request_id),
        groups: groups(openapi()),
    };
    Ok(render(&context, StatusCode::OK, &page))
}

/// `GET /help/checks`
pub async fn checks(context: Context) -> Result<Response, Problem> {
    context.login_host_only()?;
    let page = HelpChecksPage::new(chrome(&context.site, &context.meta.request_id));
    Ok(render(&context, StatusCode::OK, &page))
}

fn groups(document: &Value) -> Vec<ApiGroup> {
    let mut groups: Vec<ApiGroup> = Vec::new();
    let paths = document["paths"].as_object();
    for (path, item) in paths.into_iter().flatten() {
        for method in METHODS {
            let Some(operation) = item.get(*method) else {
                continue;
            };
            let noun = text(&operation["tags"][0]);
            let shown = shown(document, method, path, operation);
            match groups.iter_mut().find(|group| group.noun == noun) {
                Some(group) => group.operations.push(shown),
                None => groups.push(ApiGroup {
                    noun,
                    operations: vec![shown],
                }),
            }
        }
    }
    groups
}

fn shown(document: &Value, method: &str, path: &str, operation: &Value) -> ApiOperation {
    let permission = operation["x-laneway-permission"].as_str();
    let scope = text(&operation["x-laneway-scope"]);
    let answers = operation["responses"].as_object();
    let good = answers
        .into_iter()
        .flatten()
        .find_map(|(_, answer)| answer["content"]["application/json"].get("schema"));
    ApiOperation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        permission: permission.map(|word| (word.to_owned(), scope)),
        protected: operation["security"]
            .as_array()
            .is_some_and(|all| !all.is_empty()),
        query: query(operation),
        body: members(
            document,
            &operation["requestBody"]["content"]["application/json"]["schema"],
        ),
        members: good.map_or_else(Vec::new, |schema| members(document, schema)),
        answers: answers
            .into_iter()
            .flatten()
            .map(|(status, answer)| (status.clone(), text(&answer["description"])))
            .collect(),
    }
}

fn query(operation: &Value) -> Vec<ApiMember> {
    let all = operation["parameters"].as_array();
    all.into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| ApiMember {
            name: text(&parameter["name"]),
            kind: text(&parameter["description"]),
            optional: true,
        })
        .collect()
}

/// Members of a shape; of a page's records, where it is one.
fn members(document: &Value, schema: &Value) -> Vec<ApiMember> {
    let mut schema = resolved(document, schema);
    if let Some(items) = schema["properties"]["items"].get("items") {
        schema = resolved(document, items);
    }
    let required = schema["required"].as_array();
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flatten()
        .map(|(name, kind)| ApiMember {
            name: name.clone(),
            kind: kind_of(kind),
            optional: !required.is_some_and(|all| all.iter().any(|word| word == name)),
        })
        .collect()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = schema["anyOf"].get(0).unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(schema),
        None => schema,
    }
}

/// A kind in a few words: `string`, `active | disabled`, `[Grant]`.
fn kind_of(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words
            .iter()
            .map(|word| word.as_str().unwrap_or("null"))
            .collect();
        return words.join(" | ");
    }
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(all) = schema["anyOf"].as_array() {
        let all: Vec<String> = all.iter().map(kind_of).collect();
        return all.join(" | ");
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("[{}]", kind_of(&schema["items"])),
        Value::String(kind) => schema["format"].as_str().unwrap_or(kind).to_owned(),
        Value::Array(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            kinds.join(" | ")
        }
        _ => "any".to_owned(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
