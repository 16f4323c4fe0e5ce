//! Inviting a person, and the invitations that were made.

use askama::Template;

use super::super::words::Words;
use super::super::{Chrome, filters};
use super::{DeskFrame, StateWord};

/// An invitation in a line. Times are epoch milliseconds.
#[derive(Debug, Clone)]
pub struct InvitationLine {
    /// Id.
    pub id: String,
    /// Whom it is for; empty once their account is deleted.
    pub email: String,
    /// What it promises.
    pub roles: Vec<String>,
    /// The newest link ends.
    pub expires: i64,
    /// What has become of it.
    pub state: StateWord,
    /// It can be sent again, or taken back.
    pub open: bool,
}

/// `GET /admin/users/invite`, `GET /org/{org}/people/invite`.
#[derive(Template)]
#[template(path = "pages/desk/invite.html")]
pub struct InvitePage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where its forms are sent.
    pub action: String,
    /// The page above.
    pub up: String,
    /// Short name of the organization; empty: to the tenant.
    pub org: String,
    /// Its name, or the tenant's.
    pub place: String,
    /// Roles that the operator may promise, with what is said beside them.
    pub roles: Vec<(String, Words)>,
    /// May invite, and take back.
    pub may_invite: bool,
    /// May send again.
    pub may_send: bool,
    /// What the form holds: address, role.
    pub values: (String, String),
    /// The link that was just made, for whom.
    pub made: Option<(String, String)>,
    /// No mail leaves here: the link must be handed over.
    pub no_mail: bool,
    /// Newest first.
    pub rows: Vec<InvitationLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What is wrong with the form.
    pub error: Option<String>,
}

#[cfg(test)]
impl InvitePage {
    pub(crate) fn samples() -> Vec<Self> {
        let line = |id: &str, state| InvitationLine {
            id: id.into(),
            email: "ina.holm@<b>example".into(),
            roles: vec!["admin".into()],
            expires: 1_773_911_640_000,
            state,
            open: true,
        };
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("people"),
            action: "/admin/users/invite".into(),
            up: "/admin/organizations/bk".into(),
            org: "bk".into(),
            place: "Brennan & <Kohl>".into(),
            roles: vec![
                (String::new(), Words::new("desk-invite-no-role")),
                ("admin".into(), Words::own("admin")),
            ],
            may_invite: true,
            may_send: true,
            values: ("ina@".into(), "admin".into()),
            made: None,
            no_mail: false,
            rows: vec![
                line("i1", StateWord::new("warn", "desk-invitation-pending")),
                InvitationLine {
                    open: false,
                    roles: Vec::new(),
                    email: String::new(),
                    ..line("i2", StateWord::new("ok", "desk-invitation-accepted"))
                },
            ],
            first: Some("/admin/users/invite".into()),
            next: Some("/admin/users/invite?after=x".into()),
            flash: None,
            error: Some("Give a full email address.".into()),
        };
        let own = Self {
            frame: DeskFrame::own("people"),
            action: "/org/bk/people/invite".into(),
            up: "/org/bk/people".into(),
            error: None,
            ..some()
        };
        let to_tenant = Self {
            org: String::new(),
            up: "/admin/users".into(),
            made: Some((
                "ina.holm@example.com".into(),
                "https://login.tidewell.example/invitations/abc".into(),
            )),
            no_mail: true,
            values: Default::default(),
            roles: vec![
                ("member".into(), Words::new("desk-invite-member")),
                ("owner".into(), Words::new("desk-invite-owner")),
            ],
            error: None,
            ..some()
        };
        let none = Self {
            org: String::new(),
            rows: Vec::new(),
            first: None,
            next: None,
            flash: Some("desk-flash-revoked"),
            error: None,
            values: Default::default(),
            ..some()
        };
        let support = Self {
            org: String::new(),
            may_invite: false,
            flash: Some("desk-flash-resent"),
            error: None,
            ..some()
        };
        vec![some(), to_tenant, none, own, support]
    }
}
