//! Login on Keycloak's pages, and the self-service actions that its pages offer.
//!
//! Owns: `kc_idp_hint`, `kc_action`, and the errors that mean something special.
//! Must not know: tokens.

use async_trait::async_trait;
use laneway_contract::{
    AdapterState, BeginRedirect, Callback, Denial, LoginStep, ProviderError, RedirectLogin,
    RedirectTo, Trial,
};

use crate::Keycloak;

/// Something a person does about their own account on Keycloak's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Choose a new password.
    UpdatePassword,
    /// Add an authenticator app.
    ConfigureTotp,
    /// Add a passkey.
    RegisterPasskey,
    /// Remove the credential of this id.
    DeleteCredential(String),
    /// Make new recovery codes.
    RecoveryCodes,
}

impl Action {
    fn value(&self) -> String {
        match self {
            Self::UpdatePassword => "UPDATE_PASSWORD".into(),
            Self::ConfigureTotp => "CONFIGURE_TOTP".into(),
            Self::RegisterPasskey => "webauthn-register-passwordless".into(),
            Self::DeleteCredential(id) => format!("delete_credential:{id}"),
            Self::RecoveryCodes => "CONFIGURE_RECOVERY_AUTHN_CODES".into(),
        }
    }
}

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
    /// A login that ends in this action. The answer's `kc_action_status` is unsigned: whether
    /// it happened is seen in the person's credentials, not there.
    ///
    /// # Errors
    /// As [`RedirectLogin::begin`].
    pub async fn begin_action(
        &self,
        request: BeginRedirect,
        action: &Action,
    ) -> Result<RedirectTo, ProviderError> {
        self.begin_with(request, Some(action)).await
    }

    async fn begin_with(
        &self,
        request: BeginRedirect,
        action: Option<&Action>,
    ) -> Result<RedirectTo, ProviderError> {
        let action = action.map(Action::value);
        let mut extra = Vec::new();
        if let Some(alias) = &self.config.options.idp_hint {
            extra.push(("kc_idp_hint", alias.as_str()));
        }
        if let Some(action) = &action {
            extra.push(("kc_action", action));
        }
        self.oidc.begin_with(request, &extra).await
    }
}
