//! Connections and transactions.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection as _, Transaction};

use crate::statement::{On, Statement};
use crate::work::Work;
use crate::{DbError, Row};

/// No statement may take longer: a frozen server must become an answer, not a hang.
const STATEMENT_DEADLINE: Duration = Duration::from_secs(4);
const ACQUIRE_DEADLINE: Duration = Duration::from_secs(3);

static QUERIES: AtomicU64 = AtomicU64::new(0);

/// Statements sent since the process began, for the metric of that name.
pub fn query_count() -> u64 {
    QUERIES.load(Ordering::Relaxed)
}

/// Runs the same body on either pool or transaction.
macro_rules! on_db {
    ($kind:ident, $on:expr, $inner:ident => $body:expr) => {
        match $on {
            $kind::Sqlite($inner) => $body,
            $kind::Pg($inner) => $body,
        }
    };
}

/// A database: pools that are cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// SQLite in WAL mode: one writer connection, several read-only ones.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Read-only connections.
        readers: SqlitePool,
    },
    /// PostgreSQL.
    Pg(PgPool),
}

/// A writing transaction. Dropping it rolls back.
pub enum Tx {
    /// On the writer connection, begun with `BEGIN IMMEDIATE`.
    Sqlite(Transaction<'static, Sqlite>),
    /// On a pooled connection.
    Pg(Transaction<'static, Postgres>),
}

impl Db {
    /// Opens `sqlite:path` (created if missing) or `postgres://…`.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when it cannot be opened, [`DbError::Broken`] for an
    /// address of neither kind.
    pub async fn connect(url: &str) -> Result<Self, DbError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            Self::open_sqlite(path.trim_start_matches("//")).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url)
                .map_err(|_| DbError::Broken("the database address is garbled".into()))?;
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(ACQUIRE_DEADLINE)
                .connect_with(options)
                .await?;
            Ok(Self::Pg(pool))
        } else {
            Err(DbError::Broken(
                "database addresses begin with sqlite: or postgres://".into(),
            ))
        }
    }

    async fn open_sqlite(path: &str) -> Result<Self, DbError> {
        create_private(path).map_err(|error| DbError::Unavailable(format!("{path}: {error}")))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL may lose acknowledged commits at power loss: spent codes would return.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(3));
        // A file does not hang up: asking whether a connection is still there would be a second way
        // to its thread and back for every statement.
        let pool = || SqlitePoolOptions::new().test_before_acquire(false);
        let writer = pool()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_DEADLINE)
            .before_acquire(|connection, _| {
                // A full disk makes SQLite roll back by itself, and the connection never learns
                // that its transaction is over: it can begin no other.
                let usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(usable) })
            })
            .connect_with(options.clone())
            .await?;
        let readers = pool()
            .max_connections(4)
            .acquire_timeout(ACQUIRE_DEADLINE)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self::Sqlite { writer, readers })
    }

    /// True for PostgreSQL.
    pub fn is_pg(&self) -> bool {
        matches!(self, Self::Pg(_))
    }

    /// Begins a writing transaction.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when no connection or lock is to be had in time.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        let work = async {
            match self {
                // A deferred transaction that read first fails at once with "locked"
                // when it comes to write, whatever the busy timeout.
                Self::Sqlite { writer, .. } => {
                    Ok(Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?))
                }
                Self::Pg(pool) => Ok(Tx::Pg(pool.begin().await?)),
            }
        };
        let span = Work::begins(self.is_pg(), "BEGIN");
        let outcome = deadline(work).await;
        span.ended(&outcome);
        outcome
    }

    /// Closes all connections; waits for those in use.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Pg(pool) => pool.close().await,
        }
    }
}

impl Tx {
    fn is_pg(&self) -> bool {
        matches!(self, Self::Pg(_))
    }

    /// Makes the writes permanent.
    ///
    /// # Errors
    /// [`DbError`] of the engine; the outcome is then unknown to the caller.
    pub async fn commit(self) -> Result<(), DbError> {
        let span = Work::begins(self.is_pg(), "COMMIT");
        let commit = async { on_db!(Self, self, tx => Ok(tx.commit().await?)) };
        let outcome = deadline(commit).await;
        span.ended(&outcome);
        outcome
    }

    /// Gives the writes up.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn rollback(self) -> Result<(), DbError> {
        let span = Work::begins(self.is_pg(), "ROLLBACK");
        let rollback = async { on_db!(Self, self, tx => Ok(tx.rollback().await?)) };
        let outcome = deadline(rollback).await;
        span.ended(&outcome);
        outcome
    }
}

impl On for &Db {
    async fn run(self, statement: Statement) -> Result<u64, DbError> {
        let work = Work::of(self.is_pg(), &statement);
        counted(work, async {
            match self {
                // Outside a transaction only reads are allowed; a write fails here on
                // both engines' test suites because readers are opened read-only.
                Db::Sqlite { readers, .. } => {
                    Ok(statement.sqlite().execute(readers).await?.rows_affected())
                }
                Db::Pg(pool) => Ok(statement.pg().execute(pool).await?.rows_affected()),
            }
        })
        .await
    }

    async fn all(self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let work = Work::of(self.is_pg(), &statement);
        counted(work, async {
            Ok(match self {
                Db::Sqlite { readers, .. } => {
                    let rows = statement.sqlite().fetch_all(readers).await?;
                    rows.into_iter().map(Row::Sqlite).collect()
                }
                Db::Pg(pool) => statement
                    .pg()
                    .fetch_all(pool)
                    .await?
                    .into_iter()
                    .map(Row::Pg)
                    .collect(),
            })
        })
        .await
    }
}

impl On for &mut Tx {
    async fn run(self, statement: Statement) -> Result<u64, DbError> {
        let work = Work::of(self.is_pg(), &statement);
        counted(work, async {
            Ok(match self {
                Tx::Sqlite(tx) => statement.sqlite().execute(&mut **tx).await?.rows_affected(),
                Tx::Pg(tx) => statement.pg().execute(&mut **tx).await?.rows_affected(),
            })
        })
        .await
    }

    async fn all(self, statement: Statement) -> Result<Vec<Row>, DbError> {
        let work = Work::of(self.is_pg(), &statement);
        counted(work, async {
            Ok(match self {
                Tx::Sqlite(tx) => {
                    let rows = statement.sqlite().fetch_all(&mut **tx).await?;
                    rows.into_iter().map(Row::Sqlite).collect()
                }
                Tx::Pg(tx) => {
                    let rows = statement.pg().fetch_all(&mut **tx).await?;
                    rows.into_iter().map(Row::Pg).collect()
                }
            })
        })
        .await
    }
}

/// People, sessions and hashes are nobody else's business: the file, and with it the log
/// files that SQLite makes beside it, is readable by its owner only.
fn create_private(path: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match opened {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(|_| ()),
    }
}

async fn counted<T>(
    span: Work,
    work: impl Future<Output = Result<T, DbError>>,
) -> Result<T, DbError> {
    QUERIES.fetch_add(1, Ordering::Relaxed);
    let outcome = deadline(work).await;
    span.ended(&outcome);
    outcome
}

async fn deadline<T>(work: impl Future<Output = Result<T, DbError>>) -> Result<T, DbError> {
    match tokio::time::timeout(STATEMENT_DEADLINE, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(DbError::Unavailable("no answer in time".into())),
    }
}
