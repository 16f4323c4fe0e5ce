//! Login on Keycloak's pages.
//!
//! Owns: `kc_idp_hint`, where `kc_action` goes, and the errors that mean something special.
//! Must not know: tokens.

use async_trait::async_trait;
use laneway_contract::{
    AdapterState, BeginRedirect, Callback, Denial, LoginStep, ProviderError, RedirectLogin,
    RedirectTo, Trial,
};

use crate::Keycloak;

#[async_trait]
impl RedirectLogin for Keycloak {
    async fn begin(&self, request: BeginRedirect) -> Result<RedirectTo, ProviderError> {
        self.begin_with(request, None).await
    }

    async fn complete(
        &self,
        state: &AdapterState,
        callback: Callback,
    ) -> Result<LoginStep, ProviderError> {
        self.trial(state, callback).await.outcome
    }

    async fn trial(&self, state: &AdapterState, callback: Callback) -> Trial {
        // Its own way to say that the page was left open too long. Only believed once the
        // engine has found state and issuer right.
        let expired = callback.single("error_description") == Some("authentication_expired");
        let mut trial = self.oidc.trial(state, callback).await;
        if expired && matches!(trial.outcome, Err(ProviderError::Unreachable(_))) {
            trial.outcome = Ok(LoginStep::Denied(Denial::Expired));
        }
        trial
    }
}

impl Keycloak {
    pub(crate) async fn begin_with(
        &self,
        request: BeginRedirect,
        action: Option<&str>,
    ) -> Result<RedirectTo, ProviderError> {
        let mut extra = Vec::new();
        if let Some(alias) = &self.config.options.idp_hint {
            extra.push(("kc_idp_hint", alias.as_str()));
        }
        if let Some(action) = action {
            extra.push(("kc_action", action));
        }
        self.oidc.begin_with(request, &extra).await
    }
}
