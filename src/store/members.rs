//! Members of organizations, each with grants and their sources.

use std::collections::BTreeSet;

use laneway_sqlkit::{DbError, On, Row, Tx, q};
use serde::{Deserialize, Serialize};

use crate::domain::{OrgId, TenantId, UserId};

/// Does a membership count?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberState {
    /// Yes.
    Active,
    /// No, until somebody lets them in again.
    Suspended,
}

impl MemberState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

/// A membership with its grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Id of the membership.
    pub id: String,
    /// Who.
    pub user: UserId,
    /// Where.
    pub org: OrgId,
    /// Does it count?
    pub state: MemberState,
    /// Role and source, in order of role.
    pub grants: Vec<(String, String)>,
    /// Their name.
    pub name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// For `ETag`.
    pub version: i64,
    /// Epoch ms.
    pub created_at: i64,
}

impl Member {
    /// Does it count?
    pub fn is_active(&self) -> bool {
        self.state == MemberState::Active
    }

    /// Effective roles: the union of all grants, sorted.
    pub fn roles(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = self.grants.iter().map(|(role, _)| role.as_str()).collect();
        all.into_iter().collect()
    }

    /// Roles that one source granted.
    pub fn roles_from<'a>(&'a self, source: &'a str) -> impl Iterator<Item = &'a str> {
        self.grants
            .iter()
            .filter(move |(_, from)| from == source)
            .map(|(role, _)| role.as_str())
    }

    /// Roles that came by neither hand nor invitation.
    pub fn other_roles(&self) -> impl Iterator<Item = &str> {
        self.grants
            .iter()
            .filter(|(_, from)| !matches!(from.as_str(), "manual" | "invitation"))
            .map(|(role, _)| role.as_str())
    }
}

const SELECT: &str = "SELECT m.id, m.user_id, m.org_id, m.state, m.version, m.created_at, u.name, \
    u.email, g.role, g.source FROM memberships m \
    JOIN users u ON u.tenant_id = m.tenant_id AND u.id = m.user_id \
    LEFT JOIN role_grants g ON g.tenant_id = m.tenant_id AND g.membership_id = m.id ";

/// One member.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
) -> Result<Option<Member>, DbError> {
    let sql = format!(
        "{SELECT} WHERE m.tenant_id = $1 AND m.org_id = $2 AND m.user_id = $3 \
         ORDER BY g.role, g.source"
    );
    let rows = laneway_sqlkit::q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(user.as_str())
        .all(on)
        .await?;
    Ok(gather(&rows)?.pop())
}

/// A page of members in order of their user's id; `role` limits it to those who have it.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    role: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Member>, DbError> {
    let sql = format!(
        "{SELECT} WHERE m.tenant_id = $1 AND m.org_id = $2 AND m.id IN ( \
         SELECT p.id FROM memberships p WHERE p.tenant_id = $1 AND p.org_id = $2 \
         AND p.user_id > $3 AND ($4 = '' OR EXISTS (SELECT 1 FROM role_grants x \
         WHERE x.tenant_id = p.tenant_id AND x.membership_id = p.id AND x.role = $4)) \
         ORDER BY p.user_id LIMIT $5) ORDER BY m.user_id, g.role, g.source"
    );
    let rows = laneway_sqlkit::q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(after)
        .bind(role)
        .bind(limit)
        .all(on)
        .await?;
    gather(&rows)
}

/// All memberships of a person, in organizations of any state (few).
pub async fn of_user(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
) -> Result<Vec<Member>, DbError> {
    let sql = format!(
        "{SELECT} WHERE m.tenant_id = $1 AND m.user_id = $2 \
         ORDER BY m.org_id, g.role, g.source LIMIT 2000"
    );
    let rows = laneway_sqlkit::q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .all(on)
        .await?;
    gather(&rows)
}

/// Sets whether a membership counts.
pub async fn set_state(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    state: MemberState,
) -> Result<(), DbError> {
    q("UPDATE memberships SET state = $1, version = version + 1 WHERE tenant_id = $2 AND id = $3")
        .bind(state.as_str())
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(())
}

/// Notes that the grants of a membership changed.
pub async fn bump(tx: &mut Tx, tenant: &TenantId, id: &str) -> Result<(), DbError> {
    q("UPDATE memberships SET version = version + 1 WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes a membership with its grants and its places in groups.
pub async fn remove(tx: &mut Tx, tenant: &TenantId, id: &str) -> Result<bool, DbError> {
    for sql in [
        "DELETE FROM role_grants WHERE tenant_id = $1 AND membership_id = $2",
        "DELETE FROM group_members WHERE tenant_id = $1 AND membership_id = $2",
    ] {
        q(sql).bind(tenant.as_str()).bind(id).run(&mut *tx).await?;
    }
    let count = q("DELETE FROM memberships WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Does another active member have this role, who can still sign in? What a provider's groups give
/// may be gone with the next sign-in, and does not count.
pub async fn other_with(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    but: &str,
    role: &str,
) -> Result<bool, DbError> {
    let row = q(
        "SELECT m.id FROM memberships m JOIN role_grants g ON g.tenant_id = m.tenant_id \
                 AND g.membership_id = m.id JOIN users u ON u.tenant_id = m.tenant_id \
                 AND u.id = m.user_id WHERE m.tenant_id = $1 AND m.org_id = $2 AND m.id <> $3 \
                 AND g.role = $4 AND g.source <> 'mapping' AND m.state = 'active' \
                 AND u.state = 'active' LIMIT 1",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(but)
    .bind(role)
    .optional(on)
    .await?;
    Ok(row.is_some())
}

/// One row per grant, in order of member.
fn gather(rows: &[Row]) -> Result<Vec<Member>, DbError> {
    let mut all: Vec<Member> = Vec::new();
    for row in rows {
        let id: String = row.get("id")?;
        if all.last().is_none_or(|last| last.id != id) {
            let state: String = row.get("state")?;
            all.push(Member {
                id,
                user: UserId(row.get("user_id")?),
                org: OrgId(row.get("org_id")?),
                state: if state == "active" {
                    MemberState::Active
                } else {
                    MemberState::Suspended
                },
                grants: Vec::new(),
                name: row.maybe("name")?,
                email: row.maybe("email")?,
                version: row.get("version")?,
                created_at: row.get("created_at")?,
            });
        }
        if let (Some(role), Some(member)) = (row.maybe::<String>("role")?, all.last_mut()) {
            let grant = (role, row.get("source")?);
            // Two groups, or two connections, may give the same.
            if !member.grants.contains(&grant) {
                member.grants.push(grant);
            }
        }
    }
    Ok(all)
}
