//! Finding people among many, and what a list says about each.

use std::collections::HashMap;

use laneway_sqlkit::{DbError, On, Statement, q, q_dynamic};

use super::users::{COLUMNS, from_row};
use crate::domain::user::User;
use crate::domain::{TenantId, UserId};

/// The newest people, in one state or in any but deleted.
pub async fn newest(
    on: impl On,
    tenant: &TenantId,
    state: Option<&'static str>,
    before: &str,
    limit: i64,
) -> Result<Vec<User>, DbError> {
    let filter = match state {
        Some("disabled") => "state = 'disabled' AND state <> 'active'",
        Some("active") => "state = 'active'",
        _ => "state <> 'deleted'",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE tenant_id = $1 AND {filter} \
         AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3"
    );
    let rows = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(before)
        .bind(limit)
        .all(on)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Where a search by prefix goes on: after this key and id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct After {
    /// Name or address as it is sorted.
    pub key: String,
    /// Id.
    pub id: String,
}

/// People whose name or address begins with `prefix`, in order of what matched. A person
/// who is found by both is listed by name.
pub async fn by_prefix(
    on: impl On + Copy,
    tenant: &TenantId,
    prefix: &str,
    state: Option<&'static str>,
    after: &After,
    limit: i64,
) -> Result<Vec<(User, After)>, DbError> {
    let prefix = prefix.to_lowercase();
    let end = format!("{prefix}\u{10ffff}");
    let filter = match state {
        Some("disabled") => "state = 'disabled'",
        Some("active") => "state = 'active'",
        _ => "state <> 'deleted'",
    };
    // The index is entered where the last page ended, not at the beginning of the prefix.
    let from = prefix.as_str().max(after.key.as_str());
    let mut found = Vec::new();
    for column in ["search", "email"] {
        let other = if column == "email" {
            "AND NOT (search >= $2 AND search < $3)"
        } else {
            "AND search >= $2"
        };
        let sql = format!(
            "SELECT {COLUMNS}, {column} AS sort_key FROM users WHERE tenant_id = $1 \
             AND {column} >= $7 AND {column} < $3 AND ({column}, id) > ($4, $5) AND {filter} \
             {other} ORDER BY {column}, id LIMIT $6"
        );
        let rows = q_dynamic(sql)
            .bind(tenant.as_str())
            .bind(&prefix)
            .bind(&end)
            .bind(&after.key)
            .bind(&after.id)
            .bind(limit)
            .bind(from)
            .all(on)
            .await?;
        for row in &rows {
            let user = from_row(row)?;
            let (key, id) = (row.get("sort_key")?, user.id.0.clone());
            found.push((user, After { key, id }));
        }
    }
    found.sort_by(|(_, a), (_, b)| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// What a list says about a person beside their own row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Sessions that have not ended.
    pub sessions: i64,
    /// When a way in was used last, epoch ms.
    pub last_used: Option<i64>,
    /// Kinds of their links with the issuers, in order.
    pub links: Vec<(String, String)>,
    /// Names of their organizations, in order.
    pub organizations: Vec<String>,
}

/// The surroundings of a page of people, in three statements.
pub async fn around(
    on: impl On + Copy,
    tenant: &TenantId,
    ids: &[UserId],
    now: i64,
) -> Result<HashMap<UserId, Around>, DbError> {
    let mut all: HashMap<UserId, Around> = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let places = places(ids.len(), 2);
    let live = format!(
        "SELECT user_id, COUNT(*) AS n FROM sessions WHERE tenant_id = $1 \
         AND user_id IN ({places}) AND ended_at IS NULL AND expires_at > ${0} \
         AND last_seen_at + idle_ms > ${0} GROUP BY user_id",
        ids.len() + 2
    );
    for row in bound(live, tenant, ids).bind(now).all(on).await? {
        let entry = all.entry(UserId(row.get("user_id")?)).or_default();
        entry.sessions = row.get("n")?;
    }
    let links = format!(
        "SELECT user_id, kind, issuer, last_used_at FROM identity_links WHERE tenant_id = $1 \
         AND user_id IN ({places}) ORDER BY id LIMIT 2000"
    );
    for row in bound(links, tenant, ids).all(on).await? {
        let entry = all.entry(UserId(row.get("user_id")?)).or_default();
        entry.links.push((row.get("kind")?, row.get("issuer")?));
        entry.last_used = entry.last_used.max(row.maybe("last_used_at")?);
    }
    let memberships = format!(
        "SELECT m.user_id, o.name FROM memberships m JOIN organizations o \
         ON o.tenant_id = m.tenant_id AND o.id = m.org_id WHERE m.tenant_id = $1 \
         AND m.user_id IN ({places}) ORDER BY o.name LIMIT 2000"
    );
    for row in bound(memberships, tenant, ids).all(on).await? {
        let entry = all.entry(UserId(row.get("user_id")?)).or_default();
        entry.organizations.push(row.get("name")?);
    }
    Ok(all)
}

/// What people are called: name, else address, else nothing.
pub async fn names(
    on: impl On,
    tenant: &TenantId,
    ids: &[UserId],
) -> Result<HashMap<UserId, String>, DbError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT id, name, email FROM users WHERE tenant_id = $1 AND id IN ({})",
        places(ids.len(), 2)
    );
    let mut all = HashMap::new();
    for row in bound(sql, tenant, ids).all(on).await? {
        let name = row.maybe::<String>("name")?;
        let email = row.maybe::<String>("email")?;
        if let Some(name) = name.or(email) {
            all.insert(UserId(row.get("id")?), name);
        }
    }
    Ok(all)
}

/// Who uses exactly this address, as far as rows say; for a search, never for a sign-in.
pub async fn with_address(
    on: impl On,
    tenant: &TenantId,
    address: &str,
) -> Result<Vec<UserId>, DbError> {
    // In no order: asked for one, SQLite would walk all people in that order instead.
    let rows = q("SELECT id FROM users WHERE tenant_id = $1 AND email = $2 LIMIT 4")
        .bind(tenant.as_str())
        .bind(address.to_lowercase())
        .all(on)
        .await?;
    rows.iter().map(|row| Ok(UserId(row.get("id")?))).collect()
}

fn places(count: usize, first: usize) -> String {
    let all: Vec<String> = (first..first + count).map(|n| format!("${n}")).collect();
    all.join(", ")
}

fn bound(sql: String, tenant: &TenantId, ids: &[UserId]) -> Statement {
    ids.iter()
        .fold(q_dynamic(sql).bind(tenant.as_str()), |statement, id| {
            statement.bind(id.as_str())
        })
}
