//! A statement with its arguments, and where it runs.

use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{AssertSqlSafe, SqlStr};

use crate::{DbError, Row};

/// A bound argument. `None` is a typed NULL: PostgreSQL wants to know of what.
#[derive(Clone)]
pub enum Value {
    /// TEXT
    Text(Option<String>),
    /// BIGINT
    Int(Option<i64>),
    /// BOOLEAN
    Bool(bool),
    /// BLOB / BYTEA
    Bytes(Option<Vec<u8>>),
}

macro_rules! value_from {
    ($($from:ty => $make:expr),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self { ($make)(value) }
        }
    )+};
}

value_from! {
    &str => |v: &str| Self::Text(Some(plain(v.to_owned()))),
    String => |v| Self::Text(Some(plain(v))),
    &String => |v: &String| Self::Text(Some(plain(v.clone()))),
    Option<String> => |v: Option<String>| Self::Text(v.map(plain)),
    Option<&str> => |v: Option<&str>| Self::Text(v.map(|v| plain(v.to_owned()))),
    i64 => |v| Self::Int(Some(v)),
    Option<i64> => Self::Int,
    bool => Self::Bool,
    Vec<u8> => |v| Self::Bytes(Some(v)),
    &[u8] => |v: &[u8]| Self::Bytes(Some(v.to_vec())),
    Option<Vec<u8>> => Self::Bytes,
}

/// PostgreSQL has no text with NUL and would fail the statement; both engines get U+FFFD.
fn plain(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}")
    } else {
        text
    }
}

/// SQL text plus arguments for `$1`, `$2`, …
pub struct Statement {
    sql: SqlStr,
    args: Vec<Value>,
}

/// A statement from a literal.
pub fn q(sql: &'static str) -> Statement {
    Statement {
        sql: sqlx::SqlSafeStr::into_sql_str(sql),
        args: Vec::new(),
    }
}

/// A statement assembled at run time. Only fixed fragments may be joined; values are bound.
pub fn q_dynamic(sql: String) -> Statement {
    Statement {
        sql: sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(sql)),
        args: Vec::new(),
    }
}

impl Statement {
    /// Adds the next argument.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.args.push(value.into());
        self
    }

    /// Runs it; the number of rows touched.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn run(self, on: impl On) -> Result<u64, DbError> {
        on.run(self).await
    }

    /// All rows.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn all(self, on: impl On) -> Result<Vec<Row>, DbError> {
        on.all(self).await
    }

    /// The first row, if any.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn optional(self, on: impl On) -> Result<Option<Row>, DbError> {
        Ok(on.all(self).await?.into_iter().next())
    }

    /// The first row, which must exist.
    ///
    /// # Errors
    /// [`DbError::Broken`] when there is none.
    pub async fn one(self, on: impl On) -> Result<Row, DbError> {
        self.optional(on)
            .await?
            .ok_or_else(|| DbError::Broken("a row is missing".into()))
    }

    /// The text, which holds no value.
    pub(crate) fn text(&self) -> &str {
        self.sql.as_str()
    }

    pub(crate) fn sqlite(self) -> Query<'static, Sqlite, SqliteArguments> {
        let mut query = sqlx::query(self.sql);
        for arg in self.args {
            query = match arg {
                Value::Text(v) => query.bind(v),
                Value::Int(v) => query.bind(v),
                Value::Bool(v) => query.bind(v),
                Value::Bytes(v) => query.bind(v),
            };
        }
        query
    }

    pub(crate) fn pg(self) -> Query<'static, Postgres, PgArguments> {
        let mut query = sqlx::query(self.sql);
        for arg in self.args {
            query = match arg {
                Value::Text(v) => query.bind(v),
                Value::Int(v) => query.bind(v),
                Value::Bool(v) => query.bind(v),
                Value::Bytes(v) => query.bind(v),
            };
        }
        query
    }
}

/// Where several statements run, one after the other.
pub trait Source: Send {
    /// For the next one.
    fn on(&mut self) -> impl On;
}

impl Source for &crate::Db {
    fn on(&mut self) -> impl On {
        *self
    }
}

impl Source for &mut crate::Tx {
    fn on(&mut self) -> impl On {
        &mut **self
    }
}

/// Where a statement runs: `&Db` (reads, outside any transaction) or `&mut Tx`.
pub trait On: Send {
    /// Runs a statement; rows touched.
    fn run(self, statement: Statement) -> impl Future<Output = Result<u64, DbError>> + Send;
    /// Runs a statement; all rows.
    fn all(self, statement: Statement) -> impl Future<Output = Result<Vec<Row>, DbError>> + Send;
}
