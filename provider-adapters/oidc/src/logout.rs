//! The end of the provider's session (OpenID Connect RP-Initiated Logout 1.0).
//!
//! Owns: what the browser must POST. Must not know: what ends on our side.

use async_trait::async_trait;
use laneway_contract::{
    EndSession, LogoutToken, ProviderError, SessionControl, SessionEvidence, UpstreamSession,
    Verdict,
};

use crate::OidcProvider;

#[async_trait]
impl SessionControl for OidcProvider {
    async fn end_session(
        &self,
        session: SessionEvidence,
        return_to: &str,
    ) -> Result<EndSession, ProviderError> {
        let metadata = self.metadata().await?;
        let Some(url) = metadata.end_session_endpoint.clone() else {
            return Ok(EndSession::NotOffered);
        };
        let mut fields = vec![
            ("client_id".to_owned(), self.config.client_id.clone()),
            ("post_logout_redirect_uri".to_owned(), return_to.to_owned()),
        ];
        if let Some(hint) = session.session.id_token {
            fields.push(("id_token_hint".to_owned(), hint));
        }
        Ok(EndSession::Browser { url, fields })
    }

    async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken, ProviderError> {
        self.check_logout_token(token).await
    }

    async fn revalidate(&self, session: SessionEvidence) -> Result<Verdict, ProviderError> {
        self.verdict(&session).await
    }

    async fn refresh(
        &self,
        session: SessionEvidence,
    ) -> Result<Option<UpstreamSession>, ProviderError> {
        match self.renewed(&session).await {
            Ok(renewed) => Ok(Some(renewed)),
            Err(ProviderError::GrantRevoked) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn revoke(&self, session: &UpstreamSession) -> Result<(), ProviderError> {
        self.given_back(session).await
    }
}
