//! Giving tokens back that nobody needs any more (RFC 7009).
//!
//! Owns: what the endpoint's answers mean. Must not know: why a session is over.

use http::StatusCode;
use laneway_contract::{ProviderError, UpstreamSession};

use crate::{OidcProvider, fault, outbound};

impl OidcProvider {
    /// The refresh token is worthless afterwards, where the provider takes tokens back.
    pub(crate) async fn given_back(&self, session: &UpstreamSession) -> Result<(), ProviderError> {
        let Some(token) = &session.refresh_token else {
            return Ok(());
        };
        let metadata = self.metadata().await?;
        let Some(url) = &metadata.revocation_endpoint else {
            return Ok(());
        };
        let secret = self.client_secret()?;
        let (authorization, mut fields) = self.client_credentials(&metadata, secret.as_ref());
        fields.extend([
            ("token", token.as_str()),
            ("token_type_hint", "refresh_token"),
        ]);
        let response =
            outbound::post_form(&*self.env.http, url, authorization.as_deref(), &fields).await?;
        match response.status() {
            // §2.2: also for a token that the provider does not know. A complaint about the token
            // (§2.2.1) is no reason to ask again.
            StatusCode::OK | StatusCode::NO_CONTENT | StatusCode::BAD_REQUEST => Ok(()),
            status => {
                let status = status.as_u16();
                Err(fault::misconfigured(format!("revocation answers {status}")))
            }
        }
    }
}
