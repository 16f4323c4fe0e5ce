//! Running nodes and how fast they hear of revocations.

use laneway_sqlkit::{Db, DbError, On, Row, Tx, q};

/// One node as it last described itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// One process: another after each start.
    pub id: String,
    /// Machine and port.
    pub name: String,
    /// Epoch ms.
    pub started_at: i64,
    /// When it wrote this, epoch ms.
    pub seen_at: i64,
    /// Past this many ms without news it trusts no cache.
    pub bound_ms: i64,
    /// Whether it trusts its cache.
    pub fresh: bool,
    /// Revocations heard in the last hour.
    pub heard: i64,
    /// Delay in ms, half of them at most; `None` when nothing was heard.
    pub p50_ms: Option<i64>,
    /// Delay in ms, 99 of 100 at most.
    pub p99_ms: Option<i64>,
    /// The longest delay in ms.
    pub worst_ms: Option<i64>,
    /// How far in the log its caches have been told.
    pub applied_seq: i64,
}

/// Writes a node's description over its last one.
pub async fn put(db: &Db, node: &NodeRow) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    q(
        "INSERT INTO nodes (id, name, started_at, seen_at, bound_ms, fresh, heard, p50_ms, \
       p99_ms, worst_ms, applied_seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
       ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, fresh = excluded.fresh, \
       heard = excluded.heard, p50_ms = excluded.p50_ms, p99_ms = excluded.p99_ms, \
       worst_ms = excluded.worst_ms, applied_seq = excluded.applied_seq",
    )
    .bind(&node.id)
    .bind(&node.name)
    .bind(node.started_at)
    .bind(node.seen_at)
    .bind(node.bound_ms)
    .bind(node.fresh)
    .bind(node.heard)
    .bind(node.p50_ms)
    .bind(node.p99_ms)
    .bind(node.worst_ms)
    .bind(node.applied_seq)
    .run(&mut tx)
    .await?;
    tx.commit().await
}

/// How far in the log a node's caches have been told.
pub async fn acknowledge(db: &Db, id: &str, seq: i64) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    q("UPDATE nodes SET applied_seq = $1 WHERE id = $2 AND applied_seq < $1")
        .bind(seq)
        .bind(id)
        .run(&mut tx)
        .await?;
    tx.commit().await
}

/// Nodes that were seen since an instant, by name.
pub async fn list(on: impl On, since: i64, limit: i64) -> Result<Vec<NodeRow>, DbError> {
    let rows = q(
        "SELECT id, name, started_at, seen_at, bound_ms, fresh, heard, p50_ms, p99_ms, worst_ms, \
         applied_seq FROM nodes WHERE seen_at >= $1 ORDER BY name, started_at LIMIT $2",
    )
    .bind(since)
    .bind(limit)
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// A node that ends in order is no longer missed.
pub async fn leave(db: &Db, id: &str) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    q("DELETE FROM nodes WHERE id = $1")
        .bind(id)
        .run(&mut tx)
        .await?;
    tx.commit().await
}

/// Forgets nodes that were not seen since an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM nodes WHERE seen_at < $1")
        .bind(before)
        .run(tx)
        .await
}

fn from_row(row: &Row) -> Result<NodeRow, DbError> {
    Ok(NodeRow {
        id: row.get("id")?,
        name: row.get("name")?,
        started_at: row.get("started_at")?,
        seen_at: row.get("seen_at")?,
        bound_ms: row.get("bound_ms")?,
        fresh: row.get("fresh")?,
        heard: row.get("heard")?,
        p50_ms: row.maybe("p50_ms")?,
        p99_ms: row.maybe("p99_ms")?,
        worst_ms: row.maybe("worst_ms")?,
        applied_seq: row.get("applied_seq")?,
    })
}
