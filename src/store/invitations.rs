//! Invitations. The link's value is stored as a hash; taking one is one conditional statement.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::invitation::Invitation;
use crate::domain::{OrgId, TenantId, UserId};

const COLUMNS: &str = "id, org_id, email, roles, invited_by, created_at, sent_at, expires_at, \
                       revoked_at, accepted_at, accepted_by";

/// Inserts. `Conflict` when another for the same address and place came at the same instant.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    invitation: &Invitation,
    token_hash: &[u8],
) -> Result<(), DbError> {
    q(
        "INSERT INTO invitations (id, tenant_id, org_id, email, roles, token_hash, invited_by, \
         created_at, sent_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&invitation.id)
    .bind(tenant.as_str())
    .bind(invitation.org.as_ref().map(OrgId::as_str))
    .bind(&invitation.email)
    .bind(invitation.roles.join(" "))
    .bind(token_hash)
    .bind(&invitation.invited_by)
    .bind(invitation.created_at)
    .bind(invitation.sent_at)
    .bind(invitation.expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// What is open for an address and place: one link at a time is good.
pub async fn find_open(
    on: impl On,
    tenant: &TenantId,
    org: Option<&OrgId>,
    email: &str,
) -> Result<Option<Invitation>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invitations WHERE tenant_id = $1 AND COALESCE(org_id, '') = $2 \
         AND email = $3 AND accepted_at IS NULL AND revoked_at IS NULL"
    );
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.map_or("", OrgId::as_str))
        .bind(email)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// By id.
pub async fn find(on: impl On, tenant: &TenantId, id: &str) -> Result<Option<Invitation>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM invitations WHERE tenant_id = $1 AND id = $2");
    let query = q_dynamic(sql).bind(tenant.as_str()).bind(id);
    let row = query.optional(on).await?;
    row.as_ref().map(from_row).transpose()
}

/// By the value of its link, whatever has become of it.
pub async fn find_by_hash(
    on: impl On,
    tenant: &TenantId,
    hash: &[u8],
) -> Result<Option<Invitation>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM invitations WHERE tenant_id = $1 AND token_hash = $2");
    let query = q_dynamic(sql).bind(tenant.as_str()).bind(hash);
    let row = query.optional(on).await?;
    row.as_ref().map(from_row).transpose()
}

/// A page of one place's invitations, newest first.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    org: Option<&OrgId>,
    before: &str,
    limit: i64,
) -> Result<Vec<Invitation>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM invitations WHERE tenant_id = $1 AND COALESCE(org_id, '') = $2 \
         AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(org.map_or("", OrgId::as_str))
        .bind(before)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// How many of an organization can still be taken.
pub async fn waiting(
    on: impl On,
    tenant: &TenantId,
    org: &OrgId,
    now: i64,
) -> Result<i64, DbError> {
    let row = q(
        "SELECT COUNT(*) AS n FROM invitations WHERE tenant_id = $1 AND COALESCE(org_id, '') = $2 \
         AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $3",
    )
    .bind(tenant.as_str())
    .bind(org.as_str())
    .bind(now)
    .one(on)
    .await?;
    row.get("n")
}

/// Takes one back. `Ok(false)`: it was taken or taken back before.
pub async fn revoke(tx: &mut Tx, tenant: &TenantId, id: &str, now: i64) -> Result<bool, DbError> {
    let count = q(
        "UPDATE invitations SET revoked_at = $1 WHERE tenant_id = $2 AND id = $3 \
         AND accepted_at IS NULL AND revoked_at IS NULL",
    )
    .bind(now)
    .bind(tenant.as_str())
    .bind(id)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Another link with another life; the one before is dead. `Ok(false)`: nothing to renew.
pub async fn renew(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &str,
    token_hash: &[u8],
    now: i64,
    expires_at: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE invitations SET token_hash = $1, sent_at = $2, expires_at = $3 \
         WHERE tenant_id = $4 AND id = $5 AND accepted_at IS NULL AND revoked_at IS NULL",
    )
    .bind(token_hash)
    .bind(now)
    .bind(expires_at)
    .bind(tenant.as_str())
    .bind(id)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Takes an invitation; of many callers exactly one gets it.
pub async fn accept(
    tx: &mut Tx,
    tenant: &TenantId,
    token_hash: &[u8],
    email: &str,
    user: &UserId,
    now: i64,
) -> Result<Option<Invitation>, DbError> {
    let sql = format!(
        "UPDATE invitations SET accepted_at = $1, accepted_by = $2 WHERE tenant_id = $3 \
         AND token_hash = $4 AND email = $5 AND accepted_at IS NULL AND revoked_at IS NULL \
         AND expires_at > $1 RETURNING {COLUMNS}"
    );
    let row = q_dynamic(sql)
        .bind(now)
        .bind(user.as_str())
        .bind(tenant.as_str())
        .bind(token_hash)
        .bind(email)
        .optional(tx)
        .await?;
    row.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<Invitation, DbError> {
    let roles: String = row.get("roles")?;
    Ok(Invitation {
        id: row.get("id")?,
        org: row.maybe("org_id")?.map(OrgId),
        email: row.get("email")?,
        roles: roles.split_whitespace().map(str::to_owned).collect(),
        invited_by: row.get("invited_by")?,
        created_at: row.get("created_at")?,
        sent_at: row.get("sent_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.maybe("revoked_at")?,
        accepted_at: row.maybe("accepted_at")?,
        accepted_by: row.maybe("accepted_by")?.map(UserId),
    })
}
