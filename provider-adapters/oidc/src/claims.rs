//! Claims read with their types: a text is not a number, a number not a text.
//!
//! Owns: typed access and the checks that ID tokens and logout tokens share.
//! Must not know: which token it is.

use laneway_contract::ProviderError;
use serde_json::{Map, Value};

use crate::fault;

pub(crate) type Claims = Map<String, Value>;

/// A text, absent, or an error if it is anything else.
pub(crate) fn text<'c>(claims: &'c Claims, name: &str) -> Result<Option<&'c str>, ProviderError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(fault::invalid(format!("{name} is not a string"))),
    }
}

/// Seconds since the epoch in milliseconds. Some providers send fractions.
pub(crate) fn instant_ms(claims: &Claims, name: &str) -> Result<Option<i64>, ProviderError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let seconds = value
        .as_f64()
        // Up to the year 9999: beyond, arithmetic would no longer be exact.
        .filter(|seconds| (0.0..=253_402_300_799.0).contains(seconds))
        .ok_or_else(|| fault::invalid(format!("{name} is not an instant")))?;
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    Ok(Some((seconds * 1000.0) as i64))
}

pub(crate) fn required_instant_ms(claims: &Claims, name: &str) -> Result<i64, ProviderError> {
    instant_ms(claims, name)?.ok_or_else(|| fault::invalid(format!("{name} is missing")))
}

/// `aud`: one text or a list of texts, never empty.
pub(crate) fn audiences(claims: &Claims) -> Result<Vec<&str>, ProviderError> {
    let list: Option<Vec<&str>> = match claims.get("aud") {
        Some(Value::String(one)) => Some(vec![one]),
        Some(Value::Array(many)) => many.iter().map(Value::as_str).collect(),
        _ => None,
    };
    list.filter(|list| !list.is_empty())
        .ok_or_else(|| fault::invalid("aud is not a string or a list of strings"))
}

/// `sub`: at most 255 ASCII characters (OIDC Core §2).
pub(crate) fn subject(claims: &Claims) -> Result<Option<&str>, ProviderError> {
    let subject = text(claims, "sub")?;
    if subject.is_some_and(|sub| sub.is_empty() || sub.len() > 255 || !sub.is_ascii()) {
        return Err(fault::invalid(
            "sub is empty, longer than 255 characters or not ASCII",
        ));
    }
    Ok(subject)
}
