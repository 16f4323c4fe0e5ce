//! What an operator does to a person reaches the account that they sign in with, where an
//! outside provider lets us manage its people.
//!
//! Owns: which accounts those are, and what is written there.
//! Must not know: who may do it, and what stands here.

use std::sync::Arc;

use laneway_contract::{DirectoryUser, Provider};

use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::Role;
use crate::domain::user::{LinkKind, User, UserState};
use crate::domain::{Code, Problem, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::links;

/// Somebody's account at an outside provider.
pub(super) struct Account {
    pub(super) upstream: Arc<Configured>,
    pub(super) subject: String,
}

/// Does this outside provider let us manage those who sign in at it? The embedded one is no
/// other place: what stands here decides there.
pub(in crate::lane_a) fn is_managed(upstream: &Configured) -> bool {
    upstream.row.kind != EMBEDDED && has(upstream, |provider| provider.user_directory().is_some())
}

/// Do people sign in at it, and has it this ability?
fn has(upstream: &Configured, ability: fn(&dyn Provider) -> bool) -> bool {
    let in_use = matches!(upstream.row.role, Role::Primary | Role::Companion);
    in_use && upstream.provider().is_ok_and(ability)
}

/// The accounts of a person that are managed from here.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn accounts(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
) -> Result<Vec<Account>, Problem> {
    let all = core.providers.of_tenant(tenant).await?;
    let managed: Vec<_> = all.iter().filter(|one| is_managed(one)).collect();
    linked(core, tenant, user, &managed).await
}

/// The accounts of a person at providers with an ability, that of the primary one first.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn accounts_with(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
    ability: fn(&dyn Provider) -> bool,
) -> Result<Vec<Account>, Problem> {
    let all = core.providers.of_tenant(tenant).await?;
    let able: Vec<_> = all.iter().filter(|one| has(one, ability)).collect();
    let mut accounts = linked(core, tenant, user, &able).await?;
    accounts.sort_by_key(|account| !matches!(account.upstream.row.role, Role::Primary));
    Ok(accounts)
}

async fn linked(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
    upstreams: &[&Arc<Configured>],
) -> Result<Vec<Account>, Problem> {
    if upstreams.is_empty() {
        return Ok(Vec::new());
    }
    let links = links::list(&core.db, &tenant.id, user).await?;
    let links = links.iter().filter(|link| link.kind == LinkKind::Upstream);
    let accounts = links.filter_map(|link| {
        let upstream = upstreams.iter().find(|one| one.row.issuer == link.issuer)?;
        Some(Account {
            upstream: Arc::clone(upstream),
            subject: link.subject.clone(),
        })
    });
    Ok(accounts.collect())
}

/// Before it is written here: a refusal there changes nothing. Letting somebody in again is told
/// whatever stood here, because a try that stopped halfway is made again.
///
/// # Errors
/// What the provider says; `invalid_field` for a value that its rules refuse, `duplicate` for an
/// address of somebody else there.
pub(super) async fn follow(
    core: &Core,
    accounts: &[Account],
    (before, after): (&User, &User),
    state: Option<UserState>,
) -> Result<(), Problem> {
    for account in accounts {
        account.describe(core, before, after).await?;
        if state == Some(UserState::Active) {
            account.set_enabled(core, true).await?;
        }
    }
    Ok(())
}

/// A person moves themselves to another address, before it is written here.
///
/// # Errors
/// What the provider says; `duplicate` for an address of somebody else there.
pub(in crate::lane_a) async fn move_address(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
    (address, proven): (&str, bool),
) -> Result<(), Problem> {
    for account in accounts(core, tenant, user).await? {
        let moved = account.change(core, |person| {
            (person.email, person.email_verified) = (Some(address.to_owned()), proven);
        });
        moved.await?;
    }
    Ok(())
}

/// After it is written here: a provider that is away must not keep somebody's sessions alive.
///
/// # Errors
/// What the provider says.
pub(super) async fn keep_out(core: &Core, accounts: &[Account]) -> Result<(), Problem> {
    for account in accounts {
        account.set_enabled(core, false).await.map_err(|problem| Problem {
            detail: "They are switched off here and signed out, but not at the identity provider. Switch them off again to repeat it there."
                .into(),
            ..problem
        })?;
    }
    Ok(())
}

/// Removes the accounts.
///
/// # Errors
/// What the provider says.
pub(super) async fn remove(core: &Core, accounts: &[Account]) -> Result<(), Problem> {
    for account in accounts {
        let Some(directory) = account.upstream.provider()?.user_directory() else {
            continue;
        };
        let work = directory.delete(&account.subject);
        let gone = core.providers.call(&account.upstream, "delete_user", work);
        unless_gone(gone.await)?;
    }
    Ok(())
}

impl Account {
    /// Only what changes here: the rest may have been changed there.
    async fn describe(&self, core: &Core, before: &User, after: &User) -> Result<(), Problem> {
        let address = |user: &User| (user.email.clone(), user.email_verified);
        let (renamed, moved) = (before.name != after.name, address(before) != address(after));
        if !renamed && !moved {
            return Ok(());
        }
        let change = self.change(core, |person| {
            if renamed {
                person.name.clone_from(&after.name);
            }
            if moved {
                // The login name stays: here an address is no way to sign in.
                (person.email, person.email_verified) = address(after);
            }
        });
        change.await
    }

    async fn change(
        &self,
        core: &Core,
        edit: impl FnOnce(&mut DirectoryUser),
    ) -> Result<(), Problem> {
        let Some(directory) = self.upstream.provider()?.user_directory() else {
            return Ok(());
        };
        let work = directory.get(&self.subject);
        let found = core.providers.call(&self.upstream, "get", work).await?;
        let Some(mut person) = found else {
            return Ok(());
        };
        edit(&mut person);
        let work = directory.update(person);
        let changed = core.providers.call(&self.upstream, "update_user", work);
        unless_gone(changed.await)
    }

    async fn set_enabled(&self, core: &Core, enabled: bool) -> Result<(), Problem> {
        let Some(directory) = self.upstream.provider()?.user_directory() else {
            return Ok(());
        };
        let work = directory.set_enabled(&self.subject, enabled);
        let set = core.providers.call(&self.upstream, "set_enabled", work);
        unless_gone(set.await)
    }
}

/// Whoever was removed there has nothing left to change.
fn unless_gone(outcome: Result<(), Problem>) -> Result<(), Problem> {
    match outcome {
        Err(problem) if problem.code == Code::NotFound => Ok(()),
        other => other,
    }
}
