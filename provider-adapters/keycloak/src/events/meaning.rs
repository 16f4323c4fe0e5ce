//! What a record means for sessions.
//!
//! `USER_SESSION_DELETED` is not among them: it also tells of sessions that have merely run out,
//! and ours live on then. A temporary lock-out is not either: anybody can cause one from outside.

use laneway_contract::{Happened, SecurityEvent};
use serde_json::Value;

/// Events of people that end sessions.
pub(crate) const KINDS: [&str; 5] = [
    "DELETE_ACCOUNT",
    "LOGOUT",
    "UPDATE_CREDENTIAL",
    "UPDATE_PASSWORD",
    "USER_DISABLED_BY_PERMANENT_LOCKOUT",
];

/// `None` for what ends nothing.
pub(super) fn of(record: &Value) -> Option<SecurityEvent> {
    let what = match record["type"].as_str() {
        Some(kind) => by_person(kind, record),
        None => by_administrator(record),
    };
    Some(SecurityEvent {
        at_ms: record["time"].as_i64()?,
        what: what?,
    })
}

fn by_person(kind: &str, record: &Value) -> Option<Happened> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let subject = text(&record["userId"]);
    let details = &record["details"];
    match kind {
        "LOGOUT" => text(&record["sessionId"]).map(|sid| Happened::SessionEnded { sid }),
        "DELETE_ACCOUNT" => subject.map(|subject| Happened::Deleted { subject }),
        "USER_DISABLED_BY_PERMANENT_LOCKOUT" => {
            subject.map(|subject| Happened::Disabled { subject })
        }
        "UPDATE_CREDENTIAL" if details["credential_type"] != "password" => None,
        "UPDATE_CREDENTIAL" | "UPDATE_PASSWORD" => subject.map(|subject| Happened::NewPassword {
            subject,
            // Within a sign-in there is no session yet; it will have this name.
            within: text(&record["sessionId"]).or_else(|| text(&details["code_id"])),
        }),
        _ => None,
    }
}

fn by_administrator(record: &Value) -> Option<Happened> {
    let path: Vec<&str> = record["resourcePath"].as_str()?.split('/').collect();
    let operation = record["operationType"].as_str()?;
    let own = |text: &str| text.to_owned();
    match (operation, path.as_slice()) {
        ("DELETE", ["users", id]) => Some(Happened::Deleted { subject: own(id) }),
        ("UPDATE", ["users", id]) => {
            (set(record)["enabled"] == false).then(|| Happened::Disabled { subject: own(id) })
        }
        ("ACTION", ["users", id, "reset-password"]) => Some(Happened::NewPassword {
            subject: own(id),
            within: None,
        }),
        ("ACTION", ["users", id, "logout"]) => Some(Happened::SignedOut { subject: own(id) }),
        ("DELETE", ["sessions", sid]) => {
            (set(record)["offline"] != true).then(|| Happened::SessionEnded { sid: own(sid) })
        }
        _ => None,
    }
}

/// What the administrator has sent, where that is kept.
fn set(record: &Value) -> Value {
    record["representation"]
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn act(operation: &str, path: &str, set: &str) -> Option<Happened> {
        let record = json!({"id": "1", "time": 5, "operationType": operation,
            "resourcePath": path, "representation": set});
        of(&record).map(|event| event.what)
    }

    #[test]
    fn acts_of_administrators_are_understood() {
        let subject = || "u1".to_owned();
        assert_eq!(
            act("UPDATE", "users/u1", r#"{"enabled":false}"#),
            Some(Happened::Disabled { subject: subject() })
        );
        assert_eq!(
            act("DELETE", "users/u1", "{}"),
            Some(Happened::Deleted { subject: subject() })
        );
        assert_eq!(
            act("ACTION", "users/u1/logout", ""),
            Some(Happened::SignedOut { subject: subject() })
        );
        let sid = "s1".to_owned();
        assert_eq!(
            act("DELETE", "sessions/s1", r#"{"offline":false}"#),
            Some(Happened::SessionEnded { sid })
        );
        for (operation, path, set) in [
            ("UPDATE", "users/u1", r#"{"enabled":true}"#),
            ("UPDATE", "users/u1", r#"{"firstName":"Z"}"#),
            ("UPDATE", "users/u1", "not JSON"),
            ("CREATE", "users/u1", r#"{"enabled":false}"#),
            ("DELETE", "users/u1/groups/g", ""),
            ("DELETE", "users/u1/federated-identity/idp", ""),
            ("DELETE", "sessions/s1", r#"{"offline":true}"#),
            ("ACTION", "logout-all", "{}"),
        ] {
            assert_eq!(act(operation, path, set), None, "{operation} {path} {set}");
        }
    }

    #[test]
    fn only_a_password_ends_sessions_and_not_the_one_that_it_was_chosen_in() {
        let record = |kind: &str| {
            json!({"id": "1", "time": 5, "type": "UPDATE_CREDENTIAL", "userId": "u1",
                "details": {"credential_type": kind, "code_id": "s1"}})
        };
        let event = of(&record("password")).unwrap();
        assert_eq!(event.at_ms, 5);
        let (subject, within) = ("u1".to_owned(), Some("s1".to_owned()));
        assert_eq!(event.what, Happened::NewPassword { subject, within });
        assert_eq!(of(&record("otp")), None);
        assert_eq!(
            of(&json!({"time": 5, "type": "LOGIN", "userId": "u1"})),
            None
        );
        assert_eq!(
            of(&json!({"time": 5, "type": "LOGOUT", "userId": "u1"})),
            None
        );
    }
}
