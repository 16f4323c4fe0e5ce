//! What a tenant tells its people about itself, as fields.

use super::super::{FluentArgs, text};
use crate::domain::Lang;

/// Why a field is not this operator's to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// The configuration file sets it.
    ByFile,
    /// It is for operators of the whole installation.
    ForOthers,
}

/// The fields; an empty one says nothing.
#[derive(Debug, Clone, Default)]
pub struct AboutFields {
    /// Tag of the language where nothing else decides.
    pub locale: String,
    /// Where people find help.
    pub help_url: String,
    /// Where it says what happens to their data.
    pub privacy_url: String,
    /// Whom people write to.
    pub support_email: String,
    /// Sender of mails: name.
    pub mail_from_name: String,
    /// Sender of mails: address.
    pub mail_from_address: String,
    /// The sender's name where the field is empty.
    pub sender_name: String,
    /// The sender's address where the field is empty.
    pub sender_address: String,
    /// Fields that cannot be changed here, and why.
    pub fixed: Vec<(&'static str, Fixed)>,
    /// The logo is one that was uploaded.
    pub uploaded: bool,
    /// The configuration file sets the logo.
    pub logo_fixed: bool,
}

impl AboutFields {
    fn why(&self, name: &str) -> Option<Fixed> {
        let found = self.fixed.iter().find(|(field, _)| *field == name);
        found.map(|(_, why)| *why)
    }

    /// It cannot be changed here.
    pub fn fixed(&self, name: &str) -> bool {
        self.why(name).is_some()
    }

    /// Key of what stands below a field.
    pub fn hint(&self, name: &str) -> &'static str {
        match (self.why(name), name) {
            (Some(Fixed::ByFile), _) => "desk-from-file",
            (Some(Fixed::ForOthers), _) => "desk-told-installation",
            (None, "locale") => "desk-told-locale-more",
            (None, "support_email") => "desk-told-support-more",
            (None, "help_url") => "desk-told-help-more",
            (None, "privacy_url") => "desk-told-privacy-more",
            (None, "mail_from_name") => "desk-told-sender-more",
            _ => "desk-told-sender-address-more",
        }
    }

    /// Languages to choose from: tag, and what each calls itself.
    pub fn languages(&self) -> Vec<(&'static str, String)> {
        let named = |lang: Lang| (lang.tag(), text(lang, "language-name", &FluentArgs::new()));
        Lang::ALL.into_iter().map(named).collect()
    }
}

#[cfg(test)]
impl AboutFields {
    pub(crate) fn sample() -> Self {
        Self {
            locale: "de".into(),
            help_url: "https://tidewell.example/help".into(),
            support_email: "help@tidewell.example".into(),
            sender_name: "Tidewell".into(),
            sender_address: "no-reply@tidewell.example".into(),
            ..Self::default()
        }
    }

    pub(crate) fn sample_of_file() -> Self {
        Self {
            fixed: vec![
                ("locale", Fixed::ByFile),
                ("help_url", Fixed::ByFile),
                ("mail_from_address", Fixed::ForOthers),
            ],
            logo_fixed: true,
            ..Self::sample()
        }
    }
}
