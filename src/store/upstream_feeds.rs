//! How far each upstream has told what happened at it, and who listens to it at present.

use laneway_sqlkit::{Db, DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::{TenantId, UpstreamId};

/// An upstream whose turn it is, leased to one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub upstream: UpstreamId,
    /// The issuer that `place` belongs to.
    pub issuer: String,
    /// Where the provider's own words are to go on; `None` before the first.
    pub place: Option<String>,
    /// The number of this lease.
    turn: i64,
}

const NEW: &str = "FROM upstreams u WHERE u.role <> 'retired' AND u.deleted_at IS NULL \
    AND NOT EXISTS (SELECT 1 FROM upstream_feeds f WHERE f.tenant_id = u.tenant_id \
    AND f.upstream_id = u.id)";

/// Is anything new or due? A read, so that nothing is written while all is quiet.
pub async fn is_due(on: impl On, now: i64) -> Result<bool, DbError> {
    let sql = format!(
        "SELECT 1 AS one FROM upstream_feeds WHERE next_at <= $1 \
         UNION ALL SELECT 1 AS one {NEW} LIMIT 1"
    );
    let row = q_dynamic(sql).bind(now).optional(on).await?;
    Ok(row.is_some())
}

/// Notes every upstream in use that has no row yet, as due now.
pub async fn notice_new(db: &Db, now: i64) -> Result<(), DbError> {
    let sql = format!(
        "INSERT INTO upstream_feeds (tenant_id, upstream_id, issuer, turn, next_at) \
         SELECT u.tenant_id, u.id, u.issuer, 0, $1 {NEW} ON CONFLICT DO NOTHING"
    );
    let mut tx = db.begin().await?;
    q_dynamic(sql).bind(now).run(&mut tx).await?;
    tx.commit().await
}

/// Takes upstreams that are due; nobody else listens to them before `lease_until`.
pub async fn claim(db: &Db, now: i64, lease_until: i64, limit: i64) -> Result<Vec<Feed>, DbError> {
    let mut tx = db.begin().await?;
    let rows = q(
        "UPDATE upstream_feeds SET next_at = $1, turn = turn + 1 WHERE upstream_id IN \
         (SELECT f.upstream_id FROM upstream_feeds f WHERE f.next_at <= $2 \
          ORDER BY f.next_at LIMIT $3) AND next_at <= $2 \
         RETURNING tenant_id, upstream_id, issuer, place, turn",
    )
    .bind(lease_until)
    .bind(now)
    .bind(limit)
    .all(&mut tx)
    .await?;
    tx.commit().await?;
    rows.iter().map(from_row).collect()
}

/// Goes on from another place; `Ok(false)`: the lease is somebody else's by now.
pub async fn move_on(
    tx: &mut Tx,
    feed: &Feed,
    issuer: &str,
    place: &str,
    next_at: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE upstream_feeds SET issuer = $1, place = $2, next_at = $3 \
         WHERE tenant_id = $4 AND upstream_id = $5 AND turn = $6",
    )
    .bind(issuer)
    .bind(place)
    .bind(next_at)
    .bind(feed.tenant.as_str())
    .bind(feed.upstream.as_str())
    .bind(feed.turn)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Gives the lease back; the place stays.
pub async fn rest(tx: &mut Tx, feed: &Feed, next_at: i64) -> Result<(), DbError> {
    q(
        "UPDATE upstream_feeds SET next_at = $1 WHERE tenant_id = $2 AND upstream_id = $3 \
       AND turn = $4",
    )
    .bind(next_at)
    .bind(feed.tenant.as_str())
    .bind(feed.upstream.as_str())
    .bind(feed.turn)
    .run(tx)
    .await?;
    Ok(())
}

/// An upstream was changed: it is listened to again at once, whatever it was like before.
pub async fn wake(tx: &mut Tx, tenant: &TenantId, upstream: &UpstreamId) -> Result<(), DbError> {
    q("UPDATE upstream_feeds SET next_at = 0 WHERE tenant_id = $1 AND upstream_id = $2")
        .bind(tenant.as_str())
        .bind(upstream.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// Forgets an upstream that is no longer in use.
pub async fn forget(tx: &mut Tx, feed: &Feed) -> Result<(), DbError> {
    q("DELETE FROM upstream_feeds WHERE tenant_id = $1 AND upstream_id = $2 AND turn = $3")
        .bind(feed.tenant.as_str())
        .bind(feed.upstream.as_str())
        .bind(feed.turn)
        .run(tx)
        .await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Feed, DbError> {
    Ok(Feed {
        tenant: TenantId(row.get("tenant_id")?),
        upstream: UpstreamId(row.get("upstream_id")?),
        issuer: row.get("issuer")?,
        place: row.maybe("place")?,
        turn: row.get("turn")?,
    })
}
