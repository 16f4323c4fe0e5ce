//! One person: who they are, how they get in, where they are in, what happened; and what an
//! operator can do about it.

use askama::Template;

use super::super::words::Words;
use super::super::{AppRow, Chrome, filters};
use super::{DeskFrame, StateWord};

/// A live session.
#[derive(Debug, Clone)]
pub struct PersonSession {
    /// Id.
    pub id: String,
    /// Browser and system.
    pub title: String,
    /// Network address.
    pub ip: String,
    /// How it was proven.
    pub proof: String,
    /// Signed in, epoch ms.
    pub created: i64,
    /// Last seen, epoch ms.
    pub seen: i64,
}

/// A link to an identity.
#[derive(Debug, Clone)]
pub struct LinkRow {
    /// Id.
    pub id: String,
    /// Icon.
    pub icon: &'static str,
    /// Whose word it is.
    pub label: Words,
    /// Key of its kind.
    pub kind: &'static str,
    /// Who the person is there.
    pub subject: String,
    /// Last used, epoch ms.
    pub last: Option<i64>,
}

/// A membership.
#[derive(Debug, Clone)]
pub struct BelongingRow {
    /// The organization's short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Roles.
    pub roles: String,
    /// Keys of the sources of the grants.
    pub sources: Vec<&'static str>,
    /// Suspended, or the organization is switched off.
    pub state: Option<StateWord>,
}

/// A passkey.
#[derive(Debug, Clone)]
pub struct PersonPasskey {
    /// Its name.
    pub label: String,
    /// Added, epoch ms.
    pub created: i64,
    /// Used last, epoch ms.
    pub last: Option<i64>,
}

/// What a provider says about keeping somebody out.
#[derive(Debug, Clone)]
pub struct LockLine {
    /// In words.
    pub said: Words,
    /// They are kept out.
    pub locked: bool,
}

/// An event in a line.
#[derive(Debug, Clone)]
pub struct EventLine {
    /// Id.
    pub id: String,
    /// Type.
    pub kind: String,
    /// `ok` or `bad`.
    pub tone: &'static str,
    /// Method, reason.
    pub detail: String,
    /// Rules and what they said.
    pub trace: Vec<(String, String)>,
    /// Epoch ms.
    pub at: i64,
}

/// A role of operators that somebody holds.
#[derive(Debug, Clone)]
pub struct OperatesRow {
    /// The grant's id.
    pub id: String,
    /// The role's word.
    pub word: String,
    /// Key of its name.
    pub role: &'static str,
    /// Key of where.
    pub scope: &'static str,
}

/// `GET /admin/users/{id}`.
#[derive(Template)]
#[template(path = "pages/desk/person.html")]
pub struct PersonPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Id.
    pub id: String,
    /// Name, else address, else id.
    pub name: String,
    /// Address; empty when none is known.
    pub email: String,
    /// Key of what is known about the address.
    pub email_key: &'static str,
    /// How they are.
    pub state: StateWord,
    /// Switched off.
    pub disabled: bool,
    /// It is the operator's own page.
    pub own: bool,
    /// What they administer; empty for whoever may not see that.
    pub operates: Vec<OperatesRow>,
    /// Roles that the operator may give, with the keys of their names; empty: none.
    pub offered: Vec<(String, &'static str)>,
    /// Epoch ms.
    pub created: i64,
    /// Memberships.
    pub belongings: Vec<BelongingRow>,
    /// Live sessions.
    pub sessions: Vec<PersonSession>,
    /// Apps that have something of them.
    pub apps: Vec<AppRow>,
    /// Identity links.
    pub links: Vec<LinkRow>,
    /// Providers a link can be added for: short name and name.
    pub linkable: Vec<(String, String)>,
    /// Passkeys; `None` where the provider does not say.
    pub passkeys: Option<Vec<PersonPasskey>>,
    /// Who keeps them out for wrong tries, or does not; empty where no provider says.
    pub locks: Vec<LockLine>,
    /// The provider that writes to them where it is asked to; none: no provider does.
    pub mails_by: Option<String>,
    /// What happened lately.
    pub events: Vec<EventLine>,
    /// May change people.
    pub may_write: bool,
    /// May end sessions.
    pub may_end: bool,
    /// May take a second factor off.
    pub may_reset: bool,
    /// There is an authenticator app to take off.
    pub has_app: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

impl PersonPage {
    fn live(&self) -> Words {
        let count = i64::try_from(self.sessions.len()).unwrap_or(i64::MAX);
        Words::new("desk-sessions-live").number("n", count)
    }

    /// Whoever is switched off is written no such mail.
    fn may_mail(&self) -> bool {
        self.may_reset && !self.disabled && self.mails_by.is_some()
    }

    fn has_menu(&self) -> bool {
        !self.own && (self.may_write || self.may_mail())
    }
}

/// `GET /admin/users/{id}/delete`: what goes, before it goes.
#[derive(Template)]
#[template(path = "pages/desk/delete_person.html")]
pub struct DeletePersonPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Id.
    pub id: String,
    /// Name, else address, else id.
    pub name: String,
    /// Address.
    pub email: String,
    /// What goes, one sentence each.
    pub goes: Vec<Words>,
    /// What stays, one sentence each.
    pub stays: Vec<Words>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
const AT: i64 = 1_773_306_840_000;

#[cfg(test)]
impl PersonPage {
    pub(crate) fn samples() -> Vec<Self> {
        let open = LockLine {
            said: Words::new("desk-lock-unknown").text("label", "Keycloak"),
            locked: false,
        };
        let helped = Self {
            may_write: false,
            locks: vec![open],
            flash: Some("desk-flash-unlocked"),
            ..Self::full()
        };
        let seen = Self {
            offered: Vec::new(),
            ..Self::full()
        };
        let nothing = Self {
            operates: Vec::new(),
            ..Self::full()
        };
        vec![Self::full(), Self::bare(), seen, nothing, helped]
    }

    fn full() -> Self {
        Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("people"),
            id: "019ce153-03c0-7c3e-9a51-3f0c2b7e6d18".into(),
            name: "Ana <Ferreira>".into(),
            email: "ana.ferreira@brennankohl.example".into(),
            email_key: "desk-email-proven",
            state: StateWord::new("ok", "desk-active"),
            disabled: false,
            own: false,
            operates: vec![OperatesRow {
                id: "g1".into(),
                word: "support".into(),
                role: "desk-role-support",
                scope: "desk-operates-tenant",
            }],
            offered: vec![
                ("support".into(), "desk-role-support"),
                ("auditor".into(), "desk-role-auditor"),
            ],
            created: AT,
            belongings: vec![BelongingRow {
                slug: "bk".into(),
                name: "Brennan & Kohl".into(),
                roles: "planner, viewer".into(),
                sources: vec!["desk-source-mapping", "desk-source-manual"],
                state: Some(StateWord::new("warn", "desk-suspended")),
            }],
            sessions: vec![PersonSession {
                id: "s1".into(),
                title: "Firefox on macOS".into(),
                ip: "192.0.2.7".into(),
                proof: "passkey".into(),
                created: AT,
                seen: AT,
            }],
            apps: vec![AppRow::sample("a1", "Quay <Reports>", false)],
            links: vec![LinkRow {
                id: "l1".into(),
                icon: "link",
                label: Words::own("Corp"),
                kind: "identity-kind-upstream",
                subject: "f:9b1d:ana".into(),
                last: Some(AT),
            }],
            linkable: vec![("corp".into(), "Corp".into())],
            passkeys: Some(vec![PersonPasskey {
                label: "MacBook".into(),
                created: AT,
                last: None,
            }]),
            locks: vec![LockLine {
                said: Words::new("desk-lock-until")
                    .text("label", "Keycloak <main>")
                    .number("n", 5)
                    .instant("until", AT),
                locked: true,
            }],
            mails_by: Some("Keycloak <main>".into()),
            events: vec![
                EventLine {
                    id: "e2".into(),
                    kind: "login.completed".into(),
                    tone: "ok",
                    detail: "email-code".into(),
                    trace: vec![("link".into(), "<found>".into())],
                    at: AT,
                },
                EventLine {
                    id: "e1".into(),
                    kind: "login.failed".into(),
                    tone: "bad",
                    detail: "email-code".into(),
                    trace: Vec::new(),
                    at: AT,
                },
            ],
            may_write: true,
            may_end: true,
            may_reset: true,
            has_app: true,
            flash: Some("desk-flash-disabled"),
            error: None,
        }
    }

    fn bare() -> Self {
        Self {
            disabled: true,
            own: true,
            operates: Vec::new(),
            offered: Vec::new(),
            email: String::new(),
            belongings: Vec::new(),
            sessions: Vec::new(),
            apps: Vec::new(),
            links: Vec::new(),
            linkable: Vec::new(),
            passkeys: None,
            locks: Vec::new(),
            mails_by: None,
            events: Vec::new(),
            may_write: false,
            may_end: false,
            may_reset: false,
            has_app: false,
            flash: None,
            error: Some("This identity belongs to another user.".into()),
            ..Self::full()
        }
    }
}

#[cfg(test)]
impl DeletePersonPage {
    pub(crate) fn samples() -> Vec<Self> {
        let plain = |error: Option<&str>| Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("people"),
            id: "u1".into(),
            name: "Ana <Ferreira>".into(),
            email: "ana@x.test".into(),
            goes: vec![Words::new("desk-goes-sessions").number("n", 4)],
            stays: vec![Words::new("desk-stays-id")],
            error: error.map(Into::into),
        };
        vec![
            plain(None),
            plain(Some("The last owner cannot be deleted.")),
        ]
    }
}
