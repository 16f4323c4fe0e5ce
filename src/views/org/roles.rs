//! Roles of an organization: what each permits, and those that it defines itself.

use askama::Template;

use super::super::desk::DeskFrame;
use super::super::{Chrome, filters};
use super::Tick;

/// A role in a line.
#[derive(Debug, Clone)]
pub struct RoleLine {
    /// Short name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it permits.
    pub permissions: Vec<String>,
    /// The organization has defined it itself.
    pub own: bool,
}

/// `GET /org/{org}/roles`.
#[derive(Template)]
#[template(path = "pages/org/roles.html")]
pub struct RolesPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where it is.
    pub path: String,
    /// One page of those that can be given here.
    pub roles: Vec<RoleLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// What a new one can permit.
    pub ticks: Vec<Tick>,
    /// May define roles.
    pub may_write: bool,
    /// What the form holds: name, short name.
    pub values: (String, String),
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

/// `GET /org/{org}/roles/{role}`.
#[derive(Template)]
#[template(path = "pages/org/role.html")]
pub struct RolePage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// The list of roles.
    pub up: String,
    /// Where the forms are sent.
    pub path: String,
    /// Short name.
    pub slug: String,
    /// Name.
    pub name: String,
    /// For the form: what is changed is what was seen.
    pub version: i64,
    /// What it permits and could.
    pub ticks: Vec<Tick>,
    /// It is the organization's own, and may be changed by whoever looks.
    pub may_write: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl RolesPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("roles"),
            path: "/org/bk/roles".into(),
            roles: vec![
                RoleLine {
                    slug: "planner".into(),
                    name: "Planner <A>".into(),
                    permissions: vec!["members:read".into(), "org:read".into()],
                    own: true,
                },
                RoleLine {
                    slug: "member".into(),
                    name: "Member".into(),
                    permissions: Vec::new(),
                    own: false,
                },
            ],
            first: Some("/org/bk/roles".into()),
            next: None,
            ticks: Tick::samples(),
            may_write: true,
            values: Default::default(),
            flash: Some("org-flash-role-deleted"),
            error: None,
        };
        let refused = Self {
            values: ("Planner".into(), "Bad slug".into()),
            flash: None,
            error: Some("Use lower-case letters, digits and inner dashes.".into()),
            ..some()
        };
        let looking = Self {
            may_write: false,
            flash: None,
            ..some()
        };
        vec![some(), refused, looking]
    }
}

#[cfg(test)]
impl RolePage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("roles"),
            up: "/org/bk/roles".into(),
            path: "/org/bk/roles/planner".into(),
            slug: "planner".into(),
            name: "Planner <A>".into(),
            version: 2,
            ticks: Tick::samples(),
            may_write: true,
            flash: Some("org-flash-saved"),
            error: None,
        };
        let refused = Self {
            flash: None,
            error: Some("This role is in use.".into()),
            ..some()
        };
        let looking = Self {
            may_write: false,
            flash: None,
            ..some()
        };
        vec![some(), refused, looking]
    }
}
