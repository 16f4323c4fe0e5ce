//! What OpenID Connect knows about people beside their name and address.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::profile::Profile;
use crate::domain::{TenantId, UserId};

/// What is kept of a person, and when anything about them changed last, epoch ms.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
) -> Result<Option<(Profile, i64)>, DbError> {
    let row = q(
        "SELECT p.claims, p.updated_at, u.updated_at AS user_updated_at FROM users u \
         LEFT JOIN profiles p ON p.tenant_id = u.tenant_id AND p.user_id = u.id \
         WHERE u.tenant_id = $1 AND u.id = $2",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .optional(on)
    .await?;
    row.map(|row| {
        let claims: Option<String> = row.maybe("claims")?;
        let profile = claims.as_deref().map(serde_json::from_str).transpose();
        let profile = profile.map_err(|_| DbError::Broken("profiles.claims is garbled".into()))?;
        let own: Option<i64> = row.maybe("updated_at")?;
        let user: i64 = row.get("user_updated_at")?;
        Ok((
            profile.unwrap_or_default(),
            own.map_or(user, |own| own.max(user)),
        ))
    })
    .transpose()
}

/// Keeps all of it.
pub async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    user: &UserId,
    profile: &Profile,
    now: i64,
) -> Result<(), DbError> {
    let claims =
        serde_json::to_string(profile).map_err(|error| DbError::Broken(error.to_string()))?;
    q(
        "INSERT INTO profiles (tenant_id, user_id, claims, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant_id, user_id) \
         DO UPDATE SET claims = excluded.claims, updated_at = excluded.updated_at",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .bind(claims)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}
