//! One Keycloak realm.
//!
//! Owns: which abilities it has. Must not know: what each does in detail.

use laneway_contract::{
    CredentialAdmin, Diagnose, Env, HeadlessLogin, Method, Provider, ProviderError, RedirectLogin,
    SessionControl, UserDirectory,
};
use laneway_oidc::OidcProvider;

use crate::KeycloakConfig;

/// A Keycloak realm as provider.
pub struct Keycloak {
    pub(crate) oidc: OidcProvider,
    pub(crate) config: KeycloakConfig,
}

impl Keycloak {
    /// Makes it without touching the network.
    ///
    /// # Errors
    /// `Misconfigured` where the configuration can never work.
    pub fn new(config: KeycloakConfig, env: Env) -> Result<Self, ProviderError> {
        crate::realm::Realm::of_issuer(&config.issuer)?;
        Ok(Self {
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
        self.oidc.methods()
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

    fn user_directory(&self) -> Option<&dyn UserDirectory> {
        None
    }

    fn session_control(&self) -> Option<&dyn SessionControl> {
        Some(self)
    }

    fn diagnose(&self) -> Option<&dyn Diagnose> {
        Some(self)
    }
}
