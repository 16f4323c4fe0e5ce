//! Holds answers against the description of the API: every JSON answer of the whole suite.
//!
//! Owns: the small part of JSON Schema that the description uses.
//! Must not know: what any test proves.

use laneway::http::openapi;
use serde_json::Value;

/// Is this answer one that the description allows? A path that is not described passes.
pub fn described(method: &str, path: &str, status: u16, body: &Value) -> Result<(), String> {
    let document = openapi();
    let Some(operation) = operation(document, method, path) else {
        return Ok(());
    };
    let answer = &operation["responses"][status.to_string()];
    let Some(content) = answer["content"].get("application/json") else {
        return Err(format!(
            "{method} {path}: a JSON answer with {status} is not described"
        ));
    };
    let Some(schema) = content.get("schema") else {
        return Ok(());
    };
    check(document, schema, body, "").map_err(|fault| {
        format!(
            "{method} {path}: {fault}; its shape is in src/http/openapi/, the answer was {body}"
        )
    })
}

fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let paths = document["paths"].as_object()?;
    // Literal parts go before parameters, as in the router.
    let fits = |template: &str| {
        let (mut a, mut b) = (template.split('/'), path.split('/'));
        loop {
            match (a.next(), b.next()) {
                (None, None) => return true,
                (Some(part), Some(given)) if part == given || part.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    let found = paths.iter().filter(|(template, _)| fits(template));
    let best = found.min_by_key(|(template, _)| template.matches('{').count());
    best.and_then(|(_, item)| item.get(method.to_lowercase()))
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = document.pointer(pointer).ok_or(format!("no {reference}"))?;
        return check(document, target, value, at);
    }
    if let Some(all) = schema["anyOf"].as_array() {
        let faults: Vec<String> = all
            .iter()
            .filter_map(|one| check(document, one, value, at).err())
            .collect();
        return if faults.len() < all.len() {
            Ok(())
        } else {
            Err(faults.join(" / "))
        };
    }
    if !fits_kind(&schema["type"], value) {
        return Err(format!("{at} is not {}", schema["type"]));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{at} is none of {words:?}"));
    }
    if schema["format"] == "date-time" && value.as_str().is_some_and(|text| !is_instant(text)) {
        return Err(format!("{at} is no instant"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{at}/{index}"))?;
    }
    object(document, schema, value, at)
}

fn object(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let (Some(properties), Some(members)) = (schema["properties"].as_object(), value.as_object())
    else {
        return Ok(());
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if !members.contains_key(name) {
            return Err(format!("{at}/{name} is missing"));
        }
    }
    for (name, member) in members {
        let schema = properties
            .get(name)
            .ok_or(format!("{at}/{name} is not described"))?;
        check(document, schema, member, &format!("{at}/{name}"))?;
    }
    Ok(())
}

fn fits_kind(kind: &Value, value: &Value) -> bool {
    let one = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        _ => false,
    };
    match kind {
        Value::String(kind) => one(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(one),
        _ => true,
    }
}

fn is_instant(text: &str) -> bool {
    use time::format_description::well_known::Rfc3339;
    text.ends_with('Z') && time::OffsetDateTime::parse(text, &Rfc3339).is_ok()
}
