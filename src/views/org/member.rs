//! One member of an organization, and what is done about them there.

use askama::Template;

use super::super::desk::{DeskFrame, StateWord};
use super::super::{Chrome, filters};

/// A role that a member has or could have.
#[derive(Debug, Clone)]
pub struct RoleChoice {
    /// Its name.
    pub role: String,
    /// Given by hand.
    pub held: bool,
    /// It may do more than whoever looks: not theirs to give or to take.
    pub above: bool,
    /// Keys of the other sources that give it.
    pub sources: Vec<&'static str>,
}

/// `GET /org/{org}/people/{user}`.
#[derive(Template)]
#[template(path = "pages/org/member.html")]
pub struct MemberPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// The list of members.
    pub up: String,
    /// Where the forms are sent.
    pub path: String,
    /// Id of the person.
    pub id: String,
    /// Name, else address, else id.
    pub name: String,
    /// Address; empty where it is the name or none is known.
    pub email: String,
    /// How they are.
    pub state: StateWord,
    /// Their place does not count at the moment.
    pub suspended: bool,
    /// They look at themselves.
    pub own: bool,
    /// Member since, epoch ms.
    pub since: i64,
    /// For the form: what is changed is what was seen.
    pub version: i64,
    /// All roles of the organization.
    pub roles: Vec<RoleChoice>,
    /// Named for emergencies.
    pub emergency: bool,
    /// May change members.
    pub may_write: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl MemberPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let role = |role: &str, held, above, sources: &[&'static str]| RoleChoice {
            role: role.into(),
            held,
            above,
            sources: sources.to_vec(),
        };
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("people"),
            up: "/org/bk/people".into(),
            path: "/org/bk/people/u1".into(),
            id: "u1".into(),
            name: "Ana <Ferreira>".into(),
            email: "ana@x.test".into(),
            state: StateWord::new("ok", "desk-active"),
            suspended: false,
            own: false,
            since: 1_773_306_840_000,
            version: 3,
            roles: vec![
                role("admin", true, false, &[]),
                role("member", false, false, &["desk-source-mapping"]),
                role("owner", true, true, &["desk-source-invitation"]),
            ],
            emergency: true,
            may_write: true,
            flash: Some("org-flash-saved"),
            error: None,
        };
        let refused = Self {
            suspended: true,
            state: StateWord::new("warn", "desk-suspended"),
            emergency: false,
            own: true,
            flash: None,
            error: Some("This is the organization's last owner. Appoint another one first.".into()),
            ..some()
        };
        let looking = Self {
            may_write: false,
            email: String::new(),
            flash: None,
            roles: Vec::new(),
            ..some()
        };
        vec![some(), refused, looking]
    }
}
