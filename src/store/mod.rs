//! The core's tables. SQL lives here (and in the embedded provider for its own tables).
//!
//! Owns: statements, row → domain, what is sealed at rest, the order of writes inside a
//! transaction.
//! Must not know: policy, providers, HTTP.

pub mod api_tokens;
pub mod audit;
pub mod flows;
pub mod hosts;
pub mod installation;
pub mod invalidations;
pub mod keys;
pub mod links;
pub mod operators;
pub mod orgs;
pub mod outbox;
pub mod rate;
pub mod seal;
pub mod secrets;
pub mod sessions;
pub mod tenants;
pub mod upstream_sessions;
pub mod upstreams;
pub mod users;
mod write;

use laneway_sqlkit::{DbError, Migration, MigrationSet};

use crate::domain::{Code, Problem};

pub use write::Write;

/// Migrations of the core, applied at every start.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    table: "core_migrations",
    steps: &[Migration {
        version: 1,
        name: "core",
        sqlite: include_str!("../../migrations/sqlite/0001_core.sql"),
        postgres: include_str!("../../migrations/postgres/0001_core.sql"),
    }],
};

/// The one place where a database error becomes an answer: down is 503, a broken rule of
/// uniqueness is 409, the rest is ours to look at.
impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) => {
                Self::new(Code::StoreUnavailable, "Try again in a few seconds.").because(error)
            }
            DbError::Conflict(_) => {
                Self::new(Code::Duplicate, "A record with this value exists already.")
                    .because(error)
            }
            DbError::NewerSchema(_) | DbError::Broken(_) => Self::new(
                Code::Internal,
                "The incident is logged under the reference below.",
            )
            .because(error),
        }
    }
}
