//! Groups of an organization's members: whoever is in one has its roles.

use askama::Template;

use super::super::desk::DeskFrame;
use super::super::{Chrome, filters};
use super::Tick;

/// A group in a line.
#[derive(Debug, Clone)]
pub struct GroupLine {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it gives.
    pub roles: Vec<String>,
    /// How many are in it.
    pub members: u32,
}

/// `GET /org/{org}/groups`.
#[derive(Template)]
#[template(path = "pages/org/groups.html")]
pub struct GroupsPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where it is.
    pub path: String,
    /// One page of them.
    pub groups: Vec<GroupLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// What a new one can give.
    pub ticks: Vec<Tick>,
    /// May make groups.
    pub may_write: bool,
    /// What the form holds.
    pub value: String,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

/// Somebody in a group.
#[derive(Debug, Clone)]
pub struct GroupMemberLine {
    /// Id of the person.
    pub id: String,
    /// Name, else address, else id.
    pub name: String,
    /// Since, epoch ms.
    pub since: i64,
}

/// `GET /org/{org}/groups/{group}`.
#[derive(Template)]
#[template(path = "pages/org/group.html")]
pub struct GroupPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// The list of groups.
    pub up: String,
    /// Where the forms are sent.
    pub path: String,
    /// Where the pages of members are.
    pub people: String,
    /// Name.
    pub name: String,
    /// For the form: what is changed is what was seen.
    pub version: i64,
    /// What it gives and could.
    pub ticks: Vec<Tick>,
    /// One page of its members.
    pub members: Vec<GroupMemberLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// May change it.
    pub may_write: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl GroupsPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("groups"),
            path: "/org/bk/groups".into(),
            groups: vec![
                GroupLine {
                    id: "g1".into(),
                    name: "Night <shift>".into(),
                    roles: vec!["planner".into()],
                    members: 7,
                },
                GroupLine {
                    id: "g2".into(),
                    name: "Guests".into(),
                    roles: Vec::new(),
                    members: 1,
                },
            ],
            first: None,
            next: Some("/org/bk/groups?after=g2".into()),
            ticks: Tick::samples(),
            may_write: true,
            value: String::new(),
            flash: Some("org-flash-group-deleted"),
            error: None,
        };
        let none = Self {
            groups: Vec::new(),
            next: None,
            value: "Night <shift>".into(),
            flash: None,
            error: Some("A group of this name exists already.".into()),
            ..some()
        };
        let looking = Self {
            may_write: false,
            flash: None,
            ..some()
        };
        vec![some(), none, looking]
    }
}

#[cfg(test)]
impl GroupPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("groups"),
            up: "/org/bk/groups".into(),
            path: "/org/bk/groups/g1".into(),
            people: "/org/bk/people".into(),
            name: "Night <shift>".into(),
            version: 2,
            ticks: Tick::samples(),
            members: vec![GroupMemberLine {
                id: "u1".into(),
                name: "Ana <Ferreira>".into(),
                since: 1_773_306_840_000,
            }],
            first: None,
            next: Some("/org/bk/groups/g1?after=x".into()),
            may_write: true,
            flash: Some("org-flash-saved"),
            error: None,
        };
        let none = Self {
            members: Vec::new(),
            next: None,
            flash: None,
            error: Some("Nobody in this organization has this address.".into()),
            ..some()
        };
        let looking = Self {
            may_write: false,
            flash: None,
            ..some()
        };
        vec![some(), none, looking]
    }
}
