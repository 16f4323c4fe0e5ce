//! Short ways to say what went wrong, and what of a provider's words may be repeated.
//!
//! Owns: error texts. Must not know: secrets; none may reach here.

use laneway_contract::ProviderError;

pub(crate) fn invalid(what: impl Into<String>) -> ProviderError {
    ProviderError::InvalidResponse(what.into())
}

pub(crate) fn misconfigured(what: impl Into<String>) -> ProviderError {
    ProviderError::Misconfigured(what.into())
}

/// The same with the code that ends the sentence.
pub(crate) fn invalid_as(code: &str, what: &str) -> ProviderError {
    ProviderError::InvalidResponse(format!("{what} [{code}]"))
}

/// The same with the code that ends the sentence.
pub(crate) fn misconfigured_as(code: &str, what: &str) -> ProviderError {
    ProviderError::Misconfigured(format!("{what} [{code}]"))
}

/// A provider's error code if it has the form that RFC 6749 §5.2 gives it. Anything else
/// could be a text that somebody wants to see in our log or on our page.
pub(crate) fn error_code(text: &str) -> &str {
    let fits = !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if fits { text } else { "unreadable_error" }
}

/// A provider's description for an administrator: printable, one line, at most 200 characters.
pub(crate) fn description(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect()
}
