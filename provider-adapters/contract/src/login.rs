//! One login attempt as a conversation: begin, answer, and what each step can turn into.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::{Acr, UpstreamIdentity};

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MethodKind {
    /// WebAuthn passkey with user verification.
    Passkey,
    /// Six digits (or the link) sent by e-mail.
    EmailCode,
    /// A password.
    Password,
    /// Time-based one-time code (RFC 6238).
    Totp,
    /// One of the codes that a person keeps for the day their authenticator is lost.
    RecoveryCode,
    /// The provider's own page.
    Redirect,
}

impl MethodKind {
    /// The name in paths and JSON (CONTRACT §6).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::EmailCode => "email-code",
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery-code",
            Self::Redirect => "redirect",
        }
    }

    /// Says nothing about who somebody is: it only adds to a proof that does.
    pub fn is_second_only(self) -> bool {
        matches!(self, Self::Totp | Self::RecoveryCode)
    }
}

/// How a provider does a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// On our own page, through the provider's API.
    Headless,
    /// On the provider's page.
    Redirect,
    /// On our page, by the companion on behalf of the provider.
    Facade,
    /// Not at all.
    Absent,
}

/// One method a provider offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// Which.
    pub kind: MethodKind,
    /// How.
    pub mode: Mode,
}

/// Opaque memory of an adapter between two steps. The core seals it at rest and never
/// looks inside; it has no readable `Debug` because it may hold secrets.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterState(pub Vec<u8>);

impl fmt::Debug for AdapterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdapterState({} bytes)", self.0.len())
    }
}

impl AdapterState {
    /// Stores a serialisable value.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn encode<T: Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(Self)
    }

    /// Reads the value back.
    ///
    /// # Errors
    /// When the bytes are not the JSON of a `T`.
    pub fn decode<T: for<'de> Deserialize<'de>>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }
}

/// OIDC `prompt` values that we pass on (OIDC Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// No user interface; `login_required` if that is impossible.
    None,
    /// Authenticate again even if a session exists.
    Login,
    /// Let the person pick an account.
    SelectAccount,
    /// Offer registration (OpenID "Initiating User Registration").
    Create,
}

impl Prompt {
    /// Reads one value; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "login" => Some(Self::Login),
            "select_account" => Some(Self::SelectAccount),
            "create" => Some(Self::Create),
            _ => None,
        }
    }

    /// The value in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::SelectAccount => "select_account",
            Self::Create => "create",
        }
    }
}

/// Start of a login on the provider's own page.
#[derive(Debug, Clone)]
pub struct BeginRedirect {
    /// Our callback, exactly as registered at the provider.
    pub redirect_uri: Url,
    /// The `state` value to send; the core finds its flow by it.
    pub state: String,
    /// Who is probably signing in.
    pub login_hint: Option<String>,
    /// What interaction is wanted.
    pub prompt: Option<Prompt>,
    /// Demanded rung; the adapter translates it to the provider's own values.
    pub acr: Option<Acr>,
    /// Oldest acceptable authentication in seconds.
    pub max_age: Option<u64>,
    /// Languages for the provider's pages: tags in order of wish, separated by spaces.
    pub ui_locales: Option<String>,
}

/// Send the browser there and remember `state` for the way back.
#[derive(Debug, Clone)]
pub struct RedirectTo {
    /// Where.
    pub url: Url,
    /// What the adapter wants back in `complete`.
    pub state: AdapterState,
}

/// The provider's answer as it reached our callback.
#[derive(Clone)]
pub struct Callback {
    /// The address that was sent as `redirect_uri`.
    pub redirect_uri: Url,
    /// All parameters in order, duplicates kept (a duplicate `code` or `state` is refused).
    pub params: Vec<(String, String)>,
}

impl Callback {
    /// The value of a parameter that appears exactly once.
    pub fn single(&self, name: &str) -> Option<&str> {
        let mut found = self.params.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

impl fmt::Debug for Callback {
    // The parameters hold the authorization code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.params.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("Callback")
            .field("params", &names)
            .finish_non_exhaustive()
    }
}

/// Who we are towards an authenticator (WebAuthn L3 §5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// RP ID: a registrable domain or `localhost`.
    pub id: String,
    /// Shown by the authenticator.
    pub name: String,
    /// Exact origins that may run the ceremony.
    pub origins: Vec<Url>,
}

/// What the core knows about the person at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectHint {
    /// Nothing: a discoverable passkey says who it is.
    Unknown,
    /// Exactly this subject at this provider (step-up, or found by an e-mail link).
    Known(String),
    /// Nobody is known by this name; if proof succeeds and the core allows it, create the
    /// account under this id.
    Candidate(String),
}

/// Start of a login on our own page.
#[derive(Debug, Clone)]
pub struct BeginHeadless {
    /// Which method.
    pub method: MethodKind,
    /// Who we are to authenticators.
    pub relying_party: RelyingParty,
    /// Normalised address or login name, where the person gave one.
    pub login_name: Option<String>,
    /// What is known about them.
    pub subject: SubjectHint,
    /// False: go through the motions but deliver nothing (unknown person, signup closed).
    pub deliver: bool,
}

/// A challenge shown on our page.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// Which method goes on.
    pub method: MethodKind,
    /// `PublicKeyCredentialRequestOptions` as JSON, for passkeys.
    pub public_key: Option<Value>,
    /// Seconds until another code may be asked for.
    pub resend_in: Option<u32>,
    /// A message the core must send in the tenant's name.
    pub delivery: Option<Delivery>,
    /// The adapter's memory for `answer`.
    pub state: AdapterState,
}

/// A one-time code on its way to a person.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// E-mail address.
    pub to: String,
    /// The code; readable by the mail only.
    pub code: SecretString,
    /// Seconds it stays valid.
    pub expires_in: u32,
}

/// A person's answer to a challenge.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Digits from a mail or an authenticator app, or a recovery code.
    Code(SecretString),
    /// A password.
    Password(SecretString),
    /// WebAuthn assertion as JSON.
    Credential(Value),
    /// Send another code.
    Resend,
}

/// A refusal. The person sees little of it; the audit event all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// Wrong code, password or credential; the same challenge stays open with this state.
    WrongAnswer(AdapterState),
    /// Too many wrong answers: this challenge is over, another may be started.
    TooManyTries,
    /// The challenge is too old or already used.
    Expired,
    /// The account is switched off at the provider.
    Disabled,
    /// The provider would need to interact but was told not to (`login_required` and kin).
    LoginRequired,
    /// The person cancelled at the provider.
    Cancelled,
    /// Another refusal, with the provider's error code.
    Refused(String),
}

/// What a login has turned into.
#[derive(Debug, Clone)]
pub enum LoginStep {
    /// Done.
    Authenticated(Box<UpstreamIdentity>),
    /// More proof wanted on our page.
    Challenge(Box<Challenge>),
    /// Go to the provider's page.
    Redirect(RedirectTo),
    /// Refused.
    Denied(Denial),
}
