//! Organizations, memberships and role grants.

use std::collections::{BTreeMap, BTreeSet};

use laneway_contract::Acr;
use laneway_sqlkit::{DbError, On, Row, Tx, q};
use serde::{Deserialize, Serialize};

use super::admissions::read_acr;
use super::erasure::OF_ORGANIZATION;
use crate::domain::tenant::OrgBrand;
use crate::domain::user::Membership;
use crate::domain::{OrgId, TenantId, UserId};

/// May anybody act in it?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrgState {
    /// Yes.
    Active,
    /// No.
    Disabled,
}

impl OrgState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// An organization row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Id.
    pub id: OrgId,
    /// Short name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// On or off.
    pub state: OrgState,
    /// The rung that a session must have reached to act in it.
    pub required_acr: Option<Acr>,
    /// How old a provider's word on a session that acts in it may be, in seconds.
    pub max_staleness: Option<i64>,
    /// Its sign-in takes what the tenant has attached for everybody.
    pub social_login: bool,
    /// How its sign-in looks.
    pub brand: OrgBrand,
    /// For `ETag`.
    pub version: i64,
    /// Epoch ms.
    pub created_at: i64,
}

/// Inserts; `Conflict` when the slug is taken.
pub async fn create(tx: &mut Tx, tenant: &TenantId, org: &Organization) -> Result<(), DbError> {
    q(
        "INSERT INTO organizations (id, tenant_id, slug, name, state, created_at) \
       VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(org.id.as_str())
    .bind(tenant.as_str())
    .bind(&org.slug)
    .bind(&org.name)
    .bind(org.state.as_str())
    .bind(org.created_at)
    .run(tx)
    .await?;
    Ok(())
}

/// By id or short name.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    id_or_slug: &str,
) -> Result<Option<Organization>, DbError> {
    let row = q(
        "SELECT id, slug, name, state, required_acr, max_staleness_s, social_login, brand, version, \
         created_at FROM organizations \
                 WHERE tenant_id = $1 AND (id = $2 OR slug = $2) \
                 ORDER BY CASE WHEN id = $2 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(id_or_slug)
    .optional(on)
    .await?;
    row.as_ref().map(org_from_row).transpose()
}

/// A page in order of id.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<Organization>, DbError> {
    let rows = q(
        "SELECT id, slug, name, state, required_acr, max_staleness_s, social_login, brand, version, \
         created_at FROM organizations \
                  WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(tenant.as_str())
    .bind(after)
    .bind(limit)
    .all(on)
    .await?;
    rows.iter().map(org_from_row).collect()
}

/// Writes all changeable members where the version is still the one that was read.
pub async fn update(tx: &mut Tx, tenant: &TenantId, org: &Organization) -> Result<bool, DbError> {
    let count = q(
        "UPDATE organizations SET slug = $1, name = $2, state = $3, required_acr = $4, \
         brand = $5, social_login = $6, max_staleness_s = $7, version = version + 1 \
         WHERE tenant_id = $8 AND id = $9 AND version = $10",
    )
    .bind(&org.slug)
    .bind(&org.name)
    .bind(org.state.as_str())
    .bind(org.required_acr.map(Acr::as_str))
    .bind(serde_json::to_string(&org.brand).unwrap_or_default())
    .bind(org.social_login)
    .bind(org.max_staleness)
    .bind(tenant.as_str())
    .bind(org.id.as_str())
    .bind(org.version)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Holds an organization's row until the transaction ends.
pub async fn lock(tx: &mut Tx, tenant: &TenantId, org: &OrgId) -> Result<(), DbError> {
    q("UPDATE organizations SET version = version WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .run(tx)
        .await?;
    Ok(())
}

/// Deletes an organization and all that hangs on it; people and audit events stay.
pub async fn delete(tx: &mut Tx, tenant: &TenantId, org: &OrgId) -> Result<bool, DbError> {
    for sql in OF_ORGANIZATION {
        q(sql)
            .bind(tenant.as_str())
            .bind(org.as_str())
            .run(&mut *tx)
            .await?;
    }
    let count = q("DELETE FROM organizations WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Adds a member; nothing happens when they are one. Answers the membership's id.
pub async fn add_member(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
    new_id: &str,
    now: i64,
) -> Result<String, DbError> {
    q(
        "INSERT INTO memberships (id, tenant_id, org_id, user_id, state, created_at) \
       VALUES ($1, $2, $3, $4, 'active', $5) ON CONFLICT (tenant_id, org_id, user_id) DO NOTHING",
    )
    .bind(new_id)
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(user.as_str())
    .bind(now)
    .run(&mut *tx)
    .await?;
    q("SELECT id FROM memberships WHERE tenant_id = $1 AND org_id = $2 AND user_id = $3")
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(user.as_str())
        .one(tx)
        .await?
        .get("id")
}

/// Replaces the grants of one source; the grants of other sources stay.
pub async fn set_grants(
    tx: &mut Tx,
    tenant: &TenantId,
    membership: &str,
    source: &str,
    grants: &[(String, String)],
    now: i64,
) -> Result<(), DbError> {
    q("DELETE FROM role_grants WHERE tenant_id = $1 AND membership_id = $2 AND source = $3")
        .bind(tenant.as_str())
        .bind(membership)
        .bind(source)
        .run(&mut *tx)
        .await?;
    for (id, role) in grants {
        let grant = NewGrant {
            id,
            membership,
            role,
            source,
            source_id: "",
        };
        add_grant(&mut *tx, tenant, &grant, now).await?;
    }
    Ok(())
}

/// Takes away what one source granted, but for these roles.
pub async fn keep_grants(
    tx: &mut Tx,
    tenant: &TenantId,
    membership: &str,
    source: &str,
    roles: &BTreeSet<&str>,
) -> Result<(), DbError> {
    let rows = q(
        "SELECT id, role FROM role_grants WHERE tenant_id = $1 AND membership_id = $2 \
                  AND source = $3",
    )
    .bind(tenant.as_str())
    .bind(membership)
    .bind(source)
    .all(&mut *tx)
    .await?;
    for row in &rows {
        let (id, role): (String, String) = (row.get("id")?, row.get("role")?);
        if !roles.contains(role.as_str()) {
            q("DELETE FROM role_grants WHERE tenant_id = $1 AND id = $2")
                .bind(tenant.as_str())
                .bind(id)
                .run(&mut *tx)
                .await?;
        }
    }
    Ok(())
}

/// A grant from something that happened once, such as an invitation.
pub struct NewGrant<'a> {
    /// Id of the row.
    pub id: &'a str,
    /// Of whose place in the organization.
    pub membership: &'a str,
    /// What.
    pub role: &'a str,
    /// From which kind of source.
    pub source: &'a str,
    /// From which one.
    pub source_id: &'a str,
}

/// Adds a grant beside all others; nothing happens when it exists, or when nobody has defined
/// the role for the organization. While it is there, the role stays defined.
pub async fn add_grant(
    tx: &mut Tx,
    tenant: &TenantId,
    grant: &NewGrant<'_>,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO role_grants (id, tenant_id, membership_id, role_id, role, source, source_id, \
         created_at) SELECT $1, m.tenant_id, m.id, r.id, r.slug, $5, $6, $7 FROM memberships m \
         JOIN roles r ON r.tenant_id = m.tenant_id AND (r.org_id IS NULL OR r.org_id = m.org_id) \
         WHERE m.tenant_id = $2 AND m.id = $3 AND r.slug = $4 ON CONFLICT DO NOTHING",
    )
    .bind(grant.id)
    .bind(tenant.as_str())
    .bind(grant.membership)
    .bind(grant.role)
    .bind(grant.source)
    .bind(grant.source_id)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Makes what one source grants exactly these roles. Answers whether anything changed.
pub async fn set_from(
    tx: &mut Tx,
    tenant: &TenantId,
    membership: &str,
    (source, source_id): (&str, &str),
    grants: &[(String, String)],
    now: i64,
) -> Result<bool, DbError> {
    let had = granted_from(&mut *tx, tenant, membership, (source, source_id)).await?;
    let wanted: BTreeSet<String> = grants.iter().map(|(_, role)| role.clone()).collect();
    for role in had.difference(&wanted) {
        q(
            "DELETE FROM role_grants WHERE tenant_id = $1 AND membership_id = $2 AND source = $3 \
           AND source_id = $4 AND role = $5",
        )
        .bind(tenant.as_str())
        .bind(membership)
        .bind(source)
        .bind(source_id)
        .bind(role)
        .run(&mut *tx)
        .await?;
    }
    for (id, role) in grants.iter().filter(|(_, role)| !had.contains(role)) {
        let grant = NewGrant {
            id,
            membership,
            role,
            source,
            source_id,
        };
        add_grant(&mut *tx, tenant, &grant, now).await?;
    }
    Ok(had != wanted)
}

/// What one source has granted.
pub async fn granted_from(
    on: impl On,
    tenant: &TenantId,
    membership: &str,
    (source, source_id): (&str, &str),
) -> Result<BTreeSet<String>, DbError> {
    let rows = q(
        "SELECT role FROM role_grants WHERE tenant_id = $1 AND membership_id = $2 \
         AND source = $3 AND source_id = $4",
    )
    .bind(tenant.as_str())
    .bind(membership)
    .bind(source)
    .bind(source_id)
    .all(on)
    .await?;
    rows.iter().map(|row| row.get("role")).collect()
}

/// What every other source has granted.
pub async fn granted_besides(
    on: impl On,
    tenant: &TenantId,
    membership: &str,
    (source, source_id): (&str, &str),
) -> Result<BTreeSet<String>, DbError> {
    let rows = q(
        "SELECT DISTINCT role FROM role_grants WHERE tenant_id = $1 AND membership_id = $2 \
         AND NOT (source = $3 AND source_id = $4)",
    )
    .bind(tenant.as_str())
    .bind(membership)
    .bind(source)
    .bind(source_id)
    .all(on)
    .await?;
    rows.iter().map(|row| row.get("role")).collect()
}

/// All roles that may be granted in an organization, with what each permits.
pub async fn roles(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
) -> Result<Vec<(String, Vec<String>)>, DbError> {
    let rows = q("SELECT slug, permissions FROM roles WHERE tenant_id = $1 \
                  AND (org_id IS NULL OR org_id = $2) ORDER BY slug LIMIT 1000")
    .bind(tenant.as_str())
    .bind(org.as_str())
    .all(on)
    .await?;
    rows.iter()
        .map(|row| {
            let words: String = row.get("permissions")?;
            let words = words.split_ascii_whitespace().map(str::to_owned).collect();
            Ok((row.get("slug")?, words))
        })
        .collect()
}

/// A grant with its source, as the members API shows it.
pub async fn grants(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
) -> Result<Option<Vec<(String, String)>>, DbError> {
    let rows = q(
        "SELECT m.id, g.role, g.source FROM memberships m LEFT JOIN role_grants g \
                  ON g.tenant_id = m.tenant_id AND g.membership_id = m.id \
                  WHERE m.tenant_id = $1 AND m.org_id = $2 AND m.user_id = $3 ORDER BY g.role",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(user.as_str())
    .all(on)
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut all = Vec::new();
    for row in &rows {
        if let Some(role) = row.maybe::<String>("role")? {
            all.push((role, row.get("source")?));
        }
    }
    Ok(Some(all))
}

/// Active memberships in active organizations, with effective roles and permissions.
pub async fn memberships(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
) -> Result<Vec<Membership>, DbError> {
    let rows = q(
        "SELECT o.id, o.slug, o.name, o.max_staleness_s, g.role, r.permissions FROM memberships m \
                  JOIN organizations o ON o.tenant_id = m.tenant_id AND o.id = m.org_id \
                  LEFT JOIN role_grants g ON g.tenant_id = m.tenant_id AND g.membership_id = m.id \
                  LEFT JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id \
                  WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.state = 'active' \
                       AND o.state = 'active' ORDER BY o.id LIMIT 2000",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .all(on)
    .await?;
    let mut found: BTreeMap<String, Gathered> = BTreeMap::new();
    for row in &rows {
        let id: String = row.get("id")?;
        let entry = match found.entry(id) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(Gathered {
                slug: row.get("slug")?,
                name: row.get("name")?,
                roles: BTreeSet::new(),
                permissions: BTreeSet::new(),
                max_staleness: row.maybe("max_staleness_s")?,
            }),
        };
        entry.roles.extend(row.maybe::<String>("role")?);
        let permissions = row.maybe::<String>("permissions")?.unwrap_or_default();
        entry
            .permissions
            .extend(permissions.split_ascii_whitespace().map(str::to_owned));
    }
    Ok(found
        .into_iter()
        .map(|(id, gathered)| gathered.into_membership(id))
        .collect())
}

struct Gathered {
    slug: String,
    name: String,
    roles: BTreeSet<String>,
    permissions: BTreeSet<String>,
    max_staleness: Option<i64>,
}

impl Gathered {
    fn into_membership(self, id: String) -> Membership {
        Membership {
            org: OrgId(id),
            slug: self.slug,
            name: self.name,
            roles: self.roles.into_iter().collect(),
            permissions: self.permissions.into_iter().collect(),
            max_staleness: self.max_staleness,
        }
    }
}

fn org_from_row(row: &Row) -> Result<Organization, DbError> {
    use OrgState::{Active, Disabled};
    let active = row.get::<String>("state")? == "active";
    Ok(Organization {
        id: OrgId(row.get("id")?),
        slug: row.get("slug")?,
        name: row.get("name")?,
        state: if active { Active } else { Disabled },
        required_acr: read_acr(row.maybe("required_acr")?),
        max_staleness: row.maybe("max_staleness_s")?,
        social_login: row.get("social_login")?,
        brand: serde_json::from_str(&row.get::<String>("brand")?)
            .map_err(|_| DbError::Broken("organizations.brand is garbled".into()))?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
