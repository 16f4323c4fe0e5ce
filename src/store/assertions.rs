//! Ids of messages that have proven somebody: each counts once.

use laneway_sqlkit::{DbError, Tx, q};

use crate::domain::{ConnectionId, TenantId};

/// Notes the hash of an id; false where it was seen before.
pub async fn note(
    tx: &mut Tx,
    tenant: &TenantId,
    connection: &ConnectionId,
    hash: &[u8],
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO assertions_seen (tenant_id, connection_id, id_hash, seen_at) \
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(hash)
    .bind(now)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Forgets ids that were seen before an instant: long after that, no answer of theirs is good.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM assertions_seen WHERE seen_at < $1")
        .bind(before)
        .run(tx)
        .await
}
