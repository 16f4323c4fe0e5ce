//! Registered apps.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::app::{App, AppState, Registration};
use crate::domain::upstream::Trust;
use crate::domain::{AppId, TenantId};

const COLUMNS: &str =
    "id, tenant_id, name, state, settings, trust, document, tokens_from, version, created_at";

/// Inserts.
pub async fn create(tx: &mut Tx, app: &App, secret_hash: Option<&[u8]>) -> Result<(), DbError> {
    q(
        "INSERT INTO apps (id, tenant_id, name, state, settings, secret_hash, created_at, \
         logout_uri, trust) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(app.id.as_str())
    .bind(app.tenant.as_str())
    .bind(&app.name)
    .bind(app.state.as_str())
    .bind(settings(&app.registration)?)
    .bind(secret_hash.map(<[u8]>::to_vec))
    .bind(app.created_at)
    .bind(logout_uri(app))
    .bind(app.trust.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// One of the tenant's.
pub async fn find(on: impl On, tenant: &TenantId, id: &str) -> Result<Option<App>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM apps WHERE tenant_id = $1 AND id = $2");
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(id)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// One of the tenant's, by its document.
pub async fn find_by_document(
    on: impl On,
    tenant: &TenantId,
    url: &str,
) -> Result<Option<App>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM apps WHERE tenant_id = $1 AND document = $2");
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(url)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Inserts one that is known by a document; false when another node was faster.
pub async fn create_documented(tx: &mut Tx, app: &App) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO apps (id, tenant_id, name, state, settings, document, created_at, \
         logout_uri, trust) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
    )
    .bind(app.id.as_str())
    .bind(app.tenant.as_str())
    .bind(&app.name)
    .bind(app.state.as_str())
    .bind(settings(&app.registration)?)
    .bind(app.document.as_deref())
    .bind(app.created_at)
    .bind(logout_uri(app))
    .bind(app.trust.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The hash of its secret, if it has one.
pub async fn secret_hash(
    on: impl On,
    tenant: &TenantId,
    id: &AppId,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = q("SELECT secret_hash FROM apps WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .optional(on)
        .await?;
    Ok(row
        .map(|row| row.maybe("secret_hash"))
        .transpose()?
        .flatten())
}

/// Is this an audience of an app that an operator has registered, and that is switched on?
pub async fn is_audience(on: impl On, tenant: &TenantId, audience: &str) -> Result<bool, DbError> {
    let text = serde_json::json!(audience).to_string();
    let text = text.replace('!', "!!").replace('%', "!%");
    let sql = format!(
        "SELECT {COLUMNS} FROM apps WHERE tenant_id = $1 AND state = 'active' \
         AND document IS NULL AND settings LIKE $2 ESCAPE '!'"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(format!("%{}%", text.replace('_', "!_")))
        .all(on)
        .await?;
    for row in &rows {
        let audiences = from_row(row)?.registration.audiences;
        if audiences.iter().any(|own| own == audience) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A page in order of their id.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    after: &str,
    limit: i64,
) -> Result<Vec<App>, DbError> {
    let sql =
        format!("SELECT {COLUMNS} FROM apps WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(after)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Updates the version that was read; `Ok(false)`: somebody was faster.
pub async fn update(tx: &mut Tx, app: &App) -> Result<bool, DbError> {
    let count = q(
        "UPDATE apps SET name = $1, state = $2, settings = $3, logout_uri = $7, trust = $8, \
         tokens_from = $9, version = version + 1 WHERE tenant_id = $4 AND id = $5 AND version = $6",
    )
    .bind(&app.name)
    .bind(app.state.as_str())
    .bind(settings(&app.registration)?)
    .bind(app.tenant.as_str())
    .bind(app.id.as_str())
    .bind(app.version)
    .bind(logout_uri(app))
    .bind(app.trust.as_str())
    .bind(app.tokens_from)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Sets or removes the secret; the version moves on.
pub async fn set_secret(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &AppId,
    hash: Option<&[u8]>,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE apps SET secret_hash = $1, version = version + 1 WHERE tenant_id = $2 AND id = $3",
    )
    .bind(hash.map(<[u8]>::to_vec))
    .bind(tenant.as_str())
    .bind(id.as_str())
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Sets by what an app that registered itself comes back.
pub async fn set_registration(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &AppId,
    hash: &[u8],
) -> Result<bool, DbError> {
    let count = q("UPDATE apps SET registration_hash = $1 WHERE tenant_id = $2 AND id = $3")
        .bind(hash)
        .bind(tenant.as_str())
        .bind(id.as_str())
        .run(tx)
        .await?;
    Ok(count == 1)
}

/// Sets another in the place of one; of many callers with the same one exactly one does.
pub async fn move_registration(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &AppId,
    (old, new): (&[u8], &[u8]),
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE apps SET registration_hash = $1 WHERE tenant_id = $2 AND id = $3 \
         AND registration_hash = $4",
    )
    .bind(new)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .bind(old)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The hash of that by which it comes back, if it registered itself.
pub async fn registration_hash(
    on: impl On,
    tenant: &TenantId,
    id: &AppId,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = q("SELECT registration_hash FROM apps WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .optional(on)
        .await?;
    Ok(row
        .map(|row| row.maybe("registration_hash"))
        .transpose()?
        .flatten())
}

/// Deletes.
pub async fn delete(tx: &mut Tx, tenant: &TenantId, id: &AppId) -> Result<bool, DbError> {
    let count = q("DELETE FROM apps WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .run(tx)
        .await?;
    Ok(count == 1)
}

fn logout_uri(app: &App) -> Option<String> {
    let uri = app.registration.backchannel_logout_uri.as_ref();
    uri.map(ToString::to_string)
}

fn settings(registration: &Registration) -> Result<String, DbError> {
    serde_json::to_string(registration).map_err(|error| DbError::Broken(error.to_string()))
}

fn from_row(row: &Row) -> Result<App, DbError> {
    let garbled = |what: &str| DbError::Broken(format!("apps.{what} is garbled"));
    let (state, settings): (String, String) = (row.get("state")?, row.get("settings")?);
    let trust: String = row.get("trust")?;
    Ok(App {
        id: AppId(row.get("id")?),
        tenant: TenantId(row.get("tenant_id")?),
        name: row.get("name")?,
        state: AppState::parse(&state).ok_or_else(|| garbled("state"))?,
        registration: serde_json::from_str(&settings).map_err(|_| garbled("settings"))?,
        trust: Trust::parse(&trust),
        document: row.maybe("document")?,
        tokens_from: row.get("tokens_from")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
