//! Step 2: what the other side says, before anyone signs in.

use askama::Template;

use super::SetupFrame;
use crate::views::{Checks, Chrome, filters};

/// `GET {base}/check`.
#[derive(Template)]
#[template(path = "pages/setup/check.html")]
pub struct SetupCheckPage {
    /// Frame.
    pub chrome: Chrome,
    /// Frame of the set-up.
    pub frame: SetupFrame,
    /// What was found.
    pub checks: Checks,
    /// The draft's hash, cut.
    pub hash: String,
    /// When it was looked, as people write it.
    pub looked: String,
    /// Nothing stands in the way of a test login.
    pub ready: bool,
}

#[cfg(test)]
impl SetupCheckPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let page = |ready, checks| Self {
            chrome: Chrome::sample(),
            frame: SetupFrame::sample(2, if ready { 3 } else { 2 }),
            checks,
            hash: "b3f1a9c4".into(),
            looked: "14:35:20 UTC".into(),
            ready,
        };
        vec![
            page(
                true,
                Checks::sample(&[("discovery", true), ("signing_keys", true)])
                    .advised("email_missing"),
            ),
            page(
                false,
                Checks::sample(&[("discovery", true), ("client_refused", false)]),
            ),
        ]
    }
}
