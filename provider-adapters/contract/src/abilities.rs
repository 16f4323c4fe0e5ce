//! The abilities. The accessor on [`Provider`] proves an ability; [`Provider::methods`]
//! says which ways to sign in exist; the behavioural suite proves both directions.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    AdapterState, Addresses, Answer, BeginEnrol, BeginHeadless, BeginRedirect, Callback, Check,
    Credential, DirectoryUser, EndSession, EnrolStep, FinishEnrol, LoginStep, LogoutToken, Method,
    NewUser, PasswordSet, ProviderError, RedirectTo, SessionEvidence, SetPassword, Trial, Verdict,
};

type Result<T> = std::result::Result<T, ProviderError>;

/// One configured identity provider.
pub trait Provider: Send + Sync {
    /// The issuer that links to this provider carry.
    fn issuer(&self) -> &str;
    /// The methods it is configured to offer.
    fn methods(&self) -> Vec<Method>;
    /// Login on the provider's page.
    fn redirect_login(&self) -> Option<&dyn RedirectLogin>;
    /// Login on our page.
    fn headless_login(&self) -> Option<&dyn HeadlessLogin>;
    /// A person's credentials.
    fn credential_admin(&self) -> Option<&dyn CredentialAdmin>;
    /// The provider's people.
    fn user_directory(&self) -> Option<&dyn UserDirectory>;
    /// The provider's sessions.
    fn session_control(&self) -> Option<&dyn SessionControl>;
    /// Reachability and configuration checks.
    fn diagnose(&self) -> Option<&dyn Diagnose>;
}

/// Login by redirect (authorization code and kin).
#[async_trait]
pub trait RedirectLogin: Send + Sync {
    /// Where to send the browser.
    async fn begin(&self, request: BeginRedirect) -> Result<RedirectTo>;
    /// Judges the provider's answer; never `Redirect` to the same place again.
    async fn complete(&self, state: &AdapterState, callback: Callback) -> Result<LoginStep>;
    /// The same with every check told, passed and failed, in the order in which they were
    /// made. The verdict is that of `complete`.
    async fn trial(&self, state: &AdapterState, callback: Callback) -> Trial;
}

/// Login on our page through the provider's API.
#[async_trait]
pub trait HeadlessLogin: Send + Sync {
    /// Starts a method.
    async fn begin(&self, request: BeginHeadless) -> Result<LoginStep>;
    /// Judges an answer. A challenge is consumed by exactly one right answer, also when
    /// many arrive at once.
    async fn answer(&self, state: &AdapterState, answer: Answer) -> Result<LoginStep>;
}

/// Management of one person's credentials.
#[async_trait]
pub trait CredentialAdmin: Send + Sync {
    /// Starts an enrolment.
    async fn begin_enrol(&self, request: BeginEnrol) -> Result<EnrolStep>;
    /// Stores the new credential. `Conflict` if it exists already, `InvalidResponse` if
    /// the ceremony fails.
    async fn finish_enrol(&self, request: FinishEnrol) -> Result<Credential>;
    /// All credentials of a person.
    async fn list(&self, subject: &str) -> Result<Vec<Credential>>;
    /// Removes one; `NotFound` if it is not theirs, `Conflict` if what would be left is too
    /// weak to stand alone.
    async fn remove(&self, subject: &str, id: &str) -> Result<()>;
    /// Sets or changes a password. What is wrong with it is a value, not an error.
    async fn set_password(&self, request: SetPassword) -> Result<PasswordSet>;
    /// Makes new recovery codes; the old ones are void. `NotFound` where there is no second
    /// factor that they could stand in for.
    async fn renew_recovery_codes(&self, subject: &str) -> Result<Vec<SecretString>>;
}

/// The provider's people.
#[async_trait]
pub trait UserDirectory: Send + Sync {
    /// Creates a person; `Conflict` if the login name is taken.
    async fn create(&self, user: NewUser) -> Result<DirectoryUser>;
    /// Finds by login name.
    async fn find(&self, login_name: &str) -> Result<Option<DirectoryUser>>;
    /// Reads by subject.
    async fn get(&self, subject: &str) -> Result<Option<DirectoryUser>>;
    /// Replaces name, address and, where the person has one here, the login name; what is
    /// open for the old address ends. `Conflict` if the login name is taken.
    async fn update(&self, user: DirectoryUser) -> Result<()>;
    /// Lets a person in or keeps them out.
    async fn set_enabled(&self, subject: &str, enabled: bool) -> Result<()>;
    /// Removes a person and all their credentials.
    async fn delete(&self, subject: &str) -> Result<()>;
}

/// The provider's sessions.
#[async_trait]
pub trait SessionControl: Send + Sync {
    /// Ends the provider's session, or says what the browser must do.
    /// `return_to` is our registered post-logout address.
    async fn end_session(&self, session: SessionEvidence, return_to: &str) -> Result<EndSession>;
    /// Verifies a back-channel logout token. `InvalidResponse` names the failed check.
    async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken>;
    /// Asks whether a session and its person still stand.
    async fn revalidate(&self, session: SessionEvidence) -> Result<Verdict>;
}

/// Self-description of a provider's health and set-up.
#[async_trait]
pub trait Diagnose: Send + Sync {
    /// All findings, passed and failed; a dead provider is a finding, not an error.
    async fn diagnose(&self, addresses: &Addresses) -> Vec<Check>;
}
