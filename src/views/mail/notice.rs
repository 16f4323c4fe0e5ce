//! What people are told about their own account.

use askama::Template;

use super::{Asked, Letterhead, one_line, rendered};
use crate::domain::Lang;
use crate::views::filters;
use crate::views::words::Words;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A sign-in on a device that was not known.
    NewDevice,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An authenticator app was added.
    TotpAdded,
    /// The authenticator app was removed.
    TotpRemoved,
    /// New recovery codes; the old ones are worth nothing.
    RecoveryCodesMade,
    /// A recovery code was used to sign in.
    RecoveryCodeUsed,
    /// A first password.
    PasswordSet,
    /// Another password.
    PasswordChanged,
    /// A linked identity was added.
    IdentityLinked,
    /// A linked identity was removed.
    IdentityUnlinked,
    /// An API token was made.
    TokenCreated,
}

impl Notice {
    /// All of them, for samples and tests.
    pub const ALL: [Self; 12] = [
        Self::NewDevice,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::TotpAdded,
        Self::TotpRemoved,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::PasswordSet,
        Self::PasswordChanged,
        Self::IdentityLinked,
        Self::IdentityUnlinked,
        Self::TokenCreated,
    ];

    /// Keys of the title and of what follows it.
    fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::NewDevice => ("notice-new-device", "notice-lead-new-device"),
            Self::PasskeyAdded => ("notice-passkey-added", "notice-lead-passkey-added"),
            Self::PasskeyRemoved => ("notice-passkey-removed", "notice-lead-passkey-removed"),
            Self::TotpAdded => ("notice-totp-added", "notice-lead-totp-added"),
            Self::TotpRemoved => ("notice-totp-removed", "notice-lead-totp-removed"),
            Self::RecoveryCodesMade => (
                "notice-recovery-codes-made",
                "notice-lead-recovery-codes-made",
            ),
            Self::RecoveryCodeUsed => (
                "notice-recovery-code-used",
                "notice-lead-recovery-code-used",
            ),
            Self::PasswordSet => ("notice-password-set", "notice-lead-password-set"),
            Self::PasswordChanged => ("notice-password-changed", "notice-lead-password-changed"),
            Self::IdentityLinked => ("notice-identity-linked", "notice-lead-identity-linked"),
            Self::IdentityUnlinked => ("notice-identity-unlinked", "notice-lead-identity-unlinked"),
            Self::TokenCreated => ("notice-token-created", "notice-lead-token-created"),
        }
    }
}

/// A notice with when, browser, network and the way to the account.
#[derive(Template)]
#[template(path = "mail/notice.html")]
pub struct NoticeMail {
    /// Name of the tenant.
    pub tenant_name: String,
    /// What happened.
    pub notice: Notice,
    /// Where it can be looked at and undone.
    pub account_url: String,
    /// Who did it, from where.
    pub asked: Asked,
}

#[derive(Template)]
#[template(path = "mail/notice.txt")]
struct NoticeText<'a>(&'a NoticeMail);

impl NoticeMail {
    fn head(&self) -> &Letterhead {
        &self.asked.head
    }

    /// Subject line.
    pub fn subject(&self, lang: Lang) -> String {
        one_line(&self.title().say(lang))
    }

    /// HTML body.
    pub fn html(&self, lang: Lang) -> String {
        rendered(lang, self)
    }

    /// Text body.
    pub fn text(&self, lang: Lang) -> String {
        rendered(lang, &NoticeText(self))
    }

    fn title(&self) -> Words {
        self.said(self.notice.keys().0)
    }

    fn lead(&self) -> Words {
        self.said(self.notice.keys().1)
    }

    fn not_you(&self) -> Words {
        self.said(match self.notice {
            Notice::NewDevice => "notice-not-you-device",
            _ => "notice-not-you-factor",
        })
    }

    fn said(&self, key: &'static str) -> Words {
        Words::new(key).text("tenant", self.tenant_name.as_str())
    }

    fn when(&self) -> Words {
        Words::new("notice-instant").instant("when", self.asked.at)
    }
}

#[cfg(test)]
impl NoticeMail {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let sample = |notice| Self {
            tenant_name: "Quay & Nine".into(),
            notice,
            account_url: "https://login.tidewell.example/account".into(),
            asked: Asked::sample(),
        };
        Notice::ALL.into_iter().map(sample).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::NoticeMail;
    use crate::domain::Lang;

    #[test]
    fn every_notice_says_when_where_and_where_to_look() {
        let mut subjects = std::collections::BTreeSet::new();
        for mail in NoticeMail::samples() {
            for body in [mail.html(Lang::En), mail.text(Lang::En)] {
                let wanted = [
                    "12 Mar 2026, 09:14 UTC",
                    "Firefox on macOS",
                    "203.0.113.24",
                    "https://login.tidewell.example/account",
                    "Sent to ana.ferreira@brennankohl.example",
                ];
                for words in wanted {
                    assert!(body.contains(words), "{words}: {body}");
                }
                assert!(!body.contains('⟦'), "{body}");
            }
            assert!(
                subjects.insert(mail.subject(Lang::En)),
                "{}",
                mail.subject(Lang::En)
            );
        }
    }
}
