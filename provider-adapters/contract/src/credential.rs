//! Enrolling, listing and removing a person's credentials.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{AdapterState, Answer, MethodKind, RelyingParty};

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
    /// How many of them are left, for recovery codes.
    pub remaining: Option<u32>,
}

/// Something a person does about their own ways to sign in on the provider's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountAction {
    /// Choose a new password.
    ChangePassword,
    /// Add an authenticator app.
    AddTotp,
    /// Add a passkey.
    AddPasskey,
    /// Make new recovery codes; the old ones are void.
    RenewRecoveryCodes,
    /// Remove the credential of this id.
    Remove(String),
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
    /// Put this secret into an authenticator app and answer with a code from it.
    Secret {
        /// The whole of it as the address that apps read from a QR code.
        otpauth_uri: SecretString,
        /// The secret in base32, for typing.
        secret: SecretString,
        /// The adapter's memory for `finish_enrol`.
        state: AdapterState,
    },
    /// Do it on the provider's page.
    Redirect(Url),
}

/// The browser's answer to an enrolment challenge.
#[derive(Debug, Clone)]
pub struct FinishEnrol {
    /// From [`EnrolStep::Challenge`] or [`EnrolStep::Secret`].
    pub state: AdapterState,
    /// An attestation response, or a code from the app.
    pub answer: Answer,
    /// The person's own name for it, already checked for length.
    pub label: String,
}

/// A password to keep.
#[derive(Debug, Clone)]
pub struct SetPassword {
    /// Whose, at this provider.
    pub subject: String,
    /// Name to sign in by, where the account has none yet.
    pub login_name: Option<String>,
    /// The new one, as typed.
    pub new: SecretString,
    /// Who vouches for the change.
    pub by: PasswordBy,
    /// Names and addresses that must not be the password.
    pub about: Vec<String>,
}

/// On whose word a password is set.
#[derive(Debug, Clone)]
pub enum PasswordBy {
    /// The person, who knows the old one; wrong where there is one and this is not it.
    Person(Option<SecretString>),
    /// The person, who has proven themselves otherwise (sign-up, recovery).
    Proof,
    /// An operator, who brings what a person has elsewhere. Their choice is not judged by
    /// the rules for new ones.
    Import,
}

/// What became of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordSet {
    /// It counts from now on.
    Done,
    /// The old one was not right.
    WrongCurrent,
    /// It may not be used.
    Refused(PasswordFault),
}

/// Why a password may not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer characters than this.
    TooShort {
        /// The least there must be.
        min: u32,
    },
    /// More bytes than are kept.
    TooLong,
    /// One that many people use.
    Common,
    /// One that is in the operator's list of leaked ones.
    Leaked,
    /// The person's own name or address.
    Personal,
    /// Guessed too soon for another reason (a row of keys, a date, repeats).
    Weak,
}
