//! What is wrong with a document, told to the administrator of the other side.

use laneway_contract::{Check, ProviderError, Who};

/// A finding that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{received} [{code}]")]
pub struct Fault {
    /// Stable, `snake_case`.
    pub code: &'static str,
    /// What was found.
    pub received: String,
    /// What was wanted.
    pub expected: String,
    /// What to do, in one sentence.
    pub fix: &'static str,
}

impl Fault {
    pub(crate) fn new(
        code: &'static str,
        received: impl Into<String>,
        expected: impl Into<String>,
        fix: &'static str,
    ) -> Self {
        Self {
            code,
            received: short(received.into()),
            expected: expected.into(),
            fix,
        }
    }

    /// The same as a failed check.
    pub fn check(&self) -> Check {
        let (received, expected) = (self.received.clone(), self.expected.clone());
        Check::fail(self.code, received, expected, Who::Customer, self.fix)
    }
}

impl From<Fault> for ProviderError {
    fn from(fault: Fault) -> Self {
        Self::Misconfigured(fault.to_string())
    }
}

/// What strangers wrote is shown to people: not more of it than fits a line or two.
fn short(text: String) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    if text.chars().count() <= 300 && !text.chars().any(char::is_control) {
        return text;
    }
    text.chars().take(300).map(plain).collect()
}
