//! Roles: those that every tenant has, and those that tenants and organizations define.
//!
//! A short name is one role wherever it can be granted: one of an organization never has the
//! name of one of its tenant.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::mapping::Mapping;
use crate::domain::{OrgId, TenantId};

/// A role row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Id.
    pub id: String,
    /// Granted in this organization only; none: in all of the tenant.
    pub org: Option<OrgId>,
    /// Short name; grants, rules and tokens use it, so it never changes.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it permits, in order of the table.
    pub permissions: Vec<String>,
    /// For `ETag`.
    pub version: i64,
    /// Epoch ms; 0 for those that came with the tenant.
    pub created_at: i64,
}

impl Role {
    /// One that comes with the tenant.
    pub fn of_tenant(id: String, slug: &str, name: &str, permissions: &[&str]) -> Self {
        Self {
            id,
            org: None,
            slug: slug.to_owned(),
            name: name.to_owned(),
            permissions: permissions.iter().map(|word| (*word).to_owned()).collect(),
            version: 1,
            created_at: 0,
        }
    }
}

const COLUMNS: &str = "id, org_id, slug, name, permissions, version, created_at";

/// Those of the tenant, and of the organization where there is one.
const VISIBLE: &str = "tenant_id = $1 AND (org_id IS NULL OR org_id = $2)";

/// Defines a role; false, and nothing happens, when its place has one of the name.
pub async fn define(tx: &mut Tx, tenant: &TenantId, role: &Role) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO roles (id, tenant_id, org_id, slug, name, permissions, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(&role.id)
    .bind(tenant.as_str())
    .bind(role.org.as_ref().map(OrgId::as_str))
    .bind(&role.slug)
    .bind(&role.name)
    .bind(role.permissions.join(" "))
    .bind(role.created_at)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Holds the names of a tenant's roles until the transaction ends.
pub async fn lock(tx: &mut Tx, tenant: &TenantId) -> Result<(), DbError> {
    q("UPDATE tenants SET version = version WHERE id = $1")
        .bind(tenant.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// Is a name taken wherever a role of this place could be granted?
pub async fn is_taken(
    on: impl On,
    tenant: &TenantId,
    org: Option<&OrgId>,
    slug: &str,
) -> Result<bool, DbError> {
    let row = q("SELECT id FROM roles WHERE tenant_id = $1 AND slug = $3 \
                 AND ($2 = '' OR org_id IS NULL OR org_id = $2) LIMIT 1")
    .bind(tenant.as_str())
    .bind(org.map_or("", OrgId::as_str))
    .bind(slug)
    .optional(on)
    .await?;
    Ok(row.is_some())
}

/// How many a place has defined itself, with those that came with the tenant.
pub async fn count(on: impl On, tenant: &TenantId, org: Option<&OrgId>) -> Result<i64, DbError> {
    q("SELECT COUNT(*) AS n FROM roles WHERE tenant_id = $1 AND COALESCE(org_id, '') = $2")
        .bind(tenant.as_str())
        .bind(org.map_or("", OrgId::as_str))
        .one(on)
        .await?
        .get("n")
}

/// A role that can be granted in a place, by its short name.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    org: Option<&OrgId>,
    slug: &str,
) -> Result<Option<Role>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM roles WHERE {VISIBLE} AND slug = $3");
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.map_or("", OrgId::as_str))
        .bind(slug)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A page of the roles that can be granted in a place, by short name.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: Option<&OrgId>,
    after: &str,
    limit: i64,
) -> Result<Vec<Role>, DbError> {
    let sql =
        format!("SELECT {COLUMNS} FROM roles WHERE {VISIBLE} AND slug > $3 ORDER BY slug LIMIT $4");
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.map_or("", OrgId::as_str))
        .bind(after)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Writes name and permissions where the version is still the one that was read.
pub async fn update(tx: &mut Tx, tenant: &TenantId, role: &Role) -> Result<bool, DbError> {
    let count = q(
        "UPDATE roles SET name = $1, permissions = $2, version = version + 1 \
                   WHERE tenant_id = $3 AND id = $4 AND version = $5",
    )
    .bind(&role.name)
    .bind(role.permissions.join(" "))
    .bind(tenant.as_str())
    .bind(&role.id)
    .bind(role.version)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Deletes a role. `Ok(false)`: it is gone, or somebody has it; the transaction is then to be
/// given up.
pub async fn delete(tx: &mut Tx, tenant: &TenantId, role: &Role) -> Result<bool, DbError> {
    let count = q("DELETE FROM roles WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(&role.id)
        .run(tx)
        .await;
    match count {
        Err(DbError::Conflict(_)) => Ok(false),
        count => Ok(count? == 1),
    }
}

/// What a role is used for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uses {
    /// Members who have it.
    pub members: i64,
    /// Groups that give it.
    pub groups: i64,
    /// Service accounts that have it.
    pub service_accounts: i64,
    /// Invitations that wait and promise it.
    pub invitations: i64,
    /// Short names of the connections whose rules give it.
    pub connections: Vec<String>,
}

impl Uses {
    /// Is it used at all?
    pub fn any(&self) -> bool {
        self.members + self.groups + self.service_accounts + self.invitations > 0
            || !self.connections.is_empty()
    }
}

/// Who has a role, and what would give it.
pub async fn uses(tx: &mut Tx, tenant: &TenantId, role: &Role, now: i64) -> Result<Uses, DbError> {
    let row = q(
        "SELECT (SELECT COUNT(DISTINCT membership_id) FROM role_grants WHERE tenant_id = $1 \
         AND role_id = $2) AS members, (SELECT COUNT(*) FROM group_roles WHERE tenant_id = $1 \
         AND role_id = $2) AS in_groups, (SELECT COUNT(*) FROM service_account_roles \
         WHERE tenant_id = $1 AND role_id = $2) AS in_services",
    )
    .bind(tenant.as_str())
    .bind(&role.id)
    .one(&mut *tx)
    .await?;
    Ok(Uses {
        members: row.get("members")?,
        groups: row.get("in_groups")?,
        service_accounts: row.get("in_services")?,
        invitations: invitations(&mut *tx, tenant, role, now).await?,
        connections: connections(tx, tenant, role).await?,
    })
}

async fn invitations(
    on: impl On,
    tenant: &TenantId,
    role: &Role,
    now: i64,
) -> Result<i64, DbError> {
    let rows = q(
        "SELECT roles, COUNT(*) AS n FROM invitations WHERE tenant_id = $1 AND org_id IS NOT NULL \
         AND ($2 = '' OR org_id = $2) AND accepted_at IS NULL AND revoked_at IS NULL \
         AND expires_at > $3 GROUP BY roles",
    )
    .bind(tenant.as_str())
    .bind(role.org.as_ref().map_or("", OrgId::as_str))
    .bind(now)
    .all(on)
    .await?;
    let mut all = 0;
    for row in &rows {
        let roles: String = row.get("roles")?;
        if roles.split_ascii_whitespace().any(|slug| slug == role.slug) {
            all += row.get::<i64>("n")?;
        }
    }
    Ok(all)
}

async fn connections(on: impl On, tenant: &TenantId, role: &Role) -> Result<Vec<String>, DbError> {
    let rows = q(
        "SELECT c.slug, r.mapping FROM connections c JOIN role_mapping_revisions r \
         ON r.tenant_id = c.tenant_id AND r.connection_id = c.id AND r.number = ( \
         SELECT MAX(x.number) FROM role_mapping_revisions x WHERE x.tenant_id = c.tenant_id \
         AND x.connection_id = c.id) WHERE c.tenant_id = $1 AND ($2 = '' OR c.org_id = $2) \
         ORDER BY c.slug",
    )
    .bind(tenant.as_str())
    .bind(role.org.as_ref().map_or("", OrgId::as_str))
    .all(on)
    .await?;
    let mut all = Vec::new();
    for row in &rows {
        let text: String = row.get("mapping")?;
        let mapping: Mapping = serde_json::from_str(&text)
            .map_err(|_| DbError::Broken("role_mapping_revisions.mapping is garbled".into()))?;
        if mapping.roles().contains(role.slug.as_str()) {
            all.push(row.get("slug")?);
        }
    }
    Ok(all)
}

fn from_row(row: &Row) -> Result<Role, DbError> {
    let permissions: String = row.get("permissions")?;
    Ok(Role {
        id: row.get("id")?,
        org: row.maybe("org_id")?.map(OrgId),
        slug: row.get("slug")?,
        name: row.get("name")?,
        permissions: permissions
            .split_ascii_whitespace()
            .map(str::to_owned)
            .collect(),
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
