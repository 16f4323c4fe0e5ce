//! Apps that have still to hear that a sign-in has ended.
//!
//! A try is a lease, as with mails: the claim counts it and pushes the next one ahead.

use laneway_sqlkit::{Db, DbError, On, Tx, q};

use crate::domain::{AppId, Sid, TenantId, UserId};

/// A notice whose turn it is.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Whose app.
    pub tenant: TenantId,
    /// Which.
    pub app: AppId,
    /// Which sign-in has ended.
    pub sid: Sid,
    /// The number of this try, from 1.
    pub attempts: i64,
    /// Epoch ms.
    pub created_at: i64,
}

/// Notes for each of these ended sign-ins which apps took part in it and want to hear of it.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    ended: &[Sid],
    now: i64,
) -> Result<(), DbError> {
    // Most tenants have no such app: they do not pay for each session.
    let anybody = q("SELECT id FROM apps WHERE tenant_id = $1 AND logout_uri IS NOT NULL LIMIT 1")
        .bind(tenant.as_str())
        .optional(&mut *tx)
        .await?;
    if anybody.is_none() {
        return Ok(());
    }
    for sid in ended {
        q(
            "INSERT INTO logout_notices (tenant_id, app_id, sid, attempts, next_at, created_at) \
             SELECT DISTINCT f.tenant_id, f.app_id, f.sid, CAST(0 AS BIGINT), \
             CAST($3 AS BIGINT), CAST($3 AS BIGINT) FROM refresh_families f \
             JOIN apps a ON a.tenant_id = f.tenant_id AND a.id = f.app_id \
             WHERE f.tenant_id = $1 AND f.sid = $2 AND a.logout_uri IS NOT NULL \
             AND a.state = 'active' ON CONFLICT DO NOTHING",
        )
        .bind(tenant.as_str())
        .bind(sid.as_str())
        .bind(now)
        .run(&mut *tx)
        .await?;
    }
    Ok(())
}

/// Takes due notices until an instant; no other node gets them before.
pub async fn claim(
    db: &Db,
    now: i64,
    lease_until: i64,
    limit: i64,
) -> Result<Vec<Notice>, DbError> {
    let mut tx = db.begin().await?;
    let due = q(
        "SELECT tenant_id, app_id, sid, attempts, created_at FROM logout_notices \
         WHERE next_at <= $1 ORDER BY next_at, tenant_id, app_id, sid LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .all(&mut tx)
    .await?;
    let mut taken = Vec::new();
    for row in due {
        let attempts: i64 = row.get("attempts")?;
        let notice = Notice {
            tenant: TenantId(row.get("tenant_id")?),
            app: AppId(row.get("app_id")?),
            sid: Sid(row.get("sid")?),
            attempts: attempts + 1,
            created_at: row.get("created_at")?,
        };
        let count = q(
            "UPDATE logout_notices SET attempts = $1, next_at = $2 WHERE tenant_id = $3 \
             AND app_id = $4 AND sid = $5 AND attempts = $6",
        )
        .bind(notice.attempts)
        .bind(lease_until)
        .bind(notice.tenant.as_str())
        .bind(notice.app.as_str())
        .bind(notice.sid.as_str())
        .bind(attempts)
        .run(&mut tx)
        .await?;
        if count == 1 {
            taken.push(notice);
        }
    }
    tx.commit().await?;
    Ok(taken)
}

/// It is heard, or given up. False: another try has it.
pub async fn delete(tx: &mut Tx, notice: &Notice) -> Result<bool, DbError> {
    let count = q(
        "DELETE FROM logout_notices WHERE tenant_id = $1 AND app_id = $2 AND sid = $3 \
         AND attempts = $4",
    )
    .bind(notice.tenant.as_str())
    .bind(notice.app.as_str())
    .bind(notice.sid.as_str())
    .bind(notice.attempts)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The next try is then. False: another try has it.
pub async fn put_off(db: &Db, notice: &Notice, until: i64) -> Result<bool, DbError> {
    let mut tx = db.begin().await?;
    let count = q(
        "UPDATE logout_notices SET next_at = $1 WHERE tenant_id = $2 AND app_id = $3 \
         AND sid = $4 AND attempts = $5",
    )
    .bind(until)
    .bind(notice.tenant.as_str())
    .bind(notice.app.as_str())
    .bind(notice.sid.as_str())
    .bind(notice.attempts)
    .run(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(count == 1)
}

/// Whose sign-in it was.
pub async fn user_of(on: impl On, tenant: &TenantId, sid: &Sid) -> Result<Option<UserId>, DbError> {
    let row = q("SELECT user_id FROM sessions WHERE tenant_id = $1 AND sid = $2")
        .bind(tenant.as_str())
        .bind(sid.as_str())
        .optional(on)
        .await?;
    row.map(|row| Ok(UserId(row.get("user_id")?))).transpose()
}
