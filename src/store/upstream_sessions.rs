//! The provider's session behind one of ours; its tokens are sealed.

use laneway_sqlkit::{DbError, On, Tx, q};

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
    rows.iter()
        .map(|row| {
            Ok(UpstreamSessionRow {
                sid: Sid(row.get("sid")?),
                upstream: UpstreamId(row.get("upstream_id")?),
                subject: row.get("subject")?,
                sealed: row.get("sealed")?,
                checked_at: row.get("checked_at")?,
            })
        })
        .collect()
}
