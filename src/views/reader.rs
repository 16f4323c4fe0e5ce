//! Who reads a page: the language it is written in, and where it is written in another.

use std::any::Any;

use askama::{Result, Template, Values, get_value};

use super::{FluentArgs, text};
use crate::domain::Lang;

/// What every template is rendered for.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// The language.
    pub lang: Lang,
    /// The address of this very page up to and including `?` or `&`, for links to it in
    /// other languages. `None` where it cannot be asked for again, or where the person's
    /// own setting decides.
    pub here: Option<String>,
    /// Where our own pages and files are: nothing on the login host, its origin where a page
    /// is shown on an application's, which has none of them.
    pub home: String,
}

/// A link to the same page in another language.
pub struct Switch {
    /// Its tag.
    pub tag: &'static str,
    /// What it calls itself.
    pub name: String,
    /// Where it is.
    pub href: String,
}

impl Values for Reader {
    fn get_value<'a>(&'a self, key: &str) -> Option<&'a dyn Any> {
        (key == "reader").then_some(self as &dyn Any)
    }
}

impl Reader {
    /// Of a text without links to itself.
    pub fn of(lang: Lang) -> Self {
        Self {
            lang,
            ..Self::default()
        }
    }

    /// Renders a template for this reader.
    ///
    /// # Errors
    /// Those of the template.
    pub fn render(&self, page: &impl Template) -> Result<String> {
        page.render_with_values(self)
    }

    /// The address of something of ours.
    pub fn ours(&self, path: &str) -> String {
        if path.starts_with('/') {
            format!("{}{path}", self.home)
        } else {
            path.to_owned()
        }
    }

    /// The other languages.
    pub fn switches(&self) -> Vec<Switch> {
        let Some(here) = &self.here else {
            return Vec::new();
        };
        Lang::ALL
            .into_iter()
            .filter(|lang| *lang != self.lang)
            .map(|lang| Switch {
                tag: lang.tag(),
                name: text(lang, "language-name", &FluentArgs::new()),
                href: format!("{here}lang={}", lang.tag()),
            })
            .collect()
    }
}

/// The reader that a template is rendered for. A page that is rendered for nobody is an
/// error, or it would silently be English.
pub(super) fn of(values: &dyn Values) -> Result<&Reader> {
    get_value::<Reader>(values, "reader")
}
