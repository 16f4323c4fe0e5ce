//! Searching audit events. Each branch of a search walks an index of its own from the
//! newest on and stops after one page, however many events there are.

use laneway_sqlkit::{DbError, On, Statement, q_dynamic};

use super::audit::{EventRow, from_row};
use crate::domain::TenantId;

const COLUMNS: &str = "id, at, type, outcome, actor, target, org_id, request_id, ip, detail, \
                       before_state, after_state";

/// What is wanted; empty and zero mean "any".
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Event types, any of them.
    pub kinds: Vec<String>,
    /// Only what was refused or failed.
    pub refused: bool,
    /// Who did it or whom it was done to: `kind:id`, any of them.
    pub principals: Vec<String>,
    /// Reference of a request.
    pub request: String,
    /// Id of an organization.
    pub org: String,
    /// Epoch ms, inclusive.
    pub from: i64,
    /// Epoch ms, exclusive.
    pub to: i64,
    /// Go on before this id.
    pub before: String,
}

/// A page, newest first.
pub async fn list(
    on: impl On + Copy,
    tenant: &TenantId,
    search: &Search,
    limit: i64,
) -> Result<Vec<EventRow>, DbError> {
    let mut found = Vec::new();
    for (column, value) in branches(search) {
        let rows = statement(tenant, search, column, value, limit)
            .all(on)
            .await?;
        for row in &rows {
            found.push(from_row(row)?);
        }
    }
    // An event about oneself is found twice.
    found.sort_by(|a, b| b.id.cmp(&a.id));
    found.dedup_by(|a, b| a.id == b.id);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// One event.
pub async fn find(on: impl On, tenant: &TenantId, id: &str) -> Result<Option<EventRow>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM audit_events WHERE tenant_id = $1 AND id = $2");
    let row = q_dynamic(sql)
        .bind(tenant.as_str())
        .bind(id)
        .optional(on)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// The most telling condition first: it chooses the index.
fn branches(search: &Search) -> Vec<(&'static str, &str)> {
    if !search.request.is_empty() {
        return vec![("request_id", &search.request)];
    }
    if !search.principals.is_empty() {
        let both = |p| [("actor", p), ("target", p)];
        return search
            .principals
            .iter()
            .flat_map(|p| both(p.as_str()))
            .collect();
    }
    if !search.org.is_empty() {
        return vec![("org_id", &search.org)];
    }
    if search.refused {
        return vec![("refused", "")];
    }
    if search.kinds.is_empty() {
        return vec![("", "")];
    }
    search
        .kinds
        .iter()
        .map(|kind| ("type", kind.as_str()))
        .collect()
}

fn statement(
    tenant: &TenantId,
    search: &Search,
    column: &'static str,
    value: &str,
    limit: i64,
) -> Statement {
    let mut sql = format!("SELECT {COLUMNS} FROM audit_events WHERE tenant_id = $1");
    let mut texts: Vec<&str> = vec![tenant.as_str()];
    if !matches!(column, "" | "refused") {
        sql.push_str(&format!(" AND {column} = {}", place(&texts)));
        texts.push(value);
    }
    if search.refused {
        sql.push_str(" AND outcome <> 'success'");
    }
    if column != "org_id" && !search.org.is_empty() {
        sql.push_str(&format!(" AND org_id = {}", place(&texts)));
        texts.push(&search.org);
    }
    if column != "type" && !search.kinds.is_empty() {
        let mut places = Vec::new();
        for kind in &search.kinds {
            places.push(place(&texts));
            texts.push(kind);
        }
        sql.push_str(&format!(" AND type IN ({})", places.join(", ")));
    }
    if !search.before.is_empty() {
        sql.push_str(&format!(" AND id < {}", place(&texts)));
        texts.push(&search.before);
    }
    // Ids begin with their instant, which makes the index by id one by time. They are made
    // at or after the event's own instant.
    let (from, to) = (
        floor_id(search.from),
        floor_id(search.to.saturating_add(60_000)),
    );
    if search.from > 0 {
        sql.push_str(&format!(" AND id >= {}", place(&texts)));
        texts.push(&from);
    }
    if search.to > 0 {
        sql.push_str(&format!(" AND id < {}", place(&texts)));
        texts.push(&to);
    }
    let next = texts.len() + 1;
    sql.push_str(&format!(
        " AND at >= ${next} AND at < ${} ORDER BY id DESC LIMIT ${}",
        next + 1,
        next + 2
    ));
    let until = if search.to > 0 { search.to } else { i64::MAX };
    let bound = texts
        .into_iter()
        .fold(q_dynamic(sql), laneway_sqlkit::Statement::bind);
    bound.bind(search.from).bind(until).bind(limit)
}

fn place(bound: &[&str]) -> String {
    format!("${}", bound.len() + 1)
}

/// The smallest `UUIDv7` of an instant.
fn floor_id(at: i64) -> String {
    let hex = format!("{:012x}", at.max(0));
    let (high, low) = hex.split_at(8);
    format!("{high}-{low}")
}

#[cfg(test)]
mod tests {
    use super::floor_id;

    #[test]
    fn ids_sort_by_their_instant() {
        let floor = floor_id(1_800_000_000_000);
        let made = uuid::Builder::from_unix_timestamp_millis(1_800_000_000_000, &[0; 10])
            .into_uuid()
            .to_string();
        assert!(made.starts_with(&floor), "{made} {floor}");
        assert!(floor_id(1_800_000_000_001) > made);
    }
}
