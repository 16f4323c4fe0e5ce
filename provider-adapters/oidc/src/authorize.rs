//! The way there: the authorization request, and what is remembered for the way back.
//!
//! Owns: parameters of the request (OIDC Core §3.1.2.1, RFC 7636).
//! Must not know: how the answer is judged.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laneway_contract::{
    Acr, AdapterState, BeginRedirect, Callback, LoginStep, Prompt, ProviderError, RedirectLogin,
    RedirectTo, Trial,
};
use openidconnect::core::{CoreAuthPrompt, CoreClient, CoreResponseType};
use openidconnect::{
    AuthUrl, AuthenticationContextClass, AuthenticationFlow, ClientId, CsrfToken, IssuerUrl,
    JsonWebKeySet, LoginHint, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::{Metadata, OidcProvider, ResponseMode, fault};

/// What `complete` needs; sealed by the core, never in the browser.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) redirect_uri: Url,
    pub(crate) acr: Option<Acr>,
    pub(crate) max_age: Option<u64>,
}

#[async_trait]
impl RedirectLogin for OidcProvider {
    async fn begin(&self, request: BeginRedirect) -> Result<RedirectTo, ProviderError> {
        self.begin_with(request, &[]).await
    }

    async fn complete(
        &self,
        state: &AdapterState,
        callback: Callback,
    ) -> Result<LoginStep, ProviderError> {
        self.examine(state, &callback).await.outcome
    }

    async fn trial(&self, state: &AdapterState, callback: Callback) -> Trial {
        self.examine(state, &callback).await
    }
}

impl OidcProvider {
    /// [`RedirectLogin::begin`] with extra parameters for this one request.
    ///
    /// # Errors
    /// As [`OidcProvider::metadata`]; `Unreachable` also while an older document is held.
    pub async fn begin_with(
        &self,
        request: BeginRedirect,
        extra: &[(&str, &str)],
    ) -> Result<RedirectTo, ProviderError> {
        let metadata = self.live_metadata().await?;
        let begun = Begun {
            state: request.state.clone(),
            nonce: self.random_text(),
            verifier: self.random_text(),
            redirect_uri: request.redirect_uri.clone(),
            acr: request.acr,
            max_age: self.max_age(&request),
        };
        let mut url = self.authorization_url(&metadata, &request, &begun)?;
        let configured = self.config.options.authorization_params.iter();
        url.query_pairs_mut()
            .extend_pairs(configured)
            .extend_pairs(extra)
            .finish();
        let state = AdapterState::encode(&begun)
            .map_err(|_| fault::invalid("the login could not be remembered"))?;
        Ok(RedirectTo { url, state })
    }

    fn authorization_url(
        &self,
        metadata: &Metadata,
        request: &BeginRedirect,
        begun: &Begun,
    ) -> Result<Url, ProviderError> {
        let issuer = IssuerUrl::new(self.config.issuer.clone())
            .map_err(|_| fault::misconfigured("the issuer is not a URL"))?;
        let redirect = RedirectUrl::from_url(request.redirect_uri.clone());
        let mut client = CoreClient::new(
            ClientId::new(self.config.client_id.clone()),
            issuer,
            no_keys(),
        )
        .set_auth_uri(AuthUrl::from_url(metadata.authorization_endpoint.clone()))
        .set_redirect_uri(redirect);
        if self.config.options.api.is_some() {
            client = client.disable_openid_scope();
        }
        let (state, nonce) = (begun.state.clone(), begun.nonce.clone());
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut building = client
            .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(
                &PkceCodeVerifier::new(begun.verifier.clone()),
            ));
        for scope in self.config.scopes.iter().filter(|scope| *scope != "openid") {
            building = building.add_scope(Scope::new(scope.clone()));
        }
        if let Some(hint) = &request.login_hint {
            building = building.set_login_hint(LoginHint::new(hint.clone()));
        }
        if let Some(list) = &request.ui_locales {
            building = building.add_extra_param("ui_locales", list.clone());
        }
        if let Some(prompt) = self.prompt(request) {
            building = building.add_prompt(prompt);
        }
        if let Some(seconds) = begun.max_age {
            building = building.set_max_age(Duration::from_secs(seconds));
        }
        if let Some(acr) = request.acr {
            let values = self.config.options.acr_values(acr);
            if metadata.claims_parameter && !values.is_empty() {
                building = building.add_extra_param("claims", essential_acr(values));
            } else {
                for value in values {
                    let value = AuthenticationContextClass::new(value.clone());
                    building = building.add_auth_context_value(value);
                }
            }
        }
        if self.config.options.response_mode == ResponseMode::FormPost {
            building = building.add_extra_param("response_mode", "form_post");
        }
        Ok(building.url().0)
    }

    /// Not asked of a provider that would not hear it: then the answer could not prove it.
    fn max_age(&self, request: &BeginRedirect) -> Option<u64> {
        request
            .max_age
            .filter(|_| self.config.options.fresh_prompt.is_none())
    }

    /// A recent sign-in is at least the person's own deed, where no age can be demanded.
    fn prompt(&self, request: &BeginRedirect) -> Option<CoreAuthPrompt> {
        let instead = self.config.options.fresh_prompt.as_ref();
        let instead = instead.filter(|word| request.max_age.is_some() && !word.is_empty());
        match (request.prompt, instead) {
            (None, Some(word)) => Some(CoreAuthPrompt::Extension(word.clone())),
            (asked, _) => asked.map(prompt_of),
        }
    }

    /// 256 bits, 43 characters: what RFC 7636 §4.1 recommends for a verifier.
    fn random_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.env.bytes::<32>())
    }
}

/// `acr_values` is a wish, which a provider with a session of its own may pass over; an
/// essential claim (OIDC Core §5.5.1.1) makes it ask the person again. Never both: asked in two
/// ways, some providers hear the weaker one.
fn essential_acr(values: &[String]) -> String {
    json!({ "id_token": { "acr": { "essential": true, "values": values } } }).to_string()
}

fn prompt_of(prompt: Prompt) -> CoreAuthPrompt {
    match prompt {
        Prompt::None => CoreAuthPrompt::None,
        Prompt::Login => CoreAuthPrompt::Login,
        Prompt::SelectAccount => CoreAuthPrompt::SelectAccount,
        Prompt::Create => CoreAuthPrompt::Extension("create".to_owned()),
    }
}

/// Tokens are checked by `id_token`, against the provider's current keys.
fn no_keys<K: openidconnect::JsonWebKey>() -> JsonWebKeySet<K> {
    JsonWebKeySet::new(Vec::new())
}
