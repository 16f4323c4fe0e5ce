//! Ceremonies with a passkey on a page of their own. They need the script; everything else
//! on these pages works without it.

use askama::Template;

use super::{Chrome, filters};

/// Signing in with a passkey.
#[derive(Template)]
#[template(path = "pages/passkey.html")]
pub struct PasskeyPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form "another way" posts to, with `kind=choose`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow. The script answers it under `/v1/auth/flows/{flow}/passkey`.
    pub flow: String,
    /// Request options as JSON (W3C Web Authentication Level 3).
    pub public_key_json: String,
    /// What went wrong.
    pub error: Option<String>,
    /// There is another way.
    pub can_choose: bool,
}

/// Adding a passkey in the middle of a flow.
#[derive(Template)]
#[template(path = "pages/enrol.html")]
pub struct EnrolPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form "not now" posts to, with `kind=enrol` and `skip=true`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow. The script answers it under `/v1/auth/flows/{flow}/enrol`.
    pub flow: String,
    /// Creation options as JSON (W3C Web Authentication Level 3).
    pub public_key_json: String,
    /// May be left out.
    pub skippable: bool,
    /// An authenticator app could be added instead.
    pub app_instead: bool,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl PasskeyPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: "f1".into(),
            public_key_json: r#"{"challenge":"AAAA","rpId":"a.test<\""}"#.into(),
            error: None,
            can_choose: true,
        };
        vec![
            plain(),
            Self {
                error: Some("That passkey did not work here.".into()),
                can_choose: false,
                ..plain()
            },
        ]
    }
}

#[cfg(test)]
impl EnrolPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: "f1".into(),
            public_key_json: r#"{"challenge":"AAAA"}"#.into(),
            skippable: true,
            app_instead: true,
            error: None,
        };
        vec![
            plain(),
            Self {
                error: Some("The passkey could not be stored.".into()),
                skippable: false,
                app_instead: false,
                ..plain()
            },
        ]
    }
}
