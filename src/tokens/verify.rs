//! Access tokens that come back to their issuer.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde::Deserialize;

use super::{AccessClaims, Keys};
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Problem};

/// Longer than anything that we sign.
const LONGEST: usize = 8 * 1024;
/// How far another node's clock may be ahead, s.
const SKEW_S: i64 = 60;

/// What we look at in a header. Members that bring their own key (`jwk`, `jku`, `x5u`, `x5c`) or
/// change the meaning of others (`crit`, `b64`, `zip`) end it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Verifies an access token that this tenant issued to be used at itself.
///
/// # Errors
/// `invalid_token`, `token_expired`, `store_unavailable`.
pub async fn verify_own(
    keys: &Keys,
    tenant: &Tenant,
    token: &str,
    now_ms: i64,
) -> Result<AccessClaims, Problem> {
    let invalid = |why: &str| {
        Problem::new(Code::InvalidToken, "This token does not count here.").because(why)
    };
    let parts = split(token).ok_or_else(|| invalid("form"))?;
    let header: Header = decode(parts.header).ok_or_else(|| invalid("header"))?;
    // Only what we sign ourselves: no other algorithm, no ID or logout token.
    if header.alg != "ES256" || header.typ != "at+jwt" {
        return Err(invalid("alg or typ"));
    }
    let point = keys
        .public_point(&tenant.id, &header.kid)
        .await?
        .ok_or_else(|| invalid("kid"))?;
    let signature = B64
        .decode(parts.signature)
        .map_err(|_| invalid("signature"))?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(parts.signed.as_bytes(), &signature)
        .map_err(|_| invalid("signature"))?;
    let claims: AccessClaims = decode(parts.claims).ok_or_else(|| invalid("claims"))?;
    // A token for a backend does not open our own API: `aud` is the issuer and nothing else.
    let own = tenant.issuer();
    if claims.iss != own || claims.aud != own {
        return Err(invalid("iss or aud"));
    }
    let now = now_ms / 1000;
    if claims.iat > now + SKEW_S || claims.sid.is_empty() || claims.sub.is_empty() {
        return Err(invalid("iat, sid or sub"));
    }
    if claims.exp <= now {
        return Err(Problem::new(Code::TokenExpired, "Get a new access token."));
    }
    Ok(claims)
}

struct Parts<'a> {
    header: &'a str,
    claims: &'a str,
    signature: &'a str,
    signed: &'a str,
}

fn split(token: &str) -> Option<Parts<'_>> {
    if token.len() > LONGEST {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    (!claims.contains('.')).then_some(Parts {
        header,
        claims,
        signature,
        signed,
    })
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&B64.decode(part).ok()?).ok()
}
