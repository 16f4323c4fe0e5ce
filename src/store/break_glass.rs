//! People who get into an organization without its own provider, in an emergency.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::{OrgId, TenantId, UserId};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakGlass {
    /// Who.
    pub user: UserId,
    /// When they last got in another way with two factors, epoch ms.
    pub proven_at: Option<i64>,
    /// When they last had to, epoch ms.
    pub used_at: Option<i64>,
    /// Epoch ms.
    pub created_at: i64,
}

/// All of an organization whose accounts and memberships are switched on.
pub async fn list(on: impl On, tenant: &TenantId, org: &OrgId) -> Result<Vec<BreakGlass>, DbError> {
    let rows = q(
        "SELECT b.user_id, b.proven_at, b.used_at, b.created_at FROM break_glass b JOIN users u \
         ON u.tenant_id = b.tenant_id AND u.id = b.user_id AND u.state = 'active' \
         JOIN memberships m ON m.tenant_id = b.tenant_id AND m.org_id = b.org_id \
         AND m.user_id = b.user_id AND m.state = 'active' \
         WHERE b.tenant_id = $1 AND b.org_id = $2 ORDER BY b.user_id",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Is somebody one of them?
pub async fn is_one(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
) -> Result<bool, DbError> {
    let all = list(on, tenant, org).await?;
    Ok(all.iter().any(|one| one.user == *user))
}

/// Names somebody; false where they are one already.
pub async fn add(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO break_glass (tenant_id, org_id, user_id, created_at) \
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(user.as_str())
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Takes somebody off; false where they are none.
pub async fn remove(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
) -> Result<bool, DbError> {
    let count = q("DELETE FROM break_glass WHERE tenant_id = $1 AND org_id = $2 AND user_id = $3")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(user.as_str())
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Somebody has shown that they get in another way, with two factors.
pub async fn prove(tx: &mut Tx, tenant: &TenantId, user: &UserId, now: i64) -> Result<(), DbError> {
    q("UPDATE break_glass SET proven_at = $1 WHERE tenant_id = $2 AND user_id = $3")
        .bind(now)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// Somebody had to.
pub async fn note_use(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
    now: i64,
) -> Result<(), DbError> {
    q("UPDATE break_glass SET used_at = $1 WHERE tenant_id = $2 AND org_id = $3 AND user_id = $4")
        .bind(now)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(user.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// Has somebody had to, for the first time since an instant? Of many who ask at once one hears yes.
pub async fn is_first_use(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
    (since, now): (i64, i64),
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE break_glass SET used_at = $1 WHERE tenant_id = $2 AND org_id = $3 AND user_id = $4 \
         AND (used_at IS NULL OR used_at <= $5)",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(user.as_str())
    .bind(since)
    .run(tx)
    .await?;
    Ok(count == 1)
}

fn from_row(row: &Row) -> Result<BreakGlass, DbError> {
    Ok(BreakGlass {
        user: UserId(row.get("user_id")?),
        proven_at: row.maybe("proven_at")?,
        used_at: row.maybe("used_at")?,
        created_at: row.get("created_at")?,
    })
}
