//! Bodies of the administration: JSON whose faults are named member by member.
//!
//! Unknown members are refused everywhere: a slip of the pen must not look like a success.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::super::router::AppState;
use crate::domain::{Code, Problem};

/// A body of this form.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "Send `Content-Type: application/json`.",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        parse(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| {
            let kind = kind.trim();
            kind.eq_ignore_ascii_case("application/json")
                || kind.eq_ignore_ascii_case("application/merge-patch+json")
        })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn unread(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(Code::TooLarge, "Send a smaller body.")
    } else {
        Problem::new(Code::InvalidRequest, "The body could not be read.")
    }
}

/// Reads a body, or says which member is wrong.
///
/// # Errors
/// `invalid_request` for what is no JSON object, `invalid_field` for a wrong member.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| Problem::new(Code::InvalidRequest, "The body is not valid JSON."))?;
    if !value.is_object() {
        return Err(Problem::new(
            Code::InvalidRequest,
            "The body is a JSON object.",
        ));
    }
    serde_path_to_error::deserialize(&value).map_err(|error| fault("", &error))
}

/// The same for a value that stands under a member of a body.
///
/// # Errors
/// `invalid_field` with a pointer that begins with `under`.
pub fn parse_at<T: DeserializeOwned>(under: &str, value: &Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| fault(under, &error))
}

/// RFC 7396 inside a member: members that are not named stay, `null` removes.
pub fn merged(old: Value, change: Option<Value>) -> Value {
    let Some(change) = change else {
        return json!({});
    };
    let Value::Object(members) = change else {
        // Refused further in: options are an object.
        return change;
    };
    let mut new = match old {
        Value::Object(old) => old,
        _ => serde_json::Map::new(),
    };
    for (name, value) in members {
        if value.is_null() {
            new.remove(&name);
        } else if value.is_object() {
            let old = new.remove(&name).unwrap_or(Value::Null);
            new.insert(name, merged(old, Some(value)));
        } else {
            new.insert(name, value);
        }
    }
    Value::Object(new)
}

fn fault(under: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let mut pointer = under.to_owned();
    for segment in error.path() {
        use serde_path_to_error::Segment;
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.clone(),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        push(&mut pointer, &part);
    }
    let text = error.inner().to_string();
    // The library's words: the member's name stands between the first two backticks.
    let name = text.split('`').nth(1).unwrap_or_default();
    if text.starts_with("missing field") {
        push(&mut pointer, name);
        return Problem::field(&pointer, "required", "This member is needed.");
    }
    if text.starts_with("unknown field") {
        let mut own = String::new();
        push(&mut own, name);
        if !pointer.ends_with(&own) {
            pointer.push_str(&own);
        }
        return Problem::field(&pointer, "unknown", "There is no such member here.");
    }
    if text.starts_with("unknown variant") {
        return Problem::field(&pointer, "unknown", "This word is not one of the list.");
    }
    Problem::field(&pointer, "invalid_type", "The value is of the wrong type.")
}

fn push(pointer: &mut String, part: &str) {
    pointer.push('/');
    pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
}

/// A member of a merge patch (RFC 7396): absent keeps, `null` removes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Was not sent.
    #[default]
    Keep,
    /// `null`.
    Remove,
    /// A value.
    Set(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or(Self::Remove, Self::Set))
    }
}

impl<T> Patch<T> {
    /// For a member that can be removed: `Some(None)` removes.
    #[expect(
        clippy::option_option,
        reason = "absent, removed and set are three answers"
    )]
    pub fn removable(self) -> Option<Option<T>> {
        match self {
            Self::Keep => None,
            Self::Remove => Some(None),
            Self::Set(value) => Some(Some(value)),
        }
    }

    /// For a member that must stay.
    ///
    /// # Errors
    /// `invalid_field` for `null`.
    pub fn lasting(self, pointer: &str) -> Result<Option<T>, Problem> {
        match self {
            Self::Keep => Ok(None),
            Self::Set(value) => Ok(Some(value)),
            Self::Remove => Err(Problem::field(
                pointer,
                "required",
                "This member cannot be removed.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::{Patch, merged, parse};
    use crate::domain::Code;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the form matters")]
    struct Form {
        name: String,
        #[serde(default)]
        list: Vec<Part>,
        #[serde(default)]
        note: Patch<String>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the form matters")]
    struct Part {
        word: Word,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Yes,
    }

    fn fault(text: &str) -> (Code, String, &'static str) {
        let problem = parse::<Form>(text.as_bytes()).expect_err("refused");
        let first = problem.errors.first();
        (
            problem.code,
            first.map(|e| e.pointer.clone()).unwrap_or_default(),
            first.map(|e| e.code).unwrap_or_default(),
        )
    }

    #[test]
    fn faults_point_at_their_member() {
        let field = |pointer: &str, code| (Code::InvalidField, pointer.to_owned(), code);
        assert_eq!(fault("{}"), field("/name", "required"));
        assert_eq!(fault(r#"{"name":1}"#), field("/name", "invalid_type"));
        assert_eq!(
            fault(r#"{"name":"a","owner":true}"#),
            field("/owner", "unknown")
        );
        assert_eq!(
            fault(r#"{"name":"a","list":[{"word":"no"}]}"#),
            field("/list/0/word", "unknown")
        );
        assert_eq!(
            fault(r#"{"name":"a","list":[{"word":"yes","x/y":1}]}"#),
            field("/list/0/x~1y", "unknown")
        );
        for bad in ["", "[]", "null", "{"] {
            assert_eq!(fault(bad).0, Code::InvalidRequest, "{bad}");
        }
    }

    #[test]
    fn null_removes_and_absence_keeps() {
        let read = |text: &str| parse::<Form>(text.as_bytes()).expect("reads").note;
        assert_eq!(read(r#"{"name":"a"}"#), Patch::Keep);
        assert_eq!(read(r#"{"name":"a","note":null}"#), Patch::Remove);
        assert_eq!(read(r#"{"name":"a","note":"b"}"#), Patch::Set("b".into()));
        assert!(
            read(r#"{"name":"a","note":null}"#)
                .lasting("/note")
                .is_err()
        );
    }

    #[test]
    fn options_are_patched_member_by_member() {
        let old = json!({ "label": "Corp", "claims": { "a": 1, "b": 2 } });
        let new = merged(
            old.clone(),
            Some(json!({ "claims": { "a": null, "c": 3 } })),
        );
        assert_eq!(
            new,
            json!({ "label": "Corp", "claims": { "b": 2, "c": 3 } })
        );
        assert_eq!(merged(old, None), json!({}));
    }
}
