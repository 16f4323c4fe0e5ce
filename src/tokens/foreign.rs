//! JWTs that others sign to show that they hold a key: assertions of apps, proofs of possession.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::domain::jwk;

/// Longer than any proof.
const LONGEST: usize = 8 * 1024;

/// What others may sign with: nothing whose key would be a secret that we hold too (RFC 8725 §3.1).
pub const FOREIGN_ALGS: &[&str] = &["ES256", "RS256", "PS256", "EdDSA"];

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    jwk: Option<Value>,
    crit: Option<Value>,
    b64: Option<Value>,
    zip: Option<Value>,
}

/// One that was taken apart. Nothing in it is proven until [`Foreign::claims_by`] says so.
pub struct Foreign<'a> {
    /// Its type.
    pub typ: Option<String>,
    /// The name of the key.
    pub kid: Option<String>,
    /// The key itself, where it is brought along.
    pub jwk: Option<Value>,
    alg: (&'static str, Algorithm),
    signed: &'a str,
    signature: &'a str,
    claims: Map<String, Value>,
}

impl<'a> Foreign<'a> {
    /// Takes a token apart; `None` for what cannot be one.
    pub fn parse(token: &'a str) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        if payload.contains('.') {
            return None;
        }
        let header: Header = decode(header)?;
        // Extensions that change what the rest means: we know none.
        if header.crit.is_some() || header.b64.is_some() || header.zip.is_some() {
            return None;
        }
        Some(Self {
            typ: header.typ,
            kid: header.kid,
            jwk: header.jwk,
            alg: algorithm(&header.alg)?,
            signed,
            signature,
            claims: decode(payload)?,
        })
    }

    /// Who the token says it is from: a hint as to whose keys to look at.
    pub fn said_subject(&self) -> Option<&str> {
        self.claims.get("sub").and_then(Value::as_str)
    }

    /// The claims, if this key signed them.
    pub fn claims_by(&self, key: &Value) -> Option<&Map<String, Value>> {
        let (name, alg) = self.alg;
        let said = |member: &str, value: &str| {
            let found = key.get(member).and_then(Value::as_str);
            found.is_none_or(|found| found == value)
        };
        let kind = matches!(
            (
                name,
                key["kty"].as_str().unwrap_or_default(),
                key["crv"].as_str()
            ),
            ("ES256", "EC", Some("P-256"))
                | ("EdDSA", "OKP", Some("Ed25519"))
                | ("RS256" | "PS256", "RSA", _)
        );
        if !kind || !said("use", "sig") || !said("alg", name) || jwk::is_private(key) {
            return None;
        }
        let key: Jwk = serde_json::from_value(key.clone()).ok()?;
        let key = DecodingKey::from_jwk(&key).ok()?;
        let good = crypto::verify(self.signature, self.signed.as_bytes(), &key, alg);
        matches!(good, Ok(true)).then_some(&self.claims)
    }

    /// The claims, if one of these keys signed them. A token that names its key means that one.
    pub fn claims_by_any(&self, keys: &[Value]) -> Option<&Map<String, Value>> {
        let named = |key: &&Value| {
            let wanted = self.kid.as_deref();
            wanted.is_none() || key.get("kid").and_then(Value::as_str) == wanted
        };
        keys.iter()
            .filter(named)
            .find_map(|key| self.claims_by(key))
    }
}

/// The name of a key (RFC 7638); `None` for kinds that are not accepted.
pub fn thumbprint(key: &Value) -> Option<String> {
    Some(digest(&jwk::members(key)?))
}

/// What stands for a text where it is too long or too secret (RFC 9449 §4.2).
pub fn digest(text: &str) -> String {
    B64.encode(Sha256::digest(text))
}

fn algorithm(name: &str) -> Option<(&'static str, Algorithm)> {
    Some(match name {
        "ES256" => ("ES256", Algorithm::ES256),
        "RS256" => ("RS256", Algorithm::RS256),
        "PS256" => ("PS256", Algorithm::PS256),
        "EdDSA" => ("EdDSA", Algorithm::EdDSA),
        _ => return None,
    })
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&B64.decode(part).ok()?).ok()
}
