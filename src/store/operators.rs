//! Who may administer what.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::{TenantId, UserId};

/// Grants a role over the instance or one tenant; nothing happens when it exists.
pub async fn grant(
    tx: &mut Tx,
    id: &str,
    principal: (&str, &str),
    role: &str,
    tenant: Option<&TenantId>,
    now: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO operator_grants (id, principal_kind, principal_id, role, scope, tenant_id, \
       created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(id)
    .bind(principal.0)
    .bind(principal.1)
    .bind(role)
    .bind(if tenant.is_some() {
        "tenant"
    } else {
        "instance"
    })
    .bind(tenant.map(TenantId::as_str))
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
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
