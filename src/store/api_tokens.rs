//! Operators' tokens, stored as hashes.

use laneway_sqlkit::{DbError, On, Tx, q};

/// A token row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminToken {
    /// Id.
    pub id: String,
    /// First characters, to recognise it by.
    pub prefix: String,
    /// Epoch ms.
    pub expires_at: i64,
}

/// Inserts.
pub async fn create(tx: &mut Tx, token: &AdminToken, hash: &[u8], now: i64) -> Result<(), DbError> {
    q(
        "INSERT INTO api_tokens (id, kind, hash, prefix, expires_at, created_at) \
       VALUES ($1, 'admin', $2, $3, $4, $5)",
    )
    .bind(&token.id)
    .bind(hash)
    .bind(&token.prefix)
    .bind(token.expires_at)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// A live token by its hash; expiry is the caller's to judge.
pub async fn find(on: impl On, hash: &[u8]) -> Result<Option<AdminToken>, DbError> {
    let row = q(
        "SELECT id, prefix, expires_at FROM api_tokens WHERE hash = $1 \
                 AND revoked_at IS NULL",
    )
    .bind(hash)
    .optional(on)
    .await?;
    row.map(|row| {
        Ok(AdminToken {
            id: row.get("id")?,
            prefix: row.get("prefix")?,
            expires_at: row.get("expires_at")?,
        })
    })
    .transpose()
}
