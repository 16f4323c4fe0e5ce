//! The fake provider's sessions and its logout tokens: JSON behind a key that only the
//! fake knows. No signature, because no test of the core needs one.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use laneway_contract::{
    EndSession, LogoutToken, ProviderError, SessionControl, SessionEvidence, UpstreamSession,
    Verdict,
};
use serde::{Deserialize, Serialize};

use crate::Fake;

const LIFE_MS: i64 = 120_000;

#[derive(Serialize, Deserialize)]
struct Claims {
    key: String,
    iss: String,
    sub: Option<String>,
    sid: Option<String>,
    jti: String,
    exp_ms: i64,
}

impl Fake {
    /// A genuine back-channel logout token for a session, a person, or both; good for two
    /// minutes.
    pub fn logout_token(&self, subject: Option<&str>, sid: Option<&str>) -> String {
        self.token_with_key(&self.shared.logout_key, subject, sid)
    }

    /// A logout token that the provider never made.
    pub fn forged_logout_token(&self, subject: Option<&str>, sid: Option<&str>) -> String {
        self.token_with_key("guessed", subject, sid)
    }

    /// How often it was asked whether a session stands.
    pub fn times_asked(&self) -> usize {
        self.script().asked
    }

    fn token_with_key(&self, key: &str, subject: Option<&str>, sid: Option<&str>) -> String {
        let claims = Claims {
            key: key.to_owned(),
            iss: self.shared.config.issuer.clone(),
            sub: subject.map(str::to_owned),
            sid: sid.map(str::to_owned),
            jti: self.token("jti"),
            exp_ms: self.shared.env.clock.now_ms() + LIFE_MS,
        };
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).unwrap_or_default())
    }
}

#[async_trait]
impl SessionControl for Fake {
    async fn end_session(
        &self,
        session: SessionEvidence,
        _return_to: &str,
    ) -> Result<EndSession, ProviderError> {
        self.obey().await?;
        let mut script = self.script();
        if let Some(sid) = session.session.sid {
            script.sessions.remove(&sid);
        }
        Ok(script.end_session.clone())
    }

    async fn verify_logout_token(&self, token: &str) -> Result<LogoutToken, ProviderError> {
        self.obey().await?;
        let claims: Claims = URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .ok_or_else(|| invalid("format"))?;
        if claims.key != self.shared.logout_key {
            return Err(invalid("signature"));
        }
        if claims.iss != self.shared.config.issuer {
            return Err(invalid("iss"));
        }
        if claims.exp_ms <= self.shared.env.clock.now_ms() {
            return Err(invalid("exp"));
        }
        if claims.sub.is_none() && claims.sid.is_none() {
            return Err(invalid("sub or sid"));
        }
        Ok(LogoutToken {
            issuer: claims.iss,
            subject: claims.sub,
            sid: claims.sid,
            jti: claims.jti,
            expires_at_ms: claims.exp_ms,
        })
    }

    async fn revalidate(&self, session: SessionEvidence) -> Result<Verdict, ProviderError> {
        self.script().asked += 1;
        self.obey().await?;
        let script = self.script();
        Ok(match script.people.get(&session.subject) {
            None => Verdict::SubjectGone,
            Some(person) if !person.enabled => Verdict::Disabled,
            Some(_) => match session.session.sid {
                None => Verdict::Unknown,
                Some(sid) if script.sessions.contains_key(&sid) => Verdict::Alive,
                Some(_) => Verdict::Ended,
            },
        })
    }

    async fn refresh(
        &self,
        session: SessionEvidence,
    ) -> Result<Option<UpstreamSession>, ProviderError> {
        self.renew(session).await
    }

    async fn revoke(&self, session: &UpstreamSession) -> Result<(), ProviderError> {
        self.take_back(session).await
    }
}

fn invalid(what: &str) -> ProviderError {
    ProviderError::InvalidResponse(what.to_owned())
}
