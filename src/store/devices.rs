//! Devices that people signed in on. The cookie's value is a bearer value of little worth:
//! it authenticates nothing, and only its hash is kept.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::device::Device;
use crate::domain::{DeviceId, TenantId, UserId};

/// A device with what its sessions tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The device.
    pub device: Device,
    /// Last use of any of its sessions, epoch ms.
    pub used_at: Option<i64>,
    /// Live sessions on it.
    pub sessions: i64,
}

/// The device of a person that a cookie stands for.
pub async fn find_by_token(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
    hash: &[u8],
) -> Result<Option<Device>, DbError> {
    let row = q(
        "SELECT id, user_id, label, ip, user_agent, created_at, last_seen_at, trusted_at \
                 FROM devices WHERE tenant_id = $1 AND token_hash = $2 AND user_id = $3 \
                 AND forgotten_at IS NULL",
    )
    .bind(tenant.as_str())
    .bind(hash)
    .bind(user.as_str())
    .optional(on)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// The device that a cookie stands for, if whoever goes by a name signed in on it: one look
/// for every name, whether anybody has it or not.
pub async fn find_by_name(
    on: impl On,
    tenant: &TenantId,
    hash: &[u8],
    name_mac: &[u8],
) -> Result<Option<Device>, DbError> {
    let row = q(
        "SELECT id, user_id, label, ip, user_agent, created_at, last_seen_at, trusted_at \
                 FROM devices WHERE tenant_id = $1 AND token_hash = $2 AND name_mac = $3 \
                 AND forgotten_at IS NULL ORDER BY last_seen_at DESC LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(hash)
    .bind(name_mac)
    .optional(on)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// Whether a cookie stands for a device of anybody.
pub async fn is_known(on: impl On, tenant: &TenantId, hash: &[u8]) -> Result<bool, DbError> {
    let row = q(
        "SELECT id FROM devices WHERE tenant_id = $1 AND token_hash = $2 \
                 AND forgotten_at IS NULL LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(hash)
    .optional(on)
    .await?;
    Ok(row.is_some())
}

/// Gives a browser's devices a new cookie value: the old one stands for nobody any more.
pub async fn rotate(tx: &mut Tx, tenant: &TenantId, old: &[u8], new: &[u8]) -> Result<(), DbError> {
    q(
        "UPDATE devices SET token_hash = $1 WHERE tenant_id = $2 AND token_hash = $3 \
       AND forgotten_at IS NULL",
    )
    .bind(new)
    .bind(tenant.as_str())
    .bind(old)
    .run(tx)
    .await?;
    Ok(())
}

/// Inserts a device.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    device: &Device,
    hash: &[u8],
    name_mac: Option<[u8; 32]>,
) -> Result<(), DbError> {
    q(
        "INSERT INTO devices (id, tenant_id, user_id, token_hash, label, ip, user_agent, \
       created_at, last_seen_at, name_mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(device.id.as_str())
    .bind(tenant.as_str())
    .bind(device.user.as_str())
    .bind(hash)
    .bind(device.label.as_deref())
    .bind(&device.ip)
    .bind(&device.user_agent)
    .bind(device.created_at)
    .bind(device.last_seen_at)
    .bind(name_mac.map(|mac| mac.to_vec()))
    .run(tx)
    .await?;
    Ok(())
}

/// Notes a sign-in on a device; a name only where there is one.
pub async fn seen(
    tx: &mut Tx,
    tenant: &TenantId,
    device: &Device,
    name_mac: Option<[u8; 32]>,
) -> Result<(), DbError> {
    q(
        "UPDATE devices SET ip = $1, user_agent = $2, last_seen_at = $3, \
       name_mac = COALESCE($4, name_mac) WHERE tenant_id = $5 AND id = $6",
    )
    .bind(&device.ip)
    .bind(&device.user_agent)
    .bind(device.last_seen_at)
    .bind(name_mac.map(|mac| mac.to_vec()))
    .bind(tenant.as_str())
    .bind(device.id.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// A page of a person's devices, the newest first.
pub async fn list_of_user(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
    before: &str,
    limit: i64,
    now: i64,
) -> Result<Vec<Listed>, DbError> {
    let rows = q(
        "SELECT d.id, d.user_id, d.label, d.ip, d.user_agent, d.created_at, d.last_seen_at, \
                  d.trusted_at, (SELECT MAX(s.last_seen_at) FROM sessions s \
                    WHERE s.tenant_id = d.tenant_id AND s.device_id = d.id) AS used_at, \
                  (SELECT COUNT(*) FROM sessions s WHERE s.tenant_id = d.tenant_id \
                    AND s.device_id = d.id AND s.ended_at IS NULL AND s.expires_at > $3 \
                    AND s.last_seen_at + s.idle_ms > $3) AS live \
                  FROM devices d WHERE d.tenant_id = $1 AND d.user_id = $2 \
                  AND d.forgotten_at IS NULL AND ($4 = '' OR d.id < $4) \
                  ORDER BY d.id DESC LIMIT $5",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .bind(now)
    .bind(before)
    .bind(limit)
    .all(on)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Listed {
                device: from_row(row)?,
                used_at: row.maybe("used_at")?,
                sessions: row.get("live")?,
            })
        })
        .collect()
}

/// A device of a person.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
    id: &DeviceId,
) -> Result<Option<Device>, DbError> {
    let row = q(
        "SELECT id, user_id, label, ip, user_agent, created_at, last_seen_at, trusted_at \
                 FROM devices WHERE tenant_id = $1 AND user_id = $2 AND id = $3 \
                 AND forgotten_at IS NULL",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .bind(id.as_str())
    .optional(on)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// Names and trusts a device, or no more. `Ok(false)`: it is no (longer a) device of theirs.
pub async fn update(tx: &mut Tx, tenant: &TenantId, device: &Device) -> Result<bool, DbError> {
    let count = q(
        "UPDATE devices SET label = $1, trusted_at = $2 WHERE tenant_id = $3 AND user_id = $4 \
                   AND id = $5 AND forgotten_at IS NULL",
    )
    .bind(device.label.as_deref())
    .bind(device.trusted_at)
    .bind(tenant.as_str())
    .bind(device.user.as_str())
    .bind(device.id.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Forgets a device: its cookie stands for nobody any more.
pub async fn forget(
    tx: &mut Tx,
    tenant: &TenantId,
    user: &UserId,
    id: &DeviceId,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE devices SET forgotten_at = $1, trusted_at = NULL WHERE tenant_id = $2 \
                   AND user_id = $3 AND id = $4 AND forgotten_at IS NULL",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(user.as_str())
    .bind(id.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

fn from_row(row: &Row) -> Result<Device, DbError> {
    Ok(Device {
        id: DeviceId(row.get("id")?),
        user: UserId(row.get("user_id")?),
        label: row.maybe("label")?,
        ip: row.get("ip")?,
        user_agent: row.get("user_agent")?,
        created_at: row.get("created_at")?,
        last_seen_at: row.get("last_seen_at")?,
        trusted_at: row.maybe("trusted_at")?,
    })
}
