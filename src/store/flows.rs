//! Login flow rows.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::{FlowId, TenantId};

/// A flow row with its state still sealed.
#[derive(Debug, Clone)]
pub struct FlowRow {
    /// Id.
    pub id: FlowId,
    /// SHA-256 of the browser's flow cookie.
    pub browser: Vec<u8>,
    /// Purpose word.
    pub purpose: String,
    /// `pending`, `done` or `denied`.
    pub state: String,
    /// Moves with every accepted answer.
    pub version: i64,
    /// Wrong answers.
    pub attempts: i64,
    /// Sealed state.
    pub sealed: Vec<u8>,
    /// Sealed answer of a cross-site POST, waiting for the GET that carries the cookie.
    pub answer: Option<Vec<u8>>,
    /// Epoch ms.
    pub expires_at: i64,
}

/// Inserts.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    row: &FlowRow,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO login_flows (id, tenant_id, browser, purpose, state, version, attempts, \
       sealed, created_at, expires_at) VALUES ($1, $2, $3, $4, 'pending', 1, 0, $5, $6, $7)",
    )
    .bind(row.id.as_str())
    .bind(tenant.as_str())
    .bind(row.browser.clone())
    .bind(&row.purpose)
    .bind(row.sealed.clone())
    .bind(now)
    .bind(row.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// By id inside a tenant; the browser is the caller's to compare.
pub async fn find(on: impl On, tenant: &TenantId, id: &FlowId) -> Result<Option<FlowRow>, DbError> {
    let row = q(
        "SELECT id, browser, purpose, state, version, attempts, sealed, answer, expires_at \
                 FROM login_flows WHERE tenant_id = $1 AND id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .optional(on)
    .await?;
    row.map(|row| {
        Ok(FlowRow {
            id: FlowId(row.get("id")?),
            browser: row.get("browser")?,
            purpose: row.get("purpose")?,
            state: row.get("state")?,
            version: row.get("version")?,
            attempts: row.get("attempts")?,
            sealed: row.get("sealed")?,
            answer: row.maybe("answer")?,
            expires_at: row.get("expires_at")?,
        })
    })
    .transpose()
}

/// Moves a flow on if nobody else has meanwhile. `Ok(false)`: somebody has.
pub async fn advance(
    tx: &mut Tx,
    tenant: &TenantId,
    row: &FlowRow,
    state: &str,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE login_flows SET sealed = $1, state = $2, answer = NULL, \
                   version = version + 1 \
                   WHERE tenant_id = $3 AND id = $4 AND version = $5 AND state = 'pending'",
    )
    .bind(row.sealed.clone())
    .bind(state)
    .bind(tenant.as_str())
    .bind(row.id.as_str())
    .bind(row.version)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Counts a wrong answer; the new count.
pub async fn count_attempt(tx: &mut Tx, tenant: &TenantId, id: &FlowId) -> Result<i64, DbError> {
    q(
        "UPDATE login_flows SET attempts = attempts + 1 WHERE tenant_id = $1 AND id = $2 \
       RETURNING attempts",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .one(tx)
    .await?
    .get("attempts")
}

/// Keeps the sealed answer of a cross-site POST; one per flow, the first counts.
pub async fn keep_answer(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &FlowId,
    answer: Vec<u8>,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE login_flows SET answer = $1 WHERE tenant_id = $2 AND id = $3 \
                   AND state = 'pending' AND answer IS NULL",
    )
    .bind(answer)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Forgets flows that ended before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM login_flows WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}
