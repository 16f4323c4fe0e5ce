//! Tokens of providers that nobody needs any more, until they are given back.
//!
//! A try is a lease, as with mails: the claim counts it and pushes the next one ahead. What is
//! sealed stays sealed for its old place ([`super::upstream_sessions::place`]).

use laneway_sqlkit::{Db, DbError, On, Tx, q, q_dynamic};

use crate::domain::{Sid, TenantId, UpstreamId};

/// Sessions in one statement: many may end at once.
const AT_ONCE: usize = 100;

/// Tokens whose turn it is. No `Debug` of what is sealed is of use to anybody.
#[derive(Clone)]
pub struct Revocation {
    /// Of which tenant.
    pub tenant: TenantId,
    /// Behind which session, which has ended.
    pub sid: Sid,
    /// Of which provider.
    pub upstream: UpstreamId,
    /// Which of several sets.
    pub version: i64,
    /// The tokens.
    pub sealed: Vec<u8>,
    /// The number of this try, from 1.
    pub attempts: i64,
    /// Epoch ms.
    pub created_at: i64,
}

/// Notes what is kept behind each of these sessions, which end now; not before `due` is it given
/// back.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn note_ended(
    tx: &mut Tx,
    tenant: &TenantId,
    ended: &[Sid],
    (now, due): (i64, i64),
) -> Result<(), DbError> {
    for some in ended.chunks(AT_ONCE) {
        let marks: Vec<_> = (0..some.len())
            .map(|place| format!("${}", place + 4))
            .collect();
        let mut insert = q_dynamic(format!(
            "INSERT INTO upstream_revocations \
             (tenant_id, sid, upstream_id, version, sealed, attempts, next_at, created_at) \
             SELECT tenant_id, sid, upstream_id, version, sealed, CAST(0 AS BIGINT), \
             CAST($2 AS BIGINT), CAST($3 AS BIGINT) FROM upstream_sessions \
             WHERE tenant_id = $1 AND sid IN ({}) ON CONFLICT DO NOTHING",
            marks.join(", ")
        ))
        .bind(tenant.as_str())
        .bind(due)
        .bind(now);
        for sid in some {
            insert = insert.bind(sid.as_str());
        }
        insert.run(&mut *tx).await?;
    }
    Ok(())
}

/// Notes what came of a renewal while its session ended; it waits as long as what it was renewed
/// from.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn note_renewed(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    version: i64,
    sealed: &[u8],
    now: i64,
) -> Result<(), DbError> {
    q("INSERT INTO upstream_revocations \
         (tenant_id, sid, upstream_id, version, sealed, attempts, next_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, CAST(0 AS BIGINT), COALESCE((SELECT MAX(next_at) \
         FROM upstream_revocations WHERE tenant_id = $1 AND sid = $2 AND upstream_id = $3), \
         CAST($6 AS BIGINT)), CAST($6 AS BIGINT)) ON CONFLICT DO NOTHING")
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .bind(version)
    .bind(sealed.to_vec())
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes due ones until an instant; no other node gets them before.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn claim(
    db: &Db,
    now: i64,
    lease_until: i64,
    limit: i64,
) -> Result<Vec<Revocation>, DbError> {
    // Mostly there is none: nobody waits for the writer for that.
    let due = q(
        "SELECT tenant_id, sid, upstream_id, version, sealed, attempts, created_at \
         FROM upstream_revocations WHERE next_at <= $1 \
         ORDER BY next_at, tenant_id, sid, upstream_id, version LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .all(db)
    .await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let mut taken = Vec::new();
    for row in due {
        let attempts: i64 = row.get("attempts")?;
        let one = Revocation {
            tenant: TenantId(row.get("tenant_id")?),
            sid: Sid(row.get("sid")?),
            upstream: UpstreamId(row.get("upstream_id")?),
            version: row.get("version")?,
            sealed: row.get("sealed")?,
            attempts: attempts + 1,
            created_at: row.get("created_at")?,
        };
        if counts(&mut tx, &one, lease_until).await? {
            taken.push(one);
        }
    }
    tx.commit().await?;
    Ok(taken)
}

/// False: another node was quicker.
async fn counts(tx: &mut Tx, one: &Revocation, until: i64) -> Result<bool, DbError> {
    let count = q(
        "UPDATE upstream_revocations SET attempts = $1, next_at = $2 WHERE tenant_id = $3 \
         AND sid = $4 AND upstream_id = $5 AND version = $6 AND attempts = $7",
    )
    .bind(one.attempts)
    .bind(until)
    .bind(one.tenant.as_str())
    .bind(one.sid.as_str())
    .bind(one.upstream.as_str())
    .bind(one.version)
    .bind(one.attempts - 1)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Does a live session hang on the same session there, or on the same person where it is not
/// named? It would lose its own tokens with these.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn is_shared(on: impl On, one: &Revocation, now: i64) -> Result<bool, DbError> {
    let row = q(
        "SELECT o.sid FROM sessions s JOIN sessions o ON o.tenant_id = s.tenant_id \
         AND o.upstream_id = $3 AND ((s.upstream_sid IS NOT NULL AND o.upstream_sid = s.upstream_sid) \
         OR (s.upstream_sid IS NULL AND o.upstream_sub = s.upstream_sub)) \
         WHERE s.tenant_id = $1 AND s.sid = $2 AND o.ended_at IS NULL AND o.expires_at > $4 LIMIT 1",
    )
    .bind(one.tenant.as_str())
    .bind(one.sid.as_str())
    .bind(one.upstream.as_str())
    .bind(now)
    .optional(on)
    .await?;
    Ok(row.is_some())
}

/// It is done, or given up. False: another try has it.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn delete(tx: &mut Tx, one: &Revocation) -> Result<bool, DbError> {
    let count = q("DELETE FROM upstream_revocations WHERE tenant_id = $1 \
         AND sid = $2 AND upstream_id = $3 AND version = $4 AND attempts = $5")
    .bind(one.tenant.as_str())
    .bind(one.sid.as_str())
    .bind(one.upstream.as_str())
    .bind(one.version)
    .bind(one.attempts)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The next try is then, unless another one has it.
///
/// # Errors
/// [`DbError`] when the store could not answer.
pub async fn put_off(tx: &mut Tx, one: &Revocation, until: i64) -> Result<(), DbError> {
    q(
        "UPDATE upstream_revocations SET next_at = $1 WHERE tenant_id = $2 AND sid = $3 \
       AND upstream_id = $4 AND version = $5 AND attempts = $6",
    )
    .bind(until)
    .bind(one.tenant.as_str())
    .bind(one.sid.as_str())
    .bind(one.upstream.as_str())
    .bind(one.version)
    .bind(one.attempts)
    .run(tx)
    .await?;
    Ok(())
}
