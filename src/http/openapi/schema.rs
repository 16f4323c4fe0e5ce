//! Shapes as JSON Schema.

use serde_json::{Map, Value, json};

use super::describe::Shape;
use crate::domain::Code;

/// `#/components/schemas/{name}`.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A page of a listing.
pub(super) fn page(name: &str) -> Value {
    json!({
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": { "type": "array", "items": reference(name) },
            "next_cursor": { "type": ["string", "null"] },
        },
    })
}

/// All shapes, and the one of problems.
pub(super) fn all(rooms: &[&[Shape]]) -> Map<String, Value> {
    let mut all: Map<String, Value> = rooms
        .iter()
        .flat_map(|room| room.iter())
        .map(|shape| (shape.name.to_owned(), object(shape.members)))
        .collect();
    all.insert("Problem".into(), problem());
    all
}

fn problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "required": ["type", "code", "title", "status", "detail", "request_id"],
        "properties": {
            "type": { "type": "string" },
            "code": { "type": "string", "enum": codes },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "request_id": { "type": "string" },
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": { "type": "string" },
                    "code": { "type": "string" },
                    "detail": { "type": "string" },
                },
            } },
        },
    })
}

fn object(members: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for member in members.split_ascii_whitespace() {
        let (name, kind) = member.split_once('=').unwrap_or((member, "text"));
        let name = match name.strip_suffix('?') {
            Some(name) => name,
            None => {
                required.push(name);
                name
            }
        };
        properties.insert(name.to_owned(), kind_of(kind));
    }
    json!({ "type": "object", "required": required, "properties": properties })
}

fn kind_of(kind: &str) -> Value {
    if let Some(kind) = kind.strip_suffix('?') {
        return or_null(kind_of(kind));
    }
    if let Some(kind) = kind
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return json!({ "type": "array", "items": kind_of(kind) });
    }
    if kind.contains('|') {
        let words: Vec<&str> = kind.split('|').collect();
        return json!({ "type": "string", "enum": words });
    }
    if kind.starts_with(|c: char| c.is_ascii_uppercase()) {
        return reference(kind);
    }
    match kind {
        "text" => json!({ "type": "string" }),
        "instant" => json!({ "type": "string", "format": "date-time" }),
        "flag" => json!({ "type": "boolean" }),
        "count" => json!({ "type": "integer" }),
        // `any`; a word that nobody defined fails the test that resolves all shapes.
        "any" => json!({}),
        other => json!({ "x-unknown-kind": other }),
    }
}

fn or_null(mut schema: Value) -> Value {
    if let Some(kind) = schema
        .get("type")
        .and_then(Value::as_str)
        .map(str::to_owned)
    {
        schema["type"] = json!([kind, "null"]);
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
        schema
    } else {
        json!({ "anyOf": [schema, { "type": "null" }] })
    }
}
