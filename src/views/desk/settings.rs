//! How a tenant behaves and where it lives.

use askama::Template;

use super::super::{Chrome, filters};
use super::{AboutFields, DeskFrame};

/// A host in a line.
#[derive(Debug, Clone)]
pub struct HostLine {
    /// Id.
    pub id: String,
    /// Name.
    pub host: String,
    /// Key of what it is for.
    pub purpose: &'static str,
    /// Links and passkeys hang on it.
    pub canonical: bool,
    /// The configuration file owns it.
    pub config_owned: bool,
    /// The organization whose own sign-in it is; empty for none.
    pub org: String,
}

/// `GET /admin/settings`.
#[derive(Template)]
#[template(path = "pages/desk/settings.html")]
pub struct SettingsPage {
    /// Frame.
    pub chrome: Chrome,
    /// Who looks.
    pub frame: DeskFrame,
    /// Moves with every change: a form that is older is refused.
    pub version: i64,
    /// Name on pages and in mails.
    pub name: String,
    /// `open`, `invite`, `closed`.
    pub signup: String,
    /// The primary provider makes people on first sight.
    pub jit: bool,
    /// `#rrggbb`, or empty.
    pub color: String,
    /// One per line.
    pub origins: String,
    /// What people are told on pages and in mails.
    pub about: AboutFields,
    /// Issuer.
    pub issuer: String,
    /// Domain of passkeys.
    pub rp_id: String,
    /// Hosts.
    pub hosts: Vec<HostLine>,
    /// May change settings.
    pub may_write: bool,
    /// May add and remove hosts.
    pub may_hosts: bool,
    /// Key of what just happened.
    pub flash: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl SettingsPage {
    pub(crate) fn samples() -> Vec<Self> {
        let some = || Self {
            chrome: Chrome::sample(),
            frame: DeskFrame::sample("settings"),
            version: 3,
            name: "Tidewell <x>".into(),
            signup: "invite".into(),
            jit: true,
            color: "#0c5c66".into(),
            origins: "https://a.example\nhttps://b.example".into(),
            about: AboutFields::sample(),
            issuer: "https://login.tidewell.example".into(),
            rp_id: "login.tidewell.example".into(),
            hosts: vec![
                HostLine {
                    id: "h1".into(),
                    host: "login.tidewell.example".into(),
                    purpose: "desk-host-login",
                    canonical: true,
                    config_owned: true,
                    org: String::new(),
                },
                HostLine {
                    id: "h2".into(),
                    host: "app.tidewell.example".into(),
                    purpose: "desk-host-login-org",
                    canonical: false,
                    config_owned: false,
                    org: "Brennan & Kohl".into(),
                },
            ],
            may_write: true,
            may_hosts: true,
            flash: Some("desk-flash-saved"),
            error: None,
        };
        let refused = Self {
            may_hosts: false,
            may_write: false,
            flash: None,
            error: Some("Give a colour as #rrggbb.".into()),
            ..some()
        };
        let with_logo = Self {
            chrome: Chrome::branded_sample(),
            about: AboutFields {
                uploaded: true,
                ..AboutFields::sample()
            },
            ..some()
        };
        let from_file = Self {
            chrome: Chrome::branded_sample(),
            about: AboutFields::sample_of_file(),
            flash: None,
            ..some()
        };
        vec![some(), refused, with_logo, from_file]
    }
}
