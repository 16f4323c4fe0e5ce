//! One Keycloak realm.
//!
//! Owns: which abilities it has. Must not know: what each does in detail.

use laneway_contract::{
    AccountActions, AccountMails, BearerTokens, ConnectionAdmin, CredentialAdmin, Delegable,
    Diagnose, Env, EventFeed, HeadlessLogin, LockOuts, Method, MethodKind, Mode, Provider,
    ProviderError, RedirectLogin, SessionControl, UserDirectory,
};
use laneway_oidc::OidcProvider;

use crate::KeycloakConfig;
use crate::account::Account;
use crate::connections::Connections;

/// A Keycloak realm as provider.
pub struct Keycloak {
    pub(crate) oidc: OidcProvider,
    pub(crate) config: KeycloakConfig,
    pub(crate) connections: Option<Connections>,
    pub(crate) account: Account,
}

impl Keycloak {
    /// Makes it without touching the network.
    ///
    /// # Errors
    /// `Misconfigured` where the configuration can never work.
    pub fn new(config: KeycloakConfig, env: Env) -> Result<Self, ProviderError> {
        let account = Account::new(&config)?;
        let connections = config.options.connections.as_ref();
        let connections = connections.map(|one| Connections::new(&config, one, env.clone()));
        Ok(Self {
            connections: connections.transpose()?,
            account,
            oidc: OidcProvider::new(config.oidc(), env)?,
            config,
        })
    }
}

impl Provider for Keycloak {
    fn issuer(&self) -> &str {
        self.oidc.issuer()
    }

    fn methods(&self) -> Vec<Method> {
        let own = self.config.options.headless.map(|_| Method {
            kind: MethodKind::Password,
            mode: Mode::Headless,
        });
        self.oidc.methods().into_iter().chain(own).collect()
    }

    fn redirect_login(&self) -> Option<&dyn RedirectLogin> {
        Some(self)
    }

    fn headless_login(&self) -> Option<&dyn HeadlessLogin> {
        self.config
            .options
            .headless
            .map(|_| self as &dyn HeadlessLogin)
    }

    fn credential_admin(&self) -> Option<&dyn CredentialAdmin> {
        None
    }

    fn account_actions(&self) -> Option<&dyn AccountActions> {
        Some(self)
    }

    fn user_directory(&self) -> Option<&dyn UserDirectory> {
        self.config
            .options
            .directory
            .then_some(self as &dyn UserDirectory)
    }

    fn lock_outs(&self) -> Option<&dyn LockOuts> {
        self.config
            .options
            .directory
            .then_some(self as &dyn LockOuts)
    }

    fn account_mails(&self) -> Option<&dyn AccountMails> {
        self.config
            .options
            .directory
            .then_some(self as &dyn AccountMails)
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
        self.connections
            .as_ref()
            .map(|one| one as &dyn ConnectionAdmin)
    }

    fn delegable(&self) -> Option<&dyn Delegable> {
        None
    }

    fn bearer_tokens(&self) -> Option<&dyn BearerTokens> {
        Some(&self.oidc)
    }
}
