//! API tokens of people and keys of service accounts: how they are made and revoked.
//!
//! Owns: names, scopes and lives of tokens, and how many there may be.
//! Must not know: who may make one.

use serde_json::json;

use super::submit::check_name;
use crate::audit::{Event, Outcome, kind};
use crate::authz::Permission;
use crate::core::{Core, PlainToken};
use crate::domain::api_token::{API, Kind, SignIn, shown_prefix};
use crate::domain::{Code, OrgId, Problem, TenantId};
use crate::store::Write;
use crate::store::api_tokens::{self, ApiToken, Principal, Usage};
use crate::store::invalidations::{Change, Scope};

/// A token lives so long where nobody says otherwise.
pub const LIFE_S: i64 = 90 * DAY_S;
const DAY_S: i64 = 86_400;
const SHORTEST_S: i64 = 300;
const LONGEST_S: i64 = 366 * DAY_S;
/// So many that count of one owner.
const MOST: i64 = 50;

/// A token to make.
pub struct NewToken {
    /// What people call it.
    pub name: String,
    /// What it is limited to; `None` only for service accounts.
    pub scopes: Option<Vec<String>>,
    /// Seconds.
    pub expires_in: Option<i64>,
}

/// Whose it will be.
pub(super) struct Owner {
    pub principal: Principal,
    pub org: Option<OrgId>,
    pub sign_in: Option<SignIn>,
}

/// The scopes that a token can have, in order of the table.
pub fn scopes() -> impl Iterator<Item = &'static str> {
    let ours = Permission::ALL.iter().copied().filter(|one| {
        // No token changes the account that it belongs to.
        *one != Permission::AccountWrite
    });
    [API].into_iter().chain(ours.map(Permission::as_str))
}

/// Makes a token inside a transaction; its value is shown once.
pub(super) async fn issue(
    core: &Core,
    write: &mut Write,
    tenant: &TenantId,
    owner: Owner,
    new: NewToken,
) -> Result<(ApiToken, PlainToken), Problem> {
    let name = check_name(&new.name)?;
    let life = new.expires_in.unwrap_or(LIFE_S);
    if !(SHORTEST_S..=LONGEST_S).contains(&life) {
        let text = "Use 300 to 31622400 seconds.";
        return Err(Problem::field("/expires_in", "out_of_range", text));
    }
    let scopes = new.scopes.as_deref().map(check_scopes).transpose()?;
    let now = write.now();
    if api_tokens::count(&mut write.tx, tenant, &owner.principal, now).await? >= MOST {
        let text = "There are too many tokens. Revoke one first.";
        return Err(Problem::new(Code::Conflict, text));
    }
    let kind = match &owner.principal {
        Principal::User(_) => Kind::Personal,
        Principal::ServiceAccount(_) => Kind::Service,
    };
    let (plain, hash) = core.new_api_token(kind);
    let token = ApiToken {
        id: core.new_id(),
        prefix: shown_prefix(plain.expose()),
        name,
        tenant: tenant.clone(),
        principal: owner.principal,
        org: owner.org,
        scopes,
        sign_in: owner.sign_in,
        created_at: now,
        expires_at: now + life * 1000,
        usage: Usage::default(),
    };
    api_tokens::create_api(&mut write.tx, &token, &hash).await?;
    Ok((token, plain))
}

/// Known words, each once, in order of the table.
pub(super) fn check_scopes(words: &[String]) -> Result<Vec<String>, Problem> {
    if words.is_empty() {
        let text = "Say what the token is for: one scope at least.";
        return Err(Problem::field("/scopes", "required", text));
    }
    for (i, word) in words.iter().enumerate() {
        if !scopes().any(|one| one == word) {
            let all: Vec<&str> = scopes().collect();
            let text = format!("A token can have these scopes: {}.", all.join(", "));
            return Err(Problem::field(&format!("/scopes/{i}"), "unknown", text));
        }
    }
    let wanted = scopes().filter(|one| words.iter().any(|word| word == one));
    Ok(wanted.map(str::to_owned).collect())
}

/// Revokes one of an owner's tokens inside a transaction; every node hears of it.
pub(super) async fn revoke(
    write: &mut Write,
    tenant: &TenantId,
    owner: &Principal,
    id: &str,
) -> Result<Event, Problem> {
    let now = write.now();
    let name = api_tokens::revoke_of(&mut write.tx, tenant, owner, id, now).await?;
    let name = name.ok_or_else(Problem::not_found)?;
    // Whose it was, for readers of the feed: backends get tokens with its id as `sid`.
    write.invalidate_in(tenant, Change::Ended, Scope::Session, id);
    let target = ("api_token", id);
    Ok(
        Event::new(kind::API_TOKEN_REVOKED, Outcome::Success, target)
            .detail(json!({ "name": name, "owner": shown_owner(owner) })),
    )
}

/// What the log says about a new token.
pub(super) fn created(token: &ApiToken) -> Event {
    let target = ("api_token", token.id.as_str());
    Event::new(kind::API_TOKEN_CREATED, Outcome::Success, target).detail(json!({
        "name": token.name, "prefix": token.prefix, "scopes": token.scopes,
        "org": token.org, "owner": shown_owner(&token.principal), "expires_at": token.expires_at,
    }))
}

fn shown_owner(owner: &Principal) -> String {
    match owner {
        Principal::User(id) => format!("user:{id}"),
        Principal::ServiceAccount(id) => format!("service_account:{id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::check_scopes;

    #[test]
    fn scopes_are_known_words_each_once_and_never_none() {
        let read = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            check_scopes(&words)
        };
        let good = read(&["members:read", "api", "members:read"]).expect("known");
        assert_eq!(good, ["api", "members:read"]);
        assert!(read(&[]).is_err());
        for bad in ["account:write", "*", "", "API", "openid"] {
            let problem = read(&["api", bad]).expect_err(bad);
            assert_eq!(problem.errors[0].pointer, "/scopes/1");
        }
    }
}
