//! The record of what happened: searching it, and the names behind its ids.

use std::collections::HashMap;

use serde_json::Value;

use crate::audit::{TYPES, kind};
use crate::core::Core;
use crate::domain::{OrgId, Problem, TenantId, UserId};
use crate::store::audit::EventRow;
use crate::store::audit_search::{self, Search};
use crate::store::user_search;

/// Groups of event types by the beginning of their names: the word in addresses and what
/// belongs to it. The last group is everything else.
pub static KINDS: [(&str, &[&str]); 6] = [
    ("sign-ins", &["login."]),
    ("sessions", &["session.", "handoff.", "logout_token."]),
    (
        "people",
        &[
            "user.",
            "identity.",
            "passkey.",
            "email.",
            "email_change.",
            "invitation.",
            "password.",
            "totp.",
            "recovery_codes.",
            "device.",
        ],
    ),
    (
        "organizations",
        &[
            "organization.",
            "member.",
            "connection.",
            "domain.",
            "setup_link.",
            "role_mapping.",
            "break_glass.",
        ],
    ),
    ("providers", &["upstream."]),
    ("installation", &[]),
];

/// What somebody typed and chose.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// A person's address or id, any record's id, or a reference.
    pub text: String,
    /// A group of [`KINDS`] or one type.
    pub kind: String,
    /// Only what was refused or failed.
    pub refused: bool,
    /// Epoch ms, inclusive; 0 for all.
    pub from: i64,
    /// Epoch ms, exclusive; 0 for all.
    pub to: i64,
    /// Go on before this event.
    pub before: String,
    /// Only what happened in this organization.
    pub org: Option<OrgId>,
}

/// An event with the names that are known for it.
#[derive(Debug, Clone)]
pub struct TrailRow {
    /// As recorded.
    pub event: EventRow,
    /// What the actor is called, where it is a known person.
    pub actor_name: Option<String>,
    /// What the target is called, where it is a known person.
    pub target_name: Option<String>,
}

/// What was recorded about an event beside the trace.
pub fn facts(event: &EventRow) -> Vec<(String, String)> {
    let recorded = recorded(event);
    let members = recorded.as_object().into_iter().flatten();
    members
        .filter(|(name, value)| *name != "trace" && !value.is_null())
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

/// Which link, rule and policy decided, in the order in which they were asked.
pub fn trace(event: &EventRow) -> Vec<(String, String)> {
    let recorded = recorded(event);
    let lines = recorded.get("trace").and_then(Value::as_array);
    lines
        .into_iter()
        .flatten()
        .map(|line| (plain(&line["rule"]), plain(&line["outcome"])))
        .collect()
}

fn recorded(event: &EventRow) -> Value {
    serde_json::from_str(&event.detail).unwrap_or_default()
}

/// A recorded value on one line.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Array(all) if all.iter().all(Value::is_string) => {
            let words: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
            words.join(" ")
        }
        other => other.to_string(),
    }
}

/// One page of events.
#[derive(Debug, Clone)]
pub struct Trail {
    /// Newest first.
    pub rows: Vec<TrailRow>,
    /// The id to go on before, where there is more.
    pub next: Option<String>,
}

/// Answers a question.
///
/// # Errors
/// `store_unavailable`.
pub async fn search(
    core: &Core,
    tenant: &TenantId,
    question: &Question,
    limit: usize,
) -> Result<Trail, Problem> {
    let text = question.text.trim();
    let mut search = Search {
        kinds: types_of(&question.kind),
        refused: question.refused,
        from: question.from,
        to: question.to,
        before: question.before.clone(),
        org: question
            .org
            .as_ref()
            .map_or_else(String::new, |org| org.0.clone()),
        ..Search::default()
    };
    if is_reference(text) {
        text.clone_into(&mut search.request);
    } else if !text.is_empty() {
        search.principals = principals(core, tenant, text).await?;
    }
    let wanted = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut events = audit_search::list(&core.db, tenant, &search, wanted).await?;
    let more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| more).map(|event| event.id.clone());
    let rows = named(core, tenant, events).await?;
    Ok(Trail { rows, next })
}

fn types_of(word: &str) -> Vec<String> {
    if TYPES.contains(&word) {
        return vec![word.to_owned()];
    }
    if !KINDS.iter().any(|(name, _)| *name == word) {
        return Vec::new();
    }
    let group = |kind: &str| {
        let named = |(_, begins): &&(&str, &[&str])| begins.iter().any(|b| kind.starts_with(b));
        let found = KINDS.iter().find(named).or(KINDS.last());
        found.map_or("", |(name, _)| *name)
    };
    TYPES
        .iter()
        .filter(|kind| group(kind) == word)
        .map(|kind| (*kind).to_owned())
        .collect()
}

/// References are short and in capitals; ids are long, addresses have an `@`.
fn is_reference(text: &str) -> bool {
    (6..=24).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

async fn principals(core: &Core, tenant: &TenantId, text: &str) -> Result<Vec<String>, Problem> {
    if text.contains(':') {
        return Ok(vec![text.to_owned()]);
    }
    if text.contains('@') {
        let found = user_search::with_address(&core.db, tenant, text).await?;
        // Nobody: then nothing is found, rather than everything.
        return Ok(match found.as_slice() {
            [] => vec![format!("user:{text}")],
            some => some.iter().map(|id| format!("user:{id}")).collect(),
        });
    }
    let kinds = [
        "user",
        "organization",
        "upstream",
        "tenant",
        "flow",
        "token",
        "passkey",
        "host",
    ];
    Ok(kinds.iter().map(|kind| format!("{kind}:{text}")).collect())
}

/// One event with its names; asked for in an organization, only what happened there.
///
/// # Errors
/// `not_found`.
pub async fn event(
    core: &Core,
    tenant: &TenantId,
    org: Option<&OrgId>,
    id: &str,
) -> Result<TrailRow, Problem> {
    let found = audit_search::find(&core.db, tenant, id).await?;
    let found = found
        .filter(|event| org.is_none_or(|org| event.org.as_deref() == Some(org.as_str())))
        .ok_or_else(Problem::not_found)?;
    let mut rows = named(core, tenant, vec![found]).await?;
    rows.pop().ok_or_else(Problem::not_found)
}

/// What happened to a person and by them, newest first.
///
/// # Errors
/// `store_unavailable`.
pub async fn about(
    core: &Core,
    tenant: &TenantId,
    user: &UserId,
    limit: i64,
) -> Result<Vec<EventRow>, Problem> {
    let search = Search {
        principals: vec![format!("user:{user}")],
        ..Search::default()
    };
    Ok(audit_search::list(&core.db, tenant, &search, limit).await?)
}

/// What people and operators changed lately.
///
/// # Errors
/// `store_unavailable`.
pub async fn changed_by_people(
    core: &Core,
    tenant: &TenantId,
    limit: i64,
) -> Result<Vec<TrailRow>, Problem> {
    let changes = [
        kind::HOST_ADDED,
        kind::HOST_REMOVED,
        kind::MEMBER_CHANGED,
        kind::ORGANIZATION_CREATED,
        kind::SIGNING_KEY_ROTATED,
        kind::TENANT_UPDATED,
        kind::UPSTREAM_ACTIVATED,
        kind::UPSTREAM_CREATED,
        kind::UPSTREAM_UPDATED,
        kind::USER_CREATED,
        kind::USER_DELETED,
        kind::USER_UPDATED,
    ];
    let search = Search {
        kinds: changes.iter().map(|kind| (*kind).to_owned()).collect(),
        ..Search::default()
    };
    let events = audit_search::list(&core.db, tenant, &search, limit).await?;
    named(core, tenant, events).await
}

async fn named(
    core: &Core,
    tenant: &TenantId,
    events: Vec<EventRow>,
) -> Result<Vec<TrailRow>, Problem> {
    let mut ids: Vec<UserId> = events
        .iter()
        .flat_map(|event| [user_of(&event.actor), user_of(&event.target)])
        .flatten()
        .collect();
    ids.sort();
    ids.dedup();
    let names: HashMap<UserId, String> = user_search::names(&core.db, tenant, &ids).await?;
    let name = |principal: &str| user_of(principal).and_then(|id| names.get(&id).cloned());
    Ok(events
        .into_iter()
        .map(|event| TrailRow {
            actor_name: name(&event.actor),
            target_name: name(&event.target),
            event,
        })
        .collect())
}

fn user_of(principal: &str) -> Option<UserId> {
    principal
        .strip_prefix("user:")
        .map(|id| UserId(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{KINDS, TYPES, is_reference, types_of};

    #[test]
    fn every_type_is_in_one_group() {
        let grouped: usize = KINDS.iter().map(|(word, _)| types_of(word).len()).sum();
        assert_eq!(grouped, TYPES.len());
        assert_eq!(types_of("sign-ins").len(), 3);
        assert!(types_of("installation").contains(&"tenant.updated".to_owned()));
        assert_eq!(types_of("user.deleted"), ["user.deleted"]);
        assert!(types_of("all").is_empty());
    }

    #[test]
    fn references_are_told_from_ids() {
        assert!(is_reference("7QK-4M2"));
        assert!(!is_reference("019ce153-03c0-7c3e-9a51-3f0c2b7e6d18"));
        assert!(!is_reference("ana@x.test"));
    }
}
