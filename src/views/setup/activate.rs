//! Step 4: what was tested goes live, one step at a time, with a way back.

use askama::Template;

use super::SetupFrame;
use crate::views::{Chrome, filters};

/// `GET {base}/activate`.
#[derive(Template)]
#[template(path = "pages/setup/activate.html")]
pub struct SetupActivatePage {
    /// Frame.
    pub chrome: Chrome,
    /// Frame of the set-up.
    pub frame: SetupFrame,
    /// The tested draft's whole hash; empty: it is not tested as it is.
    pub hash: String,
    /// The same, cut.
    pub short: String,
    /// `draft`, `tested`, `active` or `disabled`.
    pub state: String,
    /// The draft is what is live.
    pub is_live: bool,
    /// `admins`, `some` or `all`.
    pub rollout: String,
    /// Picked addresses, one per line.
    pub people: String,
    /// Where a sign-in through it begins.
    pub start: String,
    /// Another revision can be put live again.
    pub can_roll_back: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// One step of the roll-out.
pub struct RolloutStep {
    value: &'static str,
    title: &'static str,
    more: &'static str,
    state: &'static str,
}

impl SetupActivatePage {
    fn steps(&self) -> Vec<RolloutStep> {
        const ALL: [(&str, &str, &str); 3] = [
            ("admins", "rollout-admins", "rollout-admins-more"),
            ("some", "rollout-some", "rollout-some-more"),
            ("all", "rollout-all", "rollout-all-more"),
        ];
        let at = ALL.iter().position(|(value, ..)| *value == self.rollout);
        let live = self.state == "active";
        ALL.iter()
            .enumerate()
            .map(|(index, (value, title, more))| RolloutStep {
                value,
                title,
                more,
                state: match at {
                    Some(here) if live && index < here => "done",
                    Some(here) if live && index == here => "here",
                    _ => "ahead",
                },
            })
            .collect()
    }
}

#[cfg(test)]
impl SetupActivatePage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let page = |state: &str, rollout: &str, is_live: bool, hash: &str| Self {
            chrome: Chrome::sample(),
            frame: SetupFrame::sample(4, 4),
            hash: hash.into(),
            short: hash.chars().take(8).collect(),
            state: state.into(),
            is_live,
            rollout: rollout.into(),
            people: "elif@pellworm.example".into(),
            start: "https://login.tidewell.example/federation/0199/start".into(),
            can_roll_back: state == "active",
            error: None,
        };
        let mut refused = page("tested", "admins", false, "b3f1a9c4aa");
        refused.error = Some("People who may do more than you sign in here.".into());
        vec![
            page("draft", "admins", false, ""),
            page("tested", "admins", false, "b3f1a9c4aa"),
            refused,
            page("active", "some", true, "b3f1a9c4aa"),
            page("active", "all", false, "b3f1a9c4aa"),
            page("disabled", "all", false, "b3f1a9c4aa"),
        ]
    }
}
