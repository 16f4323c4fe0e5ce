//! Boxes to tick: roles, and what a role permits.

/// One box.
#[derive(Debug, Clone)]
pub struct Tick {
    /// What is sent.
    pub word: String,
    /// Key of what it means.
    pub key: Option<&'static str>,
    /// It is ticked.
    pub held: bool,
    /// More than whoever looks has: not theirs to give or to take.
    pub above: bool,
}

#[cfg(test)]
impl Tick {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let one = |word: &str, key, held, above| Self {
            word: word.into(),
            key,
            held,
            above,
        };
        vec![
            one("org:read", Some("org-may-see"), true, false),
            one(
                "members:write",
                Some("org-may-change-members"),
                false,
                false,
            ),
            one("owner", None, true, true),
        ]
    }
}
