//! What a provider tells afterwards about people and sessions that it has vouched for.

/// Something that happened at the provider and ends sessions here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityEvent {
    /// When, by our clock, in milliseconds since the epoch: only what began before it ends.
    pub at_ms: i64,
    /// What.
    pub what: Happened,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A person was switched off.
    Disabled {
        /// Their subject.
        subject: String,
    },
    /// A person was removed for good.
    Deleted {
        /// Their subject.
        subject: String,
    },
    /// A person has a new password.
    NewPassword {
        /// Their subject.
        subject: String,
        /// The provider's session in which they chose it themselves: that one goes on.
        within: Option<String>,
    },
    /// All sessions of a person were ended.
    SignedOut {
        /// Their subject.
        subject: String,
    },
    /// One session was ended.
    SessionEnded {
        /// Its `sid`.
        sid: String,
    },
}

/// What a feed answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// What is new, oldest first.
    Events {
        /// Each of them once, as long as the cursor is handed back.
        events: Vec<SecurityEvent>,
        /// Where to go on; nobody but the provider's adapter reads it.
        cursor: String,
    },
    /// We may not listen there, or nothing is told; the reason is for operators. No trouble of
    /// the provider: people sign in all the same.
    Deaf(String),
}
