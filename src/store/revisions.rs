//! What was set on a connection, each time that it was set; rows are never changed but for when they went live.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use super::connections::{garbled, word};
use crate::domain::connection::{Config, Protocol, Revision};
use crate::domain::upstream::Trust;
use crate::domain::{ConnectionId, TenantId};

/// Adds a revision; `Conflict` when its number is taken.
pub async fn add(tx: &mut Tx, tenant: &TenantId, new: &Revision) -> Result<(), DbError> {
    let config = serde_json::to_string(&new.config)
        .map_err(|_| DbError::Broken("a connection's config is no JSON".into()))?;
    q(
        "INSERT INTO connection_revisions (id, tenant_id, connection_id, number, hash, config, \
         secret, secret_id, trust, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&new.id)
    .bind(tenant.as_str())
    .bind(new.connection.as_str())
    .bind(new.number)
    .bind(&new.hash)
    .bind(config)
    .bind(new.secret.clone())
    .bind(new.secret_id.as_deref())
    .bind(new.trust.as_str())
    .bind(new.created_at)
    .run(tx)
    .await?;
    Ok(())
}

/// The hash of what is live.
pub async fn active_hash(
    on: impl On,
    tenant: &TenantId,
    id: &ConnectionId,
) -> Result<Option<String>, DbError> {
    let row = q(
        "SELECT r.hash FROM connections c JOIN connection_revisions r ON r.tenant_id = c.tenant_id \
         AND r.connection_id = c.id AND r.number = c.active WHERE c.tenant_id = $1 AND c.id = $2",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .optional(on)
    .await?;
    row.map(|row| row.get("hash")).transpose()
}

/// Notes that a revision goes live.
pub async fn note_activation(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &ConnectionId,
    revision: i64,
    now: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE connection_revisions SET activated_at = $1 WHERE tenant_id = $2 \
       AND connection_id = $3 AND number = $4",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(revision)
    .run(tx)
    .await?;
    Ok(())
}

/// All revisions, newest first.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    id: &ConnectionId,
) -> Result<Vec<Revision>, DbError> {
    let rows = q(
        "SELECT r.id, r.connection_id, r.number, r.hash, r.config, r.secret, r.secret_id, \
         r.trust, r.created_at, r.activated_at, c.protocol FROM connection_revisions r \
         JOIN connections c ON c.tenant_id = r.tenant_id AND c.id = r.connection_id \
         WHERE r.tenant_id = $1 AND r.connection_id = $2 ORDER BY r.number DESC LIMIT 1000",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// One revision by its number.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    id: &ConnectionId,
    number: i64,
) -> Result<Option<Revision>, DbError> {
    let row = q(
        "SELECT r.id, r.connection_id, r.number, r.hash, r.config, r.secret, r.secret_id, \
         r.trust, r.created_at, r.activated_at, c.protocol FROM connection_revisions r \
         JOIN connections c ON c.tenant_id = r.tenant_id AND c.id = r.connection_id \
         WHERE r.tenant_id = $1 AND r.connection_id = $2 AND r.number = $3",
    )
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(number)
    .optional(on)
    .await?;
    row.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<Revision, DbError> {
    let config: String = row.get("config")?;
    let protocol = word(row, "protocol", Protocol::parse)?;
    let config = Config::read(protocol, &config).map_err(|_| garbled("config"))?;
    let trust: String = row.get("trust")?;
    Ok(Revision {
        id: row.get("id")?,
        connection: ConnectionId(row.get("connection_id")?),
        number: row.get("number")?,
        hash: row.get("hash")?,
        config,
        secret: row.maybe("secret")?,
        secret_id: row.maybe("secret_id")?,
        trust: Trust::parse(&trust),
        created_at: row.get("created_at")?,
        activated_at: row.maybe("activated_at")?,
    })
}
