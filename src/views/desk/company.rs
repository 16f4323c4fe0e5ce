//! An organization's own sign-in, as operators see it and as its own people do.

use askama::Template;

use super::super::{Chrome, filters};
use super::{DeskFrame, StateWord};

/// Which part a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompanyPart {
    /// All of it: operators' page.
    All,
    /// The connections and who sets them up.
    Connections,
    /// Which one is the only way in, and who gets in without it.
    Rules,
}

impl CompanyPart {
    /// Are connections set up here?
    pub fn sets_up(self) -> bool {
        self != Self::Rules
    }

    /// Is decided here who must use them?
    pub fn rules(self) -> bool {
        self != Self::Connections
    }

    fn title(self) -> &'static str {
        match self {
            Self::All => "desk-company",
            Self::Connections => "desk-connections",
            Self::Rules => "org-rules",
        }
    }

    fn lead(self) -> &'static str {
        match self {
            Self::All => "desk-company-lead",
            Self::Connections => "org-connections-lead",
            Self::Rules => "org-rules-lead",
        }
    }
}

/// A connection in a line.
#[derive(Debug, Clone)]
pub struct ConnectionLine {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// How far it is.
    pub state: StateWord,
    /// Key of whom it is open to, where it is live.
    pub rollout: Option<&'static str>,
    /// Last sign-in, epoch ms.
    pub used: Option<i64>,
    /// The only way in.
    pub enforced: bool,
    /// Live and open to all: it could be.
    pub enforceable: bool,
    /// Where more about it is.
    pub href: Option<String>,
}

/// Somebody who gets in without the provider in an emergency.
#[derive(Debug, Clone)]
pub struct EmergencyLine {
    /// Id.
    pub user: String,
    /// Name or address.
    pub name: String,
    /// When they last showed that they get in, epoch ms.
    pub proven: Option<i64>,
    /// When they last had to, epoch ms.
    pub used: Option<i64>,
}

/// A set-up link in a line.
#[derive(Debug, Clone)]
pub struct SetupLinkLine {
    /// Id.
    pub id: String,
    /// How far it is.
    pub state: StateWord,
    /// Epoch ms.
    pub created: i64,
    /// Epoch ms.
    pub expires: i64,
    /// Made from another link by whoever holds that.
    pub shared: bool,
    /// It can be taken back.
    pub open: bool,
    /// Its set-up has not come to a connection yet.
    pub unfinished: bool,
}

/// `GET /admin/organizations/{org}/sign-in`, `GET /org/{org}/connections`,
/// `GET /org/{org}/sign-in`.
#[derive(Template)]
#[template(path = "pages/desk/company.html")]
pub struct CompanyPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Which part it is about.
    pub part: CompanyPart,
    /// Where its forms are sent.
    pub action: String,
    /// The organization's page.
    pub up: String,
    /// The organization's name.
    pub name: String,
    /// All that it has.
    pub connections: Vec<ConnectionLine>,
    /// Who gets in without them.
    pub emergency: Vec<EmergencyLine>,
    /// One page, newest first.
    pub links: Vec<SetupLinkLine>,
    /// The first page, where this is another.
    pub first: Option<String>,
    /// The next page.
    pub next: Option<String>,
    /// May make links and take them back.
    pub may_write: bool,
    /// The link that was just made.
    pub made: Option<String>,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl CompanyPage {
    pub(crate) fn samples() -> Vec<Self> {
        const AT: i64 = 1_773_306_840_000;
        let link = |tone, key: &'static str, open: bool| SetupLinkLine {
            id: format!("l-{key}"),
            state: StateWord::new(tone, key),
            created: AT,
            expires: AT,
            shared: !open,
            open,
            unfinished: open,
        };
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("organizations"),
            part: CompanyPart::All,
            action: "/admin/organizations/bk/sign-in".into(),
            up: "/admin/organizations/bk".into(),
            name: "Brennan & <Kohl>".into(),
            connections: connection_samples(AT),
            emergency: vec![
                EmergencyLine {
                    user: "u1".into(),
                    name: "Ana <Ferreira>".into(),
                    proven: Some(AT),
                    used: Some(AT),
                },
                EmergencyLine {
                    user: "u2".into(),
                    name: "ben@brennankohl.example".into(),
                    proven: None,
                    used: None,
                },
            ],
            links: vec![
                link("warn", "desk-link-waiting", true),
                link("bad", "desk-link-expired", false),
            ],
            first: None,
            next: Some("/admin/organizations/bk/sign-in?after=x".into()),
            may_write: true,
            made: Some("https://login.example/setup/abc".into()),
            flash: None,
            error: None,
        };
        let none = Self {
            connections: Vec::new(),
            emergency: Vec::new(),
            links: Vec::new(),
            next: None,
            made: None,
            flash: Some("desk-flash-link-back"),
            ..some()
        };
        let refused = Self {
            made: None,
            error: Some("Use 300 to 7776000 seconds.".into()),
            ..some()
        };
        let own = |part, here, action: &str| Self {
            frame: DeskFrame::own(here),
            part,
            action: action.into(),
            made: None,
            ..some()
        };
        let connections = own(
            CompanyPart::Connections,
            "connections",
            "/org/bk/connections",
        );
        let rules = own(CompanyPart::Rules, "rules", "/org/bk/sign-in");
        let no_rules = Self {
            connections: Vec::new(),
            emergency: Vec::new(),
            ..own(CompanyPart::Rules, "rules", "/org/bk/sign-in")
        };
        let looking = Self {
            may_write: false,
            connections: Vec::new(),
            links: Vec::new(),
            next: None,
            ..own(
                CompanyPart::Connections,
                "connections",
                "/org/bk/connections",
            )
        };
        vec![some(), none, refused, connections, rules, no_rules, looking]
    }
}

#[cfg(test)]
fn connection_samples(at: i64) -> Vec<ConnectionLine> {
    vec![
        ConnectionLine {
            id: "c1".into(),
            name: "Entra <ID>".into(),
            state: StateWord::new("ok", "desk-connection-active"),
            rollout: Some("rollout-some"),
            used: Some(at),
            enforced: true,
            enforceable: true,
            href: Some("/org/bk/connections/c1".into()),
        },
        ConnectionLine {
            id: "c2".into(),
            name: "Okta".into(),
            state: StateWord::new("idle", "desk-connection-draft"),
            rollout: Some("rollout-all"),
            used: None,
            enforced: false,
            enforceable: true,
            href: None,
        },
    ]
}
