//! Who may administer what.

use laneway_sqlkit::{DbError, On, Row, Tx, q};

use crate::domain::{OrgId, TenantId, UpstreamId, UserId};

/// A grant row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// Id.
    pub id: String,
    /// `user`, `token` or `service_account`.
    pub principal_kind: String,
    /// Whose.
    pub principal_id: String,
    /// A role of operators.
    pub role: String,
    /// `instance`, `tenant` or `org`.
    pub scope: String,
    /// Which tenant, unless it is the instance.
    pub tenant: Option<TenantId>,
    /// Which organization.
    pub org: Option<OrgId>,
    /// Epoch ms.
    pub created_at: i64,
}

/// Grants a role over the instance or one tenant; nothing happens when it exists.
pub async fn grant(
    tx: &mut Tx,
    id: &str,
    principal: (&str, &str),
    role: &str,
    tenant: Option<&TenantId>,
    now: i64,
) -> Result<(), DbError> {
    let scope = if tenant.is_some() {
        "tenant"
    } else {
        "instance"
    };
    let row = GrantRow {
        id: id.to_owned(),
        principal_kind: principal.0.to_owned(),
        principal_id: principal.1.to_owned(),
        role: role.to_owned(),
        scope: scope.to_owned(),
        tenant: tenant.cloned(),
        org: None,
        created_at: now,
    };
    create(tx, &row).await?;
    Ok(())
}

/// Inserts; `Ok(false)`: the same grant exists.
pub async fn create(tx: &mut Tx, row: &GrantRow) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO operator_grants (id, principal_kind, principal_id, role, scope, tenant_id, \
       org_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(&row.id)
    .bind(&row.principal_kind)
    .bind(&row.principal_id)
    .bind(&row.role)
    .bind(&row.scope)
    .bind(row.tenant.as_ref().map(TenantId::as_str))
    .bind(row.org.as_ref().map(OrgId::as_str))
    .bind(row.created_at)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// All grants of one principal (few).
pub async fn of_principal(on: impl On, kind: &str, id: &str) -> Result<Vec<GrantRow>, DbError> {
    let rows = q(
        "SELECT id, principal_kind, principal_id, role, scope, tenant_id, org_id, created_at \
                  FROM operator_grants WHERE principal_kind = $1 AND principal_id = $2 \
                  ORDER BY id LIMIT 200",
    )
    .bind(kind)
    .bind(id)
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// All grants of people of a tenant, wherever they reach (few: operators are appointed by
/// hand).
pub async fn of_people(on: impl On, tenant: &TenantId) -> Result<Vec<GrantRow>, DbError> {
    let rows = q(
        "SELECT g.id, g.principal_kind, g.principal_id, g.role, g.scope, g.tenant_id, g.org_id, \
                  g.created_at FROM operator_grants g JOIN users u ON u.id = g.principal_id \
                  WHERE g.principal_kind = 'user' AND u.tenant_id = $1 AND u.state <> 'deleted' \
                  ORDER BY g.id LIMIT 2000",
    )
    .bind(tenant.as_str())
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// All grants of people of a tenant who are linked to a source, wherever they reach.
pub async fn of_linked(
    on: impl On,
    tenant: &TenantId,
    source: &UpstreamId,
) -> Result<Vec<GrantRow>, DbError> {
    let rows = q(
        "SELECT DISTINCT g.id, g.principal_kind, g.principal_id, g.role, g.scope, g.tenant_id, \
                  g.org_id, g.created_at FROM operator_grants g JOIN identity_links l \
                  ON l.user_id = g.principal_id WHERE g.principal_kind = 'user' \
                  AND l.tenant_id = $1 AND l.source_id = $2 ORDER BY g.id LIMIT 2000",
    )
    .bind(tenant.as_str())
    .bind(source.as_str())
    .all(on)
    .await?;
    rows.iter().map(from_row).collect()
}

/// One grant of somebody of a tenant.
pub async fn find(on: impl On, tenant: &TenantId, id: &str) -> Result<Option<GrantRow>, DbError> {
    Ok(of_people(on, tenant)
        .await?
        .into_iter()
        .find(|row| row.id == id))
}

/// Removes a grant.
pub async fn revoke(tx: &mut Tx, id: &str) -> Result<bool, DbError> {
    let count = q("DELETE FROM operator_grants WHERE id = $1")
        .bind(id)
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Is this user an owner of the whole instance?
pub async fn is_owner(on: impl On, user: &UserId) -> Result<bool, DbError> {
    let row = q(
        "SELECT id FROM operator_grants WHERE principal_kind = 'user' \
                 AND principal_id = $1 AND role = 'owner' AND scope = 'instance'",
    )
    .bind(user.as_str())
    .optional(on)
    .await?;
    Ok(row.is_some())
}

/// Does any person but this one own the instance, who can still sign in?
pub async fn other_owner(on: impl On, user: &UserId) -> Result<bool, DbError> {
    let row = q(
        "SELECT g.id FROM operator_grants g JOIN users u ON u.id = g.principal_id \
                 WHERE g.principal_kind = 'user' AND g.role = 'owner' AND g.scope = 'instance' \
                 AND g.principal_id <> $1 AND u.state = 'active' LIMIT 1",
    )
    .bind(user.as_str())
    .optional(on)
    .await?;
    Ok(row.is_some())
}

/// Holds all grants of owners until the transaction ends.
pub async fn lock_owners(tx: &mut Tx) -> Result<(), DbError> {
    q("UPDATE operator_grants SET role = role WHERE role = 'owner' AND scope = 'instance'")
        .run(tx)
        .await?;
    Ok(())
}

/// Does any person own this instance yet?
pub async fn any_owner(on: impl On) -> Result<bool, DbError> {
    let row = q(
        "SELECT id FROM operator_grants WHERE principal_kind = 'user' \
                 AND role = 'owner' AND scope = 'instance' LIMIT 1",
    )
    .optional(on)
    .await?;
    Ok(row.is_some())
}

fn from_row(row: &Row) -> Result<GrantRow, DbError> {
    Ok(GrantRow {
        id: row.get("id")?,
        principal_kind: row.get("principal_kind")?,
        principal_id: row.get("principal_id")?,
        role: row.get("role")?,
        scope: row.get("scope")?,
        tenant: row.maybe("tenant_id")?.map(TenantId),
        org: row.maybe("org_id")?.map(OrgId),
        created_at: row.get("created_at")?,
    })
}
