//! Codes: consumed by one conditional statement, and kept for a while to know a replay.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::{AppId, OrgId, Sid, TenantId, UserId};

/// A code, without its value.
#[derive(Debug, Clone)]
pub struct Code {
    /// Whose app.
    pub app: AppId,
    /// For whom.
    pub user: UserId,
    /// The sign-in that it hangs on.
    pub sid: Sid,
    /// In which organization.
    pub org: Option<OrgId>,
    /// The family that comes of it.
    pub family: String,
    /// What was asked and granted, as JSON.
    pub details: String,
}

const COLUMNS: &str = "app_id, user_id, sid, org_id, family_id, details";

/// Inserts.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    hash: &[u8],
    code: &Code,
    expires_at: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO authorization_codes (hash, tenant_id, app_id, user_id, sid, org_id, \
         family_id, details, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(code.app.as_str())
    .bind(code.user.as_str())
    .bind(code.sid.as_str())
    .bind(code.org.as_ref().map(OrgId::as_str))
    .bind(&code.family)
    .bind(&code.details)
    .bind(expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Consumes a live code of an app; of many callers exactly one gets it.
pub async fn consume(
    tx: &mut Tx,
    tenant: &TenantId,
    app: &AppId,
    hash: &[u8],
    now: i64,
) -> Result<Option<Code>, DbError> {
    let sql = format!(
        "UPDATE authorization_codes SET used_at = $1 WHERE hash = $2 AND tenant_id = $3 \
         AND app_id = $4 AND used_at IS NULL AND expires_at > $1 RETURNING {COLUMNS}"
    );
    let row = q_dynamic(sql)
        .bind(now)
        .bind(hash)
        .bind(tenant.as_str())
        .bind(app.as_str())
        .optional(tx)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A live code of an app, before it is consumed.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    app: &AppId,
    hash: &[u8],
    now: i64,
) -> Result<Option<Code>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM authorization_codes WHERE hash = $1 AND tenant_id = $2 \
         AND app_id = $3 AND used_at IS NULL AND expires_at > $4"
    );
    let row = q_dynamic(sql)
        .bind(hash)
        .bind(tenant.as_str())
        .bind(app.as_str())
        .bind(now)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A code of an app that was used before.
pub async fn used(
    on: impl On,
    tenant: &TenantId,
    app: &AppId,
    hash: &[u8],
) -> Result<Option<Code>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM authorization_codes WHERE hash = $1 AND tenant_id = $2 \
         AND app_id = $3 AND used_at IS NOT NULL"
    );
    let row = q_dynamic(sql)
        .bind(hash)
        .bind(tenant.as_str())
        .bind(app.as_str())
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Forgets those that ended before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM authorization_codes WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}

fn from_row(row: &Row) -> Result<Code, DbError> {
    Ok(Code {
        app: AppId(row.get("app_id")?),
        user: UserId(row.get("user_id")?),
        sid: Sid(row.get("sid")?),
        org: row.maybe("org_id")?.map(OrgId),
        family: row.get("family_id")?,
        details: row.get("details")?,
    })
}
