//! Requests of apps that wait for a person: between the authorization endpoint, the sign-in and
//! the question for consent.

use laneway_sqlkit::{DbError, On, Tx, q};

use crate::domain::{AppId, TenantId};

/// A request that waits.
pub struct Waiting {
    /// Whose.
    pub app: AppId,
    /// Hash of the flow cookie of the one browser that it is for.
    pub browser: Vec<u8>,
    /// Where a form may lead to in the end.
    pub target: String,
    /// What was asked, as JSON.
    pub request: String,
}

/// Inserts.
pub async fn create(
    tx: &mut Tx,
    tenant: &TenantId,
    hash: &[u8],
    waiting: &Waiting,
    expires_at: i64,
) -> Result<(), DbError> {
    q(
        "INSERT INTO authorization_requests (hash, tenant_id, app_id, browser, target, request, \
         expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(waiting.app.as_str())
    .bind(waiting.browser.clone())
    .bind(&waiting.target)
    .bind(&waiting.request)
    .bind(expires_at)
    .run(tx)
    .await?;
    Ok(())
}

/// One that still waits.
pub async fn find(
    on: impl On,
    tenant: &TenantId,
    hash: &[u8],
    now: i64,
) -> Result<Option<Waiting>, DbError> {
    let row = q(
        "SELECT app_id, browser, target, request FROM authorization_requests \
         WHERE hash = $1 AND tenant_id = $2 AND expires_at > $3",
    )
    .bind(hash)
    .bind(tenant.as_str())
    .bind(now)
    .optional(on)
    .await?;
    row.map(|row| {
        Ok(Waiting {
            app: AppId(row.get("app_id")?),
            browser: row.get("browser")?,
            target: row.get("target")?,
            request: row.get("request")?,
        })
    })
    .transpose()
}

/// Takes one out; of many callers exactly one gets it.
pub async fn consume(tx: &mut Tx, tenant: &TenantId, hash: &[u8]) -> Result<bool, DbError> {
    let count = q("DELETE FROM authorization_requests WHERE hash = $1 AND tenant_id = $2")
        .bind(hash)
        .bind(tenant.as_str())
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Where the requests that wait for a browser lead to.
pub async fn targets(
    on: impl On,
    tenant: &TenantId,
    browser: &[u8],
    now: i64,
) -> Result<Vec<String>, DbError> {
    let rows = q(
        "SELECT DISTINCT target FROM authorization_requests WHERE tenant_id = $1 \
         AND browser = $2 AND expires_at > $3 ORDER BY target LIMIT 20",
    )
    .bind(tenant.as_str())
    .bind(browser)
    .bind(now)
    .all(on)
    .await?;
    rows.iter().map(|row| row.get("target")).collect()
}

/// Forgets those that ended before an instant.
pub async fn prune(tx: &mut Tx, before: i64) -> Result<u64, DbError> {
    q("DELETE FROM authorization_requests WHERE expires_at < $1")
        .bind(before)
        .run(tx)
        .await
}
