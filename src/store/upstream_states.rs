//! Upstreams as they were last probed.

use laneway_sqlkit::{Db, DbError, On, Row, Tx, q};

use crate::domain::{TenantId, UpstreamId};

/// The last probe of one upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub upstream: UpstreamId,
    /// `unknown`, `answering` or `failing`.
    pub state: String,
    /// When that state began, epoch ms.
    pub since: i64,
    /// Epoch ms.
    pub probed_at: i64,
    /// How long the probe took.
    pub took_ms: i64,
    /// JSON list of checks.
    pub checks: String,
}

/// Notes every upstream in use that has no row yet, as due now.
pub async fn notice_new(db: &Db, now: i64) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    q(
        "INSERT INTO upstream_states (tenant_id, upstream_id, state, since, probed_at, next_at, \
       took_ms, checks) SELECT u.tenant_id, u.id, 'unknown', $1, 0, $1, 0, '[]' FROM upstreams u \
       WHERE u.role <> 'retired' AND NOT EXISTS (SELECT 1 FROM upstream_states s \
       WHERE s.tenant_id = u.tenant_id AND s.upstream_id = u.id) ON CONFLICT DO NOTHING",
    )
    .bind(now)
    .run(&mut tx)
    .await?;
    tx.commit().await
}

/// Is anything new or due? A read, so that nothing is written while all is quiet.
pub async fn is_due(on: impl On, now: i64) -> Result<bool, DbError> {
    let row = q(
        "SELECT 1 AS one FROM upstream_states WHERE next_at <= $1 UNION ALL \
         SELECT 1 AS one FROM upstreams u WHERE u.role <> 'retired' AND NOT EXISTS \
         (SELECT 1 FROM upstream_states s WHERE s.tenant_id = u.tenant_id \
         AND s.upstream_id = u.id) LIMIT 1",
    )
    .bind(now)
    .optional(on)
    .await?;
    Ok(row.is_some())
}

/// Takes upstreams that are due; nobody else probes them before `lease_until`.
pub async fn claim(
    db: &Db,
    now: i64,
    lease_until: i64,
    limit: i64,
) -> Result<Vec<(TenantId, UpstreamId)>, DbError> {
    let mut tx = db.begin().await?;
    let rows = q(
        "UPDATE upstream_states SET next_at = $1 WHERE upstream_id IN \
         (SELECT s.upstream_id FROM upstream_states s WHERE s.next_at <= $2 \
          ORDER BY s.next_at LIMIT $3) AND next_at <= $2 RETURNING tenant_id, upstream_id",
    )
    .bind(lease_until)
    .bind(now)
    .bind(limit)
    .all(&mut tx)
    .await?;
    tx.commit().await?;
    rows.iter()
        .map(|row| {
            Ok((
                TenantId(row.get("tenant_id")?),
                UpstreamId(row.get("upstream_id")?),
            ))
        })
        .collect()
}

/// Lets an upstream that seemed well be probed at once: a call to it went wrong.
pub async fn hasten(
    tx: &mut Tx,
    tenant: &TenantId,
    upstream: &UpstreamId,
    now: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE upstream_states SET next_at = $1 WHERE tenant_id = $2 AND upstream_id = $3 \
       AND state = 'answering' AND next_at > $1",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(upstream.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// Forgets an upstream that is no longer looked after.
pub async fn forget(tx: &mut Tx, tenant: &TenantId, upstream: &UpstreamId) -> Result<(), DbError> {
    q("DELETE FROM upstream_states WHERE tenant_id = $1 AND upstream_id = $2")
        .bind(tenant.as_str())
        .bind(upstream.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// What to write about a probe.
pub struct Probed<'a> {
    /// `answering` or `failing`.
    pub state: &'static str,
    /// Epoch ms.
    pub at: i64,
    /// When to look again.
    pub next_at: i64,
    /// How long it took.
    pub took_ms: i64,
    /// JSON list of checks.
    pub checks: &'a str,
}

/// Writes a probe; the state before it and since when that was, `None` for the first.
pub async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    upstream: &UpstreamId,
    probed: &Probed<'_>,
) -> Result<Option<(String, i64)>, DbError> {
    let old = find(&mut *tx, tenant, upstream).await?;
    q(
        "INSERT INTO upstream_states (tenant_id, upstream_id, state, since, probed_at, next_at, \
       took_ms, checks) VALUES ($1, $2, $3, $4, $4, $5, $6, $7) \
       ON CONFLICT (tenant_id, upstream_id) DO UPDATE SET \
       since = CASE WHEN upstream_states.state = excluded.state THEN upstream_states.since \
       ELSE excluded.since END, state = excluded.state, probed_at = excluded.probed_at, \
       next_at = excluded.next_at, took_ms = excluded.took_ms, checks = excluded.checks",
    )
    .bind(tenant.as_str())
    .bind(upstream.as_str())
    .bind(probed.state)
    .bind(probed.at)
    .bind(probed.next_at)
    .bind(probed.took_ms)
    .bind(probed.checks)
    .run(tx)
    .await?;
    Ok(old.map(|row| (row.state, row.since)))
}

/// One upstream's last probe.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    upstream: &UpstreamId,
) -> Result<Option<StateRow>, DbError> {
    let row = q(
        "SELECT tenant_id, upstream_id, state, since, probed_at, took_ms, checks \
         FROM upstream_states WHERE tenant_id = $1 AND upstream_id = $2",
    )
    .bind(tenant.as_str())
    .bind(upstream.as_str())
    .optional(on)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// The last probes of a tenant's upstreams.
pub async fn list(on: impl On, tenant: &TenantId) -> Result<Vec<StateRow>, DbError> {
    let rows = q(
        "SELECT tenant_id, upstream_id, state, since, probed_at, took_ms, checks \
         FROM upstream_states WHERE tenant_id = $1 ORDER BY upstream_id LIMIT 200",
    )
    .bind(tenant.as_str())
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<StateRow, DbError> {
    Ok(StateRow {
        tenant: TenantId(row.get("tenant_id")?),
        upstream: UpstreamId(row.get("upstream_id")?),
        state: row.get("state")?,
        since: row.get("since")?,
        probed_at: row.get("probed_at")?,
        took_ms: row.get("took_ms")?,
        checks: row.get("checks")?,
    })
}
