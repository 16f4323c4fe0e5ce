//! The provider's session behind one of ours; its tokens are sealed.
//!
//! Whoever asks the provider about one, or for new tokens, holds its lease meanwhile: two at once
//! would use a refresh token twice. A lease is renewed while its holder lives, so one that does
//! not move for a while is a dead one's; nobody compares clocks of two machines for that.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use super::seal::Place;
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
       version = upstream_sessions.version + 1, lost_at = NULL, lease_owner = NULL, lease_until = NULL",
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

/// The provider stands behind it: asked at that instant.
pub async fn confirm(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    at: i64,
) -> Result<(), DbError> {
    q("UPDATE upstream_sessions SET checked_at = $1 \
       WHERE tenant_id = $2 AND sid = $3 AND upstream_id = $4 AND checked_at < $1")
    .bind(at)
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// The question is over: whoever comes next may ask.
pub async fn release(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    owner: &str,
) -> Result<(), DbError> {
    q(
        "UPDATE upstream_sessions SET lease_owner = NULL, lease_until = NULL \
       WHERE tenant_id = $1 AND sid = $2 AND upstream_id = $3 AND lease_owner = $4",
    )
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .bind(owner)
    .run(tx)
    .await?;
    Ok(())
}

/// Where a provider's tokens are sealed for.
pub fn place<'a>(tenant: &'a TenantId, sid: &'a Sid) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "upstream_sessions",
        column: "sealed",
        row: sid.as_str(),
    }
}

/// A lease as somebody has seen it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Whose.
    pub owner: String,
    /// Epoch ms of its holder's clock; it moves with each renewal.
    pub until: i64,
}

/// A provider's session as whoever wants its tokens sees it.
pub struct Held {
    /// Another with each new set of tokens.
    pub version: i64,
    /// The person there.
    pub subject: String,
    /// The tokens.
    pub sealed: Vec<u8>,
    /// Who holds it.
    pub lease: Option<Stamp>,
    /// The provider does not renew it.
    pub lost: bool,
}

/// What was found behind a session of ours.
pub enum Found {
    /// Ours is over.
    Over,
    /// It lives, and nothing is kept of the provider's.
    Nothing,
    /// This.
    Held(Held),
}

impl Found {
    /// What is kept, if anything.
    pub fn held(self) -> Option<Held> {
        match self {
            Self::Held(held) => Some(held),
            Self::Over | Self::Nothing => None,
        }
    }
}

/// The provider's session that a session of ours hangs on.
pub async fn find_held(
    on: impl On,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    now: i64,
) -> Result<Found, DbError> {
    let row = q(
        "SELECT w.version, w.subject, w.sealed, w.lease_owner, w.lease_until, w.lost_at \
         FROM sessions s LEFT JOIN upstream_sessions w ON w.tenant_id = s.tenant_id \
         AND w.sid = s.sid AND w.upstream_id = s.upstream_id AND w.subject = s.upstream_sub \
         AND w.upstream_id = $1 WHERE s.tenant_id = $2 AND s.sid = $3 AND s.ended_at IS NULL \
         AND s.expires_at > $4",
    )
    .bind(upstream.as_str())
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(now)
    .optional(on)
    .await?;
    match row {
        None => Ok(Found::Over),
        Some(row) => found(&row),
    }
}

fn found(row: &Row) -> Result<Found, DbError> {
    let Some(version) = row.maybe("version")? else {
        return Ok(Found::Nothing);
    };
    let owner: Option<String> = row.maybe("lease_owner")?;
    let until: Option<i64> = row.maybe("lease_until")?;
    let lost_at: Option<i64> = row.maybe("lost_at")?;
    Ok(Found::Held(Held {
        version,
        subject: row.get("subject")?,
        sealed: row.get("sealed")?,
        lease: owner
            .zip(until)
            .map(|(owner, until)| Stamp { owner, until }),
        lost: lost_at.is_some(),
    }))
}

/// Takes the lease of one version of the tokens: a free one, or exactly the one that was `seen`.
pub async fn take(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    version: i64,
    seen: Option<&Stamp>,
    stamp: &Stamp,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE upstream_sessions SET lease_owner = $1, lease_until = $2 \
         WHERE tenant_id = $3 AND sid = $4 AND upstream_id = $5 AND version = $6 \
         AND lost_at IS NULL AND (lease_owner IS NULL OR (lease_owner = $7 AND lease_until = $8)) \
         AND EXISTS (SELECT 1 FROM sessions s \
         WHERE s.tenant_id = $3 AND s.sid = $4 AND s.ended_at IS NULL)",
    )
    .bind(stamp.owner.as_str())
    .bind(stamp.until)
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .bind(version)
    .bind(seen.map(|seen| seen.owner.as_str()))
    .bind(seen.map(|seen| seen.until))
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The holder lives. What it writes differs from what was there, whatever its clock says.
pub async fn keep(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    stamp: &Stamp,
) -> Result<(), DbError> {
    q("UPDATE upstream_sessions SET lease_until = \
       CASE WHEN lease_until >= $1 THEN lease_until + 1 ELSE $1 END \
       WHERE tenant_id = $2 AND sid = $3 AND upstream_id = $4 AND lease_owner = $5")
    .bind(stamp.until)
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .bind(stamp.owner.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// New tokens in the place of one version, whoever holds the lease by now; `false` where there are
/// newer ones, or where our session is over.
pub async fn renew(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    version: i64,
    sealed: &[u8],
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE upstream_sessions SET sealed = $1, version = version + 1, lost_at = NULL, \
         lease_owner = NULL, lease_until = NULL \
         WHERE tenant_id = $2 AND sid = $3 AND upstream_id = $4 AND version = $5 \
         AND EXISTS (SELECT 1 FROM sessions s \
         WHERE s.tenant_id = $2 AND s.sid = $3 AND s.ended_at IS NULL)",
    )
    .bind(sealed.to_vec())
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .bind(version)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The provider does not renew this version of the tokens; `false` where there are newer ones, or
/// somebody else holds the lease.
pub async fn lose(
    tx: &mut Tx,
    tenant: &TenantId,
    (sid, upstream): (&Sid, &UpstreamId),
    version: i64,
    owner: &str,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE upstream_sessions SET lost_at = $1, lease_owner = NULL, lease_until = NULL \
         WHERE tenant_id = $2 AND sid = $3 AND upstream_id = $4 AND version = $5 \
         AND lease_owner = $6",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(sid.as_str())
    .bind(upstream.as_str())
    .bind(version)
    .bind(owner)
    .run(tx)
    .await?;
    Ok(count == 1)
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
