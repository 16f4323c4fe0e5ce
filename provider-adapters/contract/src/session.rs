//! The provider's session behind one of ours.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// What we keep of the provider's session. Sealed at rest by the core.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamSession {
    /// The provider's `sid`, where it names one.
    pub sid: Option<String>,
    /// ID token, kept only as `id_token_hint` of a later logout.
    pub id_token: Option<String>,
    /// Access token, kept only where a route attaches it.
    pub access_token: Option<String>,
    /// Refresh token, kept only where re-validation needs it.
    pub refresh_token: Option<String>,
    /// Expiry of the access token, milliseconds since the epoch.
    pub expires_at_ms: Option<i64>,
}

impl fmt::Debug for UpstreamSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamSession")
            .field("sid", &self.sid)
            .finish_non_exhaustive()
    }
}

/// Which session an operation is about.
#[derive(Debug, Clone)]
pub struct SessionEvidence {
    /// The person's subject at the provider.
    pub subject: String,
    /// What we kept.
    pub session: UpstreamSession,
}

/// How a provider's session was, or can be, ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndSession {
    /// Ended server to server; nothing for the browser to do.
    Ended,
    /// The browser must POST these fields there (OpenID RP-Initiated Logout 1.0 §2;
    /// POST keeps `id_token_hint` out of URLs).
    Browser {
        /// The provider's end-session endpoint.
        url: Url,
        /// Form fields.
        fields: Vec<(String, String)>,
    },
    /// The provider has no way to end it.
    NotOffered,
}

/// A verified back-channel logout token (OpenID Back-Channel Logout 1.0 §2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// `iss`.
    pub issuer: String,
    /// `sub`, if present.
    pub subject: Option<String>,
    /// `sid`, if present.
    pub sid: Option<String>,
    /// `jti`: one use.
    pub jti: String,
    /// `exp` in milliseconds since the epoch.
    pub expires_at_ms: i64,
}

/// The provider's word on a session that we hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It lives.
    Alive,
    /// It was ended.
    Ended,
    /// The person is switched off.
    Disabled,
    /// The person is gone.
    SubjectGone,
    /// The provider cannot say.
    Unknown,
}
