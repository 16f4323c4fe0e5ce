//! API keys that were in use elsewhere: they go on, by their hash, and nobody has to swap them
//! first.

use serde_json::json;

use super::Act;
use super::members::require_covered;
use super::users::find_below;
use crate::audit::{Event, Outcome, kind};
use crate::domain::{Code, Problem, UserId};
use crate::lane_a::api_tokens::check_scopes;
use crate::lane_a::submit::check_name;
use crate::store::Write;
use crate::store::api_tokens::{self, ApiToken, Principal, Usage};
use crate::store::service_accounts;

/// The furthest end, from now.
const LONGEST_MS: i64 = 5 * 366 * 86_400_000;

/// A key as it is known elsewhere.
pub struct ForeignKey {
    /// SHA-256 of its text, as 64 hexadecimal digits.
    pub sha256: String,
    /// What people call it.
    pub name: String,
    /// Whom it stands for.
    pub owner: Principal,
    /// What it is limited to.
    pub scopes: Option<Vec<String>>,
    /// Epoch ms.
    pub expires_at: i64,
}

/// Imports a key.
///
/// # Errors
/// `invalid_field`, `not_found`, `duplicate` for a value that is known already, `forbidden` for an
/// owner above the caller: whoever imports a key can call as its owner.
pub async fn import_key(act: &Act<'_>, key: ForeignKey) -> Result<ApiToken, Problem> {
    let tenant = &act.tenant.id;
    let hash = digest(&key.sha256).ok_or_else(|| {
        let text = "Give SHA-256 of the key as 64 hexadecimal digits.";
        Problem::field("/sha256", "invalid", text)
    })?;
    let mut write = act.core.begin().await?;
    let now = write.now();
    if !(now..now.saturating_add(LONGEST_MS)).contains(&key.expires_at) {
        let text = "Give an instant within the next five years.";
        return Err(Problem::field("/expires_at", "out_of_range", text));
    }
    let scopes = key.scopes.as_deref().map(check_scopes).transpose()?;
    own(act, &mut write, &key.owner).await?;
    let token = ApiToken {
        id: act.core.new_id(),
        // Nobody here has seen the key: the beginning of its hash tells two apart.
        prefix: format!("sha256:{:.8}", key.sha256.to_ascii_lowercase()),
        name: check_name(&key.name)?,
        tenant: tenant.clone(),
        // A person's is limited to something: nobody has seen its scopes grow.
        scopes: match (&key.owner, scopes) {
            (Principal::User(_), None) => Some(vec!["api".to_owned()]),
            (_, scopes) => scopes,
        },
        principal: key.owner,
        org: None,
        sign_in: None,
        created_at: now,
        expires_at: key.expires_at,
        usage: Usage::default(),
    };
    if api_tokens::is_known(&mut write.tx, &hash).await? {
        let text = "This key is known already.";
        return Err(Problem::new(Code::Duplicate, text));
    }
    api_tokens::create_api(&mut write.tx, &token, &hash).await?;
    let target = ("api_token", token.id.as_str());
    let event = Event::new(kind::API_TOKEN_IMPORTED, Outcome::Success, target);
    let detail = json!({ "name": token.name, "scopes": token.scopes, "owner": owner(&token) });
    act.audit(&mut write, event.detail(detail)).await?;
    act.core.commit(write).await?;
    Ok(token)
}

/// Whoever it stands for is there, and not above the caller.
async fn own(act: &Act<'_>, write: &mut Write, owner: &Principal) -> Result<(), Problem> {
    match owner {
        Principal::User(user) => find_below(act, write, user).await.map(|_| ()),
        Principal::ServiceAccount(id) => {
            let found = service_accounts::find_anywhere(&mut write.tx, &act.tenant.id, id).await?;
            let account = found.ok_or_else(Problem::not_found)?;
            let org = account.org.as_ref().ok_or_else(Problem::not_found)?;
            let roles: Vec<&str> = account.roles.iter().map(String::as_str).collect();
            require_covered(act, write, org, &roles).await
        }
    }
}

fn owner(token: &ApiToken) -> (&'static str, &str) {
    match &token.principal {
        Principal::User(UserId(id)) => ("user", id),
        Principal::ServiceAccount(id) => ("service_account", id),
    }
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut out = [0u8; 32];
    for (place, pair) in out.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *place = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn a_hash_is_64_digits_and_nothing_else() {
        assert_eq!(digest(&"0a".repeat(32)), Some([10; 32]));
        assert_eq!(digest(&"0A".repeat(32)), Some([10; 32]));
        for bad in [
            "",
            "0a",
            &"0".repeat(63),
            &"g".repeat(64),
            &"0".repeat(65),
            &"+1".repeat(32),
        ] {
            assert_eq!(digest(bad), None, "{bad}");
        }
    }
}
