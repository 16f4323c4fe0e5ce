//! The checks of an ID token (OIDC Core §3.1.3.7), one function each where they differ.
//!
//! Owns: whether a token proves this login. Must not know: how claims map to our words.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use laneway_contract::ProviderError;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq as _;

use crate::claims::{self, Claims};
use crate::{Metadata, OidcConfig, OidcProvider, fault};

/// `typ` values that an ID token may have.
const TYPES: &[&str] = &["jwt"];

/// What the login that this token answers asked for.
#[derive(Default)]
pub(crate) struct Expected<'a> {
    /// `None` only for a refresh, whose token need not repeat it (OIDC Core §12.2).
    pub(crate) nonce: Option<&'a str>,
    pub(crate) max_age: Option<u64>,
    pub(crate) access_token: Option<&'a str>,
}

impl OidcProvider {
    /// The claims of an ID token that is genuine, ours, fresh and the answer to this request.
    pub(crate) async fn check_id_token(
        &self,
        metadata: &Metadata,
        token: &str,
        expected: &Expected<'_>,
    ) -> Result<Claims, ProviderError> {
        let signed = self.verify_signature(metadata, token, TYPES).await?;
        let claims = signed.claims;
        metadata
            .issuer
            .check(&self.config, &claims, signed.key_issuer.as_deref())?;
        claims::subject(&claims)?.ok_or_else(|| fault::invalid("sub is missing"))?;
        check_audience(&claims, &self.config)?;
        let now_ms = self.env.clock.now_ms();
        check_times(&claims, &self.config, now_ms)?;
        check_nonce(&claims, expected.nonce)?;
        check_auth_time(&claims, expected.max_age, &self.config, now_ms)?;
        check_at_hash(&claims, expected.access_token, signed.alg)?;
        claims::text(&claims, "acr")?;
        claims::text(&claims, "sid")?;
        Ok(claims)
    }
}

/// (3)–(5): we are an audience, nobody unknown is, and with several the token names us as the
/// one it was made for.
pub(crate) fn check_audience(claims: &Claims, config: &OidcConfig) -> Result<(), ProviderError> {
    let audiences = claims::audiences(claims)?;
    let ours = config.client_id.as_str();
    if !audiences.contains(&ours) {
        return Err(fault::invalid_as(
            "wrong_audience",
            "aud does not contain our client id",
        ));
    }
    let trusted = &config.options.trusted_audiences;
    if audiences
        .iter()
        .any(|aud| *aud != ours && !trusted.iter().any(|known| known == aud))
    {
        return Err(fault::invalid_as(
            "wrong_audience",
            "aud contains an audience that is not trusted",
        ));
    }
    match claims::text(claims, "azp")? {
        Some(party) if party != ours => Err(fault::invalid_as(
            "wrong_audience",
            "azp is not our client id",
        )),
        None if audiences.len() > 1 => Err(fault::invalid_as(
            "wrong_audience",
            "aud has several members but azp is missing",
        )),
        _ => Ok(()),
    }
}

/// (9), (10), and `nbf` (RFC 7519 §4.1.5).
fn check_times(claims: &Claims, config: &OidcConfig, now_ms: i64) -> Result<(), ProviderError> {
    let skew_ms = millis(config.options.clock_skew);
    if claims::required_instant_ms(claims, "exp")? + skew_ms <= now_ms {
        return Err(fault::invalid_as("token_expired", "exp has passed"));
    }
    let issued_ms = claims::required_instant_ms(claims, "iat")?;
    if issued_ms - skew_ms > now_ms {
        return Err(fault::invalid_as("clock_skew", "iat lies in the future"));
    }
    if issued_ms + millis(config.options.max_id_token_age) + skew_ms < now_ms {
        return Err(fault::invalid_as("token_expired", "iat is too long ago"));
    }
    if claims::instant_ms(claims, "nbf")?.is_some_and(|nbf| nbf - skew_ms > now_ms) {
        return Err(fault::invalid_as("clock_skew", "nbf lies in the future"));
    }
    Ok(())
}

/// (11): ties the token to the browser that asked for it.
fn check_nonce(claims: &Claims, expected: Option<&str>) -> Result<(), ProviderError> {
    let found = claims::text(claims, "nonce")?;
    let Some(expected) = expected else {
        return Ok(());
    };
    if found.is_some_and(|found| found.as_bytes().ct_eq(expected.as_bytes()).into()) {
        return Ok(());
    }
    Err(fault::invalid_as(
        "wrong_nonce",
        "nonce is not the one that was sent",
    ))
}

/// (13): who demands a recent sign-in must be told when it was.
fn check_auth_time(
    claims: &Claims,
    max_age: Option<u64>,
    config: &OidcConfig,
    now_ms: i64,
) -> Result<(), ProviderError> {
    let auth_time_ms = claims::instant_ms(claims, "auth_time")?;
    let Some(max_age) = max_age else {
        return Ok(());
    };
    let at_ms = auth_time_ms
        .ok_or_else(|| fault::invalid("auth_time is missing though max_age was demanded"))?;
    if at_ms + millis(max_age) + millis(config.options.clock_skew) < now_ms {
        return Err(fault::invalid(
            "auth_time is older than the demanded max_age",
        ));
    }
    Ok(())
}

/// OIDC Core §3.1.3.8: left half of the hash that belongs to the token's algorithm.
fn check_at_hash(
    claims: &Claims,
    access_token: Option<&str>,
    alg: Algorithm,
) -> Result<(), ProviderError> {
    let (Some(found), Some(token)) = (claims::text(claims, "at_hash")?, access_token) else {
        return Ok(());
    };
    let digest = match alg {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => Sha256::digest(token).to_vec(),
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => Sha384::digest(token).to_vec(),
        // Ed25519 hashes with SHA-512 itself.
        _ => Sha512::digest(token).to_vec(),
    };
    if URL_SAFE_NO_PAD.encode(&digest[..digest.len() / 2]) == found {
        return Ok(());
    }
    Err(fault::invalid(
        "at_hash does not belong to the access token",
    ))
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds)
        .unwrap_or(i64::MAX / 4_000)
        .min(i64::MAX / 4_000)
        * 1000
}
