//! How it goes with a connection, for its organization.

use askama::Template;

use super::super::desk::{DeskFrame, StateWord};
use super::super::setup::HealthView;
use super::super::{Chrome, filters};

/// `GET /org/{org}/connections/{connection}`.
#[derive(Template)]
#[template(path = "pages/org/connection.html")]
pub struct ConnectionPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// The list of connections, where forms are sent.
    pub up: String,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it speaks.
    pub protocol: &'static str,
    /// How far it is.
    pub state: StateWord,
    /// Key of whom it is open to, where it is live.
    pub rollout: Option<&'static str>,
    /// The only way in.
    pub enforced: bool,
    /// Last sign-in, epoch ms.
    pub used: Option<i64>,
    /// How it goes, once it was live.
    pub health: Option<HealthView>,
    /// The other side says something else of itself than before.
    pub changed: bool,
    /// May set it up.
    pub may_write: bool,
}

#[cfg(test)]
impl ConnectionPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("connections"),
            up: "/org/bk/connections".into(),
            id: "c1".into(),
            name: "Entra <ID>".into(),
            protocol: "SAML 2.0",
            state: StateWord::new("ok", "desk-connection-active"),
            rollout: Some("rollout-all"),
            enforced: true,
            used: Some(1_773_306_840_000),
            health: Some(HealthView::sample()),
            changed: true,
            may_write: true,
        };
        let quiet = Self {
            health: Some(HealthView::empty_sample()),
            used: None,
            enforced: false,
            changed: false,
            ..some()
        };
        let draft = Self {
            state: StateWord::new("idle", "desk-connection-draft"),
            rollout: None,
            health: None,
            may_write: false,
            ..some()
        };
        vec![some(), quiet, draft]
    }
}
