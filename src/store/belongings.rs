//! Memberships as lists: of a person, of an organization; each with its grants and where
//! they come from.

use laneway_sqlkit::{DbError, On, Row, q};

use crate::domain::{OrgId, TenantId, UserId};

/// A membership as a person's page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Belonging {
    /// Organization.
    pub org: OrgId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// `active` or `disabled`.
    pub org_state: String,
    /// `active` or `suspended`.
    pub state: String,
    /// Member since, epoch ms.
    pub since: i64,
    /// (role, source), by role.
    pub grants: Vec<(String, String)>,
}

/// All memberships of a person, by name of the organization.
pub async fn of_user(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
) -> Result<Vec<Belonging>, DbError> {
    let rows = q(
        "SELECT o.id, o.slug, o.name, o.state AS org_state, m.state, m.created_at, g.role, \
         g.source FROM memberships m JOIN organizations o ON o.tenant_id = m.tenant_id \
         AND o.id = m.org_id LEFT JOIN role_grants g ON g.tenant_id = m.tenant_id \
         AND g.membership_id = m.id WHERE m.tenant_id = $1 AND m.user_id = $2 \
         ORDER BY o.name, o.id, g.role, g.source LIMIT 2000",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .all(on)
    .await?;
    let mut all: Vec<Belonging> = Vec::new();
    for row in &rows {
        let org = OrgId(row.get("id")?);
        if all.last().is_none_or(|last| last.org != org) {
            all.push(Belonging {
                org,
                slug: row.get("slug")?,
                name: row.get("name")?,
                org_state: row.get("org_state")?,
                state: row.get("state")?,
                since: row.get("created_at")?,
                grants: Vec::new(),
            });
        }
        add_grant(row, all.last_mut().map(|last| &mut last.grants))?;
    }
    Ok(all)
}

/// A member as an organization's page shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Name.
    pub name: Option<String>,
    /// Address.
    pub email: Option<String>,
    /// The person's own state.
    pub user_state: String,
    /// `active` or `suspended`.
    pub state: String,
    /// Member since, epoch ms.
    pub since: i64,
    /// (role, source), by role.
    pub grants: Vec<(String, String)>,
}

/// A page of members in order of their id; with a prefix those whose name or address begins
/// with it, or who have it as their id.
pub async fn of_org(
    on: impl On + Copy,
    tenant: &TenantId,
    org: &OrgId,
    prefix: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Member>, DbError> {
    let prefix = prefix.to_lowercase();
    let rows = q(
        "SELECT m.user_id, u.name, u.email, u.state AS user_state, m.state, m.created_at, \
         g.role, g.source FROM (SELECT p.id, p.tenant_id, p.user_id, p.state, p.created_at \
         FROM memberships p JOIN users x ON x.tenant_id = p.tenant_id AND x.id = p.user_id \
         WHERE p.tenant_id = $1 AND p.org_id = $2 AND p.user_id > $3 AND ($5 = '' OR x.id = $5 \
         OR (x.search >= $5 AND x.search < $6) OR (x.email >= $5 AND x.email < $6)) \
         ORDER BY p.user_id LIMIT $4) m JOIN users u \
         ON u.tenant_id = m.tenant_id AND u.id = m.user_id LEFT JOIN role_grants g \
         ON g.tenant_id = m.tenant_id AND g.membership_id = m.id \
         ORDER BY m.user_id, g.role, g.source",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(after)
    .bind(limit)
    .bind(&prefix)
    .bind(format!("{prefix}\u{10ffff}"))
    .all(on)
    .await?;
    let mut all: Vec<Member> = Vec::new();
    for row in &rows {
        let user = UserId(row.get("user_id")?);
        if all.last().is_none_or(|last| last.user != user) {
            all.push(Member {
                user,
                name: row.maybe("name")?,
                email: row.maybe("email")?,
                user_state: row.get("user_state")?,
                state: row.get("state")?,
                since: row.get("created_at")?,
                grants: Vec::new(),
            });
        }
        add_grant(row, all.last_mut().map(|last| &mut last.grants))?;
    }
    Ok(all)
}

/// How many members count and how many are suspended.
pub async fn counted(on: impl On, tenant: &TenantId, org: &OrgId) -> Result<(i64, i64), DbError> {
    let rows = q(
        "SELECT state, COUNT(*) AS n FROM memberships WHERE tenant_id = $1 \
                  AND org_id = $2 GROUP BY state",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .all(on)
    .await?;
    let (mut active, mut suspended) = (0, 0);
    for row in &rows {
        let state: String = row.get("state")?;
        let of = if state == "active" {
            &mut active
        } else {
            &mut suspended
        };
        *of += row.get::<i64>("n")?;
    }
    Ok((active, suspended))
}

/// How many active members who can sign in have a role.
pub async fn with_role(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    role: &str,
) -> Result<i64, DbError> {
    let row = q(
        "SELECT COUNT(DISTINCT m.id) AS n FROM memberships m JOIN role_grants g \
                 ON g.tenant_id = m.tenant_id AND g.membership_id = m.id JOIN users u \
                 ON u.tenant_id = m.tenant_id AND u.id = m.user_id WHERE m.tenant_id = $1 \
                 AND m.org_id = $2 AND g.role = $3 AND m.state = 'active' AND u.state = 'active'",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(role)
    .one(on)
    .await?;
    row.get("n")
}

fn add_grant(row: &Row, grants: Option<&mut Vec<(String, String)>>) -> Result<(), DbError> {
    if let (Some(role), Some(grants)) = (row.maybe::<String>("role")?, grants) {
        grants.push((role, row.get("source")?));
    }
    Ok(())
}
