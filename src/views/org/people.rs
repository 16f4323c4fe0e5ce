//! Members of an organization: search and page, all of it in the address.

use askama::Template;

use super::super::desk::{DeskFrame, MemberLine};
use super::super::words::Words;
use super::super::{Chrome, filters};

/// `GET /org/{org}/people`.
#[derive(Template)]
#[template(path = "pages/org/people.html")]
pub struct MembersPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where it is.
    pub path: String,
    /// How many there are.
    pub lead: Words,
    /// What was searched for.
    pub q: String,
    /// One page.
    pub members: Vec<MemberLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// Invitations that can be taken.
    pub waiting: Option<Words>,
    /// May invite.
    pub may_write: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
}

#[cfg(test)]
impl MembersPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("people"),
            path: "/org/bk/people".into(),
            lead: Words::new("org-people-lead")
                .number("active", 12)
                .number("suspended", 1),
            q: "an\"<a".into(),
            members: vec![MemberLine::sample("/org/bk/people/u1")],
            first: Some("/org/bk/people".into()),
            next: Some("/org/bk/people?after=x".into()),
            waiting: Some(Words::new("org-people-waiting").number("n", 2)),
            may_write: true,
            flash: Some("org-flash-removed"),
        };
        let none = Self {
            members: Vec::new(),
            first: None,
            next: None,
            waiting: None,
            flash: None,
            ..some()
        };
        let nobody = Self {
            q: String::new(),
            members: Vec::new(),
            first: None,
            next: None,
            may_write: false,
            ..some()
        };
        vec![some(), none, nobody]
    }
}
