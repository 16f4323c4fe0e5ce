//! One result row of either engine.

use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row as _, Type};

use crate::DbError;

/// A type that both engines can decode.
pub trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

/// A row.
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Pg(PgRow),
}

impl Row {
    /// The value of a column by name (`Option<T>` where it may be NULL).
    ///
    /// # Errors
    /// [`DbError::Broken`] when the column is missing or has another type.
    pub fn get<T: Column>(&self, name: &str) -> Result<T, DbError> {
        let value = match self {
            Self::Sqlite(row) => row.try_get(name),
            Self::Pg(row) => row.try_get(name),
        };
        value.map_err(|error| DbError::Broken(error.to_string()))
    }

    /// Like [`Row::get`] for a column that may be NULL.
    ///
    /// # Errors
    /// As [`Row::get`].
    pub fn maybe<T>(&self, name: &str) -> Result<Option<T>, DbError>
    where
        T: Column,
    {
        let value = match self {
            Self::Sqlite(row) => row.try_get::<Option<T>, _>(name),
            Self::Pg(row) => row.try_get::<Option<T>, _>(name),
        };
        value.map_err(|error| DbError::Broken(error.to_string()))
    }
}
