//! What people have allowed apps.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use super::refresh_families;
use crate::domain::app::Registration;
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

/// An app that has something of somebody.
#[derive(Debug, Clone)]
pub struct Held {
    /// Which.
    pub app: AppId,
    /// Its name.
    pub name: String,
    /// Is it the tenant's own?
    pub first_party: bool,
    /// What was allowed; of the tenant's own what it may have.
    pub scope: Scope,
    /// Epoch ms.
    pub since: i64,
    /// The document that it is known by.
    pub document: Option<String>,
}

/// A page of the apps that somebody has allowed something, or that have tokens of theirs now, in
/// order of their id.
pub async fn list_of_user(
    on: impl On,
    (tenant, user): (&TenantId, &UserId),
    after: &str,
    limit: i64,
    now: i64,
) -> Result<Vec<Held>, DbError> {
    let sql = format!(
        "SELECT a.id, a.name, a.settings, a.document, c.scope, c.created_at, f.since FROM apps a \
         LEFT JOIN consents c ON c.tenant_id = a.tenant_id AND c.app_id = a.id AND c.user_id = $2 \
         LEFT JOIN (SELECT g.app_id, MIN(g.created_at) AS since FROM refresh_families g \
         WHERE g.tenant_id = $1 AND g.user_id = $2 AND {} GROUP BY g.app_id) f ON f.app_id = a.id \
         WHERE a.tenant_id = $1 AND a.id > $4 \
         AND (c.user_id IS NOT NULL OR f.app_id IS NOT NULL) ORDER BY a.id LIMIT $5",
        refresh_families::goes_on("g", "$3")
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(now)
        .bind(after)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(held).collect()
}

fn held(row: &Row) -> Result<Held, DbError> {
    let garbled = |what: &str| DbError::Broken(format!("apps.{what} is garbled"));
    let settings: String = row.get("settings")?;
    let registration: Registration =
        serde_json::from_str(&settings).map_err(|_| garbled("settings"))?;
    let scope: Option<String> = row.maybe("scope")?;
    let scope = match scope {
        Some(text) => Scope::parse(&text).ok_or_else(|| garbled("scope"))?,
        None => registration.scope,
    };
    let (allowed, given): (Option<i64>, Option<i64>) =
        (row.maybe("created_at")?, row.maybe("since")?);
    Ok(Held {
        app: AppId(row.get("id")?),
        name: row.get("name")?,
        first_party: registration.first_party,
        scope,
        since: allowed.or(given).unwrap_or(0),
        document: row.maybe("document")?,
    })
}

/// Forgets what somebody allowed an app; false when that was nothing.
pub async fn delete(
    tx: &mut Tx,
    tenant: &TenantId,
    (user, app): (&UserId, &AppId),
) -> Result<bool, DbError> {
    let count = q("DELETE FROM consents WHERE tenant_id = $1 AND user_id = $2 AND app_id = $3")
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(app.as_str())
        .run(tx)
        .await?;
    Ok(count == 1)
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
