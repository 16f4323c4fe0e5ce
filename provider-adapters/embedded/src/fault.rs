//! What can go wrong inside this crate, and what the core is told about it.

use laneway_contract::ProviderError;
use laneway_sqlkit::DbError;

/// Either side's error; lets `?` carry both up to an ability.
#[derive(Debug)]
pub(crate) enum Fault {
    Db(DbError),
    Provider(ProviderError),
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<ProviderError> for Fault {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

// All JSON read or written in here is our own, so a failure means a damaged row.
impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Db(DbError::Broken(error.to_string()))
    }
}

impl From<Fault> for ProviderError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Provider(error) => error,
            // A store that is down is an outage of this provider: nobody is logged out.
            Fault::Db(DbError::Unavailable(text)) => Self::Unreachable(text),
            Fault::Db(DbError::Conflict(_)) => Self::Conflict,
            Fault::Db(DbError::NewerSchema(text)) => Self::Misconfigured(text),
            Fault::Db(DbError::Broken(text)) => Self::InvalidResponse(text),
        }
    }
}
