//! Tokens that a provider gave for what somebody typed on our own page: for those vendors that
//! let us ask. There was no redirect, so there is no nonce; the answer came from the provider
//! itself over a connection of ours.
//!
//! Owns: that the ID token is genuine and ours. Must not know: what was asked.

use laneway_contract::{ProviderError, UpstreamIdentity, UpstreamSession};
use serde_json::Value;

use crate::id_token::Expected;
use crate::{OidcProvider, fault, identity, outbound};

impl OidcProvider {
    /// Who the tokens in an answer of the token endpoint are about.
    ///
    /// # Errors
    /// `InvalidResponse` for an answer that is none, or an ID token that fails a check.
    pub async fn granted(&self, body: &[u8]) -> Result<UpstreamIdentity, ProviderError> {
        let answer = outbound::object(body)
            .ok_or_else(|| fault::invalid("the token endpoint's answer is unreadable"))?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(fault::invalid("token_type is not Bearer"));
        }
        let missing = || fault::invalid("the token answer has no id_token");
        let (access_token, id_token) = text("access_token")
            .zip(text("id_token"))
            .ok_or_else(missing)?;
        let metadata = self.metadata().await?;
        let expected = Expected {
            access_token: Some(&access_token),
            ..Expected::default()
        };
        let claims = self.check_id_token(&metadata, &id_token, &expected).await?;
        let info = self.userinfo(&metadata, &access_token, &claims).await?;
        let life = answer.get("expires_in").and_then(Value::as_i64);
        let now_ms = self.env.clock.now_ms();
        let session = UpstreamSession {
            sid: claims.get("sid").and_then(Value::as_str).map(str::to_owned),
            id_token: Some(id_token),
            access_token: Some(access_token),
            refresh_token: text("refresh_token"),
            expires_at_ms: life.map(|life| now_ms.saturating_add(life.saturating_mul(1000))),
        };
        identity::build(&self.config, &claims, info, session)
    }
}
