//! The page behind the link in a mail. Opening it changes nothing: mail scanners open it too.

use askama::Template;

use super::{Chrome, filters};

/// `GET /login/link/{token}`.
#[derive(Template)]
#[template(path = "pages/magic_link.html")]
pub struct MagicLinkPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the button posts to.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// From the link.
    pub token: String,
    /// Opened in the browser that asked for it: a button is enough.
    pub same_browser: bool,
    /// To type into the browser that asked.
    pub code: Option<String>,
}

#[cfg(test)]
impl MagicLinkPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |same_browser, code: Option<&str>| Self {
            chrome: Chrome::sample(),
            action: "/login/link".into(),
            csrf: "t0ken".into(),
            token: "lnk".into(),
            same_browser,
            code: code.map(Into::into),
        };
        vec![
            plain(true, None),
            plain(false, Some("482915")),
            plain(false, None),
        ]
    }
}
