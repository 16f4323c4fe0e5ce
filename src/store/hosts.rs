//! Host names of tenants.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::tenant::{Host, Purpose};
use crate::domain::{OrgId, TenantId};

/// Whose host is this?
pub async fn find(on: impl On, host: &str) -> Result<Option<(TenantId, Host)>, DbError> {
    let row = q(
        "SELECT id, tenant_id, host, purpose, canonical, config_owned, org_id FROM hosts \
                 WHERE host = $1",
    )
    .bind(host)
    .optional(on)
    .await?;
    row.map(|row| Ok((TenantId(row.get("tenant_id")?), from_row(&row)?)))
        .transpose()
}

/// All hosts of a tenant, canonical first.
pub async fn list(on: impl On, tenant: &TenantId) -> Result<Vec<Host>, DbError> {
    let rows = q(
        "SELECT id, tenant_id, host, purpose, canonical, config_owned, org_id FROM hosts \
                  WHERE tenant_id = $1 ORDER BY canonical DESC, host",
    )
    .bind(tenant.as_str())
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Inserts; `Conflict` when the name is taken by anybody.
pub async fn create(tx: &mut Tx, tenant: &TenantId, host: &Host, now: i64) -> Result<(), DbError> {
    q(
        "INSERT INTO hosts (id, tenant_id, host, purpose, canonical, config_owned, created_at, \
       org_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&host.id)
    .bind(tenant.as_str())
    .bind(&host.host)
    .bind(host.purpose.as_str())
    .bind(host.canonical)
    .bind(host.config_owned)
    .bind(now)
    .bind(host.org.as_ref().map(OrgId::as_str))
    .run(tx)
    .await?;
    Ok(())
}

/// Has an organization a login host of its own?
pub async fn any_of_org(on: impl On, tenant: &TenantId, org: &OrgId) -> Result<bool, DbError> {
    let row = q("SELECT id FROM hosts WHERE tenant_id = $1 AND org_id = $2 LIMIT 1")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .optional(on)
        .await?;
    Ok(row.is_some())
}

/// Removes a host that configuration does not own.
pub async fn delete(tx: &mut Tx, tenant: &TenantId, id: &str) -> Result<bool, DbError> {
    let count = q(
        "DELETE FROM hosts WHERE tenant_id = $1 AND id = $2 AND config_owned = $3 \
                   AND canonical = $3",
    )
    .bind(tenant.as_str())
    .bind(id)
    .bind(false)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Removes a config-owned host that the configuration no longer names.
pub async fn release(tx: &mut Tx, tenant: &TenantId, host: &str) -> Result<(), DbError> {
    q("DELETE FROM hosts WHERE tenant_id = $1 AND host = $2 AND config_owned = $3")
        .bind(tenant.as_str())
        .bind(host)
        .bind(true)
        .run(tx)
        .await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Host, DbError> {
    let purpose: String = row.get("purpose")?;
    Ok(Host {
        id: row.get("id")?,
        host: row.get("host")?,
        purpose: if purpose == "login" {
            Purpose::Login
        } else {
            Purpose::App
        },
        canonical: row.get("canonical")?,
        config_owned: row.get("config_owned")?,
        org: row.maybe("org_id")?.map(OrgId),
    })
}
