//! What people have allowed apps.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::scope::Scope;
use crate::domain::{AppId, TenantId, UserId};

/// What somebody allowed an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Scopes.
    pub scope: Scope,
    /// Whom tokens may be for.
    pub audiences: Vec<String>,
}

/// What somebody has allowed an app so far.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    user: &UserId,
    app: &AppId,
) -> Result<Option<Consent>, DbError> {
    let garbled = |what: &str| DbError::Broken(format!("consents.{what} is garbled"));
    let row = q(
        "SELECT scope, audiences FROM consents WHERE tenant_id = $1 AND user_id = $2 \
         AND app_id = $3",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .bind(app.as_str())
    .optional(on)
    .await?;
    row.map(|row| {
        let (scope, audiences): (String, String) = (row.get("scope")?, row.get("audiences")?);
        Ok(Consent {
            scope: Scope::parse(&scope).ok_or_else(|| garbled("scope"))?,
            audiences: serde_json::from_str(&audiences).map_err(|_| garbled("audiences"))?,
        })
    })
    .transpose()
}

/// Notes what somebody allows now, all of it.
pub async fn put(
    tx: &mut Tx,
    tenant: &TenantId,
    (user, app): (&UserId, &AppId),
    consent: &Consent,
    now: i64,
) -> Result<(), DbError> {
    let audiences = serde_json::to_string(&consent.audiences)
        .map_err(|error| DbError::Broken(error.to_string()))?;
    q(
        "INSERT INTO consents (tenant_id, user_id, app_id, scope, audiences, created_at, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (tenant_id, user_id, app_id) \
         DO UPDATE SET scope = excluded.scope, audiences = excluded.audiences, \
         updated_at = excluded.updated_at",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .bind(app.as_str())
    .bind(consent.scope.to_string())
    .bind(audiences)
    .bind(now)
    .run(tx)
    .await?;
    Ok(())
}

/// Forgets what anybody allowed an app that is deleted.
pub async fn forget_app(tx: &mut Tx, tenant: &TenantId, app: &AppId) -> Result<(), DbError> {
    q("DELETE FROM consents WHERE tenant_id = $1 AND app_id = $2")
        .bind(tenant.as_str())
        .bind(app.as_str())
        .run(tx)
        .await?;
    Ok(())
}
