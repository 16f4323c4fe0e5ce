//! Forward-only migrations, each set in a history table of its own, so that several
//! crates share one database without knowing each other.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration as SqlxMigration, MigrationType, Migrator};
use sqlx::{Connection, PgPool, SqlSafeStr, SqlStr};

use crate::{Db, DbError};

/// One step, written twice: only column types and collations differ between the twins.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// 1, 2, 3, … without gaps.
    pub version: i64,
    /// What it does.
    pub name: &'static str,
    /// SQLite text.
    pub sqlite: &'static str,
    /// PostgreSQL text.
    pub postgres: &'static str,
}

/// The migrations of one crate.
#[derive(Debug, Clone, Copy)]
pub struct MigrationSet {
    /// History table, for example `core_migrations`.
    pub table: &'static str,
    /// Steps in order.
    pub steps: &'static [Migration],
}

impl MigrationSet {
    /// Brings the database up to the last step. Several nodes may call this at once.
    ///
    /// # Errors
    /// [`DbError::NewerSchema`] when the database has steps that this program does not
    /// know; otherwise what the engine says.
    pub async fn apply(&self, db: &Db) -> Result<(), DbError> {
        let steps = self.steps.iter().map(|step| {
            let sql = if db.is_pg() {
                step.postgres
            } else {
                step.sqlite
            };
            let sql: SqlStr = sql.into_sql_str();
            SqlxMigration::new(
                step.version,
                Cow::Borrowed(step.name),
                MigrationType::Simple,
                sql,
                false,
            )
        });
        let mut migrator = Migrator::with_migrations(steps.collect());
        migrator.dangerous_set_table_name(self.table);
        let outcome = match db {
            Db::Sqlite { writer, .. } => migrator.run(writer).await,
            Db::Pg(pool) => on_own_connection(&migrator, pool).await,
        };
        outcome.map_err(|error| self.explain(error))
    }

    fn explain(&self, error: MigrateError) -> DbError {
        match error {
            MigrateError::VersionMissing(found) => DbError::NewerSchema(format!(
                "the database was written by a newer version (step {found} of {}, this program \
                 knows {}): start that version, or restore a backup made before it",
                self.table,
                self.steps.last().map_or(0, |step| step.version),
            )),
            MigrateError::VersionMismatch(found) => DbError::Broken(format!(
                "step {found} of {} differs from the one that was applied",
                self.table
            )),
            MigrateError::Execute(inner) | MigrateError::ExecuteMigration(inner, _) => inner.into(),
            other => DbError::Broken(other.to_string()),
        }
    }
}

/// A refused migration keeps its advisory lock until the connection ends: on a pooled one
/// the next start would wait for ever.
async fn on_own_connection(migrator: &Migrator, pool: &PgPool) -> Result<(), MigrateError> {
    let mut connection = pool.acquire().await?.detach();
    let outcome = migrator.run(&mut connection).await;
    let closed = connection.close().await;
    outcome?;
    Ok(closed?)
}
