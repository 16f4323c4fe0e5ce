//! What is set up in an organization, and what is missing.

use askama::Template;

use super::super::desk::{DeskFrame, FindingRow};
use super::super::{Chrome, filters};

/// `GET /org/{org}`.
#[derive(Template)]
#[template(path = "pages/org/home.html")]
pub struct HomePage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// The organization's name.
    pub name: String,
    /// What is wrong, may go wrong or comes next.
    pub open: Vec<FindingRow>,
    /// What is in place.
    pub done: Vec<FindingRow>,
}

#[cfg(test)]
use super::super::words::Words;

#[cfg(test)]
impl HomePage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let row = |tone, title, detail, go: Option<(&str, &'static str)>| FindingRow {
            tone,
            title,
            detail,
            go: go.map(|(href, key)| (href.to_owned(), key)),
        };
        let titled = |key| Words::new(key).text("name", "Entra <ID>");
        let some = Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("overview"),
            name: "Brennan & <Kohl>".into(),
            open: vec![
                row(
                    "bad",
                    titled("org-line-faults"),
                    Words::new("org-line-faults-more").number("n", 2),
                    Some(("/org/bk/connections", "org-go-connection")),
                ),
                row(
                    "warn",
                    titled("org-line-failed"),
                    Words::new("org-line-failed-more").number("n", 3),
                    Some(("/org/bk/connections", "org-go-connection")),
                ),
                row(
                    "info",
                    Words::new("org-line-no-domain"),
                    Words::new("org-line-no-domain-more"),
                    Some(("/org/bk/domains", "org-go-domains")),
                ),
            ],
            done: vec![row(
                "ok",
                Words::new("org-line-people").number("n", 12),
                Words::new("org-line-owners").number("n", 2),
                Some(("/org/bk/people", "org-go-people")),
            )],
        };
        let fine = Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("overview"),
            name: "Acme".into(),
            open: Vec::new(),
            done: Vec::new(),
        };
        vec![some, fine]
    }
}
