//! Public keys of service accounts, by which they prove who they are.

use laneway_sqlkit::{DbError, On, Row, Tx, q};
use serde_json::Value;

use super::api_tokens::{Usage, Uses};
use crate::domain::TenantId;

/// A public key of a service account.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicKey {
    /// Id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// RFC 7638; an account has a key once.
    pub thumbprint: String,
    /// The key (RFC 7517).
    pub jwk: Value,
    /// Epoch ms.
    pub created_at: i64,
    /// How it has been used.
    pub usage: Usage,
}

/// Inserts; `Conflict` when the account has it already.
pub async fn add(
    tx: &mut Tx,
    tenant: &TenantId,
    account: &str,
    key: &PublicKey,
) -> Result<(), DbError> {
    q(
        "INSERT INTO public_keys (id, tenant_id, service_id, name, thumbprint, jwk, created_at) \
       VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&key.id)
    .bind(tenant.as_str())
    .bind(account)
    .bind(&key.name)
    .bind(&key.thumbprint)
    .bind(key.jwk.to_string())
    .bind(key.created_at)
    .run(tx)
    .await?;
    Ok(())
}

/// A page of an account's keys, newest first.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    account: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<PublicKey>, DbError> {
    let rows = q(
        "SELECT id, name, thumbprint, jwk, created_at, last_used_at, last_used_ip, uses \
       FROM public_keys WHERE tenant_id = $1 AND service_id = $2 AND ($3 = '' OR id < $3) \
       ORDER BY id DESC LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(account)
    .bind(before)
    .bind(limit)
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Has the account this key?
pub async fn is_there(
    on: impl On,
    tenant: &TenantId,
    account: &str,
    id: &str,
) -> Result<bool, DbError> {
    let row = q("SELECT id FROM public_keys WHERE tenant_id = $1 AND service_id = $2 AND id = $3")
        .bind(tenant.as_str())
        .bind(account)
        .bind(id)
        .optional(on)
        .await?;
    Ok(row.is_some())
}

/// Removes a key; what it was called.
pub async fn remove(
    tx: &mut Tx,
    tenant: &TenantId,
    account: &str,
    id: &str,
) -> Result<Option<String>, DbError> {
    let row = q(
        "DELETE FROM public_keys WHERE tenant_id = $1 AND service_id = $2 AND id = $3 \
       RETURNING name",
    )
    .bind(tenant.as_str())
    .bind(account)
    .bind(id)
    .optional(tx)
    .await?;
    row.map(|row| row.get("name")).transpose()
}

/// Adds uses.
pub async fn touch(tx: &mut Tx, uses: &Uses) -> Result<(), DbError> {
    q("UPDATE public_keys SET uses = uses + $1, \
       last_used_ip = CASE WHEN COALESCE(last_used_at, 0) <= $2 THEN $3 ELSE last_used_ip END, \
       last_used_at = CASE WHEN COALESCE(last_used_at, 0) <= $2 THEN $2 ELSE last_used_at END \
       WHERE id = $4")
    .bind(uses.count)
    .bind(uses.at)
    .bind(&uses.ip)
    .bind(&uses.id)
    .run(tx)
    .await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<PublicKey, DbError> {
    let jwk: String = row.get("jwk")?;
    let garbled = |_| DbError::Broken("public_keys.jwk is garbled".into());
    Ok(PublicKey {
        id: row.get("id")?,
        name: row.get("name")?,
        thumbprint: row.get("thumbprint")?,
        jwk: serde_json::from_str(&jwk).map_err(garbled)?,
        created_at: row.get("created_at")?,
        usage: Usage {
            count: row.get("uses")?,
            last_at: row.maybe("last_used_at")?,
            last_ip: row.maybe("last_used_ip")?,
        },
    })
}
