//! The scripted provider: configuration, the state a test can change, and what every
//! ability does before it does anything (obey the mood).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use laneway_contract::{
    AccountActions, AccountMails, AdapterState, AuthEvidence, BearerTokens, ConnectionAdmin,
    CredentialAdmin, Delegable, Diagnose, EndSession, Env, EventFeed, EvidenceSource,
    HeadlessLogin, LockOuts, Method, MethodKind, Mode, Provider, ProviderError, RedirectLogin,
    SecurityEvent, SessionControl, UpstreamIdentity, UserDirectory,
};
use serde::Serialize;

use crate::Person;
use crate::tokens::Issued;

/// What does not change while the fake lives.
#[derive(Debug, Clone)]
pub struct FakeConfig {
    /// Issuer of every identity; also the base of its addresses.
    pub issuer: String,
    /// Offers login on "its page".
    pub redirect: bool,
    /// Offers password login on our page.
    pub password: bool,
}

impl FakeConfig {
    /// Both ways to sign in.
    pub fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            redirect: true,
            password: true,
        }
    }
}

/// How the provider behaves on every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Fine,
    /// Cannot be reached.
    Down,
    /// Answers rightly, but only after this long.
    Slow(Duration),
    /// Answers with something that no check would accept.
    Lying,
    /// Asks for patience (seconds).
    Limiting(u64),
}

/// The provider, and at the same time the test's handle on it: clones share everything.
#[derive(Clone)]
pub struct Fake {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) config: FakeConfig,
    pub(crate) env: Env,
    /// Knowing it is what makes a logout token genuine.
    pub(crate) logout_key: String,
    script: Mutex<Script>,
}

pub(crate) struct Script {
    pub(crate) mood: Mood,
    pub(crate) people: BTreeMap<String, Person>,
    /// Authorization codes not yet spent, and whose they are.
    pub(crate) codes: BTreeMap<String, String>,
    /// Live sessions: `sid` and subject.
    pub(crate) sessions: BTreeMap<String, String>,
    pub(crate) end_session: EndSession,
    /// Wrong answers per open password challenge.
    pub(crate) tries: BTreeMap<String, u32>,
    pub(crate) spent: BTreeSet<String>,
    /// What has happened, in the order in which it is told.
    pub(crate) happened: Vec<SecurityEvent>,
    pub(crate) deaf: bool,
    pub(crate) private: bool,
    pub(crate) listened: usize,
    pub(crate) asked: usize,
    pub(crate) issued: Issued,
}

impl Fake {
    /// A provider in a good mood that knows nobody.
    pub fn new(config: FakeConfig, env: Env) -> Self {
        let script = Mutex::new(Script {
            mood: Mood::Fine,
            people: BTreeMap::new(),
            codes: BTreeMap::new(),
            sessions: BTreeMap::new(),
            end_session: EndSession::Ended,
            tries: BTreeMap::new(),
            spent: BTreeSet::new(),
            happened: Vec::new(),
            deaf: false,
            private: false,
            listened: 0,
            asked: 0,
            issued: Issued::default(),
        });
        let logout_key = hex(&env.bytes::<16>());
        Self {
            shared: Arc::new(Shared {
                config,
                env,
                logout_key,
                script,
            }),
        }
    }

    /// Adds or replaces a person.
    pub fn put(&self, person: Person) {
        self.script().people.insert(person.subject.clone(), person);
    }

    /// Changes a person; false if there is none.
    pub fn change(&self, subject: &str, change: impl FnOnce(&mut Person)) -> bool {
        self.script().people.get_mut(subject).map(change).is_some()
    }

    /// Removes a person and all their sessions.
    pub fn remove(&self, subject: &str) {
        let mut script = self.script();
        script.people.remove(subject);
        script.sessions.retain(|_, owner| owner != subject);
    }

    /// Changes how all later calls behave.
    pub fn set_mood(&self, mood: Mood) {
        self.script().mood = mood;
    }

    /// What a later `end_session` answers (after ending the session).
    pub fn set_end_session(&self, answer: EndSession) {
        self.script().end_session = answer;
    }

    /// Ends all sessions of a person, as an administrator of the provider would.
    pub fn end_sessions_of(&self, subject: &str) {
        self.script().sessions.retain(|_, owner| owner != subject);
    }

    /// The live sessions (`sid`) of a person.
    pub fn sessions_of(&self, subject: &str) -> Vec<String> {
        let script = self.script();
        let own = script
            .sessions
            .iter()
            .filter(|(_, owner)| *owner == subject);
        own.map(|(sid, _)| sid.clone()).collect()
    }

    /// Every ability starts here: the mood decides whether there is an answer at all.
    pub(crate) async fn obey(&self) -> Result<(), ProviderError> {
        let mood = self.script().mood.clone();
        match mood {
            Mood::Fine => Ok(()),
            Mood::Down => Err(ProviderError::Unreachable(
                self.shared.config.issuer.clone(),
            )),
            Mood::Slow(wait) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Mood::Lying => Err(ProviderError::InvalidResponse("a scripted lie".to_owned())),
            Mood::Limiting(seconds) => Err(ProviderError::RateLimited {
                retry_after: Some(seconds),
            }),
        }
    }

    /// The state under test control. A panic in another thread of a test must not hide
    /// behind a poisoned lock.
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.shared
            .script
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A fresh random name.
    pub(crate) fn token(&self, prefix: &str) -> String {
        format!("{prefix}-{}", hex(&self.shared.env.bytes::<12>()))
    }

    /// Opens a session and asserts the person.
    pub(crate) fn assert(&self, person: &Person, evidence: Evidence) -> Box<UpstreamIdentity> {
        let sid = self.token("sid");
        self.script()
            .sessions
            .insert(sid.clone(), person.subject.clone());
        let session = self.first_tokens(sid, &person.subject);
        let (amr, acr) = match evidence {
            Evidence::OwnPage => (person.amr.clone(), person.acr),
            Evidence::Password => (vec!["pwd".to_owned()], laneway_contract::Acr::Aal1),
        };
        Box::new(UpstreamIdentity {
            issuer: self.shared.config.issuer.clone(),
            subject: person.subject.clone(),
            via: None,
            email: person.email.clone(),
            email_verified: person.email_verified,
            name: person.name.clone(),
            groups: person.groups.clone(),
            claims: serde_json::Map::new(),
            evidence: AuthEvidence {
                amr,
                acr,
                auth_time_ms: self.shared.env.clock.now_ms(),
                source: EvidenceSource::Asserted,
            },
            session: Some(session),
            once: Vec::new(),
        })
    }
}

/// Which ceremony an assertion rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Evidence {
    OwnPage,
    Password,
}

impl Provider for Fake {
    fn issuer(&self) -> &str {
        &self.shared.config.issuer
    }

    fn methods(&self) -> Vec<Method> {
        let config = &self.shared.config;
        let offered = [
            (
                config.redirect,
                Method {
                    kind: MethodKind::Redirect,
                    mode: Mode::Redirect,
                },
            ),
            (
                config.password,
                Method {
                    kind: MethodKind::Password,
                    mode: Mode::Headless,
                },
            ),
        ];
        offered
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, method)| method)
            .collect()
    }

    fn redirect_login(&self) -> Option<&dyn RedirectLogin> {
        self.shared.config.redirect.then_some(self)
    }

    fn headless_login(&self) -> Option<&dyn HeadlessLogin> {
        self.shared.config.password.then_some(self)
    }

    fn credential_admin(&self) -> Option<&dyn CredentialAdmin> {
        None
    }

    fn account_actions(&self) -> Option<&dyn AccountActions> {
        self.shared.config.redirect.then_some(self)
    }

    fn user_directory(&self) -> Option<&dyn UserDirectory> {
        Some(self)
    }

    fn lock_outs(&self) -> Option<&dyn LockOuts> {
        Some(self)
    }

    fn account_mails(&self) -> Option<&dyn AccountMails> {
        Some(self)
    }

    fn session_control(&self) -> Option<&dyn SessionControl> {
        Some(self)
    }

    fn event_feed(&self) -> Option<&dyn EventFeed> {
        Some(self)
    }

    fn diagnose(&self) -> Option<&dyn Diagnose> {
        Some(self)
    }

    fn connection_admin(&self) -> Option<&dyn ConnectionAdmin> {
        None
    }

    fn delegable(&self) -> Option<&dyn Delegable> {
        None
    }

    fn bearer_tokens(&self) -> Option<&dyn BearerTokens> {
        None
    }
}

/// State that always fits JSON.
pub(crate) fn state_of(value: &impl Serialize) -> Result<AdapterState, ProviderError> {
    AdapterState::encode(value).map_err(|error| ProviderError::InvalidResponse(error.to_string()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
