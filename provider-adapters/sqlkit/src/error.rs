//! Database errors by reaction.

/// What went wrong, named for what the caller does about it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The store cannot answer now (down, locked, full, deadline): 503 and try later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A uniqueness or foreign-key rule refused the write.
    #[error("the write conflicts with an existing row ({0})")]
    Conflict(String),
    /// The schema was written by a newer version of this program.
    #[error("{0}")]
    NewerSchema(String),
    /// A statement or row does not fit: a bug or a damaged database.
    #[error("unexpected database answer: {0}")]
    Broken(String),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(inner) => {
                if inner.is_unique_violation() || inner.is_foreign_key_violation() {
                    return Self::Conflict(
                        inner
                            .constraint()
                            .map_or_else(|| inner.message().to_owned(), str::to_owned),
                    );
                }
                let code = inner.code().unwrap_or_default().into_owned();
                if unavailable_code(&code) {
                    Self::Unavailable(format!("{} ({code})", inner.message()))
                } else {
                    Self::Broken(format!("{} ({code})", inner.message()))
                }
            }
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable(error.to_string())
            }
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// SQLite primary codes 5 busy, 6 locked, 8 read-only, 10 I/O, 13 full, 14 cannot open
/// (extended codes keep the primary one in the low byte); PostgreSQL classes 08
/// connection, 53 resources, 57 operator intervention, 40 serialisation, 55P03 lock.
fn unavailable_code(code: &str) -> bool {
    if code.len() == 5 {
        return matches!(&code[..2], "08" | "53" | "57" | "40") || code == "55P03";
    }
    code.parse::<u32>()
        .is_ok_and(|number| matches!(number & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}
