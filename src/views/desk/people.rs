//! Many people: search, filter, page; all of it in the address.

use askama::Template;

use super::super::words::Words;
use super::super::{Chrome, filters};
use super::{DeskFrame, StateWord};

/// A person in a line.
#[derive(Debug, Clone)]
pub struct PersonLine {
    /// Id.
    pub id: String,
    /// Name, else address, else id.
    pub name: String,
    /// Address; empty when none is known.
    pub email: String,
    /// First organization; empty when there is none.
    pub organization: String,
    /// How many more.
    pub more: usize,
    /// Names of providers and keys of own ways.
    pub ways: Vec<Words>,
    /// Last use of a way in, epoch ms.
    pub last: Option<i64>,
    /// Live sessions.
    pub sessions: String,
    /// How they are.
    pub state: StateWord,
}

/// `GET /admin/users`.
#[derive(Template)]
#[template(path = "pages/desk/people.html")]
pub struct PeoplePage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// How many there are, and when that was counted.
    pub lead: Words,
    /// What was searched for.
    pub q: String,
    /// State that is filtered by: empty, `active`, `disabled`.
    pub state: String,
    /// One page.
    pub rows: Vec<PersonLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// May invite a person.
    pub may_invite: bool,
    /// What just happened.
    pub flash: Option<&'static str>,
}

#[cfg(test)]
impl PersonLine {
    fn sample(id: &str, name: &str) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            email: "ana@x.test".into(),
            organization: "Brennan & Kohl".into(),
            more: 2,
            ways: vec![Words::own("Corp"), Words::new("desk-way-email")],
            last: Some(1_773_306_840_000),
            sessions: "4".into(),
            state: StateWord::new("ok", "desk-active"),
        }
    }
}

#[cfg(test)]
impl PeoplePage {
    pub(crate) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("people"),
            lead: Words::new("desk-people-lead")
                .number("people", 3482)
                .number("organizations", 41)
                .instant("at", 1_773_306_840_000),
            q: "an\"<a".into(),
            state: "active".into(),
            rows: vec![
                PersonLine::sample("u1", "Ana <Ferreira>"),
                PersonLine {
                    organization: String::new(),
                    more: 0,
                    ways: Vec::new(),
                    last: None,
                    email: String::new(),
                    state: StateWord::new("bad", "desk-disabled"),
                    ..PersonLine::sample("u2", "Łukasz Żak")
                },
            ],
            first: Some("/admin/users".into()),
            next: Some("/admin/users?after=x".into()),
            may_invite: true,
            flash: Some("desk-flash-deleted"),
        };
        let none = Self {
            rows: Vec::new(),
            first: None,
            next: None,
            may_invite: false,
            flash: None,
            ..some()
        };
        let nobody = Self {
            q: String::new(),
            state: String::new(),
            rows: Vec::new(),
            first: None,
            next: None,
            ..some()
        };
        vec![some(), none, nobody]
    }
}
