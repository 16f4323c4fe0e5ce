//! What an organization is called and how its sign-in looks.

use askama::Template;

use super::super::desk::DeskFrame;
use super::super::{Chrome, filters};

/// `GET /org/{org}/settings`.
#[derive(Template)]
#[template(path = "pages/org/settings.html")]
pub struct OrgSettingsPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Where the form is sent.
    pub path: String,
    /// Id.
    pub id: String,
    /// Epoch ms.
    pub created: i64,
    /// For the form: what is changed is what was seen.
    pub version: i64,
    /// Name.
    pub name: String,
    /// Short name.
    pub slug: String,
    /// Name on its sign-in; empty: its own.
    pub brand_name: String,
    /// `#rrggbb`; empty: the tenant's.
    pub color: String,
    /// Where its picture is; empty: a letter.
    pub logo_url: String,
    /// The picture, unless its address is one that a page must not load.
    pub logo: Option<String>,
    /// It was uploaded.
    pub uploaded: bool,
    /// The rung that a session must have reached: `aal2`, `phr` or empty.
    pub acr: String,
    /// Seconds that a provider's word may be old; empty: as long as the session lives.
    pub staleness: String,
    /// Its sign-in takes what the tenant has attached for everybody.
    pub social: bool,
    /// What that is at present, by name.
    pub attached: String,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

impl OrgSettingsPage {
    /// A time that the list does not offer: by the API.
    fn has_own_staleness(&self) -> bool {
        !["", "900", "3600", "28800", "86400"].contains(&self.staleness.as_str())
    }
}

#[cfg(test)]
impl OrgSettingsPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::own("settings"),
            path: "/org/bk/settings".into(),
            id: "o1".into(),
            created: 1_773_306_840_000,
            version: 4,
            name: "Brennan & <Kohl>".into(),
            slug: "bk".into(),
            brand_name: "B&<K>".into(),
            color: "#7b2d5b".into(),
            logo_url: "/assets/img/mark.svg".into(),
            logo: Some("/assets/img/mark.svg".into()),
            uploaded: true,
            acr: "aal2".into(),
            staleness: "3600".into(),
            social: false,
            attached: "Google, GitHub".into(),
            flash: Some("org-flash-saved"),
            error: None,
        };
        let refused = Self {
            flash: None,
            social: true,
            attached: String::new(),
            logo_url: String::new(),
            logo: None,
            uploaded: false,
            slug: "Bad slug".into(),
            error: Some("Use lower-case letters, digits and inner dashes.".into()),
            ..some()
        };
        vec![some(), refused]
    }
}
