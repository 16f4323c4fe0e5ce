//! The page for the code from a mail.

use askama::Template;

use super::{Chrome, filters};

/// The email-code step.
#[derive(Template)]
#[template(path = "pages/code.html")]
pub struct CodePage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the forms post to; `kind` is `email-code`, with `code` or `resend`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow.
    pub flow: Option<String>,
    /// Where the code went, as typed.
    pub email: String,
    /// Seconds until another code may be asked for; 0 is now.
    pub resend_in: u32,
    /// Follows a password on an account that is being guessed at.
    pub doubted: bool,
    /// What went wrong.
    pub error: Option<String>,
    /// `login`, `signup`, `verify`, `step_up` or `link`: what the button says.
    pub purpose: String,
}

impl CodePage {
    fn button_key(&self) -> &'static str {
        match self.purpose.as_str() {
            "signup" => "code-button-signup",
            "verify" => "code-button-verify",
            "step_up" | "link" => "code-button-confirm",
            _ => "code-button-login",
        }
    }

    /// Another address makes sense only while nobody is signed in.
    fn other_address(&self) -> Option<&'static str> {
        match self.purpose.as_str() {
            "login" => Some("/login"),
            "signup" => Some("/signup"),
            _ => None,
        }
    }
}

#[cfg(test)]
impl CodePage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |purpose: &str| Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: Some("f1".into()),
            email: "ana.ferreira@brennankohl.example".into(),
            resend_in: 24,
            doubted: false,
            error: None,
            purpose: purpose.into(),
        };
        vec![
            plain("login"),
            Self {
                error: Some("That is not the newest code.".into()),
                resend_in: 0,
                email: "<b>x</b>@a.test".into(),
                ..plain("login")
            },
            plain("signup"),
            Self {
                resend_in: 1,
                ..plain("verify")
            },
            plain("step_up"),
            Self {
                doubted: true,
                ..plain("login")
            },
        ]
    }
}
