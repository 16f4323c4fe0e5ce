//! Tenants.

use laneway_sqlkit::{DbError, On, Row, Tx, q};
use url::Url;

use crate::domain::TenantId;
use crate::domain::tenant::{Brand, Signup, Tenant, TenantState};

const COLUMNS: &str = "id, slug, name, public_url, rp_id, signup, jit, origins, brand, \
                       settings, claims_format, registration_enabled, \
                       client_documents_enabled, state, version, created_at";

/// By id.
pub async fn find(on: impl On, id: &TenantId) -> Result<Option<Tenant>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM tenants WHERE id = $1");
    read(
        laneway_sqlkit::q_dynamic(sql)
            .bind(id.as_str())
            .optional(on)
            .await?,
    )
}

/// By short name.
pub async fn find_by_slug(on: impl On, slug: &str) -> Result<Option<Tenant>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM tenants WHERE slug = $1");
    read(
        laneway_sqlkit::q_dynamic(sql)
            .bind(slug)
            .optional(on)
            .await?,
    )
}

/// A page of tenants in order of id.
pub async fn list(on: impl On, after: &str, limit: i64) -> Result<Vec<Tenant>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM tenants WHERE id > $1 ORDER BY id LIMIT $2");
    let rows = laneway_sqlkit::q_dynamic(sql)
        .bind(after)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Inserts; `Conflict` when id or slug is taken.
pub async fn create(tx: &mut Tx, tenant: &Tenant) -> Result<(), DbError> {
    q(
        "INSERT INTO tenants (id, slug, name, public_url, rp_id, signup, jit, origins, brand, \
       claims_format, created_at, settings) \
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(tenant.id.as_str())
    .bind(&tenant.slug)
    .bind(&tenant.name)
    .bind(tenant.public_url.as_str())
    .bind(&tenant.rp_id)
    .bind(tenant.signup.as_str())
    .bind(if tenant.jit { "create" } else { "deny" })
    .bind(json(&tenant.origins))
    .bind(json(&tenant.brand))
    .bind(tenant.claims_format)
    .bind(tenant.created_at)
    .bind(json(&tenant.settings))
    .run(tx)
    .await?;
    Ok(())
}

/// Writes all changeable members where the version is still the one that was read.
pub async fn update(tx: &mut Tx, tenant: &Tenant) -> Result<bool, DbError> {
    let count = q(
        "UPDATE tenants SET name = $1, public_url = $2, rp_id = $3, signup = $4, \
                   jit = $5, origins = $6, brand = $7, claims_format = $8, state = $9, \
                   settings = $12, registration_enabled = $13, \
                   client_documents_enabled = $14, version = version + 1 WHERE id = $10 AND version = $11",
    )
    .bind(&tenant.name)
    .bind(tenant.public_url.as_str())
    .bind(&tenant.rp_id)
    .bind(tenant.signup.as_str())
    .bind(if tenant.jit { "create" } else { "deny" })
    .bind(json(&tenant.origins))
    .bind(json(&tenant.brand))
    .bind(tenant.claims_format)
    .bind(tenant.state.as_str())
    .bind(tenant.id.as_str())
    .bind(tenant.version)
    .bind(json(&tenant.settings))
    .bind(tenant.registration_enabled)
    .bind(tenant.client_documents_enabled)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// The configuration section that was applied last.
pub async fn applied(on: impl On, id: &TenantId) -> Result<String, DbError> {
    q("SELECT applied FROM tenants WHERE id = $1")
        .bind(id.as_str())
        .one(on)
        .await?
        .get("applied")
}

/// Notes the configuration section that is applied now.
pub async fn set_applied(tx: &mut Tx, id: &TenantId, section: &str) -> Result<(), DbError> {
    q("UPDATE tenants SET applied = $1 WHERE id = $2")
        .bind(section)
        .bind(id.as_str())
        .run(tx)
        .await?;
    Ok(())
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| unreachable!("plain data is always JSON"))
}

fn read(row: Option<Row>) -> Result<Option<Tenant>, DbError> {
    row.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<Tenant, DbError> {
    let garbled = |what: &str| DbError::Broken(format!("tenants.{what} is garbled"));
    let signup: String = row.get("signup")?;
    let state: String = row.get("state")?;
    let jit: String = row.get("jit")?;
    let brand: String = row.get("brand")?;
    let settings: String = row.get("settings")?;
    let origins: String = row.get("origins")?;
    let public_url: String = row.get("public_url")?;
    Ok(Tenant {
        id: TenantId(row.get("id")?),
        slug: row.get("slug")?,
        name: row.get("name")?,
        public_url: Url::parse(&public_url).map_err(|_| garbled("public_url"))?,
        rp_id: row.get("rp_id")?,
        signup: Signup::parse(&signup).ok_or_else(|| garbled("signup"))?,
        jit: jit == "create",
        origins: serde_json::from_str(&origins).map_err(|_| garbled("origins"))?,
        brand: serde_json::from_str::<Brand>(&brand).map_err(|_| garbled("brand"))?,
        settings: serde_json::from_str(&settings).map_err(|_| garbled("settings"))?,
        claims_format: row.get("claims_format")?,
        registration_enabled: row.get("registration_enabled")?,
        client_documents_enabled: row.get("client_documents_enabled")?,
        state: TenantState::parse(&state),
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
