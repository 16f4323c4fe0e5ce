//! Tokens that apps register themselves with.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::TenantId;

/// One, without its value.
#[derive(Debug, Clone)]
pub struct InitialToken {
    /// Id.
    pub id: String,
    /// What it is for, as its maker wrote it.
    pub label: String,
    /// So many apps at most; without a number as many as come.
    pub max_uses: Option<i64>,
    /// So many have come.
    pub uses: i64,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
}

const COLUMNS: &str = "id, label, max_uses, uses, created_at, expires_at";

/// Inserts.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    token: &InitialToken,
    hash: &[u8],
) -> Result<(), DbError> {
    q(
        "INSERT INTO initial_access_tokens (id, tenant_id, hash, label, max_uses, created_at, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&token.id)
    .bind(tenant.as_str())
    .bind(hash)
    .bind(&token.label)
    .bind(token.max_uses)
    .bind(token.created_at)
    .bind(token.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Counts a use of one that is good; of its last use exactly one caller makes something.
pub async fn count_use(
    tx: &mut Tx,
    tenant: &TenantId,
    hash: &[u8],
    now: i64,
) -> Result<Option<InitialToken>, DbError> {
    let sql = format!(
        "UPDATE initial_access_tokens SET uses = uses + 1 WHERE tenant_id = $1 AND hash = $2 \
         AND expires_at > $3 AND (max_uses IS NULL OR uses < max_uses) RETURNING {COLUMNS}"
    );
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(hash)
        .bind(now)
        .optional(tx)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// One that is good now.
pub async fn find_good(
    on: impl On,
    tenant: &TenantId,
    hash: &[u8],
    now: i64,
) -> Result<Option<InitialToken>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM initial_access_tokens WHERE tenant_id = $1 AND hash = $2 \
         AND expires_at > $3 AND (max_uses IS NULL OR uses < max_uses)"
    );
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(hash)
        .bind(now)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// One of the tenant's.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    id: &str,
) -> Result<Option<InitialToken>, DbError> {
    let sql =
        format!("SELECT {COLUMNS} FROM initial_access_tokens WHERE tenant_id = $1 AND id = $2");
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(id)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A page in order of their id.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<InitialToken>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM initial_access_tokens WHERE tenant_id = $1 AND id > $2 \
         ORDER BY id LIMIT $3"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(after)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Deletes; false where it was not there.
pub async fn delete(tx: &mut Tx, tenant: &TenantId, id: &str) -> Result<bool, DbError> {
    let count = q("DELETE FROM initial_access_tokens WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Forgets those that ended before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM initial_access_tokens WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}

fn from_row(row: &Row) -> Result<InitialToken, DbError> {
    Ok(InitialToken {
        id: row.get("id")?,
        label: row.get("label")?,
        max_uses: row.maybe("max_uses")?,
        uses: row.get("uses")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}
