//! Name, address, language.

use super::super::{FluentArgs, text};
use crate::domain::Lang;

/// Who the person is here.
#[derive(Debug, Clone)]
pub struct ProfileSection {
    /// Display name.
    pub name: String,
    /// Address; empty when none is known.
    pub email: String,
    /// Somebody vouches for the address.
    pub email_verified: bool,
    /// The language they chose; `None` leaves it to the browser.
    pub locale: Option<Lang>,
}

/// One language to choose.
pub struct LocaleChoice {
    /// Its tag.
    pub tag: &'static str,
    /// What it calls itself.
    pub name: String,
    /// It is the chosen one.
    pub chosen: bool,
}

impl ProfileSection {
    /// All languages.
    pub fn locales(&self) -> Vec<LocaleChoice> {
        Lang::ALL
            .into_iter()
            .map(|lang| LocaleChoice {
                tag: lang.tag(),
                name: text(lang, "language-name", &FluentArgs::new()),
                chosen: self.locale == Some(lang),
            })
            .collect()
    }
}

#[cfg(test)]
impl ProfileSection {
    pub(super) fn samples() -> [Self; 2] {
        [
            Self {
                name: "Ana Ferreira".into(),
                email: "ana.ferreira@brennankohl.example".into(),
                email_verified: true,
                locale: Some(Lang::De),
            },
            Self {
                name: String::new(),
                email: String::new(),
                email_verified: false,
                locale: None,
            },
        ]
    }
}
