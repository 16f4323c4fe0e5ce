//! Service accounts at the token endpoint: one that proves itself by a key gets a short token in
//! its own name, for no more than the account and the key may.

use std::sync::Arc;

use serde_json::Value;

use super::client::{Given, unknown};
use super::token::Desk;
use super::{Fault, Params, assertion, document, dpop, machine};
use crate::core::{Core, hash_token};
use crate::domain::api_token::API;
use crate::domain::app::{GrantType, USUAL_TOKEN_S, covering};
use crate::domain::scope::Scope;
use crate::domain::settings::AuthMethod;
use crate::domain::tenant::Tenant;
use crate::domain::{Problem, ids};
use crate::sessions::{ByAccount, Live, Proven};
use crate::store::api_tokens::{self, Principal, Token};
use crate::store::{apps, public_keys};
use crate::tokens::{AccountClaims, Confirmation, MachineClaims, USE_MACHINE};

/// So many public keys of one account are tried.
const MOST_KEYS: i64 = 20;
/// The longest name of a resource.
const LONGEST_RESOURCE: usize = 500;

/// A service account that has proven itself.
pub struct Account {
    /// Id; its `client_id`.
    id: String,
    /// The id of the key that it has shown, or has signed with.
    proof: String,
}

/// The service account behind a request.
///
/// # Errors
/// `invalid_client`.
pub(super) async fn prove(
    core: &Core,
    tenant: &Tenant,
    ip: &str,
    (id, given): (&str, &Given),
) -> Result<Account, Fault> {
    if !ids::plausible(id) {
        return Err(unknown());
    }
    let proof = match given {
        Given::Nothing => return Err(unknown()),
        Given::Secret(key) => by_key(core, tenant, id, key).await?,
        Given::Assertion(signed) => {
            let all = public_keys::list(&core.db, &tenant.id, id, "", MOST_KEYS).await;
            let all = all.map_err(Problem::from)?;
            let key = assertion::prove_account(core, tenant, (id, &all), signed).await?;
            key.id.clone()
        }
    };
    let account = Account {
        id: id.to_owned(),
        proof,
    };
    proven(core, tenant, &account).await?;
    core.sessions.used_proof(&account.proof, ip);
    Ok(account)
}

/// A key counts here where it counts as a caller's token.
async fn by_key(core: &Core, tenant: &Tenant, id: &str, key: &str) -> Result<String, Fault> {
    let found = api_tokens::find(&core.db, &hash_token(key)).await;
    match found.map_err(Problem::from)? {
        Some(Token::Api(token))
            if token.tenant == tenant.id
                && token.principal == Principal::ServiceAccount(id.to_owned())
                && tenant.settings.accepts(AuthMethod::ApiToken) =>
        {
            Ok(token.id)
        }
        _ => Err(unknown()),
    }
}

async fn proven(core: &Core, tenant: &Tenant, account: &Account) -> Result<Proven, Fault> {
    let (id, proof) = (&account.id, &account.proof);
    let found = core.sessions.proven(&tenant.id, id, proof).await;
    found.map_err(Problem::from)?.ok_or_else(unknown)
}

/// Gives a service account a token in its own name (RFC 6749 §4.4).
///
/// # Errors
/// [`Fault`].
pub async fn grant(desk: Desk<'_>, account: &Account, params: &Params) -> Result<Value, Fault> {
    match GrantType::parse(params.need("grant_type")?) {
        Some(GrantType::Client) => {}
        Some(_) => {
            let words = "a service account gets tokens in its own name only";
            return Err(Fault::new("unauthorized_client", words));
        }
        None => {
            let words = "grant_type is none of those in grant_types_supported";
            return Err(Fault::new("unsupported_grant_type", words));
        }
    }
    let (core, tenant) = (desk.core, desk.tenant);
    // As for apps: what is given out reckons with all that was committed before it is read.
    core.log.catch_up().await.map_err(Problem::from)?;
    let seen = core.log.position();
    let key = dpop::key(desk, None).await?;
    let proven = proven(core, tenant, account).await?;
    let may = may(desk, account, &proven).await?;
    let scope = scope(&may, params)?;
    let audience = audience(desk, &scope, params).await?;
    let now = core.now() / 1000;
    let ends = proven.ends_at.map_or(i64::MAX, |at| at / 1000);
    let claims = MachineClaims {
        iss: tenant.issuer(),
        sub: account.id.clone(),
        aud: audience,
        client_id: account.id.clone(),
        jti: machine::new_id(desk),
        iat: now,
        exp: (now + USUAL_TOKEN_S).min(ends),
        scope: scope.to_string(),
        token_use: USE_MACHINE.into(),
        account: Some(said_of(&account.proof, &proven)),
        cnf: key.map(|jkt| Confirmation { jkt }),
        seen,
    };
    machine::answer(desk, &claims).await
}

/// What its tokens say of it.
fn said_of(proof: &str, proven: &Proven) -> AccountClaims {
    let org = proven.account.org.as_ref();
    AccountClaims {
        sid: proof.to_owned(),
        org_id: org.map(|org| org.org.0.clone()),
        org_slug: org.map(|org| org.slug.clone()),
        org_roles: org.map(|org| org.roles.clone()).unwrap_or_default(),
        org_permissions: org.map(|org| org.permissions.clone()).unwrap_or_default(),
    }
}

/// All that the account may, and its key with it; applications are open to every account.
async fn may(desk: Desk<'_>, account: &Account, proven: &Proven) -> Result<Scope, Problem> {
    let (tenant, org) = (&desk.tenant.id, proven.account.org.as_ref());
    let authority = desk
        .core
        .authority_of_account(tenant, &account.id, org)
        .await?;
    let mut words = authority.words();
    words.insert(API.to_owned());
    if let Some(limit) = &proven.scopes {
        words.retain(|word| limit.contains(word));
    }
    let words: Vec<String> = words.into_iter().collect();
    Ok(Scope::parse(&words.join(" ")).unwrap_or_default())
}

/// What is asked for of it; without a wish all of it.
fn scope(may: &Scope, params: &Params) -> Result<Scope, Fault> {
    let bad = |detail: &str| Fault::new("invalid_scope", detail);
    let scope = match params.get("scope") {
        Some(text) => {
            let wanted = Scope::parse(text).ok_or_else(|| bad("scope cannot be read"))?;
            wanted.and(may)
        }
        None => may.clone(),
    };
    if scope.is_empty() {
        return Err(bad("this service account may have none of these scopes"));
    }
    Ok(scope)
}

/// Whom it is for (RFC 8707): our own API, or, as far as applications are open to it, one of the
/// tenant's applications or an audience that an operator has registered for an app.
async fn audience(desk: Desk<'_>, scope: &Scope, params: &Params) -> Result<String, Fault> {
    let own = desk.tenant.issuer();
    let mut wanted = params.all("resource");
    let wanted = match (wanted.next(), wanted.next()) {
        (None, _) => return Ok(own),
        (Some(one), None) if one == own => return Ok(own),
        (Some(one), None) => one,
        (Some(_), Some(_)) => {
            let words = "ask for one resource at a time";
            return Err(Fault::new("invalid_target", words));
        }
    };
    let (core, tenant) = (desk.core, desk.tenant);
    let all = document::resources(core, tenant).await?;
    let known = match covering(&all, wanted) {
        _ if wanted.len() > LONGEST_RESOURCE => None,
        Some(application) => Some(application.clone()),
        None => apps::is_audience(&core.db, &tenant.id, wanted)
            .await
            .map_err(Problem::from)?
            .then(|| wanted.to_owned()),
    };
    let Some(known) = known else {
        return Err(Fault::new("invalid_target", "resource is not known here"));
    };
    if !scope.has(API) {
        let words = "applications take tokens with the scope api only";
        return Err(Fault::new("invalid_scope", words));
    }
    Ok(known)
}

/// Is what a token says of a service account true now?
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn stands(
    desk: Desk<'_>,
    id: &str,
    said: &AccountClaims,
) -> Result<bool, Problem> {
    let sessions = &desk.core.sessions;
    let found = sessions.proven(&desk.tenant.id, id, &said.sid).await?;
    Ok(found.is_some_and(|proven| said_of(&said.sid, &proven) == *said))
}

/// A service account as an application sees it that it shows a token to; `None` where that does not
/// count, and for what stands for an app.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn shown(
    desk: Desk<'_>,
    claims: &MachineClaims,
) -> Result<Option<Arc<Live>>, Problem> {
    let Some(said) = &claims.account else {
        return Ok(None);
    };
    if machine::is_taken_back(desk, claims).await? {
        return Ok(None);
    }
    let scopes = claims.scope.split_ascii_whitespace();
    let shown = ByAccount {
        account: &claims.sub,
        proof: &said.sid,
        scopes: scopes.map(str::to_owned).collect(),
        issued_at: claims.iat * 1000,
        expires_at: claims.exp * 1000,
    };
    let sessions = &desk.core.sessions;
    Ok(sessions.account_shown(&desk.tenant.id, shown).await?)
}

/// Ends a token that a service account gives back (RFC 7009). What is not known, or another's, is
/// left alone, and nothing is said about it.
///
/// # Errors
/// [`Fault`].
pub async fn give_back(desk: Desk<'_>, account: &Account, params: &Params) -> Result<(), Fault> {
    let found = machine::standing(desk, params.need("token")?).await?;
    if let Some(claims) = found.filter(|claims| claims.client_id == account.id) {
        let whose = ("service_account", account.id.as_str());
        machine::take_back(desk, whose, &claims).await?;
    }
    Ok(())
}
