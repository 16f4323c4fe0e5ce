//! An event and how it gets into the transaction.

use laneway_sqlkit::{DbError, Tx};
use serde_json::{Value, json};

use crate::domain::{TenantId, UserId};
use crate::store::audit::{self as rows, EventRow, Facets};

/// Where a request came from; travels from the edge to whatever it causes.
#[derive(Debug, Clone, Default)]
pub struct RequestMeta {
    /// The "Reference" that pages show.
    pub request_id: String,
    /// Network address of the browser, after trusted proxies.
    pub ip: String,
    /// Browser as it names itself, cut to 200 characters.
    pub user_agent: String,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Success,
    /// Tried, did not work.
    Failure,
    /// Refused.
    Denied,
}

/// An event in the making.
#[derive(Debug, Clone)]
pub struct Event {
    kind: &'static str,
    outcome: Outcome,
    actor: (&'static str, String),
    target: (&'static str, String),
    org: Option<String>,
    detail: Value,
    before: Option<Value>,
    after: Option<Value>,
}

impl Event {
    /// An event about a target.
    pub fn new(kind: &'static str, outcome: Outcome, target: (&'static str, &str)) -> Self {
        Self {
            kind,
            outcome,
            actor: ("anonymous", String::new()),
            target: (target.0, target.1.to_owned()),
            org: None,
            detail: json!({}),
            before: None,
            after: None,
        }
    }

    /// Done by a user.
    #[must_use]
    pub fn by_user(self, user: &UserId) -> Self {
        self.by("user", user.as_str())
    }

    /// Done by a principal of another kind (`token`, `system`, `upstream`).
    #[must_use]
    pub fn by(mut self, kind: &'static str, id: &str) -> Self {
        self.actor = (kind, id.to_owned());
        self
    }

    /// With what explains it.
    #[must_use]
    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// With the state before and after.
    #[must_use]
    pub fn change(mut self, before: Option<Value>, after: Option<Value>) -> Self {
        self.before = before;
        self.after = after;
        self
    }

    /// In an organization.
    #[must_use]
    pub fn org(mut self, org: &str) -> Self {
        self.org = Some(org.to_owned());
        self
    }
}

/// Writes an event into the transaction it tells about.
///
/// # Errors
/// [`DbError`] of the engine.
pub async fn record(
    tx: &mut Tx,
    tenant: &TenantId,
    meta: &RequestMeta,
    id: String,
    now: i64,
    event: Event,
) -> Result<(), DbError> {
    let row = EventRow {
        id,
        at: now,
        kind: event.kind.to_owned(),
        outcome: match event.outcome {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Denied => "denied",
        }
        .to_owned(),
        actor: principal(&event.actor),
        target: principal(&event.target),
        org: event.org,
        request_id: meta.request_id.clone(),
        ip: meta.ip.clone(),
        detail: event.detail.to_string(),
        before: event.before.map(|value| value.to_string()),
        after: event.after.map(|value| value.to_string()),
    };
    let facets = facets(event.kind, &event.detail);
    rows::create(tx, tenant, &row, &facets).await
}

/// What a sign-in is counted by. A proof that raises a session or links an identity is no
/// sign-in, and is not counted.
fn facets(kind: &str, detail: &Value) -> Facets {
    let word = |name: &str| {
        let found = detail.get(name).and_then(Value::as_str).unwrap_or_default();
        found.chars().take(60).collect::<String>()
    };
    let counts = kind.starts_with("login.")
        && matches!(
            word("purpose").as_str(),
            "" | "login" | "signup" | "recover"
        );
    if !counts {
        return Facets::default();
    }
    let method = word("method");
    Facets {
        method: if method.is_empty() {
            "none".to_owned()
        } else {
            method
        },
        reason: word("reason"),
    }
}

// "kind:id" so that a filter can match by equality.
fn principal((kind, id): &(&'static str, String)) -> String {
    format!("{kind}:{id}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::facets;

    #[test]
    fn sign_ins_are_counted_and_other_proofs_are_not() {
        let of = |kind: &str, detail| {
            let found = facets(kind, &detail);
            (found.method, found.reason)
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let login = json!({ "purpose": "login", "method": "passkey" });
        assert_eq!(of("login.completed", login), pair("passkey", ""));
        let denied = json!({ "purpose": "signup", "reason": "unknown_person" });
        assert_eq!(of("login.denied", denied), pair("none", "unknown_person"));
        let cancelled = json!({ "upstream": "corp", "reason": "cancelled", "method": "redirect" });
        assert_eq!(of("login.denied", cancelled), pair("redirect", "cancelled"));
        for purpose in ["step_up", "link", "verify"] {
            let raised = json!({ "purpose": purpose, "method": "passkey" });
            assert_eq!(of("login.completed", raised), pair("", ""));
        }
        assert_eq!(
            of("session.ended", json!({ "reason": "logout" })),
            pair("", "")
        );
    }
}
