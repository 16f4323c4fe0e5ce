//! The seam between Laneway and an identity provider: abilities as traits, their
//! inputs and answers as values, and errors named for the reaction they call for.
//!
//! Owns: the vocabulary that the core and every adapter share.
//! Must not know: any vendor, any SQL, any web framework, who the caller is.

mod abilities;
mod acr;
mod bearer;
mod connection;
mod credential;
mod diagnose;
mod directory;
mod env;
mod error;
mod events;
mod foreign_hash;
mod identity;
mod lock_out;
mod login;
mod session;

pub use abilities::{
    AccountActions, AccountMails, BearerTokens, ConnectionAdmin, CredentialAdmin, Delegable,
    Diagnose, EventFeed, HeadlessLogin, LockOuts, Provider, RedirectLogin, SessionControl,
    UserDirectory,
};
pub use acr::Acr;
pub use bearer::{ASYMMETRIC, BearerIdentity, BearerRules, BearerVerdict, Introspection};
pub use connection::{
    Brought, CustomerOidc, CustomerSaml, CustomerSettings, Passage, PassageTrial, Registration,
    SecretIn, Speech, WantedConnection,
};
pub use credential::{
    AccountAction, BeginEnrol, Credential, EnrolStep, FinishEnrol, PasswordBy, PasswordFault,
    PasswordSet, SetPassword,
};
pub use diagnose::{Addresses, Check, Trial, Who};
pub use directory::{DirectoryUser, Imported, ImportedUser, NewUser};
pub use env::{Clock, Env, HttpClient, HttpError, Patience, REFRESH_PATIENCE, Random};
pub use error::ProviderError;
pub use events::{Happened, SecurityEvent, Told};
pub use foreign_hash::{Argon2Hash, Bcrypt, Digest, ForeignHash, HashFault, Pbkdf2Hash};
pub use identity::{AuthEvidence, Brokered, EvidenceSource, Groups, UpstreamIdentity};
pub use lock_out::{AccountMail, LockOut, MailSent};
pub use login::{
    AdapterState, Answer, BeginHeadless, BeginRedirect, Callback, Challenge, Delivery, Denial,
    LoginStep, Method, MethodKind, Mode, Prompt, RedirectTo, RelyingParty, SubjectHint,
};
pub use session::{EndSession, LogoutToken, SessionEvidence, UpstreamSession, Verdict};
