//! Wrong answers: how many in the present hour, and how many in a row. Shared by all nodes.
//!
//! An attempt is counted before it is judged and taken back when it was right: of many at
//! once no more are judged than the limit allows.

use laneway_sqlkit::{DbError, Tx, q};

/// Where a counter stands after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// In the present window.
    pub used: i64,
    /// Since the last success.
    pub in_a_row: i64,
}

/// Counts an attempt.
pub async fn count(tx: &mut Tx, bucket: &str, window_ms: i64, now: i64) -> Result<Count, DbError> {
    let start = now - now.rem_euclid(window_ms);
    let row = q(
        "INSERT INTO login_failures (bucket, window_start, used, in_a_row, last_at) \
                 VALUES ($1, $2, 1, 1, $3) ON CONFLICT (bucket) DO UPDATE SET \
                 used = CASE WHEN login_failures.window_start = $2 \
                   THEN login_failures.used + 1 ELSE 1 END, \
                 window_start = $2, in_a_row = login_failures.in_a_row + 1, last_at = $3 \
                 RETURNING used, in_a_row",
    )
    .bind(bucket)
    .bind(start)
    .bind(now)
    .one(tx)
    .await?;
    Ok(Count {
        used: row.get("used")?,
        in_a_row: row.get("in_a_row")?,
    })
}

/// Takes an attempt back that was right.
pub async fn take_back(tx: &mut Tx, bucket: &str) -> Result<(), DbError> {
    q(
        "UPDATE login_failures SET used = CASE WHEN used > 0 THEN used - 1 ELSE 0 END, \
       in_a_row = CASE WHEN in_a_row > 0 THEN in_a_row - 1 ELSE 0 END WHERE bucket = $1",
    )
    .bind(bucket)
    .run(tx)
    .await?;
    Ok(())
}

/// A success: the row of failures is over, the window's count stays.
pub async fn succeed(tx: &mut Tx, bucket: &str) -> Result<(), DbError> {
    q("UPDATE login_failures SET in_a_row = 0 WHERE bucket = $1")
        .bind(bucket)
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets counters without an attempt since an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM login_failures WHERE last_at < $1")
        .bind(before)
        .run(tx)
        .await
}
