//! Keys that apps hold, and what they sign with them.
//!
//! Must not know: what any test proves.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A pair of one of the kinds that are accepted.
pub enum Key {
    Es256(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static str),
    Ed25519(Ed25519KeyPair),
}

pub fn digest(text: &str) -> String {
    B64.encode(Sha256::digest(text))
}

impl Key {
    pub fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a pair"))
    }

    pub fn rsa(alg: &'static str) -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a pair"), alg)
    }

    pub fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().expect("a pair"))
    }

    pub fn alg(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rsa(_, alg) => alg,
            Self::Ed25519(_) => "EdDSA",
        }
    }

    pub fn jwk(&self) -> Value {
        match self {
            Self::Es256(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..]) })
            }
            Self::Rsa(pair, _) => {
                let key = pair.public_key();
                let n = key.modulus().big_endian_without_leading_zero();
                let e = key.exponent().big_endian_without_leading_zero();
                json!({ "kty": "RSA", "n": B64.encode(n), "e": B64.encode(e) })
            }
            Self::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": B64.encode(pair.public_key().as_ref()) })
            }
        }
    }

    /// The private half of a key of the curve P-256.
    pub fn private(&self) -> Vec<u8> {
        match self {
            Self::Es256(pair) => pair.to_pkcs8v1().expect("a pair").as_ref().to_vec(),
            Self::Rsa(..) | Self::Ed25519(_) => Vec::new(),
        }
    }

    /// RFC 7638, of a key of the curve P-256.
    pub fn name(&self) -> String {
        let jwk = self.jwk();
        let text = |name: &str| jwk[name].as_str().expect("text").to_owned();
        digest(&format!(
            r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
            text("x"),
            text("y")
        ))
    }

    /// A compact JWS whose header says what it says.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!(
            "{}.{}",
            B64.encode(header.to_string()),
            B64.encode(claims.to_string())
        );
        let random = SystemRandom::new();
        let signature = match self {
            Self::Es256(pair) => {
                let signed = pair.sign(&random, text.as_bytes()).expect("a signature");
                signed.as_ref().to_vec()
            }
            Self::Rsa(pair, alg) => {
                let how: &dyn aws_lc_rs::signature::RsaEncoding = if *alg == "PS256" {
                    &RSA_PSS_SHA256
                } else {
                    &RSA_PKCS1_SHA256
                };
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(how, &random, text.as_bytes(), &mut out)
                    .expect("a signature");
                out
            }
            Self::Ed25519(pair) => pair.sign(text.as_bytes()).as_ref().to_vec(),
        };
        format!("{text}.{}", B64.encode(signature))
    }
}
