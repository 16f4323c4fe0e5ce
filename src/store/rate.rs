//! Shared counters of attempts, in fixed windows.

use laneway_sqlkit::{DbError, On, Tx, q};

/// Counts one use of a bucket; the number of uses in its current window.
pub async fn hit(tx: &mut Tx, bucket: &str, window_ms: i64, now: i64) -> Result<i64, DbError> {
    let start = now - now.rem_euclid(window_ms);
    q(
        "INSERT INTO rate_limits (bucket, window_start, used) VALUES ($1, $2, 1) \
       ON CONFLICT (bucket) DO UPDATE SET \
       used = CASE WHEN rate_limits.window_start = $2 THEN rate_limits.used + 1 ELSE 1 END, \
       window_start = $2 RETURNING used",
    )
    .bind(bucket)
    .bind(start)
    .one(tx)
    .await?
    .get("used")
}

/// The number of uses of a bucket in its current window.
pub async fn used(on: impl On, bucket: &str, window_ms: i64, now: i64) -> Result<i64, DbError> {
    let start = now - now.rem_euclid(window_ms);
    let row = q("SELECT used FROM rate_limits WHERE bucket = $1 AND window_start = $2")
        .bind(bucket)
        .bind(start)
        .optional(on)
        .await?;
    row.map_or(Ok(0), |row| row.get("used"))
}

/// Forgets windows that began before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM rate_limits WHERE window_start < $1")
        .bind(before)
        .run(tx)
        .await
}
