//! What came of a test login, for whoever has run it.

use askama::Template;

use super::{Checks, Chrome, filters};

/// After a test login, in the browser that ran it or in another one.
#[derive(Template)]
#[template(path = "pages/test_result.html")]
pub struct TestResultPage {
    /// Frame.
    pub chrome: Chrome,
    /// Name of the connection.
    pub connection: String,
    /// Name of the organization.
    pub organization: String,
    /// Whoever signed in could come in.
    pub passed: bool,
    /// This browser ran it: it may see more.
    pub own: bool,
    /// What was looked at.
    pub checks: Checks,
}

#[cfg(test)]
impl TestResultPage {
    pub(super) fn samples() -> Vec<Self> {
        let page = |passed, own, checks| Self {
            chrome: Chrome::sample(),
            connection: "Entra <ID>".into(),
            organization: "Pellworm & Labs".into(),
            passed,
            own,
            checks,
        };
        vec![
            page(
                true,
                true,
                Checks::sample(&[("discovery", true), ("id_token", true)]),
            ),
            page(
                false,
                true,
                Checks::sample(&[("discovery", true), ("client_refused", false)]),
            ),
            page(false, false, Checks::default()),
        ]
    }
}
