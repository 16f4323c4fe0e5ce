//! People.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::user::{User, UserState};
use crate::domain::{TenantId, UserId};

const COLUMNS: &str = "id, email, email_verified, name, state, version, created_at";

/// By id.
pub async fn find(on: impl On, tenant: &TenantId, id: &UserId) -> Result<Option<User>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE tenant_id = $1 AND id = $2");
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(id.as_str())
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// A page in order of id; `prefix` is matched against normalised name and address, as a
/// range so that no pattern language reaches SQL.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    prefix: Option<&str>,
    after: &str,
    limit: i64,
) -> Result<Vec<User>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE tenant_id = $1 AND id > $2 AND state <> 'deleted' \
         AND (($3 = '') OR (search >= $3 AND search < $4) OR (email >= $3 AND email < $4)) \
         ORDER BY id LIMIT $5"
    );
    let prefix = prefix.unwrap_or_default().to_lowercase();
    let end = format!("{prefix}\u{10ffff}");
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(after)
        .bind(prefix)
        .bind(end)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Inserts; nothing happens when the id exists already (a retry after a crash).
pub async fn create(tx: &mut Tx, tenant: &TenantId, user: &User) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO users (id, tenant_id, email, email_verified, name, search, state, \
                   created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) \
                   ON CONFLICT (id) DO NOTHING",
    )
    .bind(user.id.as_str())
    .bind(tenant.as_str())
    .bind(user.email.clone())
    .bind(user.email_verified)
    .bind(user.name.clone())
    .bind(search_text(user))
    .bind(user.state.as_str())
    .bind(user.created_at)
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// Writes all changeable members where the version is still the one that was read.
pub async fn update(
    tx: &mut Tx,
    tenant: &TenantId,
    user: &User,
    now: i64,
) -> Result<bool, DbError> {
    let count = q(
        "UPDATE users SET email = $1, email_verified = $2, name = $3, search = $4, \
                   state = $5, updated_at = $6, version = version + 1 \
                   WHERE tenant_id = $7 AND id = $8 AND version = $9",
    )
    .bind(user.email.clone())
    .bind(user.email_verified)
    .bind(user.name.clone())
    .bind(search_text(user))
    .bind(user.state.as_str())
    .bind(now)
    .bind(tenant.as_str())
    .bind(user.id.as_str())
    .bind(user.version)
    .run(tx)
    .await?;
    Ok(count == 1)
}

fn search_text(user: &User) -> String {
    user.name.as_deref().unwrap_or_default().to_lowercase()
}

fn from_row(row: &Row) -> Result<User, DbError> {
    let state: String = row.get("state")?;
    Ok(User {
        id: UserId(row.get("id")?),
        email: row.maybe("email")?,
        email_verified: row.get("email_verified")?,
        name: row.maybe("name")?,
        state: UserState::parse(&state),
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
