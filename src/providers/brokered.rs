//! A customer's provider to which a tenant's upstream speaks on our behalf.
//!
//! The upstream says which connection somebody came through, and brings what the customer's
//! provider has said. That is judged by the customer's own keys, as the revision names them: a
//! sign-in by other settings than those is none, whatever the upstream has been told meanwhile.
//!
//! Owns: how the two are put together. Must not know: either of them.

use std::sync::Arc;

use async_trait::async_trait;
use laneway_contract::{
    AccountActions, AccountMails, AdapterState, Addresses, BearerTokens, BeginRedirect, Brokered,
    Brought, Callback, Check, Clock, ConnectionAdmin, CredentialAdmin, Delegable, Denial, Diagnose,
    EventFeed, HeadlessLogin, LockOuts, LoginStep, Method, MethodKind, Mode, Passage, Provider,
    ProviderError, RedirectLogin, RedirectTo, SessionControl, Trial, UpstreamIdentity,
    UserDirectory, WantedConnection, Who,
};
use serde::{Deserialize, Serialize};

use super::Configured;

/// The one in between, and the one behind.
pub(super) struct Through {
    pub(super) upstream: Arc<Configured>,
    pub(super) customer: Arc<dyn Provider>,
    pub(super) clock: Arc<dyn Clock>,
    /// The connection's name at the upstream.
    pub(super) name: String,
}

/// What is remembered for the way back.
#[derive(Serialize, Deserialize)]
struct Begun {
    inner: AdapterState,
    max_age: Option<u64>,
    at_ms: i64,
}

impl Through {
    pub(super) fn admin(&self) -> Result<&dyn ConnectionAdmin, ProviderError> {
        let provider = self
            .upstream
            .provider
            .as_ref()
            .map_err(|reason| ProviderError::Misconfigured(reason.clone()))?;
        provider.connection_admin().ok_or_else(|| {
            ProviderError::Misconfigured("the upstream speaks to no customers' providers".into())
        })
    }

    fn delegable(&self) -> Result<&dyn Delegable, ProviderError> {
        self.customer.delegable().ok_or_else(|| {
            ProviderError::Misconfigured("nobody else can speak to this provider".into())
        })
    }

    /// The connection as the customer's provider describes itself now.
    pub(super) async fn wanted(&self, label: &str) -> Result<WantedConnection, ProviderError> {
        Ok(WantedConnection {
            name: self.name.clone(),
            label: label.to_owned(),
            settings: self.delegable()?.settings().await?,
        })
    }

    async fn examine(&self, state: &AdapterState, callback: Callback) -> Trial {
        let begun: Begun = match state.decode() {
            Ok(begun) => begun,
            Err(_) => return failed(ProviderError::InvalidResponse("nothing to compare".into())),
        };
        let admin = match self.admin() {
            Ok(admin) => admin,
            Err(error) => return failed(error),
        };
        let passage = admin.complete(&self.name, &begun.inner, callback).await;
        match passage.outcome {
            Err(error) => failed(error),
            Ok(Passage::Denied(denial)) => refused(denial, passage.checks),
            Ok(Passage::Brought(brought)) => self.arrived(&begun, *brought).await,
        }
    }

    async fn arrived(&self, begun: &Begun, brought: Brought) -> Trial {
        if brought.connection != self.name {
            return refused(Denial::Refused(ANOTHER_CONNECTION.to_owned()), Vec::new());
        }
        let delegable = match self.delegable() {
            Ok(delegable) => delegable,
            Err(error) => return failed(error),
        };
        let mut trial = delegable.judge(&brought.answer).await;
        let outcome = match trial.outcome {
            Ok(LoginStep::Authenticated(identity)) => {
                let identity = self.through(*identity, brought);
                if unmet(begun, &identity) {
                    let code = "unmet_authentication_requirements".to_owned();
                    Ok(LoginStep::Denied(Denial::Refused(code)))
                } else {
                    Ok(LoginStep::Authenticated(Box::new(identity)))
                }
            }
            other => other,
        };
        trial.checks.insert(0, Check::pass("broker", &self.name));
        Trial { outcome, ..trial }
    }

    /// The person as the customer's provider knows them, at the upstream that brought them. An
    /// address that only the upstream knows is nobody's proof.
    fn through(&self, mut identity: UpstreamIdentity, brought: Brought) -> UpstreamIdentity {
        identity.via = Some(Brokered {
            connection: self.name.clone(),
            issuer: identity.issuer,
            subject: identity.subject,
        });
        if identity.email.is_none() {
            (identity.email, identity.email_verified) = (brought.email, false);
        }
        identity.name = identity.name.or(brought.name);
        (identity.issuer, identity.subject) = (brought.issuer, brought.subject);
        identity.session = None;
        identity
    }
}

/// Asking for a fresh sign-in is not getting it.
fn unmet(begun: &Begun, identity: &UpstreamIdentity) -> bool {
    const SKEW_MS: i64 = 60_000;
    let evidence = &identity.evidence;
    begun.max_age.is_some_and(|seconds| {
        let age_ms = i64::try_from(seconds).unwrap_or(i64::MAX / 4000) * 1000;
        evidence.auth_time_ms + age_ms + SKEW_MS < begun.at_ms
    })
}

/// The hint was not followed: a sign-in of before was still open at the upstream.
const ANOTHER_CONNECTION: &str = "another_connection";

fn failed(error: ProviderError) -> Trial {
    let check = Check::fail(
        "broker",
        error.to_string(),
        "an answer of the identity provider in between",
        Who::Us,
        "Look at the identity provider that this connection runs through, and at its log for this sign-in.",
    );
    Trial {
        checks: vec![check],
        outcome: Err(error),
    }
}

fn refused(denial: Denial, mut checks: Vec<Check>) -> Trial {
    if matches!(&denial, Denial::Refused(code) if code == ANOTHER_CONNECTION) {
        checks = vec![Check::fail(
            ANOTHER_CONNECTION,
            "another sign-in of this browser",
            "a sign-in through this connection",
            Who::Us,
            "Start again: a sign-in of before was still open, and has been closed now.",
        )];
    }
    Trial {
        checks,
        outcome: Ok(LoginStep::Denied(denial)),
    }
}

#[async_trait]
impl RedirectLogin for Through {
    async fn begin(&self, request: BeginRedirect) -> Result<RedirectTo, ProviderError> {
        let max_age = request.max_age;
        let target = self.admin()?.begin(&self.name, request).await?;
        let begun = Begun {
            inner: target.state,
            max_age,
            at_ms: self.clock.now_ms(),
        };
        let state = AdapterState::encode(&begun)
            .map_err(|_| ProviderError::Misconfigured("the request cannot be kept".into()))?;
        Ok(RedirectTo {
            url: target.url,
            state,
        })
    }

    async fn complete(
        &self,
        state: &AdapterState,
        callback: Callback,
    ) -> Result<LoginStep, ProviderError> {
        self.examine(state, callback).await.outcome
    }

    async fn trial(&self, state: &AdapterState, callback: Callback) -> Trial {
        self.examine(state, callback).await
    }
}

#[async_trait]
impl Diagnose for Through {
    /// The customer's provider by our own eyes, since the upstream tells nobody what it
    /// dislikes; then the upstream.
    async fn diagnose(&self, addresses: &Addresses) -> Vec<Check> {
        let mut checks = match self.customer.diagnose() {
            Some(diagnose) => diagnose.diagnose(addresses).await,
            None => Vec::new(),
        };
        let found = match self.admin() {
            Ok(admin) => admin.examine().await,
            Err(error) => failed(error).checks,
        };
        let broken = found.into_iter().find(|check| !check.ok);
        checks.push(match broken {
            None => Check::pass("broker", &self.upstream.row.slug),
            Some(check) => Check {
                name: "broker".to_owned(),
                who: Who::Us,
                ..check
            },
        });
        checks
    }
}

impl Provider for Through {
    fn issuer(&self) -> &str {
        self.customer.issuer()
    }

    fn methods(&self) -> Vec<Method> {
        vec![Method {
            kind: MethodKind::Redirect,
            mode: Mode::Redirect,
        }]
    }

    fn redirect_login(&self) -> Option<&dyn RedirectLogin> {
        Some(self)
    }

    fn headless_login(&self) -> Option<&dyn HeadlessLogin> {
        None
    }

    fn credential_admin(&self) -> Option<&dyn CredentialAdmin> {
        None
    }

    fn account_actions(&self) -> Option<&dyn AccountActions> {
        None
    }

    fn user_directory(&self) -> Option<&dyn UserDirectory> {
        None
    }

    fn lock_outs(&self) -> Option<&dyn LockOuts> {
        None
    }

    fn account_mails(&self) -> Option<&dyn AccountMails> {
        None
    }

    fn session_control(&self) -> Option<&dyn SessionControl> {
        None
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
