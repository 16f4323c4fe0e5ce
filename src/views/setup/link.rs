//! The door of the set-up: a link that is opened once.

use askama::Template;

use crate::views::{Chrome, filters};

/// How far a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupLinkStep {
    /// Nobody has opened it.
    Fresh,
    /// Another browser has.
    Taken,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

/// `GET /setup/{token}`.
#[derive(Template)]
#[template(path = "pages/setup/link.html")]
pub struct SetupLinkPage {
    /// Frame.
    pub chrome: Chrome,
    /// Name of the organization.
    pub organization: String,
    /// Hidden token.
    pub csrf: String,
    /// How far it is.
    pub step: SetupLinkStep,
    /// The mailbox that it opens for.
    pub mailbox: Option<MailboxCheck>,
    /// What went wrong.
    pub error: Option<String>,
}

/// A link that wants a code from a mailbox.
#[derive(Debug, Clone)]
pub struct MailboxCheck {
    /// The address, as far as it is shown.
    pub to: String,
    /// A code is on its way.
    pub sent: bool,
}

impl SetupLinkPage {
    fn title(&self) -> &'static str {
        match self.step {
            SetupLinkStep::Fresh => "setup-link-title",
            SetupLinkStep::Taken => "setup-link-taken",
            SetupLinkStep::Expired => "setup-link-expired",
            SetupLinkStep::Revoked => "setup-link-revoked",
        }
    }

    fn more(&self) -> &'static str {
        match self.step {
            SetupLinkStep::Fresh => "setup-link-more",
            SetupLinkStep::Taken => "setup-link-taken-more",
            SetupLinkStep::Expired => "setup-link-expired-more",
            SetupLinkStep::Revoked => "setup-link-revoked-more",
        }
    }

    fn is_fresh(&self) -> bool {
        self.step == SetupLinkStep::Fresh
    }
}

#[cfg(test)]
impl SetupLinkPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let page = |step| Self {
            chrome: Chrome::sample(),
            organization: "Pellworm & Labs".into(),
            csrf: "t0ken".into(),
            step,
            mailbox: None,
            error: None,
        };
        let mailbox = |sent, error: Option<&str>| Self {
            mailbox: Some(MailboxCheck {
                to: "m…@pellworm.example".into(),
                sent,
            }),
            error: error.map(str::to_owned),
            ..page(SetupLinkStep::Fresh)
        };
        vec![
            mailbox(false, None),
            mailbox(true, None),
            mailbox(
                true,
                Some("This code is not right. Look at the newest mail."),
            ),
            page(SetupLinkStep::Fresh),
            page(SetupLinkStep::Taken),
            page(SetupLinkStep::Expired),
            page(SetupLinkStep::Revoked),
        ]
    }
}
