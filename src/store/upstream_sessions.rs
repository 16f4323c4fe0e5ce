//! The provider's session behind one of ours; its tokens are sealed.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::{Sid, TenantId, UpstreamId};

/// A row.
#[derive(Debug, Clone)]
pub struct UpstreamSessionRow {
    /// Our session.
    pub sid: Sid,
    /// The upstream.
    pub upstream: UpstreamId,
    /// The person there.
    pub subject: String,
    /// Sealed tokens and session id.
    pub sealed: Vec<u8>,
    /// Epoch ms of the last word from the provider.
    pub checked_at: i64,
}

/// Writes or replaces (a later step-up brings newer tokens).
pub async fn put(tx: &mut Tx, tenant: &TenantId, row: &UpstreamSessionRow) -> Result<(), DbError> {
    q(
        "INSERT INTO upstream_sessions (tenant_id, sid, upstream_id, subject, sealed, checked_at) \
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, sid, upstream_id) DO UPDATE SET \
       subject = EXCLUDED.subject, sealed = EXCLUDED.sealed, checked_at = EXCLUDED.checked_at, \
       version = upstream_sessions.version + 1",
    )
    .bind(tenant.as_str())
    .bind(row.sid.as_str())
    .bind(row.upstream.as_str())
    .bind(&row.subject)
    .bind(row.sealed.clone())
    .bind(row.checked_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Who wants to ask about a session, and until when nobody else does.
pub struct Claim<'a> {
    /// The node.
    pub owner: &'a str,
    /// Epoch ms.
    pub now: i64,
    /// Epoch ms.
    pub until: i64,
    /// A word that is newer than this instant needs no question.
    pub older_than: i64,
}

/// Takes the right to ask a provider about a session of ours; `None` where somebody else has it, or
/// its last word is new enough, or our session has ended.
pub async fn claim(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    claim: &Claim<'_>,
) -> Result<Option<UpstreamSessionRow>, DbError> {
    let row = q(
        "UPDATE upstream_sessions SET lease_owner = $1, lease_until = $2 \
         WHERE tenant_id = $3 AND sid = $4 AND upstream_id = $5 AND checked_at <= $6 \
         AND COALESCE(lease_until, 0) <= $7 AND EXISTS (SELECT 1 FROM sessions s \
         WHERE s.tenant_id = $3 AND s.sid = $4 AND s.ended_at IS NULL) \
         RETURNING sid, upstream_id, subject, sealed, checked_at",
    )
    .bind(claim.owner)
    .bind(claim.until)
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .bind(claim.older_than)
    .bind(claim.now)
    .optional(tx)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// The provider stands behind it: asked at that instant, and free for the next question.
pub async fn confirm(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    at: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE upstream_sessions SET checked_at = $1, lease_owner = NULL, lease_until = NULL \
       WHERE tenant_id = $2 AND sid = $3 AND upstream_id = $4 AND checked_at < $1",
    )
    .bind(at)
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// The question brought nothing: whoever comes next may ask.
pub async fn release(
    tx: &mut Tx,
    tenant: &TenantId,
    sid: &Sid,
    upstream: &UpstreamId,
) -> Result<(), DbError> {
    q(
        "UPDATE upstream_sessions SET lease_owner = NULL, lease_until = NULL \
       WHERE tenant_id = $1 AND sid = $2 AND upstream_id = $3",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// When the provider of a live session last stood behind it; `None` where the session is over.
pub async fn checked_at(
    on: impl On,
    tenant: &TenantId,
    sid: &Sid,
    upstream: &UpstreamId,
) -> Result<Option<i64>, DbError> {
    let row = q(
        "SELECT w.checked_at FROM upstream_sessions w JOIN sessions s \
         ON s.tenant_id = w.tenant_id AND s.sid = w.sid WHERE w.tenant_id = $1 AND w.sid = $2 \
         AND w.upstream_id = $3 AND s.ended_at IS NULL",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .optional(on)
    .await?;
    row.map(|row| row.get("checked_at")).transpose()
}

/// All upstream sessions behind one of ours.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    sid: &Sid,
) -> Result<Vec<UpstreamSessionRow>, DbError> {
    let rows = q(
        "SELECT sid, upstream_id, subject, sealed, checked_at FROM upstream_sessions \
                  WHERE tenant_id = $1 AND sid = $2",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<UpstreamSessionRow, DbError> {
    Ok(UpstreamSessionRow {
        sid: Sid(row.get("sid")?),
        upstream: UpstreamId(row.get("upstream_id")?),
        subject: row.get("subject")?,
        sealed: row.get("sealed")?,
        checked_at: row.get("checked_at")?,
    })
}
