//! Moving the account to another address: the address, then the code from it.

use askama::Template;

use super::{Chrome, filters};

/// The code that is waited for.
#[derive(Debug, Clone)]
pub struct PendingCode {
    /// Where it went.
    pub email: String,
    /// Seconds until another may be asked for; 0 is now.
    pub resend_in: u32,
}

/// `GET /account/email`.
#[derive(Template)]
#[template(path = "pages/change_email.html")]
pub struct ChangeEmailPage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token.
    pub csrf: String,
    /// The address as it is; empty when none is known.
    pub present: String,
    /// What was typed.
    pub typed: String,
    /// A code is on its way.
    pub pending: Option<PendingCode>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl ChangeEmailPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || Self {
            chrome: Chrome::sample(),
            csrf: "t0ken".into(),
            present: "ana.ferreira@brennankohl.example".into(),
            typed: String::new(),
            pending: None,
            error: None,
        };
        let waiting = |resend_in| {
            Some(PendingCode {
                email: "<b>ana</b>@new.example".into(),
                resend_in,
            })
        };
        vec![
            plain(),
            Self {
                present: String::new(),
                typed: "ana@".into(),
                error: Some("Enter a full email address.".into()),
                ..plain()
            },
            Self {
                pending: waiting(24),
                ..plain()
            },
            Self {
                pending: waiting(0),
                error: Some("That code does not match. Check the newest mail.".into()),
                ..plain()
            },
        ]
    }
}
