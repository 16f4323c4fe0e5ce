//! Enrolling, listing and removing a person's credentials.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{AdapterState, MethodKind, RelyingParty};

/// A credential as a settings page lists it; never the credential itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Id at the provider.
    pub id: String,
    /// Passkey, TOTP, …
    pub kind: MethodKind,
    /// The person's own name for it.
    pub label: String,
    /// Milliseconds since the epoch.
    pub created_at_ms: i64,
    /// Milliseconds since the epoch, if ever.
    pub last_used_at_ms: Option<i64>,
}

/// Start of an enrolment.
#[derive(Debug, Clone)]
pub struct BeginEnrol {
    /// What to enrol.
    pub kind: MethodKind,
    /// Whose, at this provider.
    pub subject: String,
    /// Shown by the authenticator beside the credential.
    pub login_name: String,
    /// Shown by the authenticator.
    pub display_name: String,
    /// Who we are to authenticators.
    pub relying_party: RelyingParty,
    /// Where the provider's own page shall return to.
    pub return_to: Url,
}

/// What an enrolment needs next.
#[derive(Debug, Clone)]
pub enum EnrolStep {
    /// Create a credential on our page.
    Challenge {
        /// `PublicKeyCredentialCreationOptions` as JSON.
        public_key: Value,
        /// The adapter's memory for `finish_enrol`.
        state: AdapterState,
    },
    /// Do it on the provider's page.
    Redirect(Url),
}

/// The browser's answer to an enrolment challenge.
#[derive(Debug, Clone)]
pub struct FinishEnrol {
    /// From [`EnrolStep::Challenge`].
    pub state: AdapterState,
    /// Attestation response as JSON.
    pub credential: Value,
    /// The person's own name for it, already checked for length.
    pub label: String,
}
