//! Signing keys; the private half is sealed.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::TenantId;

/// A key row.
#[derive(Debug, Clone)]
pub struct KeyRow {
    /// `kid`.
    pub id: String,
    /// `ES256` or `RS256`.
    pub alg: String,
    /// Sealed PKCS#8.
    pub sealed: Vec<u8>,
    /// Public JWK as JSON.
    pub public_jwk: String,
    /// Epoch ms from which it signs (published before).
    pub signs_from: i64,
    /// Epoch ms from which it is no longer published.
    pub retired_at: Option<i64>,
}

/// Keys that are published at an instant, newest signer first.
pub async fn published(on: impl On, tenant: &TenantId, now: i64) -> Result<Vec<KeyRow>, DbError> {
    let rows = q(
        "SELECT id, alg, sealed, public_jwk, signs_from, retired_at FROM signing_keys \
                  WHERE tenant_id = $1 AND (retired_at IS NULL OR retired_at > $2) \
                  ORDER BY signs_from DESC, id DESC",
    )
    .bind(tenant.as_str())
    .bind(now)
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Inserts.
pub async fn create(tx: &mut Tx, tenant: &TenantId, key: &KeyRow, now: i64) -> Result<(), DbError> {
    q(
        "INSERT INTO signing_keys (id, tenant_id, alg, sealed, public_jwk, created_at, signs_from) \
       VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&key.id)
    .bind(tenant.as_str())
    .bind(&key.alg)
    .bind(key.sealed.clone())
    .bind(&key.public_jwk)
    .bind(now)
    .bind(key.signs_from)
    .run(tx)
    .await?;
    Ok(())
}

/// Sets when a key stops being published.
pub async fn retire(tx: &mut Tx, tenant: &TenantId, id: &str, at: i64) -> Result<(), DbError> {
    q(
        "UPDATE signing_keys SET retired_at = $1 WHERE tenant_id = $2 AND id = $3 \
       AND retired_at IS NULL",
    )
    .bind(at)
    .bind(tenant.as_str())
    .bind(id)
    .run(tx)
    .await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<KeyRow, DbError> {
    Ok(KeyRow {
        id: row.get("id")?,
        alg: row.get("alg")?,
        sealed: row.get("sealed")?,
        public_jwk: row.get("public_jwk")?,
        signs_from: row.get("signs_from")?,
        retired_at: row.maybe("retired_at")?,
    })
}
