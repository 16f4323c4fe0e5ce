//! A provider that somebody else speaks to on our behalf.
//!
//! Owns: what they are told, and the judgement of the ID token that they bring.
//! Must not know: who they are.

use async_trait::async_trait;
use laneway_contract::{
    CustomerOidc, CustomerSettings, Delegable, LoginStep, ProviderError, SecretIn, Trial,
    UpstreamSession,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::id_token::Expected;
use crate::seen::{Seen, Stage};
use crate::{ClientAuth, OidcProvider, fault, identity};

#[async_trait]
impl Delegable for OidcProvider {
    async fn settings(&self) -> Result<CustomerSettings, ProviderError> {
        let metadata = self.live_metadata().await?;
        let (config, options) = (&self.config, &self.config.options);
        let secret_in = match self.client_auth(&metadata) {
            ClientAuth::ClientSecretPost => SecretIn::Body,
            ClientAuth::ClientSecretBasic | ClientAuth::None => SecretIn::Header,
        };
        if options.api.is_some() || options.signed_secret.is_some() {
            return Err(fault::misconfigured(
                "nobody else can speak to this kind of provider",
            ));
        }
        let client_secret = config.client_secret.clone().ok_or_else(|| {
            fault::misconfigured("a client that another provider speaks for needs a secret")
        })?;
        let mut authorization_endpoint = metadata.authorization_endpoint.clone();
        if !options.authorization_params.is_empty() {
            authorization_endpoint
                .query_pairs_mut()
                .extend_pairs(&options.authorization_params);
        }
        let mut scopes = vec!["openid".to_owned()];
        let more = config.scopes.iter().filter(|scope| *scope != "openid");
        scopes.extend(more.cloned());
        let userinfo = metadata.userinfo_endpoint.clone();
        let jwks_uri = metadata.jwks_uri.clone().ok_or_else(|| {
            fault::misconfigured("a provider that signs nothing cannot be spoken to by another")
        })?;
        Ok(CustomerSettings::Oidc(Box::new(CustomerOidc {
            issuer: config.issuer.clone(),
            authorization_endpoint,
            token_endpoint: metadata.token_endpoint.clone(),
            jwks_uri,
            userinfo_endpoint: userinfo.filter(|_| options.userinfo),
            client_id: config.client_id.clone(),
            client_secret,
            secret_in,
            scopes,
        })))
    }

    async fn judge(&self, answer: &SecretString) -> Trial {
        let mut seen = Seen::new(&self.config);
        let outcome = self.judge_brought(answer, &mut seen).await;
        Trial {
            checks: seen.told(&outcome),
            outcome,
        }
    }
}

impl OidcProvider {
    /// No nonce is compared: it is that of the one who asked, who has compared it.
    async fn judge_brought(
        &self,
        answer: &SecretString,
        seen: &mut Seen,
    ) -> Result<LoginStep, ProviderError> {
        seen.looks_at(Stage::Discovery);
        let metadata = self.metadata().await?;
        seen.looks_at(Stage::IdToken);
        let token = answer.expose_secret();
        let claims = self
            .check_id_token(&metadata, token, &Expected::default())
            .await?;
        seen.looks_at(Stage::Identity);
        let session = UpstreamSession::default();
        let identity = identity::build(&self.config, &claims, None, session)?;
        Ok(LoginStep::Authenticated(Box::new(identity)))
    }
}
