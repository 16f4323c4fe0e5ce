//! What an operator does to a person reaches the account that they sign in with, where an
//! outside provider lets us manage its people.
//!
//! Owns: which accounts those are, and what is written there.
//! Must not know: who may do it, and what stands here.

use std::sync::Arc;

use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::Role;
use crate::domain::user::{LinkKind, User, UserState};
use crate::domain::{Code, Problem, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::links;

/// Somebody's account at an outside provider.
pub(super) struct Account {
    upstream: Arc<Configured>,
    subject: String,
}

/// Does this outside provider let us manage those who sign in at it? The embedded one is no
/// other place: what stands here decides there.
pub(in crate::lane_a) fn is_managed(upstream: &Configured) -> bool {
    let in_use = matches!(upstream.row.role, Role::Primary | Role::Companion);
    let provider = upstream.provider().ok();
    in_use
        && upstream.row.kind != EMBEDDED
        && provider.is_some_and(|provider| provider.user_directory().is_some())
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
    if managed.is_empty() {
        return Ok(Vec::new());
    }
    let links = links::list(&core.db, &tenant.id, user).await?;
    let links = links.iter().filter(|link| link.kind == LinkKind::Upstream);
    let accounts = links.filter_map(|link| {
        let upstream = managed.iter().find(|one| one.row.issuer == link.issuer)?;
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
        let directory = self.upstream.provider()?.user_directory();
        let Some(directory) = directory.filter(|_| renamed || moved) else {
            return Ok(());
        };
        let work = directory.get(&self.subject);
        let found = core.providers.call(&self.upstream, "get", work).await?;
        let Some(mut person) = found else {
            return Ok(());
        };
        if renamed {
            person.name.clone_from(&after.name);
        }
        if moved {
            // The login name stays: here an address is no way to sign in.
            (person.email, person.email_verified) = address(after);
        }
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
