//! The start of the one-time owner link. Opening it changes nothing; the button does.

use askama::Template;

use super::{Chrome, filters};

/// `GET /owner/{token}`.
#[derive(Template)]
#[template(path = "pages/owner.html")]
pub struct OwnerPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the button posts to.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
}

#[cfg(test)]
impl OwnerPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            chrome: Chrome::sample(),
            action: "/owner/tkn".into(),
            csrf: "t0ken".into(),
        }]
    }
}
