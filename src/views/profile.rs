//! Making an account: the address, and later the name.

use askama::Template;

use super::{Chrome, filters};

/// The profile step: what shall we call you?
#[derive(Template)]
#[template(path = "pages/profile.html")]
pub struct ProfilePage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form posts to; `kind` is `profile`, with `name`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow.
    pub flow: Option<String>,
    /// What was typed, or what a provider said.
    pub name: String,
    /// What went wrong.
    pub error: Option<String>,
}

/// `GET /signup`.
#[derive(Template)]
#[template(path = "pages/signup.html")]
pub struct SignupPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form posts to; `kind` is `identify`, with `username`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// The flow that is open already, if one is.
    pub flow: Option<String>,
    /// Where to go afterwards.
    pub return_to: String,
    /// What was typed.
    pub email: String,
    /// What went wrong.
    pub error: Option<String>,
    /// The sign-in page.
    pub login_href: String,
    /// People cannot make accounts by themselves here.
    pub closed: bool,
}

#[cfg(test)]
impl ProfilePage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: Some("f1".into()),
            name: String::new(),
            error: None,
        };
        vec![
            plain(),
            Self {
                name: "\"A\" & B".into(),
                error: Some("Enter a name.".into()),
                ..plain()
            },
        ]
    }
}

#[cfg(test)]
impl SignupPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || Self {
            chrome: Chrome::sample(),
            action: "/signup".into(),
            csrf: "t0ken".into(),
            flow: None,
            return_to: "/account".into(),
            email: String::new(),
            error: None,
            login_href: "/login".into(),
            closed: false,
        };
        vec![
            plain(),
            Self {
                email: "x".into(),
                error: Some("Enter a full email address.".into()),
                ..plain()
            },
            Self {
                closed: true,
                ..plain()
            },
        ]
    }
}
