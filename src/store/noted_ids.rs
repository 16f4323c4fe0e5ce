//! Ids that are remembered for a while: of proofs that count once, of tokens that were taken back.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::TenantId;

/// Why an id is remembered. One of one kind is none of another.
#[derive(Debug, Clone, Copy)]
pub enum Noted {
    /// An app has proven itself with it.
    Assertion,
    /// A proof of possession.
    Possession,
    /// A token that an app had in its own name, and gave back.
    TakenBack,
}

impl Noted {
    fn as_str(self) -> &'static str {
        match self {
            Self::Assertion => "assertion",
            Self::Possession => "possession",
            Self::TakenBack => "taken_back",
        }
    }
}

/// Notes the hash of an id; false where it was there before, on whatever node.
pub async fn note(
    tx: &mut Tx,
    tenant: &TenantId,
    (why, hash): (Noted, &[u8]),
    until: i64,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO noted_ids (tenant_id, kind, id_hash, expires_at) \
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(why.as_str())
    .bind(hash)
    .bind(until)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Is it there?
pub async fn is_noted(
    on: impl On,
    tenant: &TenantId,
    (why, hash): (Noted, &[u8]),
) -> Result<bool, DbError> {
    let row =
        q("SELECT 1 AS found FROM noted_ids WHERE tenant_id = $1 AND kind = $2 AND id_hash = $3")
            .bind(tenant.as_str())
            .bind(why.as_str())
            .bind(hash)
            .optional(on)
            .await?;
    Ok(row.is_some())
}

/// Forgets what would not be good any more in any case.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM noted_ids WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}
