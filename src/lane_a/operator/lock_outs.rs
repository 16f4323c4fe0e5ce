//! Whom an identity provider keeps out for wrong tries: seen, and let try again.
//!
//! Who guesses at a password that is kept here locks nobody out (`lane_a::throttle`), so the
//! embedded provider has nothing to show and nothing to end.
//!
//! Owns: at which providers somebody is looked up, and what an end leaves in the record.
//! Must not know: how a provider counts.

use std::time::Duration;

use futures::future::join_all;
use laneway_contract::LockOut;
use serde_json::json;

use super::Act;
use super::directory::{Account, accounts_with};
use super::users::find_below;
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::user::UserState;
use crate::domain::{Code, Problem, UserId};

/// A page waits no longer for a provider; what it does not say by then is unknown.
const PATIENCE: Duration = Duration::from_secs(2);

/// What one provider says of somebody.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its short name.
    pub upstream: String,
    /// Its name for people.
    pub label: String,
    /// What it says.
    pub lock: Lock,
}

/// Is somebody kept out?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// No.
    Open,
    /// Yes.
    Locked(LockOut),
    /// There was no answer that counts.
    Unknown,
}

/// What the providers of a person say; none where no provider of theirs locks anybody out, or
/// lets us see it.
///
/// # Errors
/// `store_unavailable`. A provider that is silent is no error.
pub async fn lock_outs(core: &Core, tenant: &Tenant, user: &UserId) -> Result<Vec<Kept>, Problem> {
    let accounts = accounts(core, tenant, user).await?;
    let said = join_all(accounts.iter().map(|account| ask(core, account))).await;
    let mut all = Vec::new();
    for (account, said) in accounts.iter().zip(said) {
        let lock = match said {
            Ok(Some(lock)) => Lock::Locked(lock),
            Ok(None) => Lock::Open,
            // Whoever was removed there is not kept out, but gone.
            Err(problem) if problem.code == Code::NotFound => continue,
            Err(_) => Lock::Unknown,
        };
        all.push(Kept {
            upstream: account.upstream.row.slug.clone(),
            label: account.upstream.row.label(),
            lock,
        });
    }
    Ok(all)
}

/// Lets somebody try again wherever they are kept out.
///
/// # Errors
/// `not_found` also where nobody keeps them out, `forbidden` for somebody above the caller,
/// `conflict` for somebody who is switched off here, `not_supported_by_upstream`,
/// `upstream_unavailable`.
pub async fn unlock(act: &Act<'_>, id: &UserId) -> Result<(), Problem> {
    let core = act.core;
    let mut look = core.begin().await?;
    let user = find_below(act, &mut look, id).await?;
    // Nothing is held while a provider is asked.
    drop(look);
    if user.state == UserState::Disabled {
        // A lock for good is a record that is switched off: ending it would let them in there.
        let text = "They are switched off here. Switching them on ends the lock-out too.";
        return Err(Problem::new(Code::Conflict, text));
    }
    let accounts = accounts(core, act.tenant, id).await?;
    if accounts.is_empty() {
        let text = "No identity provider of this person shows lock-outs to Laneway.";
        return Err(Problem::new(Code::NotSupportedByUpstream, text));
    }
    let mut ended = 0;
    for account in &accounts {
        match ask(core, account).await {
            Ok(Some(lock)) => end(act, id, account, lock).await?,
            Ok(None) => continue,
            Err(problem) if problem.code == Code::NotFound => continue,
            Err(problem) => return Err(problem),
        }
        ended += 1;
    }
    if ended == 0 {
        return Err(Problem::not_found());
    }
    Ok(())
}

async fn accounts(core: &Core, tenant: &Tenant, user: &UserId) -> Result<Vec<Account>, Problem> {
    accounts_with(core, tenant, user, |provider| {
        provider.lock_outs().is_some()
    })
    .await
}

async fn ask(core: &Core, account: &Account) -> Result<Option<LockOut>, Problem> {
    let upstream = &account.upstream;
    let Some(locks) = upstream.provider()?.lock_outs() else {
        return Ok(None);
    };
    let work = locks.lock_out(&account.subject);
    let providers = &core.providers;
    providers
        .call_within(PATIENCE, upstream, "lock_out", work)
        .await
}

/// One lock, with its event: a provider that fails later takes nothing back.
async fn end(act: &Act<'_>, id: &UserId, account: &Account, lock: LockOut) -> Result<(), Problem> {
    let (core, upstream) = (act.core, &account.upstream);
    let Some(locks) = upstream.provider()?.lock_outs() else {
        return Ok(());
    };
    let work = locks.unlock(&account.subject);
    core.providers.call(upstream, "unlock", work).await?;
    let before = json!({
        "upstream": upstream.row.slug, "failures": lock.failures, "until": lock.until_ms,
    });
    let target = ("user", id.as_str());
    let event = Event::new(kind::USER_UNLOCKED, Outcome::Success, target);
    let mut write = core.begin().await?;
    act.audit(&mut write, event.change(Some(before), None))
        .await?;
    core.commit(write).await?;
    Ok(())
}
