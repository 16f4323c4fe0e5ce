//! Service accounts of an organization and their keys.
//!
//! Whoever makes a key can do what the account may: nobody makes, changes or ends what may do
//! more than they.

use serde_json::{Value, json};

use super::members::{known, require_covered};
use super::{Act, check_version, moved};
use crate::audit::{Event, Outcome, kind};
use crate::core::PlainToken;
use crate::domain::{Code, OrgId, Problem};
use crate::lane_a::api_tokens::{self, NewToken, Owner};
use crate::lane_a::submit::check_name;
use crate::store::Write;
use crate::store::api_tokens::{self as keys, ApiToken, Principal};
use crate::store::invalidations::{Change, Scope};
use crate::store::service_accounts::{self as rows, ServiceAccount, ServiceState};

/// So many in one organization.
const MOST: i64 = 200;

/// What is changed about a service account; `None` keeps.
#[derive(Default)]
pub struct ServiceChange {
    /// Name.
    pub name: Option<String>,
    /// On or off.
    pub state: Option<ServiceState>,
    /// Short names of its roles.
    pub roles: Option<Vec<String>>,
}

/// A page of an organization's service accounts.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_service_accounts(
    act: &Act<'_>,
    org: &OrgId,
    after: &str,
    limit: i64,
) -> Result<Vec<ServiceAccount>, Problem> {
    Ok(rows::list(&act.core.db, &act.tenant.id, org, after, limit).await?)
}

/// A service account of that organization.
///
/// # Errors
/// `not_found`.
pub async fn get_service_account(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
) -> Result<ServiceAccount, Problem> {
    let found = rows::find(&act.core.db, &act.tenant.id, org, id).await?;
    found.ok_or_else(Problem::not_found)
}

/// Makes a service account without keys.
///
/// # Errors
/// `invalid_field`, `forbidden` for roles above the caller, `conflict` when there are too many.
pub async fn create_service_account(
    act: &Act<'_>,
    org: &OrgId,
    name: &str,
    roles: &[String],
) -> Result<ServiceAccount, Problem> {
    let tenant = &act.tenant.id;
    let account = ServiceAccount {
        id: act.core.new_id(),
        org: Some(org.clone()),
        name: check_name(name)?,
        state: ServiceState::Active,
        roles: tidy(roles),
        version: 1,
        created_at: act.core.now(),
    };
    let mut write = act.core.begin().await?;
    known(act, &mut write, org, roles).await?;
    covered(act, &mut write, org, &account.roles).await?;
    if rows::count(&mut write.tx, tenant, org).await? >= MOST {
        let text = "There are too many service accounts here. Delete one first.";
        return Err(Problem::new(Code::Conflict, text));
    }
    rows::create(&mut write.tx, tenant, &account).await?;
    rows::set_roles(&mut write.tx, tenant, (org, &account.id), &account.roles).await?;
    let event = event(kind::SERVICE_ACCOUNT_CREATED, org, &account.id);
    act.audit(&mut write, event.change(None, Some(shown(&account))))
        .await?;
    act.core.commit(write).await?;
    Ok(account)
}

/// Changes a service account; its keys follow at once.
///
/// # Errors
/// `not_found`, `version_mismatch`, `invalid_field`, `forbidden`.
pub async fn change_service_account(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
    change: ServiceChange,
    expected: Option<i64>,
) -> Result<ServiceAccount, Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let mut account = below(act, &mut write, org, id).await?;
    check_version(expected, account.version)?;
    let before = shown(&account);
    if let Some(name) = change.name {
        account.name = check_name(&name)?;
    }
    if let Some(roles) = change.roles {
        known(act, &mut write, org, &roles).await?;
        account.roles = tidy(&roles);
        covered(act, &mut write, org, &account.roles).await?;
    }
    account.state = change.state.unwrap_or(account.state);
    if !rows::update(&mut write.tx, tenant, &account).await? {
        return Err(moved());
    }
    account.version += 1;
    rows::set_roles(&mut write.tx, tenant, (org, id), &account.roles).await?;
    // Caches and verifiers know it as the caller that it is.
    write.invalidate_in(tenant, Change::Changed, Scope::User, id);
    let event = event(kind::SERVICE_ACCOUNT_UPDATED, org, id);
    act.audit(
        &mut write,
        event.change(Some(before), Some(shown(&account))),
    )
    .await?;
    act.core.commit(write).await?;
    Ok(account)
}

/// Deletes a service account with its keys.
///
/// # Errors
/// `not_found`, `version_mismatch`, `forbidden`.
pub async fn delete_service_account(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
    expected: Option<i64>,
) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    let account = below(act, &mut write, org, id).await?;
    check_version(expected, account.version)?;
    if !rows::delete(&mut write.tx, &act.tenant.id, id).await? {
        return Err(moved());
    }
    write.invalidate_in(&act.tenant.id, Change::Ended, Scope::User, id);
    let event = event(kind::SERVICE_ACCOUNT_DELETED, org, id);
    act.audit(&mut write, event.change(Some(shown(&account)), None))
        .await?;
    act.core.commit(write).await?;
    Ok(())
}

/// A page of an account's keys that have not been revoked, newest first.
///
/// # Errors
/// `not_found`.
pub async fn list_keys(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<ApiToken>, Problem> {
    let account = get_service_account(act, org, id).await?;
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    Ok(keys::list(db, tenant, &principal(&account), before, limit).await?)
}

/// Makes a key; its value is in this answer only. Others that the account has stay as they are,
/// so that one can take over from the other.
///
/// # Errors
/// `not_found`, `invalid_field`, `forbidden` for an account above the caller, `conflict` when
/// there are too many.
pub async fn create_key(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
    new: NewToken,
) -> Result<(ApiToken, PlainToken), Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let mut write = core.begin().await?;
    let account = below(act, &mut write, org, id).await?;
    let owner = Owner {
        principal: principal(&account),
        org: None,
        sign_in: None,
    };
    let made = api_tokens::issue(core, &mut write, tenant, owner, new).await?;
    act.audit(&mut write, api_tokens::created(&made.0).org(org.as_str()))
        .await?;
    core.commit(write).await?;
    Ok(made)
}

/// Revokes a key; it is over at once, everywhere.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn revoke_key(act: &Act<'_>, org: &OrgId, id: &str, key: &str) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    let account = below(act, &mut write, org, id).await?;
    let owner = principal(&account);
    let event = api_tokens::revoke(&mut write, &act.tenant.id, &owner, key).await?;
    act.audit(&mut write, event.org(org.as_str())).await?;
    act.core.commit(write).await?;
    Ok(())
}

fn principal(account: &ServiceAccount) -> Principal {
    Principal::ServiceAccount(account.id.clone())
}

/// An account that may do no more than the caller.
pub(super) async fn below(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    id: &str,
) -> Result<ServiceAccount, Problem> {
    let found = rows::find(&mut write.tx, &act.tenant.id, org, id).await?;
    let account = found.ok_or_else(Problem::not_found)?;
    covered(act, write, org, &account.roles).await?;
    Ok(account)
}

async fn covered(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    roles: &[String],
) -> Result<(), Problem> {
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    require_covered(act, write, org, &roles).await
}

fn tidy(roles: &[String]) -> Vec<String> {
    let all: std::collections::BTreeSet<&String> = roles.iter().collect();
    all.into_iter().cloned().collect()
}

fn shown(account: &ServiceAccount) -> Value {
    json!({ "name": account.name, "state": account.state, "roles": account.roles })
}

fn event(kind: &'static str, org: &OrgId, id: &str) -> Event {
    Event::new(kind, Outcome::Success, ("service_account", id)).org(org.as_str())
}
