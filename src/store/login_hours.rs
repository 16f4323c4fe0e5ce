//! Sign-ins counted by hour: whole hours that are over from rows of their own, the hours
//! since from the events themselves.

use laneway_sqlkit::{Db, DbError, On, Row, Tx, q};

use crate::domain::TenantId;

const HOUR_MS: i64 = 3_600_000;

/// How many sign-ins of one kind there were in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Begin of the hour, epoch ms.
    pub hour: i64,
    /// Event type.
    pub kind: String,
    /// Method, or `none`.
    pub method: String,
    /// Why it failed; empty where it did not.
    pub reason: String,
    /// How many.
    pub n: i64,
}

/// Whole hours before this instant are counted; 0 before the first count.
pub async fn done_until(on: impl On) -> Result<i64, DbError> {
    let row = q("SELECT done_until FROM rollups WHERE name = 'login_hours'")
        .optional(on)
        .await?;
    row.map_or(Ok(0), |row| row.get("done_until"))
}

/// A tenant's sign-ins from an hour on. Events are looked at from `done_until` only.
pub async fn list(
    on: impl On + Copy,
    tenant: &TenantId,
    from: i64,
    done_until: i64,
) -> Result<Vec<Counted>, DbError> {
    let mut all: Vec<Counted> = Vec::new();
    let rows = q(
        "SELECT hour, type, method, reason, n FROM login_hours WHERE tenant_id = $1 \
         AND hour >= $2 AND hour < $3",
    )
    .bind(tenant.as_str())
    .bind(from)
    .bind(done_until)
    .all(on)
    .await?;
    for row in &rows {
        all.push(from_row(row)?);
    }
    // The tenant is compared in a way that no index serves: the one by time is meant, and
    // without statistics SQLite would rather walk all events of the tenant.
    let rows = q(
        "SELECT (at / 3600000) * 3600000 AS hour, type, method, reason, COUNT(*) AS n \
         FROM audit_events WHERE tenant_id || '' = $1 AND at >= $2 AND method <> '' \
         GROUP BY 1, type, method, reason",
    )
    .bind(tenant.as_str())
    .bind(from.max(done_until))
    .all(on)
    .await?;
    for row in &rows {
        all.push(from_row(row)?);
    }
    Ok(all)
}

/// Takes the counting for a while; `None`: another node counts.
pub async fn lease(db: &Db, now: i64, until: i64) -> Result<Option<i64>, DbError> {
    let mut tx = db.begin().await?;
    q(
        "INSERT INTO rollups (name, done_until, lease_until) VALUES ('login_hours', 0, 0) \
       ON CONFLICT DO NOTHING",
    )
    .run(&mut tx)
    .await?;
    let row = q(
        "UPDATE rollups SET lease_until = $1 WHERE name = 'login_hours' \
         AND lease_until <= $2 RETURNING done_until",
    )
    .bind(until)
    .bind(now)
    .optional(&mut tx)
    .await?;
    tx.commit().await?;
    row.map(|row| row.get("done_until")).transpose()
}

/// The first hour with a sign-in at or after an instant.
pub async fn first_hour(on: impl On, from: i64) -> Result<Option<i64>, DbError> {
    let row = q("SELECT MIN(at) AS at FROM audit_events WHERE method <> '' AND at >= $1")
        .bind(from)
        .one(on)
        .await?;
    Ok(row.maybe::<i64>("at")?.map(|at| at / HOUR_MS * HOUR_MS))
}

/// Counts one whole hour of all tenants anew and notes it as done. Doing it twice is the
/// same as doing it once.
pub async fn count(tx: &mut Tx, hour: i64) -> Result<(), DbError> {
    q("DELETE FROM login_hours WHERE hour = $1")
        .bind(hour)
        .run(&mut *tx)
        .await?;
    q(
        "INSERT INTO login_hours (tenant_id, hour, type, method, reason, n) \
       SELECT tenant_id, $1, type, method, reason, COUNT(*) FROM audit_events \
       WHERE method <> '' AND at >= $1 AND at < $2 GROUP BY tenant_id, type, method, reason",
    )
    .bind(hour)
    .bind(hour + HOUR_MS)
    .run(&mut *tx)
    .await?;
    note(tx, hour + HOUR_MS).await
}

/// Notes how far the count has come.
pub async fn note(tx: &mut Tx, done_until: i64) -> Result<(), DbError> {
    q("UPDATE rollups SET done_until = $1 WHERE name = 'login_hours' AND done_until < $1")
        .bind(done_until)
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets counts before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM login_hours WHERE hour < $1")
        .bind(before)
        .run(tx)
        .await
}

fn from_row(row: &Row) -> Result<Counted, DbError> {
    Ok(Counted {
        hour: row.get("hour")?,
        kind: row.get("type")?,
        method: row.get("method")?,
        reason: row.get("reason")?,
        n: row.get("n")?,
    })
}
