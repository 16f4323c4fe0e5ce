//! Changing what everybody signs in at: the plan first, then the button.

use askama::Template;

use super::super::words::Words;
use super::super::{Chrome, filters};
use super::DeskFrame;

/// `GET /admin/upstreams/{id}/activate`.
#[derive(Template)]
#[template(path = "pages/desk/activate.html")]
pub struct ActivatePage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Id of the one that is entered.
    pub id: String,
    /// What is left.
    pub from: String,
    /// What is entered.
    pub to: String,
    /// People, linked, new: numbers with their meaning.
    pub figures: Vec<(&'static str, String)>,
    /// What an operator should know, each with its tone.
    pub notes: Vec<(&'static str, Words)>,
    /// The button is there.
    pub ready: bool,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl ActivatePage {
    pub(crate) fn samples() -> Vec<Self> {
        let plain = |ready: bool, error: Option<&str>| Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("upstreams"),
            id: "u1".into(),
            from: "Embedded".into(),
            to: "Corp <eu>".into(),
            figures: vec![
                ("desk-plan-linked", "202".into()),
                ("desk-plan-new", "3,280".into()),
            ],
            notes: vec![
                (
                    "warn",
                    Words::new("desk-plan-unlinked")
                        .number("n", 3280)
                        .text("to", "Corp"),
                ),
                ("ok", Words::new("desk-plan-sessions")),
            ],
            ready,
            error: error.map(Into::into),
        };
        vec![plain(true, None), plain(false, Some("A check fails."))]
    }
}
