//! What an app asks a person for, and the way back to it.

use askama::Template;

use super::{Chrome, filters};

/// One thing that an app would get.
pub struct ConsentRow {
    /// Icon.
    pub icon: &'static str,
    /// In few words.
    pub title: String,
    /// What that means; may be empty.
    pub detail: String,
}

/// An organization that an app may be let into.
pub struct ConsentOrg {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Is it the one that is active?
    pub active: bool,
}

/// May this app have that?
#[derive(Template)]
#[template(path = "pages/consent.html")]
pub struct ConsentPage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token.
    pub csrf: String,
    /// The waiting request.
    pub request: String,
    /// The app's name.
    pub app_name: String,
    /// Who is signed in.
    pub account: String,
    /// What it would get.
    pub rows: Vec<ConsentRow>,
    /// The way to another account.
    pub switch_href: String,
    /// The organization that it would get it for, where there is nothing to choose.
    pub organization: Option<String>,
    /// The ones that can be chosen instead.
    pub organizations: Vec<ConsentOrg>,
    /// Host or scheme that the answer goes to; empty: a program on this computer.
    pub goes_to: String,
    /// The host of the document that says who it is, where nobody has registered it.
    pub known_by: Option<String>,
    /// Its privacy statement.
    pub policy_href: Option<String>,
    /// Its terms.
    pub terms_href: Option<String>,
}

impl ConsentPage {
    /// Is none of the organizations active?
    pub fn nowhere(&self) -> bool {
        self.organizations.iter().all(|org| !org.active)
    }
}

/// The answer to an app that wants it posted.
#[derive(Template)]
#[template(path = "pages/return_to_app.html")]
pub struct ReturnToAppPage {
    /// Frame.
    pub chrome: Chrome,
    /// Address of the app.
    pub action: String,
    /// Names and values to send.
    pub fields: Vec<(String, String)>,
}

#[cfg(test)]
impl ConsentPage {
    pub(super) fn samples() -> Vec<Self> {
        let row = |title: &str, detail: &str| ConsentRow {
            icon: "globe",
            title: title.into(),
            detail: detail.into(),
        };
        let full = Self {
            chrome: Chrome::branded_sample(),
            csrf: "t0ken".into(),
            request: "r3quest".into(),
            app_name: "Quay <Reports>".into(),
            account: "ana.ferreira@brennankohl.example".into(),
            rows: vec![
                row("See who you are", "An id that stands for you here."),
                row("Use berths:read", "https://api.quaynine.example/"),
                row("Keep access while you are away", ""),
            ],
            switch_href: "/bff/login?prompt=select_account".into(),
            organization: Some("Brennan & Kohl".into()),
            organizations: Vec::new(),
            goes_to: "reports.quaynine.example".into(),
            known_by: Some("reports.quaynine.example".into()),
            policy_href: Some("https://quaynine.example/privacy".into()),
            terms_href: Some("https://quaynine.example/terms".into()),
        };
        let least = Self {
            chrome: Chrome::sample(),
            csrf: "t0ken".into(),
            request: "r3quest".into(),
            app_name: "Planner".into(),
            account: "ana@x.test".into(),
            rows: vec![row("See who you are", "An id that stands for you here.")],
            switch_href: "/bff/login?prompt=select_account".into(),
            organization: None,
            organizations: ["Brennan & Kohl", "Aster Freight"]
                .map(|name| ConsentOrg {
                    id: name.to_lowercase(),
                    name: name.into(),
                    active: name == "Aster Freight",
                })
                .into(),
            goes_to: String::new(),
            known_by: None,
            policy_href: None,
            terms_href: None,
        };
        vec![full, least]
    }
}

#[cfg(test)]
impl ReturnToAppPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            chrome: Chrome::sample(),
            action: "https://reports.quaynine.example/callback".into(),
            fields: vec![
                ("code".into(), "c0de".into()),
                ("state".into(), "s\"".into()),
            ],
        }]
    }
}
