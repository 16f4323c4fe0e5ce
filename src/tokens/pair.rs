//! A key pair of one of the two kinds that we sign with.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alg {
    /// Access tokens, and whatever asks for it.
    Es256,
    /// ID tokens, unless an app asks for the other: every client knows it.
    Rs256,
}

impl Alg {
    /// As it stands in headers and key sets.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "ES256" => Some(Self::Es256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }
}

/// Parsed once.
pub(super) enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
}

/// The key does not do what it should; more is not said about keys.
pub(super) struct Unusable;

impl Pair {
    /// A new pair and its private half as PKCS#8.
    pub(super) fn generate(alg: Alg) -> Result<(Self, Vec<u8>), Unusable> {
        match alg {
            Alg::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                    .map_err(|_| Unusable)?;
                let private = pair.to_pkcs8v1().map_err(|_| Unusable)?.as_ref().to_vec();
                Ok((Self::Es256(pair), private))
            }
            Alg::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| Unusable)?;
                let private: Pkcs8V1Der<'static> = pair.as_der().map_err(|_| Unusable)?;
                let private = private.as_ref().to_vec();
                Ok((Self::Rs256(Box::new(pair)), private))
            }
        }
    }

    /// Reads a private half.
    pub(super) fn open(alg: Alg, private: &[u8]) -> Result<Self, Unusable> {
        Ok(match alg {
            Alg::Es256 => Self::Es256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private)
                    .map_err(|_| Unusable)?,
            ),
            Alg::Rs256 => Self::Rs256(Box::new(
                RsaKeyPair::from_pkcs8(private).map_err(|_| Unusable)?,
            )),
        })
    }

    pub(super) fn alg(&self) -> Alg {
        match self {
            Self::Es256(_) => Alg::Es256,
            Self::Rs256(_) => Alg::Rs256,
        }
    }

    pub(super) fn sign(&self, text: &[u8]) -> Result<Vec<u8>, Unusable> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(pair) => {
                let signature = pair.sign(&random, text).map_err(|_| Unusable)?;
                Ok(signature.as_ref().to_vec())
            }
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)
                    .map_err(|_| Unusable)?;
                Ok(signature)
            }
        }
    }

    /// Did the private half sign this?
    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let outcome = match self {
            Self::Es256(pair) => {
                let point = pair.public_key().as_ref();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(text, signature)
            }
            Self::Rs256(pair) => {
                let key = pair.public_key().as_ref();
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(text, signature)
            }
        };
        outcome.is_ok()
    }

    /// The public half as it is published; its `kid` is the thumbprint (RFC 7638).
    pub(super) fn public_jwk(&self) -> (String, Value) {
        match self {
            Self::Es256(pair) => {
                // Uncompressed point: 0x04, x, y.
                let point = pair.public_key().as_ref();
                let (x, y) = (B64.encode(&point[1..33]), B64.encode(&point[33..65]));
                let id = thumbprint(&format!(
                    r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#
                ));
                let jwk = json!({
                    "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": id, "use": "sig",
                    "alg": "ES256"
                });
                (id, jwk)
            }
            Self::Rs256(pair) => {
                let key = pair.public_key();
                let n = B64.encode(key.modulus().big_endian_without_leading_zero());
                let e = B64.encode(key.exponent().big_endian_without_leading_zero());
                let id = thumbprint(&format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
                let jwk = json!({
                    "kty": "RSA", "n": n, "e": e, "kid": id, "use": "sig", "alg": "RS256"
                });
                (id, jwk)
            }
        }
    }
}

// The members in lexical order.
fn thumbprint(text: &str) -> String {
    B64.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::{Alg, Pair};

    #[test]
    fn what_is_signed_is_verified_by_that_key_alone() {
        for alg in [Alg::Es256, Alg::Rs256] {
            let Ok((pair, private)) = Pair::generate(alg) else {
                panic!("a pair")
            };
            let Ok(signature) = pair.sign(b"text") else {
                panic!("a signature")
            };
            let Ok(again) = Pair::open(alg, &private) else {
                panic!("it opens")
            };
            assert!(
                again.has_signed(b"text", &signature) && !again.has_signed(b"texT", &signature)
            );
            let Ok((other, _)) = Pair::generate(alg) else {
                panic!("a pair")
            };
            assert!(!other.has_signed(b"text", &signature));
            let (id, jwk) = pair.public_jwk();
            assert_eq!(
                (jwk["kid"].as_str(), jwk["alg"].as_str()),
                (Some(id.as_str()), Some(alg.as_str()))
            );
            assert!(jwk.get("d").is_none() && again.public_jwk().0 == id);
            assert!(
                Pair::open(
                    if alg == Alg::Es256 {
                        Alg::Rs256
                    } else {
                        Alg::Es256
                    },
                    &private
                )
                .is_err()
            );
        }
    }
}
