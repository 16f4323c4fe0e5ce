//! A client secret that is made anew for each request: a short assertion, signed with a key that
//! never leaves us.
//!
//! Owns: the form of that assertion. Must not know: where it is sent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use laneway_contract::ProviderError;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::{OidcConfig, OidcProvider, fault};

/// Seconds that one is good for: longer than any call may take.
const LIFE_S: i64 = 300;

impl OidcProvider {
    /// What proves at the token endpoint that it is us.
    pub(crate) fn client_secret(&self) -> Result<Option<SecretString>, ProviderError> {
        secret(&self.config, self.env.clock.now_ms() / 1000)
    }
}

/// The secret as it is sent at an instant.
pub(crate) fn secret(
    config: &OidcConfig,
    now_s: i64,
) -> Result<Option<SecretString>, ProviderError> {
    let (Some(rule), Some(pem)) = (&config.options.signed_secret, &config.client_secret) else {
        return Ok(config.client_secret.clone());
    };
    let unusable =
        |_| fault::misconfigured("the client secret must be the private key (P-256) in PEM");
    let key = EncodingKey::from_ec_pem(pem.expose_secret().as_bytes()).map_err(unusable)?;
    let header = json!({ "alg": "ES256", "kid": rule.key_id });
    let claims = json!({
        "iss": rule.issuer, "sub": config.client_id, "aud": config.issuer,
        "iat": now_s, "exp": now_s + LIFE_S,
    });
    let message = format!("{}.{}", part(&header), part(&claims));
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::ES256).map_err(unusable)?;
    Ok(Some(SecretString::from(format!("{message}.{signature}"))))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
