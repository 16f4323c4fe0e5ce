//! The provider as the core sees it: its configuration, its abilities, and which code
//! answers for which method.

use std::sync::Arc;

use async_trait::async_trait;
use laneway_contract::{
    AccountActions, AccountMails, AdapterState, Answer, BearerTokens, BeginHeadless,
    ConnectionAdmin, CredentialAdmin, Delegable, Denial, Diagnose, Env, EventFeed, HeadlessLogin,
    LockOuts, LoginStep, Method, MethodKind, Mode, Provider, ProviderError, RedirectLogin,
    SessionControl, UserDirectory,
};
use laneway_sqlkit::Db;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use crate::breached::BreachedList;
use crate::challenge::{self, Ceremony, Stored};
use crate::fault::Fault;
use crate::hashing::HashCost;
use crate::passkey_login::Wanted;
use crate::vault::Keys;

/// How one tenant uses this provider.
#[derive(Clone)]
pub struct EmbeddedConfig {
    /// The tenant's id; stands in every row.
    pub tenant_id: String,
    /// The tenant's short name; stands in the issuer.
    pub tenant_slug: String,
    /// Seconds that a code stays valid.
    pub code_ttl_s: u32,
    /// Wrong answers until a challenge is over.
    pub max_tries: u32,
    /// Seconds until another code may be asked for.
    pub resend_after_s: u32,
    /// What is on offer: any of `Passkey`, `EmailCode`, `Password` and `Totp`. Recovery codes
    /// come with the last.
    pub methods: Vec<MethodKind>,
    /// What hashing a password costs.
    pub hash_cost: HashCost,
    /// Leaked passwords, if the operator has a list.
    pub breached: Option<Arc<BreachedList>>,
}

impl EmbeddedConfig {
    /// Passkeys and codes: ten minutes, five tries, another code after 30 seconds.
    pub fn new(tenant_id: impl Into<String>, tenant_slug: impl Into<String>) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            tenant_slug: tenant_slug.into(),
            code_ttl_s: 600,
            max_tries: 5,
            resend_after_s: 30,
            methods: vec![MethodKind::Passkey, MethodKind::EmailCode],
            hash_cost: HashCost::default(),
            breached: None,
        }
    }
}

/// The embedded provider of one tenant.
pub struct Embedded {
    pub(crate) config: EmbeddedConfig,
    pub(crate) issuer: String,
    pub(crate) db: Db,
    pub(crate) keys: Keys,
    pub(crate) env: Env,
}

/// What the core keeps for us between two steps.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Memory {
    /// Which row to look at.
    Challenge(String),
    /// Whose password is asked for: of this person, else of whoever has this name.
    Password {
        login_name: Option<String>,
        subject: Option<String>,
    },
    /// Whose second factor is asked for.
    Second { kind: MethodKind, subject: String },
}

impl Embedded {
    /// `db` must have [`crate::migrations`] applied; `keys` must hold one for fingerprints.
    pub fn new(config: EmbeddedConfig, db: Db, keys: Keys, env: Env) -> Self {
        let issuer = format!("urn:laneway:embedded:{}", config.tenant_slug);
        Self {
            config,
            issuer,
            db,
            keys,
            env,
        }
    }

    /// The key in use for fingerprints.
    pub(crate) fn mac_key(&self) -> &[u8] {
        self.keys.mac.first().map_or(&[], |key| key.expose_secret())
    }

    async fn answered(&self, state: &AdapterState, answer: Answer) -> Result<LoginStep, Fault> {
        match (memory(state)?, answer) {
            (Memory::Challenge(_), answer) => self.answered_challenge(state, answer).await,
            (
                Memory::Password {
                    login_name,
                    subject,
                },
                Answer::Password(typed),
            ) => {
                self.offers(MethodKind::Password)?;
                self.judge_password(state, login_name, subject, &typed)
                    .await
            }
            (Memory::Second { kind, subject }, Answer::Code(typed)) => {
                self.offers(kind)?;
                match kind {
                    MethodKind::RecoveryCode => self.judge_recovery(state, subject, &typed).await,
                    _ => self.judge_totp(state, subject, &typed).await,
                }
            }
            // An answer of another kind is as wrong as a wrong one.
            _ => Ok(LoginStep::Denied(Denial::WrongAnswer(state.clone()))),
        }
    }

    async fn answered_challenge(
        &self,
        state: &AdapterState,
        answer: Answer,
    ) -> Result<LoginStep, Fault> {
        let now_ms = self.env.clock.now_ms();
        let Some((stored, ceremony)) = self.challenge(state).await? else {
            return Ok(LoginStep::Denied(Denial::Expired));
        };
        if let Some(denial) = stored.closed(self.config.max_tries, now_ms) {
            return Ok(LoginStep::Denied(denial));
        }
        match (ceremony, answer) {
            (Ceremony::Code { who, address }, Answer::Code(code)) => {
                self.judge_code(&stored, who, address, &code).await
            }
            (Ceremony::Code { address, .. }, Answer::Resend) => self.resend(&stored, address).await,
            (
                Ceremony::Assertion {
                    party,
                    subject,
                    webauthn,
                },
                Answer::Credential(credential),
            ) => {
                let wanted = Wanted {
                    party,
                    subject,
                    webauthn: *webauthn,
                };
                self.judge_assertion(&stored, wanted, &credential).await
            }
            // An answer of another kind is as wrong as a wrong one.
            _ => self.wrong(&stored.id).await,
        }
    }

    /// The row behind a state, if it is still there.
    pub(crate) async fn challenge(
        &self,
        state: &AdapterState,
    ) -> Result<Option<(Stored, Ceremony)>, Fault> {
        let Memory::Challenge(id) = memory(state)? else {
            return Ok(None);
        };
        challenge::load(&self.db, &self.config.tenant_id, &id).await
    }

    /// Counts a wrong answer and says what is left.
    pub(crate) async fn wrong(&self, id: &str) -> Result<LoginStep, Fault> {
        let max = self.config.max_tries;
        let now_ms = self.env.clock.now_ms();
        let mut tx = self.db.begin().await?;
        let tries =
            challenge::count_wrong(&mut tx, &self.config.tenant_id, id, max, now_ms).await?;
        tx.commit().await?;
        Ok(LoginStep::Denied(match tries {
            Some(tries) if tries < i64::from(max) => Denial::WrongAnswer(state(id)?),
            Some(_) => Denial::TooManyTries,
            // Somebody else closed it while we were judging.
            None => challenge::load(&self.db, &self.config.tenant_id, id)
                .await?
                .and_then(|(stored, _)| stored.closed(max, now_ms))
                .unwrap_or(Denial::Expired),
        }))
    }

    /// A `UUIDv7` from the given clock and randomness.
    pub(crate) fn new_id(&self) -> String {
        let now_ms = u64::try_from(self.env.clock.now_ms()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(now_ms, &self.env.bytes::<10>())
            .into_uuid()
            .to_string()
    }

    pub(crate) fn offers(&self, kind: MethodKind) -> Result<(), ProviderError> {
        let by = match kind {
            MethodKind::RecoveryCode => MethodKind::Totp,
            other => other,
        };
        if self.config.methods.contains(&by) {
            return Ok(());
        }
        Err(ProviderError::Misconfigured(format!(
            "{} is not on offer here",
            kind.as_str()
        )))
    }
}

/// What the core keeps for us until the next step.
pub(crate) fn state(challenge_id: &str) -> Result<AdapterState, Fault> {
    let memory = Memory::Challenge(challenge_id.to_owned());
    Ok(AdapterState::encode(&memory)?)
}

fn memory(state: &AdapterState) -> Result<Memory, Fault> {
    state.decode().map_err(|_| {
        Fault::Provider(ProviderError::InvalidResponse(
            "the state is not ours".to_owned(),
        ))
    })
}

#[async_trait]
impl HeadlessLogin for Embedded {
    async fn begin(&self, request: BeginHeadless) -> Result<LoginStep, ProviderError> {
        self.offers(request.method)?;
        Ok(match request.method {
            MethodKind::EmailCode => self.begin_code(request).await?,
            MethodKind::Passkey => self.begin_assertion(request).await?,
            MethodKind::Password => Self::begin_password(request)?,
            MethodKind::Totp | MethodKind::RecoveryCode => Self::begin_second(request)?,
            other @ MethodKind::Redirect => {
                let text = format!("{} is not known here", other.as_str());
                return Err(ProviderError::Misconfigured(text));
            }
        })
    }

    async fn answer(
        &self,
        state: &AdapterState,
        answer: Answer,
    ) -> Result<LoginStep, ProviderError> {
        Ok(self.answered(state, answer).await?)
    }
}

impl Provider for Embedded {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn methods(&self) -> Vec<Method> {
        let known = [
            MethodKind::Passkey,
            MethodKind::EmailCode,
            MethodKind::Password,
            MethodKind::Totp,
            MethodKind::RecoveryCode,
        ];
        known
            .into_iter()
            .filter(|kind| self.offers(*kind).is_ok())
            .map(|kind| Method {
                kind,
                mode: Mode::Headless,
            })
            .collect()
    }

    fn redirect_login(&self) -> Option<&dyn RedirectLogin> {
        None
    }

    fn headless_login(&self) -> Option<&dyn HeadlessLogin> {
        Some(self)
    }

    fn credential_admin(&self) -> Option<&dyn CredentialAdmin> {
        Some(self)
    }

    fn account_actions(&self) -> Option<&dyn AccountActions> {
        None
    }

    fn user_directory(&self) -> Option<&dyn UserDirectory> {
        Some(self)
    }

    fn lock_outs(&self) -> Option<&dyn LockOuts> {
        None
    }

    fn account_mails(&self) -> Option<&dyn AccountMails> {
        None
    }

    fn session_control(&self) -> Option<&dyn SessionControl> {
        Some(self)
    }

    fn event_feed(&self) -> Option<&dyn EventFeed> {
        None
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
