//! Groups of an organization's members, and the roles that they give.
//!
//! What a group gives is written out as grants of its members, so that everything that reads
//! grants reads it; here is the one place that keeps both in step.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::{OrgId, TenantId, UserId};

/// The source of what a group gives.
pub const SOURCE: &str = "group";

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Id.
    pub id: String,
    /// Name; one of an organization.
    pub name: String,
    /// Short names of the roles that it gives, sorted.
    pub roles: Vec<String>,
    /// How many are in it.
    pub members: i64,
    /// For `ETag`.
    pub version: i64,
    /// Epoch ms.
    pub created_at: i64,
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupMember {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// Since when, epoch ms.
    pub since: i64,
}

/// Inserts without roles; false, and nothing happens, when the organization has one of the
/// name.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    group: &Group,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO groups (id, tenant_id, org_id, name, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(&group.id)
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(&group.name)
    .bind(group.created_at)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// How many an organization has.
pub async fn count(on: impl On, tenant: &TenantId, org: &OrgId) -> Result<i64, DbError> {
    q("SELECT COUNT(*) AS n FROM groups WHERE tenant_id = $1 AND org_id = $2")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .one(on)
        .await?
        .get("n")
}

/// Holds a group's row until the transaction ends, so that whoever joins meanwhile gets what
/// the group gives afterwards.
pub async fn lock(tx: &mut Tx, tenant: &TenantId, group: &str) -> Result<(), DbError> {
    q("UPDATE groups SET version = version WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(group)
        .run(tx)
        .await?;
    Ok(())
}

/// One row per role, in order of group.
const SELECT: &str = "SELECT g.id, g.name, g.version, g.created_at, r.slug, \
    (SELECT COUNT(*) FROM group_members c WHERE c.tenant_id = g.tenant_id AND c.group_id = g.id) \
    AS members FROM groups g \
    LEFT JOIN group_roles x ON x.tenant_id = g.tenant_id AND x.group_id = g.id \
    LEFT JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id";

/// A group of that organization.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    id: &str,
) -> Result<Option<Group>, DbError> {
    let sql =
        format!("{SELECT} WHERE g.tenant_id = $1 AND g.org_id = $2 AND g.id = $3 ORDER BY r.slug");
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(id)
        .all(on)
        .await?;
    Ok(gather(&rows)?.pop())
}

/// A page in order of id; `user` limits it to the groups that somebody is in.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    user: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Group>, DbError> {
    let sql = format!(
        "{SELECT} WHERE g.tenant_id = $1 AND g.id IN ( \
         SELECT p.id FROM groups p WHERE p.tenant_id = $1 AND p.org_id = $2 AND p.id > $3 \
         AND ($4 = '' OR EXISTS (SELECT 1 FROM group_members y JOIN memberships m \
         ON m.tenant_id = y.tenant_id AND m.id = y.membership_id \
         WHERE y.tenant_id = p.tenant_id AND y.group_id = p.id AND m.user_id = $4)) \
         ORDER BY p.id LIMIT $5) ORDER BY g.id, r.slug"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(after)
        .bind(user)
        .bind(limit)
        .all(on)
        .await?;
    gather(&rows)
}

/// Writes the name where the version is still the one that was read. `Conflict` when another
/// group has it.
pub async fn update(tx: &mut Tx, tenant: &TenantId, group: &Group) -> Result<bool, DbError> {
    let count = q("UPDATE groups SET name = $1, version = version + 1 \
                   WHERE tenant_id = $2 AND id = $3 AND version = $4")
    .bind(&group.name)
    .bind(tenant.as_str())
    .bind(&group.id)
    .bind(group.version)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Makes the roles of a group exactly these, and what its members have by it.
pub async fn set_roles(
    tx: &mut Tx,
    tenant: &TenantId,
    (org, group): (&OrgId, &str),
    roles: &[String],
    now: i64,
) -> Result<(), DbError> {
    forget_roles(&mut *tx, tenant, group).await?;
    for role in roles {
        q("INSERT INTO group_roles (tenant_id, group_id, role_id) \
             SELECT $1, $2, r.id FROM roles r WHERE r.tenant_id = $1 AND r.slug = $3 \
             AND (r.org_id IS NULL OR r.org_id = $4) ON CONFLICT DO NOTHING")
        .bind(tenant.as_str())
        .bind(group)
        .bind(role)
        .bind(org.as_str())
        .run(&mut *tx)
        .await?;
    }
    give(tx, tenant, group, "", now).await
}

async fn forget_roles(tx: &mut Tx, tenant: &TenantId, group: &str) -> Result<(), DbError> {
    take(&mut *tx, tenant, group, "").await?;
    q("DELETE FROM group_roles WHERE tenant_id = $1 AND group_id = $2")
        .bind(tenant.as_str())
        .bind(group)
        .run(tx)
        .await?;
    Ok(())
}

/// Writes out what a group gives: to one member, or to all where none is named.
async fn give(
    tx: &mut Tx,
    tenant: &TenantId,
    group: &str,
    membership: &str,
    now: i64,
) -> Result<(), DbError> {
    // An id that is made of what it joins: nothing else can have it.
    q(
        "INSERT INTO role_grants (id, tenant_id, membership_id, role_id, role, source, source_id, \
         created_at) SELECT m.group_id || '.' || m.membership_id || '.' || r.id, m.tenant_id, \
         m.membership_id, r.id, r.slug, $4, m.group_id, $5 FROM group_members m \
         JOIN group_roles x ON x.tenant_id = m.tenant_id AND x.group_id = m.group_id \
         JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id \
         WHERE m.tenant_id = $1 AND m.group_id = $2 AND ($3 = '' OR m.membership_id = $3) \
         ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(group)
    .bind(membership)
    .bind(SOURCE)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Takes away what a group has given, from one member or from all; what other sources have
/// given stays.
async fn take(
    tx: &mut Tx,
    tenant: &TenantId,
    group: &str,
    membership: &str,
) -> Result<(), DbError> {
    q(
        "DELETE FROM role_grants WHERE tenant_id = $1 AND source = $2 AND source_id = $3 \
         AND ($4 = '' OR membership_id = $4)",
    )
    .bind(tenant.as_str())
    .bind(SOURCE)
    .bind(group)
    .bind(membership)
    .run(tx)
    .await?;
    Ok(())
}

/// Puts a member of the same organization into a group; false where they are in it.
pub async fn add_member(
    tx: &mut Tx,
    tenant: &TenantId,
    group: &str,
    membership: &str,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO group_members (tenant_id, group_id, membership_id, created_at) \
         SELECT g.tenant_id, g.id, m.id, $4 FROM groups g JOIN memberships m \
         ON m.tenant_id = g.tenant_id AND m.org_id = g.org_id \
         WHERE g.tenant_id = $1 AND g.id = $2 AND m.id = $3 ON CONFLICT DO NOTHING",
    )
    .bind(tenant.as_str())
    .bind(group)
    .bind(membership)
    .bind(now)
    .run(&mut *tx)
    .await?;
    give(tx, tenant, group, membership, now).await?;
    Ok(count == 1)
}

/// Takes a member out of a group; false where they are not in it.
pub async fn remove_member(
    tx: &mut Tx,
    tenant: &TenantId,
    group: &str,
    membership: &str,
) -> Result<bool, DbError> {
    take(&mut *tx, tenant, group, membership).await?;
    let count = q(
        "DELETE FROM group_members WHERE tenant_id = $1 AND group_id = $2 AND membership_id = $3",
    )
    .bind(tenant.as_str())
    .bind(group)
    .bind(membership)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// A page of those in a group, in order of their user's id.
pub async fn members(
    on: impl On,
    tenant: &TenantId,
    group: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<GroupMember>, DbError> {
    let rows = q(
        "SELECT m.user_id, u.name, u.email, x.created_at FROM group_members x \
         JOIN memberships m ON m.tenant_id = x.tenant_id AND m.id = x.membership_id \
         JOIN users u ON u.tenant_id = m.tenant_id AND u.id = m.user_id \
         WHERE x.tenant_id = $1 AND x.group_id = $2 AND m.user_id > $3 \
         ORDER BY m.user_id LIMIT $4",
    )
    .bind(tenant.as_str())
    .bind(group)
    .bind(after)
    .bind(limit)
    .all(on)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(GroupMember {
                user: UserId(row.get("user_id")?),
                name: row.maybe("name")?,
                email: row.maybe("email")?,
                since: row.get("created_at")?,
            })
        })
        .collect()
}

/// Deletes a group with what it gave.
pub async fn delete(tx: &mut Tx, tenant: &TenantId, group: &str) -> Result<bool, DbError> {
    forget_roles(&mut *tx, tenant, group).await?;
    q("DELETE FROM group_members WHERE tenant_id = $1 AND group_id = $2")
        .bind(tenant.as_str())
        .bind(group)
        .run(&mut *tx)
        .await?;
    let count = q("DELETE FROM groups WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(group)
        .run(tx)
        .await?;
    Ok(count == 1)
}

fn gather(rows: &[Row]) -> Result<Vec<Group>, DbError> {
    let mut all: Vec<Group> = Vec::new();
    for row in rows {
        let id: String = row.get("id")?;
        if all.last().is_none_or(|last| last.id != id) {
            all.push(Group {
                id,
                name: row.get("name")?,
                roles: Vec::new(),
                members: row.get("members")?,
                version: row.get("version")?,
                created_at: row.get("created_at")?,
            });
        }
        if let (Some(role), Some(group)) = (row.maybe::<String>("slug")?, all.last_mut()) {
            group.roles.push(role);
        }
    }
    Ok(all)
}
