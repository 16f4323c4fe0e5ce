//! Proofs that whoever calls holds a key (RFC 9449).

use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::Fault;
use super::token::Desk;
use crate::core::hash_token;
use crate::domain::Problem;
use crate::store::noted_ids::{self, Noted};
use crate::tokens::{self, Foreign};

/// How old a proof may be, and how far ahead the caller's clock, s.
const SKEW_S: i64 = 60;

/// What came with a request.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// The header; empty if it is there and cannot be one.
    pub proof: Option<&'a str>,
    /// The request's method.
    pub method: &'a str,
    /// The request's path.
    pub path: &'a str,
}

fn bad(why: &str) -> Fault {
    Fault::new(
        "invalid_dpop_proof",
        format!("the proof is not valid: {why}"),
    )
}

/// The name of the key that a request proves to hold; `None` where it brings no proof. `token` is
/// the access token that it is for.
///
/// # Errors
/// `invalid_dpop_proof`.
pub(super) async fn key(desk: Desk<'_>, token: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(proof) = desk.sent.proof else {
        return Ok(None);
    };
    let read = Foreign::parse(proof).ok_or_else(|| bad("it is no signed JWT"))?;
    if read.typ.as_deref() != Some("dpop+jwt") {
        return Err(bad("typ"));
    }
    let key = read.jwk.as_ref().ok_or_else(|| bad("jwk"))?;
    let claims = read.claims_by(key).ok_or_else(|| bad("signature"))?;
    let name = tokens::thumbprint(key).ok_or_else(|| bad("jwk"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("htm") != Some(desk.sent.method) {
        return Err(bad("htm"));
    }
    if !text("htu").is_some_and(|htu| is_here(desk, htu)) {
        return Err(bad("htu"));
    }
    let now = desk.core.now() / 1000;
    let iat = claims.get("iat").and_then(Value::as_i64);
    let iat = iat.filter(|iat| (now - SKEW_S..=now + SKEW_S).contains(iat));
    let iat = iat.ok_or_else(|| bad("iat is not now"))?;
    if let Some(token) = token {
        let own = tokens::digest(token);
        let fits = |ath: &str| bool::from(ath.as_bytes().ct_eq(own.as_bytes()));
        if !text("ath").is_some_and(fits) {
            return Err(bad("ath"));
        }
    }
    let id = text("jti").filter(|id| !id.is_empty() && id.len() <= 255);
    let id = id.ok_or_else(|| bad("jti"))?;
    let hash = hash_token(&format!("{name}\0{id}"));
    if first(desk, &hash, (iat + 2 * SKEW_S) * 1000).await? {
        return Ok(Some(name));
    }
    Err(bad("jti was used before"))
}

/// Without query and fragment (RFC 9449 §4.3).
fn is_here(desk: Desk<'_>, htu: &str) -> bool {
    let plain = |text: &str| {
        let mut url = url::Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    let here = plain(&desk.tenant.address(desk.sent.path));
    here.is_some() && plain(htu) == here
}

async fn first(desk: Desk<'_>, hash: &[u8], until: i64) -> Result<bool, Problem> {
    let mut write = desk.core.begin().await?;
    let what = (Noted::Possession, hash);
    let first = noted_ids::note(&mut write.tx, &desk.tenant.id, what, until).await?;
    desk.core.commit(write).await?;
    Ok(first)
}

/// The key of a request for tokens: an app that is registered so brings one every time.
///
/// # Errors
/// `invalid_dpop_proof`.
pub(super) async fn key_of_app(
    desk: Desk<'_>,
    app: &crate::domain::app::App,
) -> Result<Option<String>, Fault> {
    let key = key(desk, None).await?;
    if key.is_none() && app.registration.dpop_bound_access_tokens {
        return Err(bad("this app has to send one"));
    }
    Ok(key)
}

/// Is this the form of a key's name?
pub(super) fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.len() == 43 && text.bytes().all(fits)
}
