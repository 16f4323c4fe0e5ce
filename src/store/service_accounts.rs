//! Service accounts: callers that are no people, of an organization or of the tenant, and the
//! roles that they have in their organization.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};
use serde::{Deserialize, Serialize};

use crate::domain::user::Membership;
use crate::domain::{OrgId, TenantId};

/// Do its keys count?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceState {
    /// Yes.
    Active,
    /// No.
    Disabled,
}

impl ServiceState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Id; the `sub` of what it calls with.
    pub id: String,
    /// Of which organization; none: of the tenant.
    pub org: Option<OrgId>,
    /// What people call it.
    pub name: String,
    /// On or off.
    pub state: ServiceState,
    /// Short names of its roles there, sorted.
    pub roles: Vec<String>,
    /// For `ETag`.
    pub version: i64,
    /// Epoch ms.
    pub created_at: i64,
}

/// Inserts without roles.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    account: &ServiceAccount,
) -> Result<(), DbError> {
    q(
        "INSERT INTO service_accounts (id, tenant_id, org_id, name, state, created_at) \
       VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&account.id)
    .bind(tenant.as_str())
    .bind(account.org.as_ref().map(OrgId::as_str))
    .bind(&account.name)
    .bind(account.state.as_str())
    .bind(account.created_at)
    .run(tx)
    .await?;
    Ok(())
}

/// Makes its roles exactly these, of those that can be granted in its organization.
pub async fn set_roles(
    tx: &mut Tx,
    tenant: &TenantId,
    (org, id): (&OrgId, &str),
    roles: &[String],
) -> Result<(), DbError> {
    q("DELETE FROM service_account_roles WHERE tenant_id = $1 AND service_id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .run(&mut *tx)
        .await?;
    for role in roles {
        q(
            "INSERT INTO service_account_roles (tenant_id, service_id, role_id) \
           SELECT r.tenant_id, $2, r.id FROM roles r WHERE r.tenant_id = $1 \
           AND (r.org_id IS NULL OR r.org_id = $3) AND r.slug = $4 ON CONFLICT DO NOTHING",
        )
        .bind(tenant.as_str())
        .bind(id)
        .bind(org.as_str())
        .bind(role)
        .run(&mut *tx)
        .await?;
    }
    Ok(())
}

/// One row per role, in order of account.
const SELECT: &str = "SELECT s.id, s.org_id, s.name, s.state, s.version, s.created_at, r.slug \
    FROM service_accounts s \
    LEFT JOIN service_account_roles x ON x.tenant_id = s.tenant_id AND x.service_id = s.id \
    LEFT JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id";

/// An account of that organization.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    id: &str,
) -> Result<Option<ServiceAccount>, DbError> {
    let sql =
        format!("{SELECT} WHERE s.tenant_id = $1 AND s.org_id = $2 AND s.id = $3 ORDER BY r.slug");
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(id)
        .all(on)
        .await?;
    Ok(gather(&rows)?.pop())
}

/// The organization of an account of the tenant, whichever it is.
pub async fn find_anywhere(
    on: impl On,
    tenant: &TenantId,
    id: &str,
) -> Result<Option<ServiceAccount>, DbError> {
    let sql = format!("{SELECT} WHERE s.tenant_id = $1 AND s.id = $2 ORDER BY r.slug");
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(id)
        .all(on)
        .await?;
    Ok(gather(&rows)?.pop())
}

/// A page in order of id.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    after: &str,
    limit: i64,
) -> Result<Vec<ServiceAccount>, DbError> {
    let sql = format!(
        "{SELECT} WHERE s.tenant_id = $1 AND s.id IN (SELECT p.id FROM service_accounts p \
         WHERE p.tenant_id = $1 AND p.org_id = $2 AND p.id > $3 ORDER BY p.id LIMIT $4) \
         ORDER BY s.id, r.slug"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(after)
        .bind(limit)
        .all(on)
        .await?;
    gather(&rows)
}

/// How many an organization has.
pub async fn count(on: impl On, tenant: &TenantId, org: &OrgId) -> Result<i64, DbError> {
    q("SELECT COUNT(*) AS n FROM service_accounts WHERE tenant_id = $1 AND org_id = $2")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .one(on)
        .await?
        .get("n")
}

/// Writes name and state where the version is still the one that was read.
pub async fn update(
    tx: &mut Tx,
    tenant: &TenantId,
    account: &ServiceAccount,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE service_accounts SET name = $1, state = $2, version = version + 1 \
                   WHERE tenant_id = $3 AND id = $4 AND version = $5",
    )
    .bind(&account.name)
    .bind(account.state.as_str())
    .bind(tenant.as_str())
    .bind(&account.id)
    .bind(account.version)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Deletes an account with its keys.
pub async fn delete(tx: &mut Tx, tenant: &TenantId, id: &str) -> Result<bool, DbError> {
    for sql in [
        "DELETE FROM api_tokens WHERE tenant_id = $1 AND service_id = $2",
        "DELETE FROM public_keys WHERE tenant_id = $1 AND service_id = $2",
        "DELETE FROM service_account_roles WHERE tenant_id = $1 AND service_id = $2",
    ] {
        let statement = q(sql).bind(tenant.as_str()).bind(id);
        statement.run(&mut *tx).await?;
    }
    q("DELETE FROM operator_grants WHERE principal_kind = 'service_account' AND principal_id = $1")
        .bind(id)
        .run(&mut *tx)
        .await?;
    let count = q("DELETE FROM service_accounts WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// An account as callers see it: its name, and what it is in its organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What people call it.
    pub name: String,
    /// Epoch ms.
    pub created_at: i64,
    /// None: of the tenant.
    pub org: Option<Membership>,
}

/// What an account is, while it and its organization are switched on.
pub async fn standing(
    on: impl On,
    tenant: &TenantId,
    id: &str,
) -> Result<Option<Standing>, DbError> {
    let rows = q(
        "SELECT s.name, s.created_at, s.org_id, o.slug AS org_slug, o.name AS org_name, r.slug, \
         r.permissions FROM service_accounts s \
         LEFT JOIN organizations o ON o.tenant_id = s.tenant_id AND o.id = s.org_id \
         LEFT JOIN service_account_roles x ON x.tenant_id = s.tenant_id AND x.service_id = s.id \
         LEFT JOIN roles r ON r.tenant_id = x.tenant_id AND r.id = x.role_id \
         WHERE s.tenant_id = $1 AND s.id = $2 AND s.state = 'active' \
         AND (s.org_id IS NULL OR o.state = 'active') ORDER BY r.slug",
    )
    .bind(tenant.as_str())
    .bind(id)
    .all(on)
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut org = None;
    if let Some(id) = first.maybe::<String>("org_id")? {
        let (roles, permissions) = granted(&rows)?;
        org = Some(Membership {
            org: OrgId(id),
            slug: first.get("org_slug")?,
            name: first.get("org_name")?,
            roles,
            permissions,
            max_staleness: None,
        });
    }
    Ok(Some(Standing {
        name: first.get("name")?,
        created_at: first.get("created_at")?,
        org,
    }))
}

/// Roles, and the union of what they permit, both sorted.
fn granted(rows: &[Row]) -> Result<(Vec<String>, Vec<String>), DbError> {
    let (mut roles, mut words) = (Vec::new(), std::collections::BTreeSet::new());
    for row in rows {
        roles.extend(row.maybe::<String>("slug")?);
        let permissions: Option<String> = row.maybe("permissions")?;
        let permissions = permissions.unwrap_or_default();
        words.extend(permissions.split_ascii_whitespace().map(str::to_owned));
    }
    Ok((roles, words.into_iter().collect()))
}

fn gather(rows: &[Row]) -> Result<Vec<ServiceAccount>, DbError> {
    let mut all: Vec<ServiceAccount> = Vec::new();
    for row in rows {
        let id: String = row.get("id")?;
        if all.last().is_none_or(|last| last.id != id) {
            let state: String = row.get("state")?;
            all.push(ServiceAccount {
                id,
                org: row.maybe("org_id")?.map(OrgId),
                name: row.get("name")?,
                state: if state == "active" {
                    ServiceState::Active
                } else {
                    ServiceState::Disabled
                },
                roles: Vec::new(),
                version: row.get("version")?,
                created_at: row.get("created_at")?,
            });
        }
        if let Some(last) = all.last_mut() {
            last.roles.extend(row.maybe::<String>("slug")?);
        }
    }
    Ok(all)
}
