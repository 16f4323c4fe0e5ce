//! The invalidation log as one tenant may read it.

use laneway_sqlkit::{Db, DbError, q};

use super::invalidations::{Invalidation, from_row};
use crate::domain::TenantId;

/// How far the log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The position right below the oldest row that is kept.
    pub floor: i64,
    /// The newest position.
    pub head: i64,
}

/// One row, with what is true now of whom it is about.
#[derive(Debug, Clone)]
pub struct Said {
    /// The row.
    pub row: Invalidation,
    /// It is about a person who may not sign in any more.
    pub is_out: bool,
}

/// Rows of these kinds say by their id whose they are; others carry the tenant, or are no reader's
/// business: a new host or key makes no token untrue.
const OF_TENANT: &str = "SELECT i.seq, i.kind, i.scope, i.id, i.at, \
     CAST(CASE WHEN i.scope = 'user' AND EXISTS (SELECT 1 FROM users u WHERE u.tenant_id = $1 \
     AND u.id = i.id AND u.state <> 'active') THEN 1 ELSE 0 END AS BIGINT) AS is_out \
     FROM invalidations i WHERE i.seq > $2 AND i.seq <= $3 AND (i.tenant_id = $1 \
     OR (i.scope = 'session' AND EXISTS (SELECT 1 FROM sessions s \
         WHERE s.tenant_id = $1 AND s.sid = i.id)) \
     OR (i.scope = 'user' AND EXISTS (SELECT 1 FROM users u \
         WHERE u.tenant_id = $1 AND u.id = i.id)) \
     OR (i.scope = 'org' AND EXISTS (SELECT 1 FROM organizations o \
         WHERE o.tenant_id = $1 AND o.id = i.id))) \
     ORDER BY i.seq LIMIT $4";

/// What concerns a tenant after one position, up to another.
pub async fn of_tenant(
    db: &Db,
    tenant: &TenantId,
    (after, up_to): (i64, i64),
    limit: i64,
) -> Result<Vec<Said>, DbError> {
    let rows = q(OF_TENANT)
        .bind(tenant.as_str())
        .bind(after)
        .bind(up_to)
        .bind(limit)
        .all(db)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Said {
                row: from_row(row)?,
                is_out: row.get::<i64>("is_out")? == 1,
            })
        })
        .collect()
}

/// How far the log reaches now. One statement: what is pruned meanwhile is not missed.
pub async fn reach(db: &Db) -> Result<Reach, DbError> {
    let row = q("SELECT c.seq AS head, \
         COALESCE((SELECT MIN(i.seq) FROM invalidations i) - 1, c.seq) AS floor \
         FROM invalidation_counter c WHERE c.one = 1")
    .one(db)
    .await?;
    Ok(Reach {
        floor: row.get("floor")?,
        head: row.get("head")?,
    })
}

/// The position below everything that has been said since an instant.
pub async fn position_at(db: &Db, since: i64) -> Result<i64, DbError> {
    let row = q("SELECT COALESCE(\
         (SELECT MIN(i.seq) FROM invalidations i WHERE i.at >= $1) - 1, c.seq) AS position \
         FROM invalidation_counter c WHERE c.one = 1")
    .bind(since)
    .one(db)
    .await?;
    row.get("position")
}
