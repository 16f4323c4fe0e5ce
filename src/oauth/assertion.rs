//! Apps and service accounts that prove themselves by a text that they sign (RFC 7523 §3).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Fault;
use crate::core::{Core, Document, hash_token};
use crate::domain::app::App;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Problem};
use crate::store::noted_ids::{self, Noted};
use crate::store::public_keys::PublicKey;
use crate::tokens::Foreign;

/// What `client_assertion_type` has to say.
pub(super) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Nobody makes one long before it is used, s.
const LONGEST_S: i64 = 300;
/// How far clocks may be apart, s.
const SKEW_S: i64 = 10;

/// Whom a text says it is from, to look up whose keys to try.
pub(super) fn said_from(assertion: &str) -> Option<String> {
    let subject = Foreign::parse(assertion)?.said_subject()?.to_owned();
    Some(subject)
}

/// Did this app sign this text, for us, just now, and for the first time?
///
/// # Errors
/// `invalid_client`; 503 while its keys cannot be had.
pub(super) async fn prove(
    core: &Core,
    tenant: &Tenant,
    app: &App,
    assertion: &str,
) -> Result<(), Fault> {
    let token = read(assertion)?;
    let claims = signed(core, app, &token).await?;
    let claims = claims.ok_or_else(|| bad("none of the app's keys signed it"))?;
    once(core, tenant, (app.client_id(), app.id.as_str()), &claims).await
}

/// The same for a service account; which of its keys signed.
///
/// # Errors
/// `invalid_client`.
pub(super) async fn prove_account<'a>(
    core: &Core,
    tenant: &Tenant,
    (id, keys): (&str, &'a [PublicKey]),
    assertion: &str,
) -> Result<&'a PublicKey, Fault> {
    let token = read(assertion)?;
    let found = keys.iter().find_map(|key| {
        let claims = token.claims_by_any(std::slice::from_ref(&key.jwk))?;
        Some((key, claims))
    });
    let (key, claims) = found.ok_or_else(|| bad("none of the account's keys signed it"))?;
    once(core, tenant, (id, id), claims).await?;
    Ok(key)
}

fn bad(why: &str) -> Fault {
    Fault::client(format!("client_assertion is not valid: {why}"))
}

fn read(assertion: &str) -> Result<Foreign<'_>, Fault> {
    let token = Foreign::parse(assertion).ok_or_else(|| bad("it is no signed JWT"))?;
    // One that was made for another purpose proves nothing here (RFC 8725 §3.11).
    let typ = token.typ.as_deref().unwrap_or("JWT");
    if !["jwt", "client-authentication+jwt"].contains(&typ.to_ascii_lowercase().as_str()) {
        return Err(bad("typ"));
    }
    Ok(token)
}

/// Judges what was signed, and takes its id: whoever is called `name` and has the id `whose` has
/// proven it once.
async fn once(
    core: &Core,
    tenant: &Tenant,
    (name, whose): (&str, &str),
    claims: &Map<String, Value>,
) -> Result<(), Fault> {
    let now = core.now() / 1000;
    let (id, until) = judge(claims, name, tenant, now).map_err(bad)?;
    let hash = hash_token(&format!("{whose}\0{id}"));
    let mut write = core.begin().await.map_err(Problem::from)?;
    let until = (until + SKEW_S) * 1000;
    let what = (Noted::Assertion, hash.as_slice());
    let first = noted_ids::note(&mut write.tx, &tenant.id, what, until).await;
    let first = first.map_err(Problem::from)?;
    core.commit(write).await.map_err(Problem::from)?;
    if first {
        Ok(())
    } else {
        Err(bad("jti was used before"))
    }
}

/// Its id and its end, if it is what it should be.
fn judge<'a>(
    claims: &'a Map<String, Value>,
    name: &str,
    tenant: &Tenant,
    now: i64,
) -> Result<(&'a str, i64), &'static str> {
    let text = |member: &str| claims.get(member).and_then(Value::as_str);
    if text("iss") != Some(name) || text("sub") != Some(name) {
        return Err("iss and sub have to be the client_id");
    }
    // For us and for nobody else: one that is good in two places can be carried from one to the
    // other.
    let aud = match claims.get("aud") {
        Some(Value::String(one)) => Some(one.as_str()),
        Some(Value::Array(all)) if all.len() == 1 => all[0].as_str(),
        _ => None,
    };
    if aud.is_none_or(|aud| aud != tenant.issuer() && aud != tenant.address("/oauth/token")) {
        return Err("aud has to be the issuer");
    }
    let exp = claims.get("exp").and_then(Value::as_i64).ok_or("exp")?;
    if exp <= now - SKEW_S || exp > now + LONGEST_S + SKEW_S {
        return Err("exp has to be in the next five minutes");
    }
    for member in ["iat", "nbf"] {
        let at = claims.get(member).map(Value::as_i64);
        if at.is_some_and(|at| at.is_none_or(|at| at > now + SKEW_S)) {
            return Err("iat or nbf is not yet");
        }
    }
    let id = text("jti").filter(|id| !id.is_empty() && id.len() <= 255);
    Ok((id.ok_or("jti")?, exp))
}

/// What it says, if one of the app's keys signed it.
async fn signed(
    core: &Core,
    app: &App,
    token: &Foreign<'_>,
) -> Result<Option<Map<String, Value>>, Fault> {
    let what = &app.registration;
    if let Some(set) = &what.jwks {
        return Ok(token.claims_by_any(keys(Some(set))).cloned());
    }
    let Some(url) = &what.jwks_uri else {
        return Ok(None);
    };
    let document: Arc<Document> = core.document(url).await;
    if let Some(claims) = token.claims_by_any(keys(document.value.as_ref())) {
        return Ok(Some(claims.clone()));
    }
    // A key that we have not seen yet.
    if let Some(newer) = core.newer_document(url, &document).await {
        let found = token.claims_by_any(keys(newer.value.as_ref())).cloned();
        return found.map_or_else(|| verdict(&newer), |claims| Ok(Some(claims)));
    }
    verdict(&document)
}

/// What cannot be had is no verdict on who calls.
fn verdict(document: &Document) -> Result<Option<Map<String, Value>>, Fault> {
    if document.value.is_some() {
        return Ok(None);
    }
    let detail = "The app's keys cannot be had. Try again in a few seconds.";
    Err(Problem::new(Code::UpstreamUnavailable, detail)
        .retry_in(30)
        .into())
}

fn keys(set: Option<&Value>) -> &[Value] {
    let found = set.and_then(|set| set.get("keys")?.as_array());
    found.map_or(&[], Vec::as_slice)
}
