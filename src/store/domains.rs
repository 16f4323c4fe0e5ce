//! Domains of organizations and who has proven which.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::connection::Rollout;
use crate::domain::routing::Candidate;
use crate::domain::{ConnectionId, OrgId, TenantId, UserId};

/// A domain that an organization says is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgDomain {
    /// Id.
    pub id: String,
    /// Whose.
    pub org: OrgId,
    /// In lower case, as in addresses.
    pub domain: String,
    /// What the name server must answer.
    pub proof: String,
    /// Epoch ms of the first proof that still holds.
    pub verified_at: Option<i64>,
    /// Epoch ms of the last look.
    pub checked_at: Option<i64>,
    /// Epoch ms since which a proven one is not seen any more.
    pub missing_since: Option<i64>,
    /// Epoch ms.
    pub created_at: i64,
}

const COLUMNS: &str =
    "id, org_id, domain, proof, verified_at, checked_at, missing_since, created_at";

/// Inserts; `Ok(false)`: the organization has it already.
pub async fn create(tx: &mut Tx, tenant: &TenantId, one: &OrgDomain) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO organization_domains (id, tenant_id, org_id, domain, proof, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(&one.id)
    .bind(tenant.as_str())
    .bind(one.org.as_str())
    .bind(&one.domain)
    .bind(&one.proof)
    .bind(one.created_at)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// One of an organization, by id or name.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    name: &str,
) -> Result<Option<OrgDomain>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM organization_domains WHERE tenant_id = $1 AND org_id = $2 \
         AND (id = $3 OR domain = $3)"
    );
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(name)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A page of an organization's domains in order of name.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    after: &str,
    limit: i64,
) -> Result<Vec<OrgDomain>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM organization_domains WHERE tenant_id = $1 AND org_id = $2 \
         AND domain > $3 ORDER BY domain LIMIT $4"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.as_str())
        .bind(after)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Who has proven a domain.
pub async fn proven_by(
    on: impl On,
    tenant: &TenantId,
    domain: &str,
) -> Result<Option<OrgId>, DbError> {
    let row = q(
        "SELECT org_id FROM organization_domains WHERE tenant_id = $1 AND domain = $2 \
         AND verified_at IS NOT NULL",
    )
    .bind(tenant.as_str())
    .bind(domain)
    .optional(on)
    .await?;
    row.map(|row| Ok(OrgId(row.get("org_id")?))).transpose()
}

/// Has this organization proven it?
pub async fn is_proven(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    domain: &str,
) -> Result<bool, DbError> {
    Ok(proven_by(on, tenant, domain).await?.as_ref() == Some(org))
}

/// Notes a proof. `Ok(false)`: another organization was faster.
pub async fn prove(
    tx: &mut Tx,
    tenant: &TenantId,
    one: &OrgDomain,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE organization_domains SET verified_at = COALESCE(verified_at, $1), \
         checked_at = $1, missing_since = NULL WHERE tenant_id = $2 AND id = $3 AND NOT EXISTS \
         (SELECT 1 FROM organization_domains o WHERE o.tenant_id = $2 AND o.domain = $4 \
         AND o.id <> $3 AND o.verified_at IS NOT NULL)",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(&one.id)
    .bind(&one.domain)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Notes that the proof is not there: one that was proven is missed first and lost when it has
/// been missing since `lost_before`. Answers whether it is lost now.
pub async fn miss(
    tx: &mut Tx,
    tenant: &TenantId,
    one: &OrgDomain,
    now: i64,
    lost_before: i64,
) -> Result<bool, DbError> {
    let lost = one.verified_at.is_some() && one.missing_since.is_some_and(|at| at < lost_before);
    q(
        "UPDATE organization_domains SET checked_at = $1, \
         missing_since = CASE WHEN verified_at IS NULL THEN NULL ELSE COALESCE(missing_since, $1) END, \
         verified_at = CASE WHEN $2 THEN NULL ELSE verified_at END \
         WHERE tenant_id = $3 AND id = $4",
    )
    .bind(now)
    .bind(lost)
    .bind(tenant.as_str())
    .bind(&one.id)
    .run(tx)
    .await?;
    Ok(lost)
}

/// Somebody has looked, and nothing was said.
pub async fn looked(tx: &mut Tx, tenant: &TenantId, id: &str, now: i64) -> Result<(), DbError> {
    q("UPDATE organization_domains SET checked_at = $1 WHERE tenant_id = $2 AND id = $3")
        .bind(now)
        .bind(tenant.as_str())
        .bind(id)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes one. `Ok(false)`: it is not there.
pub async fn delete(
    tx: &mut Tx,
    tenant: &TenantId,
    org: &OrgId,
    id: &str,
) -> Result<bool, DbError> {
    let count =
        q("DELETE FROM organization_domains WHERE tenant_id = $1 AND org_id = $2 AND id = $3")
            .bind(tenant.as_str())
            .bind(org.as_str())
            .bind(id)
            .run(tx)
            .await?;
    Ok(count == 1)
}

/// Proven domains that nobody has looked at since an instant, the longest ago first.
pub async fn due(
    on: impl On,
    before: i64,
    limit: i64,
) -> Result<Vec<(TenantId, OrgDomain)>, DbError> {
    let sql = format!(
        "SELECT tenant_id, {COLUMNS} FROM organization_domains WHERE verified_at IS NOT NULL \
         AND checked_at < $1 ORDER BY checked_at LIMIT $2"
    );
    let rows = q_dynamic(sql).bind(before).bind(limit).all(on).await?;
    rows.iter()
        .map(|row| Ok((TenantId(row.get("tenant_id")?), from_row(row)?)))
        .collect()
}

/// Live connections of an organization in order of creation, and whether each names a domain.
pub async fn live_connections(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    domain: &str,
) -> Result<Vec<Candidate>, DbError> {
    let rows = q(
        "SELECT c.id, c.rollout, c.enforced, d.domain FROM connections c LEFT JOIN connection_domains d \
         ON d.tenant_id = c.tenant_id AND d.connection_id = c.id AND d.domain = $3 \
         WHERE c.tenant_id = $1 AND c.org_id = $2 AND c.state = 'active' ORDER BY c.id LIMIT 100",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(domain)
    .all(on)
    .await?;
    rows.iter()
        .map(|row| {
            let rollout: String = row.get("rollout")?;
            Ok(Candidate {
                id: ConnectionId(row.get("id")?),
                // A word that nobody knows opens it to the fewest.
                rollout: Rollout::parse(&rollout).unwrap_or(Rollout::Admins),
                enforced: row.get("enforced")?,
                named: row.maybe::<String>("domain")?.is_some(),
            })
        })
        .collect()
}

/// Everybody with an address in a domain that an organization has proven.
pub async fn people(on: impl On, tenant: &TenantId, org: &OrgId) -> Result<Vec<UserId>, DbError> {
    let rows = q(
        "SELECT u.id FROM users u JOIN organization_domains d ON d.tenant_id = u.tenant_id \
         AND d.org_id = $2 AND d.verified_at IS NOT NULL AND u.email LIKE '%@' || d.domain \
         WHERE u.tenant_id = $1 UNION SELECT l.user_id FROM identity_links l \
         JOIN organization_domains d ON d.tenant_id = l.tenant_id AND d.org_id = $2 \
         AND d.verified_at IS NOT NULL AND l.subject LIKE '%@' || d.domain \
         WHERE l.tenant_id = $1 AND l.kind = 'email'",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .all(on)
    .await?;
    rows.iter().map(|row| Ok(UserId(row.get("id")?))).collect()
}

fn from_row(row: &Row) -> Result<OrgDomain, DbError> {
    Ok(OrgDomain {
        id: row.get("id")?,
        org: OrgId(row.get("org_id")?),
        domain: row.get("domain")?,
        proof: row.get("proof")?,
        verified_at: row.maybe("verified_at")?,
        checked_at: row.maybe("checked_at")?,
        missing_since: row.maybe("missing_since")?,
        created_at: row.get("created_at")?,
    })
}
