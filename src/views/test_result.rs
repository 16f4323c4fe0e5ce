//! What came of a test login, for whoever has run it.

use askama::Template;

use super::{CheckRow, Chrome, filters};

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
    pub checks: Vec<CheckRow>,
}

impl TestResultPage {
    fn failed(&self) -> Vec<&CheckRow> {
        self.checks.iter().filter(|check| !check.ok).collect()
    }

    fn good(&self) -> Vec<&CheckRow> {
        self.checks.iter().filter(|check| check.ok).collect()
    }

    fn count(&self, ok: bool) -> u32 {
        let rows = self.checks.iter().filter(|check| check.ok == ok).count();
        u32::try_from(rows).unwrap_or(u32::MAX)
    }
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
        let check = CheckRow::sample;
        vec![
            page(
                true,
                true,
                vec![check("discovery", true), check("id_token", true)],
            ),
            page(
                false,
                true,
                vec![check("discovery", true), check("client_refused", false)],
            ),
            page(false, false, Vec::new()),
        ]
    }
}
