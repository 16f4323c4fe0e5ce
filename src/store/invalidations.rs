//! The ordered log that tells every node's caches what ended or changed.

use laneway_sqlkit::{Db, DbError, Row, q};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is over.
    Ended,
    /// It reads differently now.
    Changed,
}

/// What it happened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the tables'")]
pub enum Scope {
    Session,
    User,
    Org,
    Upstream,
    Tenant,
    /// What came of one sign-in for an app: its tokens carry the id.
    Family,
    App,
}

impl Change {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Changed => "changed",
        }
    }
}

impl Scope {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::User => "user",
            Self::Org => "org",
            Self::Upstream => "upstream",
            Self::Tenant => "tenant",
            Self::Family => "family",
            Self::App => "app",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "session" => Self::Session,
            "user" => Self::User,
            "org" => Self::Org,
            "upstream" => Self::Upstream,
            "tenant" => Self::Tenant,
            "family" => Self::Family,
            "app" => Self::App,
            _ => return None,
        })
    }
}

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalidation {
    /// Position; without gaps, in commit order.
    pub seq: i64,
    /// What happened.
    pub change: Change,
    /// To what kind of thing.
    pub scope: Scope,
    /// To which.
    pub id: String,
    /// Epoch ms of the transaction.
    pub at: i64,
}

/// Rows after a position, oldest first.
pub async fn after(db: &Db, seq: i64, limit: i64) -> Result<Vec<Invalidation>, DbError> {
    let rows = q(
        "SELECT seq, kind, scope, id, at FROM invalidations WHERE seq > $1 \
                  ORDER BY seq LIMIT $2",
    )
    .bind(seq)
    .bind(limit)
    .all(db)
    .await?;
    rows.iter().map(from_row).collect()
}

/// One row as it was read.
pub(super) fn from_row(row: &Row) -> Result<Invalidation, DbError> {
    let scope: String = row.get("scope")?;
    let kind: String = row.get("kind")?;
    Ok(Invalidation {
        seq: row.get("seq")?,
        change: if kind == "ended" {
            Change::Ended
        } else {
            Change::Changed
        },
        // A scope of a newer version in a rolling upgrade: forget everything of
        // the tenant rather than keep something stale.
        scope: Scope::parse(&scope).unwrap_or(Scope::Tenant),
        id: row.get("id")?,
        at: row.get("at")?,
    })
}

/// The newest position.
pub async fn head(db: &Db) -> Result<i64, DbError> {
    q("SELECT seq FROM invalidation_counter WHERE one = 1")
        .one(db)
        .await?
        .get("seq")
}

/// Forgets rows older than an instant.
pub async fn prune(db: &Db, before: i64) -> Result<u64, DbError> {
    let mut tx = db.begin().await?;
    let count = q("DELETE FROM invalidations WHERE at < $1")
        .bind(before)
        .run(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(count)
}
