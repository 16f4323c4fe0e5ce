//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.6).
//!
//! Owns: every check but replay: who stores `jti` is the core.
//! Must not know: which sessions end.

use laneway_contract::{LogoutToken, ProviderError};
use serde_json::Value;

use crate::claims::{self, Claims};
use crate::{OidcProvider, fault, id_token};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Older providers write the general type or none.
const TYPES: &[&str] = &["logout+jwt", "jwt"];
/// The specification recommends two minutes of life; nobody needs more than ten.
const MAX_AGE_MS: i64 = 600_000;

impl OidcProvider {
    pub(crate) async fn check_logout_token(
        &self,
        token: &str,
    ) -> Result<LogoutToken, ProviderError> {
        let metadata = self.metadata().await?;
        let signed = self.verify_signature(&metadata, token, TYPES).await?;
        let (claims, key) = (signed.claims, signed.key_issuer);
        let issuer = metadata
            .issuer
            .check(&self.config, &claims, key.as_deref())?;
        id_token::check_audience(&claims, &self.config)?;
        let skew_ms = i64::try_from(self.config.options.clock_skew).unwrap_or(60) * 1000;
        let expires_at_ms = check_times(&claims, skew_ms, self.env.clock.now_ms())?;
        check_event(&claims)?;
        // An ID token has a nonce: it must never end a session.
        if claims.contains_key("nonce") {
            return Err(fault::invalid("a logout token must not have a nonce"));
        }
        let filled = |name: &str| {
            Ok::<_, ProviderError>(claims::text(&claims, name)?.filter(|text| !text.is_empty()))
        };
        let (subject, sid) = (claims::subject(&claims)?, filled("sid")?);
        if subject.is_none() && sid.is_none() {
            return Err(fault::invalid("the logout token has neither sub nor sid"));
        }
        let jti = filled("jti")?.ok_or_else(|| fault::invalid("jti is missing"))?;
        Ok(LogoutToken {
            issuer,
            subject: subject.map(str::to_owned),
            sid: sid.map(str::to_owned),
            jti: jti.to_owned(),
            expires_at_ms,
        })
    }
}

fn check_times(claims: &Claims, skew_ms: i64, now_ms: i64) -> Result<i64, ProviderError> {
    let expires_ms = claims::required_instant_ms(claims, "exp")?;
    if expires_ms + skew_ms <= now_ms {
        return Err(fault::invalid("exp has passed"));
    }
    let issued_ms = claims::required_instant_ms(claims, "iat")?;
    if issued_ms - skew_ms > now_ms || issued_ms + MAX_AGE_MS + skew_ms < now_ms {
        return Err(fault::invalid("iat is not recent"));
    }
    Ok(expires_ms)
}

fn check_event(claims: &Claims) -> Result<(), ProviderError> {
    let event = claims
        .get("events")
        .and_then(Value::as_object)
        .and_then(|e| e.get(EVENT));
    if event.is_some_and(Value::is_object) {
        return Ok(());
    }
    Err(fault::invalid(
        "events does not announce a back-channel logout",
    ))
}
