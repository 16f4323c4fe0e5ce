//! Public keys of service accounts, by which they prove who they are at the token endpoint.

use serde_json::{Map, Value, json};

use super::Act;
use super::service_accounts::{below, get_service_account};
use crate::audit::{Event, Outcome, kind};
use crate::domain::{Code, OrgId, Problem, jwk};
use crate::lane_a::submit::check_name;
use crate::store::api_tokens::Usage;
use crate::store::invalidations::{Change, Scope};
use crate::store::public_keys::{self as keys, PublicKey};
use crate::tokens;

/// So many of one account.
const MOST: usize = 20;
/// What is kept of a key: nothing else is looked at.
const MEMBERS: &[&str] = &["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"];

/// A page of an account's public keys, newest first.
///
/// # Errors
/// `not_found`.
pub async fn list_public_keys(
    act: &Act<'_>,
    org: &OrgId,
    account: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<PublicKey>, Problem> {
    let account = get_service_account(act, org, account).await?;
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    Ok(keys::list(db, tenant, &account.id, before, limit).await?)
}

/// Registers a public key. Others that the account has stay as they are, so that one can take
/// over from the other.
///
/// # Errors
/// `not_found`, `invalid_field`, `forbidden` for an account above the caller, `duplicate`,
/// `conflict` when there are too many.
pub async fn add_public_key(
    act: &Act<'_>,
    org: &OrgId,
    account: &str,
    (name, jwk): (&str, &Value),
) -> Result<PublicKey, Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let name = check_name(name)?;
    let (jwk, thumbprint) = check_key(jwk)?;
    let mut write = core.begin().await?;
    let account = below(act, &mut write, org, account).await?;
    let held = keys::list(&mut write.tx, tenant, &account.id, "", 100).await?;
    if held.iter().any(|key| key.thumbprint == thumbprint) {
        return Err(Problem::new(Code::Duplicate, "This key is known already."));
    }
    if held.len() >= MOST {
        let text = "There are too many public keys here. Remove one first.";
        return Err(Problem::new(Code::Conflict, text));
    }
    let key = PublicKey {
        id: core.new_id(),
        name,
        thumbprint,
        jwk,
        created_at: write.now(),
        usage: Usage::default(),
    };
    keys::add(&mut write.tx, tenant, &account.id, &key).await?;
    let event = event(kind::PUBLIC_KEY_ADDED, org, &key.id);
    let event = event.detail(json!({
        "service_account": account.id, "name": key.name, "thumbprint": key.thumbprint,
    }));
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Ok(key)
}

/// Removes a public key; it proves nothing from now on, and the tokens that came of it end.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn remove_public_key(
    act: &Act<'_>,
    org: &OrgId,
    account: &str,
    key: &str,
) -> Result<(), Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let mut write = core.begin().await?;
    let account = below(act, &mut write, org, account).await?;
    let name = keys::remove(&mut write.tx, tenant, &account.id, key).await?;
    let name = name.ok_or_else(Problem::not_found)?;
    // Tokens that came of it have its id as `sid`.
    write.invalidate_in(tenant, Change::Ended, Scope::Session, key);
    let event = event(kind::PUBLIC_KEY_REMOVED, org, key);
    let event = event.detail(json!({ "service_account": account.id, "name": name }));
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Ok(())
}

/// What is kept of a key that is public and of a kind that is accepted, and its name.
fn check_key(key: &Value) -> Result<(Value, String), Problem> {
    let refused = |text: &str| Problem::field("/jwk", "invalid", text);
    jwk::check_set(&json!({ "keys": [key] })).map_err(refused)?;
    let kind = "Give keys of RSA, of the curve P-256 or of Ed25519.";
    let thumbprint = tokens::thumbprint(key).ok_or_else(|| refused(kind))?;
    let members = key.as_object().into_iter().flatten();
    let kept: Map<String, Value> = members
        .filter(|(name, _)| MEMBERS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok((Value::Object(kept), thumbprint))
}

fn event(kind: &'static str, org: &OrgId, key: &str) -> Event {
    Event::new(kind, Outcome::Success, ("public_key", key)).org(org.as_str())
}

#[cfg(test)]
mod tests {
    use super::check_key;
    use serde_json::json;

    #[test]
    fn only_what_is_public_and_looked_at_is_kept() {
        let key =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "abc", "kid": "k1", "x5c": ["..."] });
        let (kept, name) = check_key(&key).expect("a key");
        assert_eq!(
            kept,
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "abc", "kid": "k1" })
        );
        assert_eq!(name.len(), 43);
        for bad in [
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "abc", "d": "secret" }),
            json!({ "kty": "oct", "k": "c2VjcmV0" }),
            json!("a key"),
            json!(null),
        ] {
            let problem = check_key(&bad).expect_err("no key");
            assert_eq!(problem.errors[0].pointer, "/jwk", "{bad}");
        }
    }
}
