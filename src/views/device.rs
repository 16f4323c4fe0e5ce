//! A device without a browser: its code, the question, and what became of it.

use askama::Template;

use super::{Chrome, ConsentRow, filters};

/// Which code does the device show?
#[derive(Template)]
#[template(path = "pages/device_enter.html")]
pub struct DeviceEnterPage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token.
    pub csrf: String,
    /// What is in the field already.
    pub code: String,
    /// What went wrong.
    pub error: Option<String>,
}

/// May this device have that?
#[derive(Template)]
#[template(path = "pages/device.html")]
pub struct DevicePage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token.
    pub csrf: String,
    /// The code, as the device shows it.
    pub code: String,
    /// The app's name.
    pub app_name: String,
    /// Address that the device asked from.
    pub ip: String,
    /// Is that this browser's too?
    pub same_network: bool,
    /// Epoch ms.
    pub asked_at: i64,
    /// What it would get.
    pub rows: Vec<ConsentRow>,
    /// The organization that it would get it for.
    pub organization: Option<String>,
    /// Who is signed in.
    pub account: String,
}

/// What became of it.
#[derive(Template)]
#[template(path = "pages/device_done.html")]
pub struct DeviceDonePage {
    /// Frame.
    pub chrome: Chrome,
    /// Was it allowed?
    pub allowed: bool,
}

#[cfg(test)]
impl DeviceEnterPage {
    pub(super) fn samples() -> Vec<Self> {
        let page = |code: &str, error: Option<&str>| Self {
            chrome: Chrome::branded_sample(),
            csrf: "t0ken".into(),
            code: code.into(),
            error: error.map(Into::into),
        };
        vec![
            page("", None),
            page("WDJB-MJHT", None),
            page("<b>", Some("No device waits with this code.")),
        ]
    }
}

#[cfg(test)]
impl DevicePage {
    pub(super) fn samples() -> Vec<Self> {
        let row = |title: &str, detail: &str| ConsentRow {
            icon: "globe",
            title: title.into(),
            detail: detail.into(),
        };
        let page = |organization: Option<&str>, same_network| Self {
            chrome: Chrome::branded_sample(),
            csrf: "t0ken".into(),
            code: "WDJB-MJHT".into(),
            app_name: "tidewell <CLI> 2.8".into(),
            ip: "203.0.113.24".into(),
            same_network,
            asked_at: 1_763_800_000_000,
            rows: vec![
                row("See who you are", "An id that stands for you here."),
                row("Use schedules:write", "https://api.tidewell.example/"),
            ],
            organization: organization.map(Into::into),
            account: "ana.ferreira@brennankohl.example".into(),
        };
        vec![page(Some("Brennan & Kohl"), true), page(None, false)]
    }
}

#[cfg(test)]
impl DeviceDonePage {
    pub(super) fn samples() -> Vec<Self> {
        let page = |allowed| Self {
            chrome: Chrome::branded_sample(),
            allowed,
        };
        vec![page(true), page(false)]
    }
}
