//! All identity providers with what the last probe found.

use askama::Template;

use super::super::words::Words;
use super::super::{Checks, Chrome, filters};
use super::{DeskFrame, StateWord};

/// One provider.
#[derive(Debug, Clone)]
pub struct UpstreamCard {
    /// Id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Short name.
    pub slug: String,
    /// Kind of adapter.
    pub kind: String,
    /// Who asserts.
    pub issuer: String,
    /// Our name there; empty where there is none.
    pub client_id: String,
    /// Key of what it is used for.
    pub role: &'static str,
    /// The configuration file owns it.
    pub config_owned: bool,
    /// How it is.
    pub state: StateWord,
    /// Since when, epoch ms.
    pub since: Option<i64>,
    /// Last probe, epoch ms.
    pub probed: Option<i64>,
    /// How long it took.
    pub took: String,
    /// Why it cannot be used at all.
    pub fault: Option<String>,
    /// What the last probe found.
    pub checks: Checks,
    /// It could become what everybody signs in at.
    pub can_activate: bool,
}

impl UpstreamCard {
    fn count(&self) -> Words {
        let count = i64::try_from(self.checks.passed().len()).unwrap_or(i64::MAX);
        Words::new("desk-checks-passed").number("count", count)
    }
}

/// `GET /admin/upstreams`.
#[derive(Template)]
#[template(path = "pages/desk/upstreams.html")]
pub struct UpstreamsPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// In order of creation.
    pub cards: Vec<UpstreamCard>,
    /// May change providers.
    pub may_write: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl UpstreamsPage {
    pub(crate) fn samples() -> Vec<Self> {
        const AT: i64 = 1_773_306_840_000;
        let card = |slug: &str, ok: bool| UpstreamCard {
            id: format!("id-{slug}"),
            label: "Corp <eu>".into(),
            slug: slug.into(),
            kind: "oidc".into(),
            issuer: "https://idp.example".into(),
            client_id: "laneway".into(),
            role: "desk-use-primary",
            config_owned: ok,
            state: StateWord::new(if ok { "ok" } else { "bad" }, "desk-answering"),
            since: Some(AT),
            probed: Some(AT),
            took: "38 ms".into(),
            fault: None,
            checks: Checks::sample(&[("discovery", true), ("reachable", ok)]),
            can_activate: true,
        };
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("upstreams"),
            cards: vec![
                card("corp", false),
                card("eu", true),
                UpstreamCard {
                    fault: Some("no adapter of kind <x>".into()),
                    checks: Checks::default(),
                    since: None,
                    probed: None,
                    client_id: String::new(),
                    ..card("odd", false)
                },
            ],
            may_write: true,
            flash: Some("desk-flash-probed"),
            error: None,
        };
        let refused = Self {
            may_write: false,
            flash: None,
            error: Some("Activate another upstream instead.".into()),
            ..some()
        };
        vec![some(), refused]
    }
}
