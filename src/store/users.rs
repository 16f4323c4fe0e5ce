//! People.

use laneway_sqlkit::{DbError, On, Row, Tx, q, q_dynamic};

use crate::domain::user::{User, UserState};
use crate::domain::{Email, Lang, TenantId, UserId};

pub(super) const COLUMNS: &str =
    "id, email, email_verified, name, locale, state, version, created_at";

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

/// Which people to list; the default is everybody who is not deleted.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Beginning of a name or an address, or a whole id.
    pub prefix: String,
    /// Only these.
    pub state: Option<UserState>,
}

/// A page in order of id; the prefix is matched against normalised name and address, as a
/// range so that no pattern language reaches SQL.
pub async fn list(
    on: impl On,
    tenant: &TenantId,
    filter: &UserFilter,
    after: &str,
    limit: i64,
) -> Result<Vec<User>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE tenant_id = $1 AND id > $2 AND state <> 'deleted' \
         AND ($6 = '' OR state = $6) AND (($3 = '') OR (search >= $3 AND search < $4) \
         OR (email >= $3 AND email < $4) OR id = $3) \
         ORDER BY id LIMIT $5"
    );
    let prefix = filter.prefix.trim().to_lowercase();
    let end = format!("{prefix}\u{10ffff}");
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(after)
        .bind(prefix)
        .bind(end)
        .bind(limit)
        .bind(filter.state.map_or("", UserState::as_str))
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Is this the address of somebody here, proven or not?
pub async fn has_address(on: impl On, tenant: &TenantId, email: &Email) -> Result<bool, DbError> {
    let row = q("SELECT id FROM users WHERE tenant_id = $1 AND email = $2 LIMIT 1")
        .bind(tenant.as_str())
        .bind(email.as_str())
        .optional(on)
        .await?;
    Ok(row.is_some())
}

/// Inserts; nothing happens when the id exists already (a retry after a crash).
pub async fn create(tx: &mut Tx, tenant: &TenantId, user: &User) -> Result<bool, DbError> {
    let count = q(
        "INSERT INTO users (id, tenant_id, email, email_verified, name, search, state, \
                   created_at, updated_at, locale) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9) \
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
    .bind(user.locale.map(Lang::tag))
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
                   state = $5, updated_at = $6, version = version + 1, locale = $10 \
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
    .bind(user.locale.map(Lang::tag))
    .run(tx)
    .await?;
    Ok(count == 1)
}

/// When all of a person's sessions were last ended, if ever.
pub async fn sessions_ended_at(
    on: impl On,
    tenant: &TenantId,
    id: &UserId,
) -> Result<Option<i64>, DbError> {
    let row = q("SELECT sessions_ended_at FROM users WHERE tenant_id = $1 AND id = $2")
        .bind(tenant.as_str())
        .bind(id.as_str())
        .optional(on)
        .await?;
    row.map_or(Ok(None), |row| row.maybe("sessions_ended_at"))
}

/// Notes that all of a person's sessions have been ended at an instant; never moves it back.
pub async fn note_ended(
    tx: &mut Tx,
    tenant: &TenantId,
    id: &UserId,
    at: i64,
) -> Result<(), DbError> {
    q(
        "UPDATE users SET sessions_ended_at = $1 WHERE tenant_id = $2 AND id = $3 \
       AND COALESCE(sessions_ended_at, 0) < $1",
    )
    .bind(at)
    .bind(tenant.as_str())
    .bind(id.as_str())
    .run(tx)
    .await?;
    Ok(())
}

/// The language of whoever has proven an address to be theirs, if they chose one.
pub async fn locale_at(
    on: impl On,
    tenant: &TenantId,
    address: &Email,
) -> Result<Option<Lang>, DbError> {
    let row = q("SELECT u.locale FROM identity_links l \
                 JOIN users u ON u.tenant_id = l.tenant_id AND u.id = l.user_id \
                 WHERE l.tenant_id = $1 AND l.kind = 'email' AND l.subject = $2")
    .bind(tenant.as_str())
    .bind(address.as_str())
    .optional(on)
    .await?;
    let locale: Option<String> = match row {
        Some(row) => row.maybe("locale")?,
        None => None,
    };
    Ok(locale.as_deref().and_then(Lang::parse))
}

fn search_text(user: &User) -> String {
    user.name.as_deref().unwrap_or_default().to_lowercase()
}

pub(super) fn from_row(row: &Row) -> Result<User, DbError> {
    let state: String = row.get("state")?;
    let locale: Option<String> = row.maybe("locale")?;
    Ok(User {
        id: UserId(row.get("id")?),
        email: row.maybe("email")?,
        email_verified: row.get("email_verified")?,
        name: row.maybe("name")?,
        locale: locale.as_deref().and_then(Lang::parse),
        state: UserState::parse(&state),
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
