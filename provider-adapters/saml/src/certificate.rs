//! A provider's signing certificate, as far as it says something about the provider.
//!
//! Trust comes from where it was named, never from who issued it; what counts is its key.
//!
//! Owns: its forms on paper, its dates, how strong its key is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

use crate::Fault;

/// A certificate that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The DER form in base64, in one line.
    pub base64: String,
    /// Good from here on, ms since the epoch.
    pub not_before_ms: i64,
    /// Good until here, ms since the epoch.
    pub not_after_ms: i64,
    /// What its key is: `RSA 2048`.
    pub key: String,
    /// Its key can be used here: RSA of 2048 bits or more.
    pub strong: bool,
}

impl Certificate {
    /// Reads PEM, or the base64 text between its lines, with any white space.
    ///
    /// # Errors
    /// `invalid_certificate`.
    pub fn read(text: &str) -> Result<Self, Fault> {
        let der = der(text).ok_or_else(|| invalid("no base64"))?;
        let (rest, read) = X509Certificate::from_der(&der).map_err(|e| invalid(&e.to_string()))?;
        if !rest.is_empty() {
            return Err(invalid("more than one certificate"));
        }
        let validity = read.validity();
        let (key, strong) = match read.public_key().parsed() {
            Ok(PublicKey::RSA(rsa)) => (format!("RSA {}", rsa.key_size()), rsa.key_size() >= 2048),
            Ok(PublicKey::EC(point)) => (format!("EC {}", point.key_size()), false),
            _ => ("another kind of key".to_owned(), false),
        };
        Ok(Self {
            base64: STANDARD.encode(&der),
            not_before_ms: validity.not_before.timestamp() * 1000,
            not_after_ms: validity.not_after.timestamp() * 1000,
            key,
            strong,
        })
    }

    /// The day of its end: `2027-03-01`.
    pub fn until(&self) -> String {
        day(self.not_after_ms)
    }
}

pub(crate) fn day(at_ms: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(at_ms / 1000)
        .map(|at| at.date().to_string())
        .unwrap_or_default()
}

fn der(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let body = match text.strip_prefix("-----BEGIN CERTIFICATE-----") {
        Some(rest) => rest.trim_end().strip_suffix("-----END CERTIFICATE-----")?,
        None => text,
    };
    let plain: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    (!plain.is_empty()).then_some(())?;
    STANDARD.decode(plain).ok()
}

fn invalid(received: &str) -> Fault {
    Fault::new(
        "invalid_certificate",
        received,
        "one X.509 certificate in PEM or base64",
        "Copy the whole signing certificate of the provider, with its first and last line.",
    )
}

#[cfg(test)]
mod tests {
    use super::Certificate;
    use crate::SigningKey;

    #[test]
    fn pem_and_the_text_between_its_lines_are_the_same() {
        let key = SigningKey::generate("sso.example", 1_700_000_000_000).expect("a key");
        let pem = Certificate::read(&key.certificate_pem).expect("pem");
        let bare = Certificate::read(&pem.base64).expect("bare");
        assert_eq!(pem, bare);
        assert!(pem.strong, "{}", pem.key);
        assert_eq!(pem.key, "RSA 2048");
        assert!(pem.not_after_ms > 1_900_000_000_000);
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in [
            "",
            "MII",
            "-----BEGIN CERTIFICATE-----\nMIIB\n",
            "%%%",
            "AAAA",
        ] {
            assert_eq!(
                Certificate::read(bad).expect_err(bad).code,
                "invalid_certificate"
            );
        }
    }
}
