//! What stands around every page of the set-up.

/// The frame.
#[derive(Debug, Clone)]
pub struct SetupFrame {
    /// Name of the organization.
    pub organization: String,
    /// The organization's own page, for one of its people; else empty.
    pub home: String,
    /// Address of the set-up; the pages lie below it.
    pub base: String,
    /// Hidden token of every form.
    pub csrf: String,
    /// Which step this is, from 1.
    pub at: u8,
    /// How far one may go.
    pub reached: u8,
    /// The draft as it is now has passed a test login.
    pub tested: bool,
    /// When the link is over, as people write it; empty where there is no link.
    pub expires: String,
    /// A link for a colleague, just made.
    pub shared: String,
}

/// One step of the lane.
pub struct SetupStep {
    pub(super) number: u8,
    pub(super) title: &'static str,
    pub(super) more: &'static str,
    pub(super) path: &'static str,
    pub(super) state: &'static str,
}

const STEPS: [(&str, &str, &str); 4] = [
    ("setup-step-1", "setup-step-1-more", "connect"),
    ("setup-step-2", "setup-step-2-more", "check"),
    ("setup-step-3", "setup-step-3-more", "test"),
    ("setup-step-4", "setup-step-4-more", "activate"),
];

/// The step that is done by a test login and by nothing else.
const TEST: u8 = 3;

impl SetupFrame {
    pub(super) fn steps(&self) -> Vec<SetupStep> {
        (1..)
            .zip(STEPS)
            .map(|(number, (title, more, path))| SetupStep {
                number,
                title,
                more,
                path,
                state: if number == self.at {
                    "here"
                } else if number < self.at && (number != TEST || self.tested) {
                    "done"
                } else if number <= self.reached {
                    "open"
                } else {
                    "ahead"
                },
            })
            .collect()
    }
}

#[cfg(test)]
impl SetupFrame {
    pub(super) fn sample(at: u8, reached: u8) -> Self {
        Self {
            organization: "Pellworm & Labs".into(),
            home: if at == 4 {
                "/org/pellworm".into()
            } else {
                String::new()
            },
            base: "/setup/t0ken".into(),
            csrf: "t0ken".into(),
            at,
            reached,
            tested: reached == 4,
            expires: "26 Nov 2026".into(),
            shared: String::new(),
        }
    }
}
