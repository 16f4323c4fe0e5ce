//! Who is kept out at the provider for having been wrong too often, and what it writes to people.

use serde::{Deserialize, Serialize};

/// Somebody is kept out for wrong tries, whoever made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOut {
    /// Wrong tries that it is for, where the provider still knows.
    pub failures: u32,
    /// When it ends by itself, epoch ms; `None`: never.
    pub until_ms: Option<i64>,
    /// The last wrong try, epoch ms, where the provider still knows.
    pub last_failure_ms: Option<i64>,
}

/// A mail with a link that the provider writes to somebody, for what they do on its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountMail {
    /// To choose a password.
    SetPassword,
    /// To prove that the address is theirs.
    VerifyEmail,
}

impl AccountMail {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SetPassword => "set-password",
            Self::VerifyEmail => "verify-email",
        }
    }

    /// Reads such a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::SetPassword, Self::VerifyEmail]
            .into_iter()
            .find(|mail| mail.as_str() == word)
    }
}

/// What became of a mail that the provider was to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailSent {
    /// It is on its way.
    Sent,
    /// The provider keeps no address of this person.
    NoAddress,
    /// The person is switched off there.
    Disabled,
    /// The provider could not hand it to a mail server; its own words.
    NotDelivered(String),
}
