//! The relying party for one configured provider.
//!
//! Owns: configuration, environment and caches of one provider; which abilities it has.
//! Must not know: what an ability does in detail.

use laneway_contract::{
    AccountActions, AccountMails, BearerTokens, ConnectionAdmin, CredentialAdmin, Delegable,
    Diagnose, Env, EventFeed, HeadlessLogin, LockOuts, Method, MethodKind, Mode, Provider,
    ProviderError, RedirectLogin, SessionControl, UserDirectory,
};

use crate::cached::Cached;
use crate::jwks::{Published, Refetch};
use crate::{Metadata, OidcConfig};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A provider reached by OpenID Connect.
pub struct OidcProvider {
    pub(crate) config: OidcConfig,
    pub(crate) env: Env,
    pub(crate) discovery: Cached<Metadata>,
    pub(crate) keys: Cached<Vec<Published>>,
    pub(crate) refetch: Refetch,
}

impl OidcProvider {
    /// Makes it without touching the network: the provider is asked when first needed.
    ///
    /// # Errors
    /// `Misconfigured` where the configuration can never work.
    pub fn new(config: OidcConfig, env: Env) -> Result<Self, ProviderError> {
        config.check()?;
        Ok(Self {
            config,
            env,
            discovery: Cached::new(HOUR_MS, DAY_MS),
            // A key that the provider withdrew stays good for at most a day, and that only
            // while the provider is silent.
            keys: Cached::new(HOUR_MS, DAY_MS),
            refetch: Refetch::never(),
        })
    }

    /// The configuration.
    pub fn config(&self) -> &OidcConfig {
        &self.config
    }

    /// Clock, randomness and HTTP.
    pub fn env(&self) -> &Env {
        &self.env
    }
}

impl Provider for OidcProvider {
    fn issuer(&self) -> &str {
        &self.config.issuer
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
        Some(self)
    }

    fn bearer_tokens(&self) -> Option<&dyn BearerTokens> {
        Some(self)
    }
}
