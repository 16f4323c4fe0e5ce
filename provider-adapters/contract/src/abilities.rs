//! The abilities. The accessor on [`Provider`] proves an ability; [`Provider::methods`]
//! says which ways to sign in exist; the behavioural suite proves both directions.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    AccountAction, AccountMail, AdapterState, Addresses, Answer, BearerRules, BearerVerdict,
    BeginEnrol, BeginHeadless, BeginRedirect, Callback, Check, Credential, CustomerSettings,
    DirectoryUser, EndSession, EnrolStep, FinishEnrol, ForeignHash, Imported, ImportedUser,
    LockOut, LoginStep, LogoutToken, MailSent, Method, NewUser, PassageTrial, PasswordSet,
    ProviderError, RedirectTo, Registration, SessionEvidence, SetPassword, Speech, Told, Trial,
    UpstreamSession, Verdict, WantedConnection,
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
    /// What people change about their own account on the provider's pages.
    fn account_actions(&self) -> Option<&dyn AccountActions>;
    /// The provider's people.
    fn user_directory(&self) -> Option<&dyn UserDirectory>;
    /// Whom it keeps out for wrong tries.
    fn lock_outs(&self) -> Option<&dyn LockOuts>;
    /// The mails that it writes to people itself.
    fn account_mails(&self) -> Option<&dyn AccountMails>;
    /// The provider's sessions.
    fn session_control(&self) -> Option<&dyn SessionControl>;
    /// What happens to its people and sessions.
    fn event_feed(&self) -> Option<&dyn EventFeed>;
    /// Reachability and configuration checks.
    fn diagnose(&self) -> Option<&dyn Diagnose>;
    /// Customers' providers that it can speak to on our behalf.
    fn connection_admin(&self) -> Option<&dyn ConnectionAdmin>;
    /// It can be spoken to by another provider on our behalf.
    fn delegable(&self) -> Option<&dyn Delegable>;
    /// Its access tokens can be judged by us as a resource.
    fn bearer_tokens(&self) -> Option<&dyn BearerTokens>;
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

/// What people change about their own ways to sign in on the provider's pages. The answer is that
/// of a login, which [`RedirectLogin::complete`] judges: who was there. Whether they did it is not
/// in it; that is seen in their credentials.
#[async_trait]
pub trait AccountActions: Send + Sync {
    /// Where to send the browser, for a login that ends in this action.
    async fn begin(&self, request: BeginRedirect, action: &AccountAction) -> Result<RedirectTo>;
    /// What a person signs in with there, in no order; `NotFound` for nobody.
    async fn credentials(&self, subject: &str) -> Result<Vec<Credential>>;
}

/// The provider's people. A value that its own rules refuse is `Unacceptable`.
#[async_trait]
pub trait UserDirectory: Send + Sync {
    /// Creates a person; `Conflict` if the login name, or an address that must be one person's
    /// alone, is taken.
    async fn create(&self, user: NewUser) -> Result<DirectoryUser>;
    /// Finds by login name.
    async fn find(&self, login_name: &str) -> Result<Option<DirectoryUser>>;
    /// Reads by subject.
    async fn get(&self, subject: &str) -> Result<Option<DirectoryUser>>;
    /// Replaces name, address and, where the person has one here, the login name; what is
    /// open for the old address ends. `Conflict` as with `create`, `NotFound` for nobody.
    async fn update(&self, user: DirectoryUser) -> Result<()>;
    /// Lets a person in or keeps them out; `NotFound` for nobody.
    async fn set_enabled(&self, subject: &str, enabled: bool) -> Result<()>;
    /// Removes a person and all their credentials; `NotFound` for nobody.
    async fn delete(&self, subject: &str) -> Result<()>;
    /// Would `create` find the login name or the address taken?
    async fn is_taken(&self, login_name: &str, email: &str) -> Result<bool>;
    /// Can it check passwords by such a hash? Asks nobody.
    fn checks(&self, hash: &ForeignHash) -> bool;
    /// Creates people with the passwords that they have elsewhere. One answer for each, in order.
    /// Told twice, everybody is `Present` the second time and as they were.
    async fn import(&self, people: Vec<ImportedUser>) -> Result<Vec<Imported>>;
}

/// Whom the provider keeps out for wrong tries.
#[async_trait]
pub trait LockOuts: Send + Sync {
    /// Is this person kept out, and for how long? `NotFound` for nobody.
    async fn lock_out(&self, subject: &str) -> Result<Option<LockOut>>;
    /// Lets them try again and forgets their wrong tries. Whoever is switched off for another
    /// reason stays so. `NotFound` for nobody.
    async fn unlock(&self, subject: &str) -> Result<()>;
}

/// The mails that the provider writes to people itself.
#[async_trait]
pub trait AccountMails: Send + Sync {
    /// Sends one, to the address that the provider keeps. What stands in the way is a value.
    /// `NotFound` for nobody.
    async fn send(&self, subject: &str, mail: AccountMail) -> Result<MailSent>;
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
    /// New tokens in the place of those of a session; the refresh token among them may be another
    /// one, and then the old one is worthless. `None` where the provider renews it no longer.
    async fn refresh(&self, session: SessionEvidence) -> Result<Option<UpstreamSession>>;
    /// Makes the refresh token of a session worthless, where the provider offers that and there is
    /// one; nobody is told, and no page is shown. One that is worthless already is done.
    async fn revoke(&self, session: &UpstreamSession) -> Result<()>;
}

/// What happened at the provider without anybody of ours taking part: it is asked each second.
#[async_trait]
pub trait EventFeed: Send + Sync {
    /// What is new since the cursor; without one, since now. What is written down late, and so
    /// stands before things that were told already, is told too, within the provider's bounds.
    async fn events(&self, cursor: Option<&str>) -> Result<Told>;
}

/// Self-description of a provider's health and set-up.
#[async_trait]
pub trait Diagnose: Send + Sync {
    /// All findings, passed and failed; a dead provider is a finding, not an error.
    async fn diagnose(&self, addresses: &Addresses) -> Vec<Check>;
}

/// Customers' identity providers that the provider speaks to on our behalf. A connection has an
/// opaque name that never changes: it stands in the addresses that the customer has registered.
#[async_trait]
pub trait ConnectionAdmin: Send + Sync {
    /// Is it the way for customers who speak this, where nobody has chosen another one?
    fn is_usual_for(&self, speech: Speech) -> bool;
    /// What the customer registers on their side. Makes nothing.
    async fn prepare(&self, name: &str, speech: Speech) -> Result<Registration>;
    /// Makes the connection exactly this, whatever it was before, and switches it on. Told
    /// twice, it is as if told once; never by removing what is there.
    async fn apply(&self, wanted: &WantedConnection) -> Result<()>;
    /// Switches a connection on or off as it is; nothing happens to one that never was.
    async fn set_enabled(&self, name: &str, enabled: bool) -> Result<()>;
    /// Removes a connection for good, with every link of a person to it.
    async fn delete(&self, name: &str) -> Result<()>;
    /// Whether connections can be made and used, each finding with its fix.
    async fn examine(&self) -> Vec<Check>;
    /// Where to send the browser.
    async fn begin(&self, name: &str, request: BeginRedirect) -> Result<RedirectTo>;
    /// Judges the provider's own answer, and leaves no session of the person behind there: it
    /// would stand in the way of the next one.
    async fn complete(&self, name: &str, state: &AdapterState, callback: Callback) -> PassageTrial;
}

/// A customer's provider that another one can speak to on our behalf.
#[async_trait]
pub trait Delegable: Send + Sync {
    /// All that has to be known to speak to it, read from the provider where it states it.
    async fn settings(&self) -> Result<CustomerSettings>;
    /// Judges what it has said to the one who spoke to it, by its own keys: whoever stands in
    /// the middle can leave an answer out, not make one.
    async fn judge(&self, answer: &SecretString) -> Trial;
}

/// Access tokens that the provider has issued to others for us. Refusals are values: an error
/// means that the provider could not be asked.
#[async_trait]
pub trait BearerTokens: Send + Sync {
    /// May a token that names this issuer be the provider's? Asks nobody.
    fn may_issue(&self, issuer: &str) -> bool;
    /// Judges a signed token by the provider's keys.
    async fn judge(&self, token: &SecretString, rules: &BearerRules) -> Result<BearerVerdict>;
    /// Asks the provider about a token.
    async fn ask(&self, token: &SecretString, rules: &BearerRules) -> Result<BearerVerdict>;
}
