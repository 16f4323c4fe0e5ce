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
    /// It is the only way in.
    pub enforced: bool,
    /// People for emergencies who have shown that they get in without it, and how many are named.
    pub emergency: (String, String),
    /// The addresses were refused: they stand as they were typed.
    pub wrong: bool,
    /// What was done just before: the key of the words for it.
    pub done: Option<&'static str>,
    /// What went wrong.
    pub error: Option<String>,
}

/// The last step: no other way is open.
const ENFORCED: &str = "enforced";

/// One step of the roll-out.
pub struct RolloutStep {
    value: &'static str,
    title: &'static str,
    more: &'static str,
    state: &'static str,
}

impl SetupActivatePage {
    fn steps(&self) -> Vec<RolloutStep> {
        const ALL: [(&str, &str, &str); 4] = [
            ("admins", "rollout-admins", "rollout-admins-more"),
            ("some", "rollout-some", "rollout-some-more"),
            ("all", "rollout-all", "rollout-all-more"),
            (ENFORCED, "rollout-enforced", "rollout-enforced-more"),
        ];
        let reached = if self.enforced {
            ENFORCED
        } else {
            &self.rollout
        };
        let at = ALL.iter().position(|(value, ..)| *value == reached);
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

    /// Can one go from here to this step? What is the only way in is opened to all others first,
    /// and only what is open to everyone becomes it.
    fn leads(&self, step: &RolloutStep) -> bool {
        if self.state != "active" {
            return false;
        }
        match (step.value, step.state) {
            (ENFORCED, state) => state == "here" || self.rollout == "all",
            ("some", "here") => true,
            (_, "here") => false,
            _ => !self.enforced,
        }
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
            enforced: false,
            emergency: ("1".into(), "2".into()),
            wrong: false,
            done: None,
            error: None,
        };
        let mut refused = page("tested", "admins", false, "b3f1a9c4aa");
        refused.error = Some("People who may do more than you sign in here.".into());
        let mut enforced = page("active", "all", true, "b3f1a9c4aa");
        enforced.enforced = true;
        enforced.emergency = ("2".into(), "2".into());
        enforced.done = Some("setup-done-enforced");
        let mut typed = page("active", "some", true, "b3f1a9c4aa");
        typed.wrong = true;
        typed.error = Some("Give an e-mail address.".into());
        vec![
            enforced,
            typed,
            page("draft", "admins", false, ""),
            page("tested", "admins", false, "b3f1a9c4aa"),
            refused,
            page("active", "some", true, "b3f1a9c4aa"),
            page("active", "all", false, "b3f1a9c4aa"),
            page("disabled", "all", false, "b3f1a9c4aa"),
        ]
    }
}
