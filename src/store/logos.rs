//! Pictures of tenants and of their organizations, one each.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::{OrgId, TenantId};

/// The picture of a tenant, or of one of its organizations, under the hash that its address carries.
pub async fn find(on: impl On, tenant: &TenantId, hash: &str) -> Result<Option<Vec<u8>>, DbError> {
    let row = q(
        "SELECT bytes FROM tenant_logos WHERE tenant_id = $1 AND hash = $2 UNION ALL \
         SELECT bytes FROM organization_logos WHERE tenant_id = $1 AND hash = $2 LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(hash)
    .optional(on)
    .await?;
    row.map(|row| row.get("bytes")).transpose()
}

/// Puts a picture in the place of the one before.
pub async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    hash: &str,
    bytes: Vec<u8>,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO tenant_logos (tenant_id, hash, bytes, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant_id) DO UPDATE SET hash = $2, bytes = $3, created_at = $4",
    )
    .bind(tenant.as_str())
    .bind(hash)
    .bind(bytes)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Removes it; was there one?
pub async fn remove(tx: &mut Tx, tenant: &TenantId) -> Result<bool, DbError> {
    let count = q("DELETE FROM tenant_logos WHERE tenant_id = $1")
        .bind(tenant.as_str())
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Puts a picture of an organization in the place of the one before.
pub async fn put_of_org(
    tx: &mut Tx,
    (tenant, org): (&TenantId, &OrgId),
    hash: &str,
    bytes: Vec<u8>,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO organization_logos (tenant_id, org_id, hash, bytes, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, org_id) \
         DO UPDATE SET hash = $3, bytes = $4, created_at = $5",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(hash)
    .bind(bytes)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Removes an organization's; was there one?
pub async fn remove_of_org(tx: &mut Tx, tenant: &TenantId, org: &OrgId) -> Result<bool, DbError> {
    let count = q("DELETE FROM organization_logos WHERE tenant_id = $1 AND org_id = $2")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .run(tx)
        .await?;
    Ok(count == 1)
}
