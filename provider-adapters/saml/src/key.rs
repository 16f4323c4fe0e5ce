//! Our own key and certificate towards one provider.

use std::fmt;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// What our requests are signed with, and the certificate that the provider checks them by.
#[derive(Clone)]
pub struct SigningKey {
    /// Private key, PKCS #8 in PEM.
    pub key_pem: SecretString,
    /// Certificate that names its public half, self-signed, in PEM.
    pub certificate_pem: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    key: String,
    certificate: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl SigningKey {
    /// A new RSA key of 2048 bits with a certificate for ten years, as other products make them:
    /// its dates are looked at by nobody but calendars. Takes a moment: not for an async thread.
    ///
    /// # Errors
    /// What the cryptographic library says.
    pub fn generate(common_name: &str, now_ms: i64) -> Result<Self, String> {
        let text = |error: rcgen::Error| error.to_string();
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(text)?;
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, common_name);
        params.distinguished_name = name;
        let now = OffsetDateTime::from_unix_timestamp(now_ms / 1000).map_err(|e| e.to_string())?;
        params.not_before = now - Duration::days(1);
        params.not_after = now + Duration::days(3653);
        let certificate = params.self_signed(&key).map_err(text)?;
        Ok(Self {
            key_pem: SecretString::from(key.serialize_pem()),
            certificate_pem: certificate.pem(),
        })
    }

    /// As it is stored, sealed by whoever stores it.
    pub fn to_secret(&self) -> SecretString {
        let stored = serde_json::json!({
            "key": self.key_pem.expose_secret(), "certificate": self.certificate_pem,
        });
        SecretString::from(stored.to_string())
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// For anything else.
    pub fn from_secret(text: &SecretString) -> Result<Self, String> {
        let stored: Stored = serde_json::from_str(text.expose_secret())
            .map_err(|_| "the stored signing key is unreadable".to_owned())?;
        Ok(Self {
            key_pem: SecretString::from(stored.key),
            certificate_pem: stored.certificate,
        })
    }
}
