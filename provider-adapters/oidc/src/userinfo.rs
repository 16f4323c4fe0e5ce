//! The userinfo endpoint (OIDC Core §5.3).
//!
//! Owns: asking, and refusing an answer about somebody else.
//! Must not know: which claims matter.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{Request, Response, StatusCode};
use laneway_contract::ProviderError;
use url::Url;

use crate::claims::Claims;
use crate::{Metadata, OidcProvider, fault, id_token, outbound};

impl OidcProvider {
    /// The claims that the provider has about the person of this ID token; `None` where it
    /// has no such endpoint or is not to be asked.
    pub(crate) async fn userinfo(
        &self,
        metadata: &Metadata,
        access_token: &str,
        id_claims: &Claims,
    ) -> Result<Option<Claims>, ProviderError> {
        let Some(url) = metadata
            .userinfo_endpoint
            .as_ref()
            .filter(|_| self.config.options.userinfo)
        else {
            return Ok(None);
        };
        let response = self.ask_userinfo(url, access_token).await?;
        if response.status() != StatusCode::OK {
            let status = response.status().as_u16();
            return Err(fault::invalid(format!(
                "the userinfo endpoint answers {status}"
            )));
        }
        let claims = self.read_userinfo(metadata, &response).await?;
        // OIDC Core §5.3.2: else a swapped access token would bring somebody else's claims.
        if claims.get("sub").is_none() || claims.get("sub") != id_claims.get("sub") {
            return Err(fault::invalid("userinfo has another sub than the ID token"));
        }
        Ok(Some(claims))
    }

    pub(crate) async fn ask_userinfo(
        &self,
        url: &Url,
        access_token: &str,
    ) -> Result<Response<Bytes>, ProviderError> {
        let request = Request::get(url.as_str())
            .header(ACCEPT, "application/json, application/jwt")
            .header(AUTHORIZATION, format!("Bearer {access_token}"))
            .body(Bytes::new())
            .map_err(|_| fault::invalid("the access token cannot be sent"))?;
        outbound::send(&*self.env.http, request).await
    }

    async fn read_userinfo(
        &self,
        metadata: &Metadata,
        response: &Response<Bytes>,
    ) -> Result<Claims, ProviderError> {
        if outbound::media_type(response) != "application/jwt" {
            return outbound::object(response.body())
                .ok_or_else(|| fault::invalid("userinfo is not a JSON object"));
        }
        let token = std::str::from_utf8(response.body())
            .map_err(|_| fault::invalid("userinfo is unreadable"))?;
        let signed = self
            .verify_signature(metadata, token.trim(), &["jwt"])
            .await?;
        let (claims, key) = (signed.claims, signed.key_issuer);
        metadata
            .issuer
            .check(&self.config, &claims, key.as_deref())?;
        id_token::check_audience(&claims, &self.config)?;
        Ok(claims)
    }
}
