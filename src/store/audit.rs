//! Audit events, written inside the transaction they tell about.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::{TenantId, UserId};

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// `UUIDv7`: order of id is order of time.
    pub id: String,
    /// Epoch ms.
    pub at: i64,
    /// `noun.past_verb`
    pub kind: String,
    /// `success`, `failure` or `denied`.
    pub outcome: String,
    /// JSON `{"kind","id"}`.
    pub actor: String,
    /// JSON `{"kind","id"}`.
    pub target: String,
    /// Organization.
    pub org: Option<String>,
    /// Reference.
    pub request_id: String,
    /// Network address.
    pub ip: String,
    /// JSON: trace, reason.
    pub detail: String,
    /// JSON before the change.
    pub before: Option<String>,
    /// JSON after the change.
    pub after: Option<String>,
}

/// What sign-ins are counted by; empty for events that are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Method, or `none`.
    pub method: String,
    /// Why it failed.
    pub reason: String,
}

/// Inserts.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    event: &EventRow,
    facets: &Facets,
) -> Result<(), DbError> {
    q(
        "INSERT INTO audit_events (id, tenant_id, at, type, outcome, actor, target, org_id, \
       request_id, ip, detail, before_state, after_state, method, reason) \
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(&event.id)
    .bind(tenant.as_str())
    .bind(event.at)
    .bind(&event.kind)
    .bind(&event.outcome)
    .bind(&event.actor)
    .bind(&event.target)
    .bind(event.org.clone())
    .bind(&event.request_id)
    .bind(&event.ip)
    .bind(&event.detail)
    .bind(event.before.clone())
    .bind(event.after.clone())
    .bind(&facets.method)
    .bind(&facets.reason)
    .run(tx)
    .await?;
    Ok(())
}

/// Filters of a listing; empty text means "any".
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Event type.
    pub kind: String,
    /// Actor, as `kind:id` or the id alone.
    pub actor: String,
    /// Target, as `kind:id` or the id alone.
    pub target: String,
    /// Organization.
    pub org: String,
    /// Epoch ms, inclusive.
    pub from: i64,
    /// Epoch ms, exclusive.
    pub to: i64,
}

/// Kinds of actors and targets, for filters that name the id alone.
const KINDS: &[&str] = &[
    "user",
    "token",
    "service_account",
    "organization",
    "session",
    "upstream",
    "tenant",
    "host",
    "system",
    "key",
    "flow",
    "passkey",
    "permission",
];

/// A page, newest first; `before` is the id to go on from, empty for the first page.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    filter: &Filter,
    before: &str,
    limit: i64,
) -> Result<Vec<EventRow>, DbError> {
    let mut sql = String::from(
        "SELECT id, at, type, outcome, actor, target, org_id, request_id, ip, detail, \
         before_state, after_state FROM audit_events \
         WHERE tenant_id = $1 AND at >= $2 AND at < $3",
    );
    let mut values: Vec<String> = Vec::new();
    // Only the columns that are asked for: each then has its index.
    let mut clause = |column: &str, wanted: Vec<String>| {
        let first = values.len() + 4;
        let marks: Vec<String> = (first..first + wanted.len())
            .map(|n| format!("${n}"))
            .collect();
        sql.push_str(&format!(" AND {column} IN ({})", marks.join(", ")));
        values.extend(wanted);
    };
    for (column, value) in [("type", &filter.kind), ("org_id", &filter.org)] {
        if !value.is_empty() {
            clause(column, vec![value.clone()]);
        }
    }
    for (column, value) in [("actor", &filter.actor), ("target", &filter.target)] {
        if !value.is_empty() {
            clause(column, principals(value));
        }
    }
    if !before.is_empty() {
        sql.push_str(&format!(" AND id < ${}", values.len() + 4));
        values.push(before.to_owned());
    }
    sql.push_str(&format!(" ORDER BY id DESC LIMIT ${}", values.len() + 4));
    let mut statement = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(filter.from)
        .bind(filter.to);
    for value in values {
        statement = statement.bind(value);
    }
    let rows = statement.bind(limit).all(on).await?;
    rows.iter().map(from_row).collect()
}

fn principals(text: &str) -> Vec<String> {
    if text.contains(':') {
        return vec![text.to_owned()];
    }
    KINDS.iter().map(|kind| format!("{kind}:{text}")).collect()
}

/// A page of what a person did and what was done to them, newest first. Two narrow searches,
/// each along its own index: one condition with OR would read the whole tenant.
pub async fn list_about(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
    before: &str,
    limit: i64,
) -> Result<Vec<EventRow>, DbError> {
    let rows = q(
        "SELECT id, at, type, outcome, actor, target, org_id, request_id, ip, detail, \
         before_state, after_state FROM audit_events WHERE tenant_id = $1 AND id IN ( \
         SELECT id FROM (SELECT id FROM audit_events WHERE tenant_id = $1 AND actor = $2 \
                         AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4) AS by_actor \
         UNION SELECT id FROM (SELECT id FROM audit_events WHERE tenant_id = $1 \
                         AND target = $2 AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4) \
                         AS by_target) ORDER BY id DESC LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(format!("user:{user}"))
    .bind(before)
    .bind(limit)
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

pub(super) fn from_row(row: &Row) -> Result<EventRow, DbError> {
    Ok(EventRow {
        id: row.get("id")?,
        at: row.get("at")?,
        kind: row.get("type")?,
        outcome: row.get("outcome")?,
        actor: row.get("actor")?,
        target: row.get("target")?,
        org: row.maybe("org_id")?,
        request_id: row.get("request_id")?,
        ip: row.get("ip")?,
        detail: row.get("detail")?,
        before: row.maybe("before_state")?,
        after: row.maybe("after_state")?,
    })
}
