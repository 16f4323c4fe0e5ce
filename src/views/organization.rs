//! The organization step: where do you want to work?

use askama::Template;

use super::{Chrome, filters};

/// One to choose.
#[derive(Debug, Clone)]
pub struct OrganizationChoice {
    /// Sent as `organization`.
    pub id: String,
    /// As people know it.
    pub name: String,
    /// As addresses know it.
    pub slug: String,
}

/// The organization step.
#[derive(Template)]
#[template(path = "pages/organization.html")]
pub struct OrganizationPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the forms post to; `kind` is `organization`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow.
    pub flow: Option<String>,
    /// To choose from.
    pub organizations: Vec<OrganizationChoice>,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl OrganizationPage {
    pub(super) fn samples() -> Vec<Self> {
        let choice = |id: &str, name: &str| OrganizationChoice {
            id: id.into(),
            name: name.into(),
            slug: name.to_lowercase().replace(' ', "-"),
        };
        vec![Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: Some("f1".into()),
            organizations: vec![
                choice("o1", "Aster Freight"),
                choice("o2", "<Brennan> Kohl"),
            ],
            error: Some("Choose one of the listed organizations.".into()),
        }]
    }
}
