//! Our own tokens that come back to us.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde::Deserialize;

use super::{AccessClaims, Alg, Keys, MachineClaims, USE_MACHINE};
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
    let claims = signed(keys, tenant, token).await?;
    // A token for a backend does not open our own API: `aud` is the issuer and nothing else.
    if claims.aud != tenant.issuer() {
        return Err(invalid("aud"));
    }
    if claims.sid.is_empty() || claims.sub.is_empty() {
        return Err(invalid("sid or sub"));
    }
    in_time((claims.iat, claims.exp), now_ms)?;
    Ok(claims)
}

/// Verifies an access token of this tenant, whomever it is for.
///
/// # Errors
/// `invalid_token`, `token_expired`, `store_unavailable`.
pub async fn verify_access(
    keys: &Keys,
    tenant: &Tenant,
    token: &str,
    now_ms: i64,
) -> Result<AccessClaims, Problem> {
    let claims = signed(keys, tenant, token).await?;
    in_time((claims.iat, claims.exp), now_ms)?;
    Ok(claims)
}

/// Verifies a token that an app or a service account got in its own name.
///
/// # Errors
/// `invalid_token`, `token_expired`, `store_unavailable`.
pub async fn verify_machine(
    keys: &Keys,
    tenant: &Tenant,
    token: &str,
    now_ms: i64,
) -> Result<MachineClaims, Problem> {
    let outcome = read::<MachineClaims>(keys, tenant, token, "at+jwt").await?;
    let claims = outcome.map_err(invalid)?;
    if claims.iss != tenant.issuer() || claims.token_use != USE_MACHINE {
        return Err(invalid("iss or token_use"));
    }
    in_time((claims.iat, claims.exp), now_ms)?;
    Ok(claims)
}

/// What an ID token says, whenever it was issued: good for a hint and nothing else.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "the names are the registered claim names")]
pub struct HintClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub sid: Option<String>,
}

/// Reads an ID token of this tenant that an app sends back. `None`: we have not signed it.
///
/// # Errors
/// `store_unavailable`.
pub async fn verify_hint(
    keys: &Keys,
    tenant: &Tenant,
    token: &str,
) -> Result<Option<HintClaims>, Problem> {
    let Ok(claims) = read::<HintClaims>(keys, tenant, token, "JWT").await? else {
        return Ok(None);
    };
    Ok((claims.iss == tenant.issuer()).then_some(claims))
}

/// What a token says before anything of it is verified: enough to know who reads it.
#[derive(Deserialize)]
struct Said {
    iss: String,
    aud: String,
    token_use: String,
}

fn said(token: &str) -> Option<Said> {
    split(token).and_then(|parts| decode(parts.claims))
}

/// Does a token say that it is this tenant's, for somewhere else? Nothing of it is verified.
pub fn says_elsewhere(tenant: &Tenant, token: &str) -> bool {
    let own = tenant.issuer();
    // The issuer with a slash is no place of its own.
    said(token).is_some_and(|said| said.iss == own && said.aud.trim_end_matches('/') != own)
}

/// Does a token say that an app got it in its own name? Nothing of it is verified.
pub fn says_machine(token: &str) -> bool {
    said(token).is_some_and(|said| said.token_use == USE_MACHINE)
}

async fn signed(keys: &Keys, tenant: &Tenant, token: &str) -> Result<AccessClaims, Problem> {
    let outcome = read::<AccessClaims>(keys, tenant, token, "at+jwt").await?;
    let claims = outcome.map_err(invalid)?;
    // What stands for no person is never taken for one.
    if claims.iss != tenant.issuer() || claims.token_use == USE_MACHINE {
        return Err(invalid("iss or token_use"));
    }
    Ok(claims)
}

fn in_time((iat, exp): (i64, i64), now_ms: i64) -> Result<(), Problem> {
    let now = now_ms / 1000;
    if iat > now + SKEW_S {
        return Err(invalid("iat"));
    }
    if exp <= now {
        return Err(Problem::new(Code::TokenExpired, "Get a new access token."));
    }
    Ok(())
}

fn invalid(why: &str) -> Problem {
    Problem::new(Code::InvalidToken, "This token does not count here.").because(why)
}

/// The claims of a token of one kind that one of the tenant's keys has signed, or what is wrong.
async fn read<T: serde::de::DeserializeOwned>(
    keys: &Keys,
    tenant: &Tenant,
    token: &str,
    typ: &str,
) -> Result<Result<T, &'static str>, Problem> {
    let Some(parts) = split(token) else {
        return Ok(Err("form"));
    };
    let Some(header) = decode::<Header>(parts.header) else {
        return Ok(Err("header"));
    };
    // Only what we sign ourselves. A token of another kind is none, whatever it says.
    let alg = match Alg::parse(&header.alg) {
        Some(Alg::Rs256) if typ == "at+jwt" => None,
        alg => alg,
    };
    let Some(alg) = alg.filter(|_| header.typ == typ) else {
        return Ok(Err("alg or typ"));
    };
    let Ok(signature) = B64.decode(parts.signature) else {
        return Ok(Err("signature"));
    };
    let text = parts.signed.as_bytes();
    if !keys
        .has_signed(&tenant.id, (alg, &header.kid), text, &signature)
        .await?
    {
        return Ok(Err("kid or signature"));
    }
    Ok(decode(parts.claims).ok_or("claims"))
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
