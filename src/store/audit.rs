//! Audit events, written inside the transaction they tell about.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::TenantId;

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

/// Inserts.
pub async fn create(tx: &mut Tx, tenant: &TenantId, event: &EventRow) -> Result<(), DbError> {
    q(
        "INSERT INTO audit_events (id, tenant_id, at, type, outcome, actor, target, org_id, \
       request_id, ip, detail, before_state, after_state) \
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
    .run(tx)
    .await?;
    Ok(())
}

/// Filters of a listing; empty text means "any".
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Event type.
    pub kind: String,
    /// Actor's id.
    pub actor: String,
    /// Target's id.
    pub target: String,
    /// Epoch ms, inclusive.
    pub from: i64,
    /// Epoch ms, exclusive.
    pub to: i64,
}

/// A page, newest first; `before` is the id to go on from, empty for the first page.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    filter: &Filter,
    before: &str,
    limit: i64,
) -> Result<Vec<EventRow>, DbError> {
    let sql = "SELECT id, at, type, outcome, actor, target, org_id, request_id, ip, detail, \
               before_state, after_state FROM audit_events \
               WHERE tenant_id = $1 AND ($2 = '' OR id < $2) AND ($3 = '' OR type = $3) \
               AND ($4 = '' OR actor = $4) AND ($5 = '' OR target = $5) AND at >= $6 AND at < $7 \
               ORDER BY id DESC LIMIT $8";
    let rows = q_dynamic(sql.to_owned())
        .bind(tenant.as_str())
        .bind(before)
        .bind(&filter.kind)
        .bind(&filter.actor)
        .bind(&filter.target)
        .bind(filter.from)
        .bind(filter.to)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<EventRow, DbError> {
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
