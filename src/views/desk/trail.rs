//! The record: filters and the open event stand in the address.

use askama::Template;

use super::super::words::Words;
use super::super::{Chrome, filters};
use super::{DeskFrame, StateWord};

/// A choice of a filter.
#[derive(Debug, Clone)]
pub struct TrailChoice {
    /// In addresses.
    pub word: String,
    /// What it is called.
    pub name: Words,
    /// It is chosen.
    pub chosen: bool,
}

/// An event in a line.
#[derive(Debug, Clone)]
pub struct TrailLine {
    /// Where its details are.
    pub href: String,
    /// Epoch ms.
    pub at: i64,
    /// `14:31:46`.
    pub clock: String,
    /// Type.
    pub kind: String,
    /// Whom or what it is about, or why.
    pub about: String,
    /// Who did it.
    pub who: Words,
    /// How it ended.
    pub outcome: StateWord,
    /// Its details are shown.
    pub open: bool,
}

/// A member that a change touched.
#[derive(Debug, Clone)]
pub struct ChangedMember {
    /// Its name.
    pub name: String,
    /// Before; empty where it was not there.
    pub before: String,
    /// After.
    pub after: String,
}

/// Everything about one event.
#[derive(Debug, Clone)]
pub struct TrailDetail {
    /// Type.
    pub kind: String,
    /// How it ended.
    pub outcome: StateWord,
    /// Epoch ms.
    pub at: i64,
    /// With seconds and thousandths.
    pub exact: String,
    /// Who did it, with the way to their page.
    pub who: (Words, Option<String>),
    /// Whom or what it is about, with the way there.
    pub target: (Words, Option<String>),
    /// Organization.
    pub org: Option<String>,
    /// Network address.
    pub ip: String,
    /// Reference of the request.
    pub request: String,
    /// Further facts, by name.
    pub facts: Vec<(String, String)>,
    /// How it was decided: rule and what it said.
    pub trace: Vec<(String, String)>,
    /// What changed.
    pub changes: Vec<ChangedMember>,
    /// As recorded, as JSON.
    pub raw: String,
}

/// `GET /admin/audit`, `GET /org/{org}/audit`.
#[derive(Template)]
#[template(path = "pages/desk/trail.html")]
pub struct TrailPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where it is.
    pub path: String,
    /// What was typed.
    pub q: String,
    /// Groups of types.
    pub kinds: Vec<TrailChoice>,
    /// Outcomes.
    pub outcomes: Vec<TrailChoice>,
    /// Spans of time.
    pub spans: Vec<TrailChoice>,
    /// Newest first.
    pub rows: Vec<TrailLine>,
    /// The newest, where these are older.
    pub first: Option<String>,
    /// Older ones.
    pub next: Option<String>,
    /// The open event.
    pub detail: Option<TrailDetail>,
    /// Where the page is without it.
    pub close: String,
    /// Where the export is.
    pub export: String,
    /// Nothing is filtered.
    pub plain: bool,
}

#[cfg(test)]
impl TrailPage {
    pub(crate) fn samples() -> Vec<Self> {
        const AT: i64 = 1_773_306_840_000;
        let choice = |word: &str, chosen| TrailChoice {
            word: word.into(),
            name: Words::new("desk-kind-sign-ins"),
            chosen,
        };
        let detail = TrailDetail {
            kind: "login.denied".into(),
            outcome: StateWord::new("bad", "desk-outcome-denied"),
            at: AT,
            exact: "09:14:00.114".into(),
            who: (Words::own("Tomasz <W>"), Some("/admin/users/u1".into())),
            target: (Words::own("flow f1"), None),
            org: Some("Brennan & Kohl".into()),
            ip: "198.51.100.77".into(),
            request: "7QK-4M2".into(),
            facts: vec![("reason".into(), "disabled".into())],
            trace: vec![("link".into(), "<found>".into())],
            changes: vec![ChangedMember {
                name: "state".into(),
                before: "active".into(),
                after: "disabled".into(),
            }],
            raw: "{ \"a\": \"<b>\" }".into(),
        };
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("trail"),
            path: "/admin/audit".into(),
            q: "\"<q>".into(),
            kinds: vec![choice("", false), choice("sign-ins", true)],
            outcomes: vec![choice("", true)],
            spans: vec![choice("", true)],
            rows: vec![TrailLine {
                href: "/admin/audit?event=e1".into(),
                at: AT,
                clock: "09:14:00".into(),
                kind: "login.denied".into(),
                about: "disabled".into(),
                who: Words::new("desk-who-nobody"),
                outcome: StateWord::new("bad", "desk-outcome-denied"),
                open: true,
            }],
            first: Some("/admin/audit".into()),
            next: Some("/admin/audit?before=e1".into()),
            detail: Some(detail.clone()),
            close: "/admin/audit".into(),
            export: "/admin/audit/export".into(),
            plain: false,
        };
        let none = Self {
            rows: Vec::new(),
            first: None,
            next: None,
            detail: None,
            ..some()
        };
        let begin = Self {
            rows: Vec::new(),
            plain: true,
            detail: None,
            ..some()
        };
        let own = Self {
            frame: DeskFrame::own("trail"),
            path: "/org/bk/audit".into(),
            ..some()
        };
        vec![some(), none, begin, own]
    }
}
