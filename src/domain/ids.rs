//! Identifiers as types: no bare string or UUID crosses a room.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text form, as stored and shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A tenant: an isolated application space.
    TenantId
);
id!(
    /// A user: the only `sub` that anything downstream sees.
    UserId
);
id!(
    /// An organization inside a tenant.
    OrgId
);
id!(
    /// A configured identity provider.
    UpstreamId
);
id!(
    /// A stored login attempt.
    FlowId
);
id!(
    /// One sign-in, shared by all cookies that came out of it.
    Sid
);

/// Whether a text can be one of our ids at all (short, plain ASCII): checked before it
/// reaches SQL or a log line.
pub fn plausible(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
