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
    /// A value to be written that a rule of the provider's own refuses: whoever asked gives
    /// another one. Names the field: `login_name`, `email` or `name`.
    #[error("the provider refuses the {0}")]
    Unacceptable(&'static str),
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

impl ProviderError {
    /// The stable code of what went wrong, where its sentence ends with one in brackets:
    /// `aud does not contain our client id [wrong_audience]`.
    pub fn code(&self) -> Option<&str> {
        let (Self::Unreachable(text) | Self::Misconfigured(text) | Self::InvalidResponse(text)) =
            self
        else {
            return None;
        };
        let (_, code) = text.strip_suffix(']')?.rsplit_once(" [")?;
        let fits = code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        (fits && !code.is_empty()).then_some(code)
    }
}

impl From<crate::HttpError> for ProviderError {
    fn from(error: crate::HttpError) -> Self {
        let said = |code: &str| format!("{error} [{code}]");
        match error {
            crate::HttpError::Forbidden(..) => Self::Misconfigured(said("address_forbidden")),
            crate::HttpError::TooLarge(_) => Self::InvalidResponse(said("too_large")),
            crate::HttpError::Tls(_) => Self::Unreachable(said("tls_fault")),
            crate::HttpError::Unreachable(_) => Self::Unreachable(said("unreachable")),
            crate::HttpError::Timeout(_) => Self::Unreachable(said("timeout")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProviderError;

    #[test]
    fn a_sentence_may_end_with_its_code() {
        let code = |text: &str| {
            let error = ProviderError::InvalidResponse(text.into());
            error.code().map(str::to_owned)
        };
        assert_eq!(
            code("no [wrong_audience]").as_deref(),
            Some("wrong_audience")
        );
        for none in [
            "no",
            "no []",
            "no [Not a code]",
            "[alone]",
            "no [code] more",
        ] {
            assert_eq!(code(none), None, "{none}");
        }
        assert_eq!(ProviderError::NotFound.code(), None);
    }
}
