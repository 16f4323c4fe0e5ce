//! Numbers of a tenant that are too many to count for each page: counted by one node now
//! and then, kept with their time.

use laneway_sqlkit::{Db, DbError, On, q};

use crate::domain::TenantId;

/// A number and when it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// How many.
    pub value: i64,
    /// Epoch ms.
    pub at: i64,
}

/// Takes the counting for a while; `false`: another node counts, or it is not time yet.
pub async fn lease(db: &Db, now: i64, until: i64) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    q(
        "INSERT INTO rollups (name, done_until, lease_until) VALUES ('tenant_figures', 0, 0) \
       ON CONFLICT DO NOTHING",
    )
    .run(&mut tx)
    .await?;
    let taken = q(
        "UPDATE rollups SET lease_until = $1 WHERE name = 'tenant_figures' \
         AND lease_until <= $2",
    )
    .bind(until)
    .bind(now)
    .run(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(taken == 1)
}

/// Is it time to count? A read, so that nothing is written meanwhile.
pub async fn is_due(on: impl On, now: i64) -> Result<bool, DbError> {
    let row = q("SELECT 1 AS one FROM rollups WHERE name = 'tenant_figures' AND lease_until > $1")
        .bind(now)
        .optional(on)
        .await?;
    Ok(row.is_none())
}

/// Counts everything of all tenants: (tenant, name, value).
pub async fn count(db: &Db, now: i64) -> Result<Vec<(TenantId, String, i64)>, DbError> {
    let mut all = Vec::new();
    let sessions = q(
        "SELECT tenant_id, 'sessions' AS name, COUNT(*) AS value FROM sessions \
         WHERE ended_at IS NULL AND expires_at > $1 AND last_seen_at + idle_ms > $1 \
         GROUP BY tenant_id",
    )
    .bind(now);
    let people = q(
        "SELECT tenant_id, state AS name, COUNT(*) AS value FROM users \
         WHERE state <> 'deleted' GROUP BY tenant_id, state",
    );
    let organizations = q(
        "SELECT tenant_id, 'organizations' AS name, COUNT(*) AS value FROM organizations \
         GROUP BY tenant_id",
    );
    for statement in [sessions, people, organizations] {
        for row in statement.all(db).await? {
            all.push((
                TenantId(row.get("tenant_id")?),
                row.get("name")?,
                row.get("value")?,
            ));
        }
    }
    Ok(all)
}

/// Writes a count over the last one, and when the next is due. What was not counted this
/// time is 0.
pub async fn put(
    db: &Db,
    counted: &[(TenantId, String, i64)],
    at: i64,
    next_at: i64,
) -> Result<(), DbError> {
    let mut tx = db.begin().await?;
    for (tenant, name, value) in counted {
        q(
            "INSERT INTO tenant_figures (tenant_id, name, value, at) VALUES ($1, $2, $3, $4) \
           ON CONFLICT (tenant_id, name) DO UPDATE SET value = excluded.value, at = excluded.at",
        )
        .bind(tenant.as_str())
        .bind(name)
        .bind(*value)
        .bind(at)
        .run(&mut tx)
        .await?;
    }
    q("UPDATE tenant_figures SET value = 0, at = $1 WHERE at < $1")
        .bind(at)
        .run(&mut tx)
        .await?;
    q("UPDATE rollups SET done_until = $1, lease_until = $2 WHERE name = 'tenant_figures'")
        .bind(at)
        .bind(next_at)
        .run(&mut tx)
        .await?;
    tx.commit().await
}

/// One number of a tenant; `None` before the first count.
pub async fn find(
    on: impl On + Copy,
    tenant: &TenantId,
    name: &str,
) -> Result<Option<Figure>, DbError> {
    let counted = q("SELECT done_until FROM rollups WHERE name = 'tenant_figures'")
        .optional(on)
        .await?;
    let at: i64 = match counted {
        Some(row) => row.get("done_until")?,
        None => 0,
    };
    if at == 0 {
        return Ok(None);
    }
    let row = q("SELECT value FROM tenant_figures WHERE tenant_id = $1 AND name = $2")
        .bind(tenant.as_str())
        .bind(name)
        .optional(on)
        .await?;
    let value = row.map_or(Ok(0), |row| row.get("value"))?;
    Ok(Some(Figure { value, at }))
}
