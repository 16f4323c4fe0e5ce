//! What each check of a connection means, for whoever has to mend it.

use askama::Template;

use super::{Chrome, filters};
use crate::domain::checks::EXPLAINED;

/// One paragraph.
pub struct Explained {
    /// The code: also the anchor.
    pub code: &'static str,
}

impl Explained {
    fn key(&self, family: &str) -> String {
        format!("{family}-{}", self.code.replace('_', "-"))
    }
}

/// All of them.
#[derive(Template)]
#[template(path = "pages/help_checks.html")]
pub struct HelpChecksPage {
    /// Frame.
    pub chrome: Chrome,
    /// Its paragraphs.
    pub all: Vec<Explained>,
}

impl HelpChecksPage {
    /// The page.
    pub fn new(chrome: Chrome) -> Self {
        let all = EXPLAINED.iter().map(|code| Explained { code }).collect();
        Self { chrome, all }
    }
}

#[cfg(test)]
impl HelpChecksPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self::new(Chrome::sample())]
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::checks::EXPLAINED;
    use crate::views::has_text;

    #[test]
    fn each_has_a_title_and_a_paragraph() {
        for code in EXPLAINED {
            for family in ["check", "explain"] {
                let key = format!("{family}-{}", code.replace('_', "-"));
                assert!(has_text(&key), "{key}");
            }
        }
    }
}
