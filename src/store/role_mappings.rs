//! Role mappings of connections: each change is a new row, and the newest counts.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::mapping::Mapping;
use crate::domain::{ConnectionId, TenantId};

/// The mapping that counts, with its number; number 0 and no rules where none was set.
pub async fn current(
    on: impl On,
    tenant: &TenantId,
    connection: &ConnectionId,
) -> Result<(i64, Mapping), DbError> {
    let row = q(
        "SELECT number, mapping FROM role_mapping_revisions WHERE tenant_id = $1 \
         AND connection_id = $2 ORDER BY number DESC LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .optional(on)
    .await?;
    let Some(row) = row else {
        return Ok((0, Mapping::default()));
    };
    let text: String = row.get("mapping")?;
    // Unreadable rules are no rules: an error, or everybody would lose or gain by it.
    let mapping = serde_json::from_str(&text)
        .map_err(|_| DbError::Broken("role_mapping_revisions.mapping is garbled".into()))?;
    Ok((row.get("number")?, mapping))
}

/// Adds the next one; `Conflict` when somebody was faster.
pub async fn add(
    tx: &mut Tx,
    tenant: &TenantId,
    connection: &ConnectionId,
    (id, number): (&str, i64),
    mapping: &Mapping,
    now: i64,
) -> Result<(), DbError> {
    let text = serde_json::to_string(mapping)
        .map_err(|_| DbError::Broken("a role mapping is no JSON".into()))?;
    q(
        "INSERT INTO role_mapping_revisions (id, tenant_id, connection_id, number, mapping, \
         created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(tenant.as_str())
    .bind(connection.as_str())
    .bind(number)
    .bind(text)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}
