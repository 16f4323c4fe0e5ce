//! A provider's trouble as the outside sees it.
//!
//! Owns: error → problem. Must not know: which provider, and what was asked of it.

use laneway_contract::ProviderError;

use crate::domain::{Code, Problem};

/// It cannot be reached, or not used.
pub(super) fn unavailable(reason: impl std::fmt::Display) -> Problem {
    Problem::new(
        Code::UpstreamUnavailable,
        "The identity provider cannot be reached. Try again soon.",
    )
    .because(reason)
}

/// A provider's trouble as the outside sees it; what it said stays in the log.
pub fn problem(error: &ProviderError) -> Problem {
    match error {
        ProviderError::Misconfigured(_) if error.code() == Some("missing_right") => Problem::new(
            Code::NotSupportedByUpstream,
            "Laneway may not do this at the identity provider. The check of the provider says which right it lacks.",
        )
        .because(error),
        ProviderError::Unacceptable(field) => refused_value(field).because(error),
        ProviderError::Unreachable(_) | ProviderError::Misconfigured(_) => unavailable(error),
        ProviderError::RateLimited { retry_after } => {
            unavailable(error).retry_in(retry_after.unwrap_or(30).min(3600))
        }
        ProviderError::InvalidResponse(_) => Problem::new(
            Code::UpstreamInvalid,
            "The identity provider gave an answer that cannot be trusted.",
        )
        .because(error),
        ProviderError::GrantRevoked | ProviderError::SubjectGone => {
            Problem::new(Code::Denied, "The identity provider refused.").because(error)
        }
        ProviderError::Conflict => Problem::new(
            Code::Duplicate,
            "The identity provider has this record already.",
        ),
        ProviderError::NotFound => Problem::not_found(),
    }
}

fn refused_value(field: &str) -> Problem {
    let pointer = match field {
        "name" => "/name",
        _ => "/email",
    };
    Problem::field(
        pointer,
        "refused_by_upstream",
        "A rule of the identity provider does not let this value pass.",
    )
}
