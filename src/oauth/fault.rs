//! Refusals in the words of OAuth.

use crate::domain::Problem;

/// What an app is answered when it does not get what it asked for.
#[derive(Debug, Clone)]
pub enum Fault {
    /// No, and why (RFC 6749 §5.2).
    Refused {
        /// The registered word.
        error: &'static str,
        /// For whoever writes the app.
        description: String,
    },
    /// It could not be judged.
    Broken(Problem),
}

impl Fault {
    /// A refusal.
    pub fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self::Refused {
            error,
            description: description.into(),
        }
    }

    /// `invalid_request`
    pub fn request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    /// `invalid_grant`
    pub fn grant(description: impl Into<String>) -> Self {
        Self::new("invalid_grant", description)
    }

    /// `invalid_client`
    pub fn client(description: impl Into<String>) -> Self {
        Self::new("invalid_client", description)
    }

    /// The registered word.
    pub fn error(&self) -> &'static str {
        match self {
            Self::Refused { error, .. } => error,
            Self::Broken(problem) if problem.code.status() == 503 => "temporarily_unavailable",
            Self::Broken(_) => "server_error",
        }
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Broken(problem)
    }
}
