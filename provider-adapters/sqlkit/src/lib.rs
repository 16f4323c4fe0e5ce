//! One SQL text for SQLite and PostgreSQL: connections, statements, rows, transactions
//! and namespaced migrations.
//!
//! Owns: how a statement reaches either engine, the SQLite one-writer rule, deadlines.
//! Must not know: any table, any rule of the product.
//!
//! ```no_run
//! # async fn example() -> Result<(), laneway_sqlkit::DbError> {
//! use laneway_sqlkit::{Db, q};
//! let db = Db::connect("sqlite:/tmp/example.db").await?;
//! let mut tx = db.begin().await?;
//! q("UPDATE things SET n = n + 1 WHERE id = $1").bind("a").run(&mut tx).await?;
//! tx.commit().await?;
//! let row = q("SELECT n FROM things WHERE id = $1").bind("a").optional(&db).await?;
//! # Ok(()) }
//! ```

mod db;
mod error;
mod migrate;
mod row;
mod statement;
mod work;

pub use db::{Db, Tx, query_count};
pub use error::DbError;
pub use migrate::{Migration, MigrationSet};
pub use row::{Column, Row};
pub use statement::{On, Source, Statement, Value, q, q_dynamic};
