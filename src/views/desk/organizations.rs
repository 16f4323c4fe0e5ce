//! Organizations, and one with its members.

use askama::Template;

use super::super::{Chrome, filters};
use super::{DeskFrame, StateWord};

/// An organization in a line.
#[derive(Debug, Clone)]
pub struct OrganizationLine {
    /// Short name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// Epoch ms.
    pub created: i64,
    /// How it is.
    pub state: StateWord,
}

/// `GET /admin/organizations`.
#[derive(Template)]
#[template(path = "pages/desk/organizations.html")]
pub struct OrganizationsPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// One page.
    pub rows: Vec<OrganizationLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// May make organizations.
    pub may_write: bool,
    /// What the form holds: name, short name.
    pub values: (String, String),
    /// What is wrong with the form.
    pub error: Option<String>,
}

/// A member in a line.
#[derive(Debug, Clone)]
pub struct MemberLine {
    /// Where more about them is.
    pub href: String,
    /// Name, else address, else id.
    pub name: String,
    /// Address; empty when none is known.
    pub email: String,
    /// Role with the key of its source.
    pub grants: Vec<(String, &'static str)>,
    /// Member since, epoch ms.
    pub since: i64,
    /// How they are.
    pub state: StateWord,
}

/// `GET /admin/organizations/{org}`.
#[derive(Template)]
#[template(path = "pages/desk/organization.html")]
pub struct OrganizationPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Id.
    pub id: String,
    /// Short name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// How it is.
    pub state: StateWord,
    /// Epoch ms.
    pub created: i64,
    /// One page.
    pub members: Vec<MemberLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// May change members.
    pub may_write: bool,
    /// May invite people into it.
    pub may_invite: bool,
    /// May see its connections.
    pub may_connect: bool,
    /// What the form holds: person, roles.
    pub values: (String, String),
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What is wrong with the form.
    pub error: Option<String>,
}

#[cfg(test)]
const AT: i64 = 1_773_306_840_000;

#[cfg(test)]
impl MemberLine {
    pub(in crate::views) fn sample(href: &str) -> Self {
        Self {
            href: href.into(),
            name: "Ana".into(),
            email: "ana@x.test".into(),
            grants: vec![("admin".into(), "desk-source-manual")],
            since: AT,
            state: StateWord::new("ok", "desk-active"),
        }
    }
}

#[cfg(test)]
impl OrganizationsPage {
    pub(crate) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("organizations"),
            rows: vec![OrganizationLine {
                slug: "bk".into(),
                name: "Brennan & <Kohl>".into(),
                created: AT,
                state: StateWord::new("ok", "desk-active"),
            }],
            first: None,
            next: Some("/admin/organizations?after=x".into()),
            may_write: true,
            values: ("Aster".into(), "Bad slug".into()),
            error: Some("Use lower-case letters.".into()),
        };
        let none = Self {
            rows: Vec::new(),
            next: None,
            error: None,
            values: Default::default(),
            ..some()
        };
        vec![some(), none]
    }
}

#[cfg(test)]
impl OrganizationPage {
    pub(crate) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("organizations"),
            id: "o1".into(),
            slug: "bk".into(),
            name: "Brennan & <Kohl>".into(),
            state: StateWord::new("ok", "desk-active"),
            created: AT,
            members: vec![MemberLine::sample("/admin/users/u1")],
            first: Some("/admin/organizations/bk".into()),
            next: None,
            may_write: true,
            may_invite: true,
            may_connect: true,
            values: Default::default(),
            flash: Some("desk-flash-member"),
            error: None,
        };
        let none = Self {
            members: Vec::new(),
            first: None,
            flash: None,
            error: Some("Nobody is known under this address.".into()),
            ..some()
        };
        vec![some(), none]
    }
}
