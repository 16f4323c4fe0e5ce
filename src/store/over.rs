//! Sessions that are over: what hangs on them goes soon, and they themselves once nobody asks.
//!
//! Must not know: for how long either is kept.

use laneway_sqlkit::{Db, DbError, Tx, q, q_dynamic};

/// So many sessions go at a time, so that no other write waits for long.
const MOST: u32 = 10_000;

/// What names a session and goes before it.
const HANGS: [&str; 5] = [
    "upstream_sessions",
    "upstream_revocations",
    "session_vouches",
    "email_changes",
    "session_cookies",
];

/// Takes a job for a while; `false`: another node has it, or had it a moment ago.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn take(db: &Db, job: &'static str, now: i64, until: i64) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    q(
        "INSERT INTO rollups (name, done_until, lease_until) VALUES ($1, 0, 0) \
       ON CONFLICT DO NOTHING",
    )
    .bind(job)
    .run(&mut tx)
    .await?;
    let taken = q("UPDATE rollups SET lease_until = $1 WHERE name = $2 AND lease_until <= $3")
        .bind(until)
        .bind(job)
        .bind(now)
        .run(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(taken == 1)
}

/// Forgets the sealed tokens of sessions that were over at an instant; how many.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn forget_tokens(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q(
        "DELETE FROM upstream_sessions WHERE EXISTS (SELECT 1 FROM sessions s \
       WHERE s.tenant_id = upstream_sessions.tenant_id AND s.sid = upstream_sessions.sid \
       AND (s.ended_at < $1 OR s.expires_at < $1))",
    )
    .bind(before)
    .run(tx)
    .await
}

/// Forgets sessions that were over at an instant, and all that hangs on them; how many.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    let over = format!(
        "SELECT tenant_id, sid FROM sessions WHERE ended_at < $1 OR expires_at < $1 \
         ORDER BY sid LIMIT {MOST}"
    );
    for table in HANGS {
        q_dynamic(format!(
            "DELETE FROM {table} WHERE (tenant_id, sid) IN ({over})"
        ))
        .bind(before)
        .run(&mut *tx)
        .await?;
    }
    q_dynamic(format!(
        "DELETE FROM sessions WHERE (tenant_id, sid) IN ({over})"
    ))
    .bind(before)
    .run(tx)
    .await
}
