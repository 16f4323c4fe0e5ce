//! Signed tokens in compact form (RFC 7515): taken apart, judged by algorithm, checked.
//!
//! Owns: header rules, the list of algorithms, which key fits.
//! Must not know: claims.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use laneway_contract::ProviderError;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::fault;
use crate::jwks::Published;

/// A token is a few kilobytes; more is an attack on memory.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// All that we ever accept: never `none`, and never a MAC, whose key would be the public key
/// or the client secret (RFC 8725 §2.1, §3.1).
const ALLOWED: &[(&str, Algorithm)] = &[
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

/// The algorithm of this name, if it is acceptable at all.
pub(crate) fn allowed(name: &str) -> Option<Algorithm> {
    ALLOWED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, alg)| *alg)
}

/// A token whose signature is still unchecked. `jwk`, `jku`, `x5u` and `x5c` of the header
/// are not even read: keys come from the configured provider only.
pub(crate) struct Unverified<'a> {
    pub(crate) alg: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
    message: &'a str,
    signature: &'a str,
    payload: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart. `algs`: what this provider is expected to use.
    pub(crate) fn parse(token: &'a str, algs: &[Algorithm]) -> Result<Self, ProviderError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(fault::invalid("the token is too large"));
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(fault::invalid("the token is not a signed JWT"));
        };
        let message = &token[..header.len() + 1 + payload.len()];
        let header: Header =
            decode(header).ok_or_else(|| fault::invalid("the token's header is unreadable"))?;
        // RFC 7515 §4.1.11: an extension that must be understood; we understand none.
        if header.crit.is_some() {
            return Err(fault::invalid("the token's header has critical extensions"));
        }
        let alg = allowed(&header.alg)
            .filter(|alg| algs.contains(alg))
            .ok_or_else(|| {
                fault::invalid_as(
                    "weak_algorithm",
                    "the token's algorithm (alg) is not acceptable",
                )
            })?;
        Ok(Self {
            alg,
            kid: header.kid,
            typ: header.typ,
            message,
            signature,
            payload,
        })
    }

    /// The keys of the set that this token may have been signed with.
    pub(crate) fn candidates<'k>(&self, keys: &'k [Published]) -> Vec<&'k Published> {
        keys.iter()
            .filter(|key| fits(&key.jwk, self.alg))
            .filter(|key| self.kid.is_none() || key.jwk.common.key_id == self.kid)
            .collect()
    }

    /// The claims, if this key signed them.
    pub(crate) fn verify(&self, key: &Jwk) -> Result<Map<String, Value>, ProviderError> {
        let key = DecodingKey::from_jwk(key)
            .map_err(|_| fault::invalid("the provider's key is unusable"))?;
        let good = crypto::verify(self.signature, self.message.as_bytes(), &key, self.alg);
        if !matches!(good, Ok(true)) {
            return Err(fault::invalid_as(
                "wrong_signature",
                "the token's signature is wrong",
            ));
        }
        decode(self.payload).ok_or_else(|| fault::invalid("the token's claims are unreadable"))
    }
}

/// The claims of a token that we verified earlier and kept.
pub(crate) fn read_kept(token: &str) -> Option<Map<String, Value>> {
    decode(token.split('.').nth(1)?)
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Key type, curve, declared algorithm and declared use, all at once.
pub(crate) fn fits(key: &Jwk, alg: Algorithm) -> bool {
    let kind = match (&key.algorithm, alg) {
        (
            AlgorithmParameters::RSA(_),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => true,
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES256) => {
            ec.curve == EllipticCurve::P256
        }
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES384) => {
            ec.curve == EllipticCurve::P384
        }
        (AlgorithmParameters::OctetKeyPair(okp), Algorithm::EdDSA) => {
            okp.curve == EllipticCurve::Ed25519
        }
        _ => false,
    };
    let common = &key.common;
    let declared = common
        .key_algorithm
        .as_ref()
        .is_none_or(|a| *a == KeyAlgorithm::from(alg));
    let signs = common
        .public_key_use
        .as_ref()
        .is_none_or(|u| *u == PublicKeyUse::Signature);
    let verifies = common
        .key_operations
        .as_ref()
        .is_none_or(|list| list.contains(&KeyOperations::Verify));
    kind && declared && signs && verifies
}
