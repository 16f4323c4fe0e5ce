//! Key pairs of a provider, and tokens of every shape, also forbidden ones.

use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Signer {
    pub alg: Algorithm,
    pub kid: &'static str,
    key: EncodingKey,
}

impl Signer {
    pub fn rsa(alg: Algorithm, kid: &'static str) -> Self {
        static DER: OnceLock<Vec<u8>> = OnceLock::new();
        let der = DER.get_or_init(new_rsa);
        Self {
            alg,
            kid,
            key: EncodingKey::from_rsa_der(der),
        }
    }

    /// Another RSA key than [`Signer::rsa`] gives.
    pub fn other_rsa(kid: &'static str) -> Self {
        static DER: OnceLock<Vec<u8>> = OnceLock::new();
        let der = DER.get_or_init(new_rsa);
        Self {
            alg: Algorithm::RS256,
            kid,
            key: EncodingKey::from_rsa_der(der),
        }
    }

    pub fn es256(kid: &'static str) -> Self {
        let der =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Self {
            alg: Algorithm::ES256,
            kid,
            key: EncodingKey::from_ec_der(der.unwrap().as_ref()),
        }
    }

    pub fn es384(kid: &'static str) -> Self {
        let der =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new());
        Self {
            alg: Algorithm::ES384,
            kid,
            key: EncodingKey::from_ec_der(der.unwrap().as_ref()),
        }
    }

    pub fn ed25519(kid: &'static str) -> Self {
        let der = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
        Self {
            alg: Algorithm::EdDSA,
            kid,
            key: EncodingKey::from_ed_der(der.as_ref()),
        }
    }

    pub fn jwk(&self) -> Value {
        let mut jwk =
            serde_json::to_value(Jwk::from_encoding_key(&self.key, self.alg).unwrap()).unwrap();
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(
            &json!({"alg": self.alg, "kid": self.kid, "typ": "JWT"}),
            claims,
        )
    }

    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = crypto::sign(message.as_bytes(), &self.key, self.alg).unwrap();
        format!("{message}.{signature}")
    }
}

/// A MAC with a key that everybody knows.
pub fn hmac(secret: &[u8], claims: &Value) -> String {
    let message = format!(
        "{}.{}",
        encode(&json!({"alg": "HS256", "kid": "k1"})),
        encode(claims)
    );
    let key = EncodingKey::from_secret(secret);
    format!(
        "{message}.{}",
        crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap()
    )
}

pub fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", encode(&json!({"alg": "none"})), encode(claims))
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap())
}

fn new_rsa() -> Vec<u8> {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der = pair.as_der().unwrap();
    // PKCS #8 wraps the PKCS #1 key that the signer wants in 26 bytes.
    der.as_ref()[26..].to_vec()
}
