//! What a restored database holds although it was used up or ended since: all of it goes.

use laneway_sqlkit::{DbError, Tx, q};

use crate::domain::TenantId;

/// Begun, waiting or to be used once. A mail that waited then has been sent since.
const ONCE: [&str; 10] = [
    "DELETE FROM login_flows WHERE tenant_id = $1",
    "DELETE FROM one_time_secrets WHERE tenant_id = $1",
    "DELETE FROM email_changes WHERE tenant_id = $1",
    "DELETE FROM authorization_requests WHERE tenant_id = $1",
    "DELETE FROM authorization_codes WHERE tenant_id = $1",
    "DELETE FROM pushed_requests WHERE tenant_id = $1",
    "DELETE FROM device_grants WHERE tenant_id = $1",
    "DELETE FROM embedded_challenges WHERE tenant_id = $1",
    "DELETE FROM upstream_revocations WHERE tenant_id = $1",
    "DELETE FROM outbox WHERE tenant_id = $1 AND state = 'pending'",
];

/// Forgets whatever was under way; how many rows.
///
/// # Errors
/// When the store cannot be written.
pub async fn forget_begun(tx: &mut Tx, tenant: &TenantId) -> Result<u64, DbError> {
    let mut gone = 0;
    for sql in ONCE {
        gone += q(sql).bind(tenant.as_str()).run(&mut *tx).await?;
    }
    Ok(gone)
}

/// Ends what apps keep; how many sign-ins.
///
/// # Errors
/// When the store cannot be written.
pub async fn end_families(tx: &mut Tx, tenant: &TenantId, now: i64) -> Result<u64, DbError> {
    q(
        "UPDATE refresh_families SET revoked_at = $1, revoke_reason = 'restored' \
       WHERE tenant_id = $2 AND revoked_at IS NULL",
    )
    .bind(now)
    .bind(tenant.as_str())
    .run(tx)
    .await
}

/// Revokes all tokens of people, service accounts and operators; how many.
///
/// # Errors
/// When the store cannot be written.
pub async fn revoke_tokens(tx: &mut Tx, tenant: &TenantId, now: i64) -> Result<u64, DbError> {
    q(
        "UPDATE api_tokens SET revoked_at = $1 WHERE (tenant_id = $2 OR tenant_id IS NULL) \
       AND revoked_at IS NULL",
    )
    .bind(now)
    .bind(tenant.as_str())
    .run(tx)
    .await
}

/// Voids everybody's recovery codes; how many codes.
///
/// # Errors
/// When the store cannot be written.
pub async fn void_recovery_codes(tx: &mut Tx, tenant: &TenantId) -> Result<u64, DbError> {
    q("DELETE FROM embedded_recovery_codes WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .run(tx)
        .await
}
