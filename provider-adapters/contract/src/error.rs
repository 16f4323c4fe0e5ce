//! One variant per reaction of the core (DESIGN §5). Refusals are values, not errors.

/// Why an adapter could not give an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Transport trouble of any kind: 503, alarm, never log anybody out.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// The provider asks for patience: 429/503 with the wait in seconds.
    #[error("the provider limits our requests")]
    RateLimited {
        /// Seconds to wait, where the provider said so.
        retry_after: Option<u64>,
    },
    /// Something that an administrator must correct; the text is shown to them.
    #[error("the provider is not set up for us: {0}")]
    Misconfigured(String),
    /// An answer that breaks the protocol or fails a check: 502 and a security log line.
    #[error("the provider's answer is not acceptable: {0}")]
    InvalidResponse(String),
    /// The grant behind one session is gone: end that session.
    #[error("the provider no longer honours this grant")]
    GrantRevoked,
    /// The person no longer exists at the provider: deprovision.
    #[error("the person no longer exists at the provider")]
    SubjectGone,
    /// The thing to create exists already.
    #[error("the provider already has this record")]
    Conflict,
    /// The thing asked about does not exist.
    #[error("the provider does not know this record")]
    NotFound,
}

impl From<crate::HttpError> for ProviderError {
    fn from(error: crate::HttpError) -> Self {
        match error {
            crate::HttpError::Forbidden(..) => Self::Misconfigured(error.to_string()),
            crate::HttpError::TooLarge(_) => Self::InvalidResponse(error.to_string()),
            crate::HttpError::Unreachable(_) | crate::HttpError::Timeout(_) => {
                Self::Unreachable(error.to_string())
            }
        }
    }
}
