//! Requests that apps have pushed: taken once.

use laneway_sqlkit::{DbError, Tx, q};

use crate::domain::{AppId, TenantId};

/// Inserts.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    (app, hash): (&AppId, &[u8]),
    request: &str,
    expires_at: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO pushed_requests (hash, tenant_id, app_id, request, expires_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(app.as_str())
    .bind(request)
    .bind(expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes a live one of an app; of many callers exactly one gets it.
pub async fn take(
    tx: &mut Tx,
    tenant: &TenantId,
    (app, hash): (&AppId, &[u8]),
    now: i64,
) -> Result<Option<String>, DbError> {
    let row = q(
        "DELETE FROM pushed_requests WHERE hash = $1 AND tenant_id = $2 AND app_id = $3 \
         AND expires_at > $4 RETURNING request",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(app.as_str())
    .bind(now)
    .optional(tx)
    .await?;
    row.map(|row| row.get("request")).transpose()
}

/// Forgets those that ended before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM pushed_requests WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}
