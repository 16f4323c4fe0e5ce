//! Messages waiting to be sent. Bodies are sealed: they hold one-time codes.

use laneway_sqlkit::{Db, DbError, Row, Tx, q};

use crate::domain::TenantId;

/// A message row.
#[derive(Debug, Clone)]
pub struct OutboxRow {
    /// Id.
    pub id: String,
    /// Whose.
    pub tenant: TenantId,
    /// Sealed message.
    pub sealed: Vec<u8>,
    /// Tries so far.
    pub attempts: i64,
}

/// Inserts as `pending`; as `kept` (the readable outbox of development) or `sent` it is
/// never sent.
pub async fn create(
    tx: &mut Tx,
    row: &OutboxRow,
    state: &'static str,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO outbox (id, tenant_id, kind, sealed, state, next_at, created_at) \
       VALUES ($1, $2, 'mail', $3, $4, $5, $5)",
    )
    .bind(&row.id)
    .bind(row.tenant.as_str())
    .bind(row.sealed.clone())
    .bind(state)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes due messages and pushes their next try ahead, so that no other node sends them
/// meanwhile: at least once, with the message id as the receiver's means to tell doubles.
pub async fn claim(
    db: &Db,
    now: i64,
    retry_at: i64,
    limit: i64,
) -> Result<Vec<OutboxRow>, DbError> {
    let mut tx = db.begin().await?;
    let rows = q(
        "UPDATE outbox SET attempts = attempts + 1, next_at = $1 WHERE id IN \
                  (SELECT id FROM outbox WHERE state = 'pending' AND next_at <= $2 \
                   ORDER BY next_at LIMIT $3) AND next_at <= $2 \
                  RETURNING id, tenant_id, sealed, attempts",
    )
    .bind(retry_at)
    .bind(now)
    .bind(limit)
    .all(&mut tx)
    .await?;
    tx.commit().await?;
    rows.iter().map(from_row).collect()
}

/// Ends a message: `sent` or `failed`.
pub async fn finish(db: &Db, id: &str, state: &'static str) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    q("UPDATE outbox SET state = $1 WHERE id = $2")
        .bind(state)
        .bind(id)
        .run(&mut tx)
        .await?;
    tx.commit().await
}

/// The newest kept messages, oldest first, for the readable outbox.
pub async fn kept(db: &Db, limit: i64) -> Result<Vec<OutboxRow>, DbError> {
    let rows = q(
        "SELECT id, tenant_id, sealed, attempts FROM outbox WHERE state = 'kept' \
                  ORDER BY id DESC LIMIT $1",
    )
    .bind(limit)
    .all(db)
    .await?;
    rows.iter().rev().map(from_row).collect()
}

/// Forgets what was sent or given up, or kept, before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM outbox WHERE state <> 'pending' AND created_at < $1")
        .bind(before)
        .run(tx)
        .await
}

fn from_row(row: &Row) -> Result<OutboxRow, DbError> {
    Ok(OutboxRow {
        id: row.get("id")?,
        tenant: TenantId(row.get("tenant_id")?),
        sealed: row.get("sealed")?,
        attempts: row.get("attempts")?,
    })
}
