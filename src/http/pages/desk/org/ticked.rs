//! Forms with boxes: what was ticked comes as often as there are ticks.

use axum::Form;
use axum::extract::rejection::FormRejection;

use super::super::super::super::flows::form_body;
use crate::domain::Problem;

/// A form as it comes.
pub type Posted = Result<Form<Vec<(String, String)>>, FormRejection>;

/// What was sent.
#[derive(Default)]
pub struct Ticked {
    /// The token of the page.
    pub csrf: String,
    /// Which button.
    pub action: String,
    /// What was seen.
    pub version: Option<i64>,
    /// A name.
    pub name: String,
    /// A short name.
    pub slug: String,
    /// A person: id or address.
    pub person: String,
    /// An organization.
    pub org: String,
    /// A public key.
    pub key: String,
    /// A life in days.
    pub days: Option<i64>,
    /// What was ticked.
    pub ticks: Vec<String>,
}

impl Ticked {
    /// Reads a form.
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn read(form: Posted) -> Result<Self, Problem> {
        let mut all = Self::default();
        for (name, value) in form_body(form)? {
            match name.as_str() {
                "csrf" => all.csrf = value,
                "action" => all.action = value,
                "version" => all.version = value.parse().ok(),
                "name" => all.name = value,
                "slug" => all.slug = value,
                "person" => all.person = value,
                "org" => all.org = value,
                "key" => all.key = value,
                "days" => all.days = value.parse().ok(),
                "tick" | "role" => all.ticks.push(value),
                _ => {}
            }
        }
        Ok(all)
    }
}
