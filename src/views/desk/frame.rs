//! What stands around every page of the administration.

/// Who looks, and where they are.
#[derive(Debug, Clone, Default)]
pub struct DeskFrame {
    /// The room: `overview`, `people`, `organizations`, `upstreams`, `trail`, `settings`.
    pub here: &'static str,
    /// What the operator is called.
    pub name: String,
    /// Key of what they are.
    pub role: &'static str,
    /// How much needs attention; shown beside the overview.
    pub attention: u32,
    /// Hidden token of every form.
    pub csrf: String,
}

impl DeskFrame {
    /// Is this the room?
    pub fn is(&self, room: &str) -> bool {
        self.here == room
    }
}

/// A state as a word with a tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateWord {
    /// `ok`, `warn`, `bad`, `info`, `idle`.
    pub tone: &'static str,
    /// Key of the word.
    pub key: &'static str,
}

impl StateWord {
    /// A state.
    pub fn new(tone: &'static str, key: &'static str) -> Self {
        Self { tone, key }
    }
}

#[cfg(test)]
impl DeskFrame {
    pub(crate) fn sample(here: &'static str) -> Self {
        Self {
            here,
            name: "Priya <Raman>".into(),
            role: "desk-role-owner",
            attention: 2,
            csrf: "t0ken".into(),
        }
    }
}
