//! One sign-in that was begun: what is remembered for the way back.

use laneway_contract::Callback;
use serde::{Deserialize, Serialize};

/// What is remembered until the answer comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// ID of our request.
    pub(crate) request_id: String,
    /// `RelayState` that was sent: the core finds its flow by it.
    pub(crate) relay_state: String,
    /// Where the answer was asked for.
    pub(crate) acs_url: String,
}

/// The two fields of an answer, each there once.
pub(crate) fn fields(callback: &Callback) -> Option<(&str, &str)> {
    Some((
        callback.single("SAMLResponse")?,
        callback.single("RelayState")?,
    ))
}
