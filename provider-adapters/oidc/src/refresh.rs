//! New tokens for a session that we hold (OIDC Core §12).
//!
//! Owns: that the answer is about the same person and sign-in.
//! Must not know: who else refreshes; single flight is the caller's.

use laneway_contract::{ProviderError, SessionEvidence, UpstreamSession};

use crate::claims::{self, Claims};
use crate::id_token::Expected;
use crate::{OidcProvider, fault, jwt};

impl OidcProvider {
    /// What replaces the session's tokens. A provider that rotates refresh tokens has made
    /// the old one worthless: store the answer before using it.
    ///
    /// # Errors
    /// `GrantRevoked` if the grant is over or the session has no refresh token,
    /// `InvalidResponse` if the answer is about another person or sign-in.
    pub async fn renewed(
        &self,
        session: &SessionEvidence,
    ) -> Result<UpstreamSession, ProviderError> {
        let old = session
            .session
            .refresh_token
            .as_deref()
            .ok_or(ProviderError::GrantRevoked)?;
        let metadata = self.metadata().await?;
        let tokens = self.exchange_refresh(&metadata, old).await?;
        if let Some(id_token) = &tokens.id_token {
            let expected = Expected {
                access_token: Some(&tokens.access_token),
                ..Expected::default()
            };
            let new = self.check_id_token(&metadata, id_token, &expected).await?;
            self.check_same(&new, session)?;
        }
        let mut renewed = tokens.into_session();
        renewed.sid.clone_from(&session.session.sid);
        renewed.refresh_token = renewed
            .refresh_token
            .or(session.session.refresh_token.clone());
        renewed.id_token = renewed.id_token.or(session.session.id_token.clone());
        Ok(renewed)
    }

    /// OIDC Core §12.2.
    fn check_same(&self, new: &Claims, session: &SessionEvidence) -> Result<(), ProviderError> {
        if claims::text(new, "sub")? != Some(session.subject.as_str()) {
            return Err(fault::invalid(
                "the refreshed ID token is about another sub",
            ));
        }
        let Some(old) = session.session.id_token.as_deref().and_then(jwt::read_kept) else {
            return Ok(());
        };
        if new
            .get("nonce")
            .is_some_and(|nonce| old.get("nonce") != Some(nonce))
        {
            return Err(fault::invalid("the refreshed ID token has another nonce"));
        }
        if claims::audiences(new)? != claims::audiences(&old)? {
            return Err(fault::invalid("the refreshed ID token has another aud"));
        }
        let (was, is) = (
            claims::instant_ms(&old, "auth_time")?,
            claims::instant_ms(new, "auth_time")?,
        );
        let (Some(was), Some(is)) = (was, is) else {
            return Ok(());
        };
        let advance = self.config.options.refresh_auth_time_may_advance && is > was;
        if was != is && !advance {
            return Err(fault::invalid(
                "the refreshed ID token has another auth_time",
            ));
        }
        Ok(())
    }
}
