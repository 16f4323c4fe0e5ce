//! Messages waiting to be sent. Bodies are sealed: they hold one-time codes.
//!
//! A try is a lease: the claim counts it and pushes the next one ahead, and whatever is
//! written about it later names the number of the try. Who lost the lease writes nothing.

use laneway_sqlkit::{Db, DbError, On, Row, Tx, q};

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
    /// Tries so far; of a claimed row, the number of this one.
    pub attempts: i64,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms after which nobody can use it any more.
    pub expires_at: Option<i64>,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// The relay took it.
    Sent,
    /// It never will be taken, or it is too late.
    Failed(String),
    /// Again at this instant.
    Later(i64, String),
}

/// What the operator wants to know about the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Messages that were not sent yet.
    pub pending: i64,
    /// When the oldest of them was written, epoch ms.
    pub oldest: Option<i64>,
    /// What the newest of those that were tried in vain met.
    pub trouble: Option<String>,
}

/// Inserts as `pending`; as `kept` (the readable outbox of development) or `sent` it is
/// never sent.
pub async fn create(tx: &mut Tx, row: &OutboxRow, state: &'static str) -> Result<(), DbError> {
    q(
        "INSERT INTO outbox (id, tenant_id, kind, sealed, state, next_at, created_at, expires_at) \
       VALUES ($1, $2, 'mail', $3, $4, $5, $5, $6)",
    )
    .bind(&row.id)
    .bind(row.tenant.as_str())
    .bind(row.sealed.clone())
    .bind(state)
    .bind(row.created_at)
    .bind(row.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes due messages until an instant, those that were never tried first: a code must not
/// queue behind mails to a mailbox that refuses them. No other node gets them before.
pub async fn claim(
    db: &Db,
    now: i64,
    lease_until: i64,
    limit: i64,
) -> Result<Vec<OutboxRow>, DbError> {
    let mut tx = db.begin().await?;
    let rows = q(
        "UPDATE outbox SET attempts = attempts + 1, next_at = $1 WHERE id IN \
                  (SELECT id FROM outbox WHERE state = 'pending' AND next_at <= $2 \
                   ORDER BY CASE WHEN attempts = 0 THEN 0 ELSE 1 END, next_at LIMIT $3) \
                  AND state = 'pending' AND next_at <= $2 \
                  RETURNING id, tenant_id, sealed, attempts, created_at, expires_at",
    )
    .bind(lease_until)
    .bind(now)
    .bind(limit)
    .all(&mut tx)
    .await?;
    tx.commit().await?;
    rows.iter().map(from_row).collect()
}

/// Writes down how a try ended. `Ok(false)`: the lease was lost, somebody else has it.
pub async fn tried(db: &Db, row: &OutboxRow, tried: &Tried, now: i64) -> Result<bool, DbError> {
    let (state, next_at, error) = match tried {
        Tried::Sent => ("sent", now, None),
        Tried::Failed(why) => ("failed", now, Some(why.as_str())),
        Tried::Later(at, why) => ("pending", *at, Some(why.as_str())),
    };
    let finished = (state != "pending").then_some(now);
    let mut tx = db.begin().await?;
    let count = q(
        "UPDATE outbox SET state = $1, next_at = $2, last_error = $3, finished_at = $4 \
                   WHERE id = $5 AND attempts = $6 AND state = 'pending'",
    )
    .bind(state)
    .bind(next_at)
    .bind(error)
    .bind(finished)
    .bind(&row.id)
    .bind(row.attempts)
    .run(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(count == 1)
}

/// What waits.
pub async fn waiting(db: &Db) -> Result<Waiting, DbError> {
    let row = q(
        "SELECT COUNT(*) AS n, MIN(created_at) AS oldest FROM outbox \
                 WHERE state = 'pending'",
    )
    .one(db)
    .await?;
    let trouble = q("SELECT last_error FROM outbox WHERE state = 'pending' \
                     AND last_error IS NOT NULL ORDER BY id DESC LIMIT 1")
    .optional(db)
    .await?;
    Ok(Waiting {
        pending: row.get("n")?,
        oldest: row.maybe("oldest")?,
        trouble: trouble.map(|row| row.get("last_error")).transpose()?,
    })
}

/// How many were given up since an instant, and why the newest was.
pub async fn given_up(db: &Db, since: i64) -> Result<(i64, Option<String>), DbError> {
    let count = q("SELECT COUNT(*) AS n FROM outbox WHERE state = 'failed' AND finished_at >= $1")
        .bind(since)
        .one(db)
        .await?
        .get("n")?;
    let newest = q(
        "SELECT last_error FROM outbox WHERE state = 'failed' AND finished_at >= $1 \
                    ORDER BY finished_at DESC LIMIT 1",
    )
    .bind(since)
    .optional(db)
    .await?;
    let why = newest.map(|row| row.maybe("last_error")).transpose()?;
    Ok((count, why.flatten()))
}

/// The newest kept messages, oldest first, for the readable outbox.
pub async fn kept(db: &Db, limit: i64) -> Result<Vec<OutboxRow>, DbError> {
    let rows = q(
        "SELECT id, tenant_id, sealed, attempts, created_at, expires_at FROM outbox \
                  WHERE state = 'kept' ORDER BY id DESC LIMIT $1",
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

/// A tenant's mails that need somebody: how many have waited since before an instant, the
/// oldest of them, and how many were given up. Counted up to a thousand of each.
pub async fn trouble(
    on: impl On,
    tenant: &TenantId,
    late_before: i64,
) -> Result<(i64, Option<i64>, i64), DbError> {
    let row = q(
        "SELECT COUNT(CASE WHEN state = 'pending' THEN 1 END) AS late, \
         MIN(CASE WHEN state = 'pending' THEN created_at END) AS oldest, \
         COUNT(CASE WHEN state = 'failed' THEN 1 END) AS failed FROM (\
         SELECT * FROM (SELECT state, created_at FROM outbox WHERE tenant_id = $1 \
         AND state = 'pending' AND created_at < $2 LIMIT 1000) late UNION ALL \
         SELECT * FROM (SELECT state, created_at FROM outbox WHERE tenant_id = $1 \
         AND state = 'failed' LIMIT 1000) failed) found",
    )
    .bind(tenant.as_str())
    .bind(late_before)
    .one(on)
    .await?;
    Ok((row.get("late")?, row.maybe("oldest")?, row.get("failed")?))
}

fn from_row(row: &Row) -> Result<OutboxRow, DbError> {
    Ok(OutboxRow {
        id: row.get("id")?,
        tenant: TenantId(row.get("tenant_id")?),
        sealed: row.get("sealed")?,
        attempts: row.get("attempts")?,
        created_at: row.get("created_at")?,
        expires_at: row.maybe("expires_at")?,
    })
}
