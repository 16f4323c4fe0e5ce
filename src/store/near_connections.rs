//! Connections that lie so near to one that they could be taken for it.

use laneway_sqlkit::{DbError, On, q_dynamic};

use super::connections::{COLUMNS, FROM, from_row};
use crate::domain::connection::{Config, Connection};
use crate::domain::{OrgId, TenantId};

/// Connections that could be taken for this one, with what is live of them, or drafted: those of its
/// organization, and those that call us by the same name.
pub async fn near(
    on: impl On,
    tenant: &TenantId,
    one: &Connection,
) -> Result<Vec<(Connection, Config)>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS}, n.config {FROM} \
         JOIN connection_revisions n ON n.tenant_id = c.tenant_id AND n.connection_id = c.id \
         AND n.number = COALESCE(c.active, c.draft) WHERE c.tenant_id = $1 AND c.id <> $2 \
         AND c.protocol = $3 AND (c.org_id = $4 OR c.sp_entity_id = $5) ORDER BY c.id LIMIT 50"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(one.id.as_str())
        .bind(one.protocol.as_str())
        .bind(one.org.as_ref().map(OrgId::as_str))
        .bind(one.sp_entity_id.as_deref())
        .all(on)
        .await?;
    let mut all = Vec::new();
    for row in &rows {
        let (found, config) = (from_row(row)?, row.get::<String>("config")?);
        if let Ok(config) = Config::read(found.protocol, &config) {
            all.push((found, config));
        }
    }
    Ok(all)
}
