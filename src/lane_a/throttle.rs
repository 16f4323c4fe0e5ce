//! How often somebody may be wrong, so that guessing ends and nobody is shut out by others.
//!
//! Owns: whose budget an attempt is counted in, and what is left to them when it is spent.
//! - A device that the account knows has a budget of its own. Others cannot touch it.
//! - All other devices share one budget per account name, known or not. When the hour's is
//!   spent, a right password is followed by a code by mail. After so many in a row (NIST SP
//!   800-63B) a password is still judged, but its verdict shows in that mail alone: whoever
//!   guesses learns nothing more.
//! - A network has a budget too, which known devices do not draw on.
//! - Passkeys have none: there is nothing to guess.
//!
//! Must not know: who judges an answer.

use laneway_contract::MethodKind;

use super::limits::{self, Payer};
use super::{Visit, devices, methods};
use crate::domain::device::Device;
use crate::domain::flow::{Doubt, Flow};
use crate::domain::{Code, Problem, UserId};
use crate::store::Write;
use crate::store::failures::{self, Count};

const HOUR_MS: i64 = 3_600_000;
/// A device that its owner trusts may be wrong more often.
const TRUSTED_FACTOR: i64 = 3;

/// An attempt that was counted and may be judged.
pub(super) struct Attempt {
    buckets: Vec<String>,
    /// What a right answer is worth by itself.
    pub(super) standing: Standing,
}

/// What a right answer is worth by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// As much as ever.
    Good,
    /// A code by mail must follow.
    Doubted,
    /// The same, and the person is not told whether it was right.
    Blind,
}

/// Counts an attempt at a password before it is judged.
///
/// # Errors
/// `rate_limited` for a network that guessed too often, and where a code by mail would have
/// to follow and there is none here.
pub(super) async fn password(visit: &Visit<'_>, flow: &Flow) -> Result<Attempt, Problem> {
    let name = flow.state.username.clone().unwrap_or_default();
    if let Some(attempt) = on_own_device(visit, flow).await? {
        return Ok(attempt);
    }
    let network = limits::failing_network(visit);
    let seen = count(visit, &network).await?;
    let limits = &visit.core.config.limits;
    limits::check(
        seen.used,
        limits.failures_per_network,
        HOUR_MS,
        visit.core.now(),
    )?;
    let account = limits::account_bucket(visit, &name);
    let seen = count(visit, &account).await?;
    let standing = if seen.in_a_row > i64::from(limits.failures_in_a_row) {
        Standing::Blind
    } else if seen.used > i64::from(limits.failures_per_account) {
        Standing::Doubted
    } else {
        Standing::Good
    };
    if standing != Standing::Good && !has_mail(visit).await? {
        let limit = limits.failures_per_account.min(limits.failures_in_a_row);
        limits::check(i64::from(limit) + 1, limit, HOUR_MS, visit.core.now())?;
    }
    Ok(Attempt {
        buckets: vec![network, account],
        standing,
    })
}

/// Counts an attempt at a second factor before it is judged: its budget is the person's, and
/// only who has given the first factor gets here.
///
/// # Errors
/// `rate_limited`.
pub(super) async fn second_factor(visit: &Visit<'_>, flow: &Flow) -> Result<Attempt, Problem> {
    let person = flow.state.person().cloned();
    if let Some(attempt) = on_own_device(visit, flow).await? {
        return Ok(attempt);
    }
    let limits = &visit.core.config.limits;
    let bucket = match &person {
        Some(user) => format!("second:{user}"),
        None => limits::account_bucket(visit, flow.state.username.as_deref().unwrap_or_default()),
    };
    let seen = count(visit, &bucket).await?;
    let now = visit.core.now();
    limits::check(seen.used, limits.failures_per_account, HOUR_MS, now)?;
    limits::check(seen.in_a_row, limits.failures_in_a_row, HOUR_MS, now)?;
    Ok(Attempt {
        buckets: vec![bucket],
        standing: Standing::Good,
    })
}

/// Counts an attempt at the present password by somebody who is signed in.
///
/// # Errors
/// `rate_limited`.
pub(super) async fn current_password(visit: &Visit<'_>, user: &UserId) -> Result<Attempt, Problem> {
    let bucket = format!("current:{user}");
    let seen = count(visit, &bucket).await?;
    let limits = &visit.core.config.limits;
    limits::check(
        seen.used,
        limits.failures_per_device,
        HOUR_MS,
        visit.core.now(),
    )?;
    Ok(Attempt {
        buckets: vec![bucket],
        standing: Standing::Good,
    })
}

/// The code that would move somebody's account to another address was wrong.
///
/// # Errors
/// `rate_limited`.
pub(super) async fn moving_code(visit: &Visit<'_>, user: &UserId) -> Result<(), Problem> {
    let seen = count(visit, &format!("moving:{user}")).await?;
    let limit = visit.core.config.limits.failures_per_account;
    limits::check(seen.used, limit, HOUR_MS, visit.core.now())
}

/// A code by mail was wrong. A right one is never counted: whoever has it has the mailbox.
///
/// # Errors
/// `rate_limited`.
pub(super) async fn wrong_code(visit: &Visit<'_>, flow: &Flow) -> Result<(), Problem> {
    let name = flow.state.username.as_deref().unwrap_or_default();
    let own = own_device(visit, flow).await?;
    let bucket = match own {
        Some(device) => device_bucket(device.id.as_str()),
        None => limits::account_bucket(visit, name),
    };
    let seen = count(visit, &bucket).await?;
    let limit = visit.core.config.limits.failures_per_account;
    limits::check(seen.used, limit, HOUR_MS, visit.core.now())
}

/// Whether a mail with a code may go to a name now.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn mail_allowed(
    visit: &Visit<'_>,
    flow: &Flow,
    name: &str,
) -> Result<bool, Problem> {
    // Of a hidden password the verdict decides who pays, not whether anybody is asked.
    let proven = flow.state.more.as_ref().map(|more| &more.user);
    if let Some(user) = proven.filter(|_| !flow.state.proofs.is_empty()) {
        return limits::mail_allowed(visit, name, &Payer::Person(user.as_str())).await;
    }
    if flow.state.doubt == Some(Doubt::HiddenWrong) {
        let nobody = flow.state.candidate.as_str();
        return limits::mail_allowed(visit, name, &Payer::Person(nobody)).await;
    }
    match own_device(visit, flow).await? {
        Some(device) => limits::mail_allowed(visit, name, &Payer::Device(device.id.as_str())).await,
        None => limits::mail_allowed(visit, name, &Payer::Anybody).await,
    }
}

/// The answer was right: it was no failure.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn was_right(visit: &Visit<'_>, attempt: &Attempt) -> Result<(), Problem> {
    let mut write = visit.core.begin().await?;
    for bucket in &attempt.buckets {
        failures::take_back(&mut write.tx, bucket).await?;
    }
    visit.core.commit(write).await?;
    Ok(())
}

/// A sign-in is done: rows of failures end. That of strange devices ends only by a sign-in on
/// one, or each sign-in at home would open a hundred more guesses elsewhere.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn signed_in(
    visit: &Visit<'_>,
    write: &mut Write,
    user: &UserId,
    device: &devices::Seen,
) -> Result<(), Problem> {
    failures::succeed(&mut write.tx, &device_bucket(device.id.as_str())).await?;
    failures::succeed(&mut write.tx, &format!("second:{user}")).await?;
    // The name that is theirs, not any that was typed.
    if device.unknown
        && let Some(name) = &device.name
    {
        failures::succeed(&mut write.tx, &limits::account_bucket(visit, name)).await?;
    }
    Ok(())
}

/// The device that this browser is, of whom this flow is about.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn own_device(visit: &Visit<'_>, flow: &Flow) -> Result<Option<Device>, Problem> {
    Ok(match (flow.state.person(), &flow.state.username) {
        (Some(user), _) => devices::of_person(visit, user).await?,
        (None, Some(name)) => devices::of_name(visit, name).await?,
        (None, None) => None,
    })
}

/// The budget of a device that the account knows, while it lasts.
async fn on_own_device(visit: &Visit<'_>, flow: &Flow) -> Result<Option<Attempt>, Problem> {
    let Some(device) = own_device(visit, flow).await? else {
        return Ok(None);
    };
    let bucket = device_bucket(device.id.as_str());
    let seen = count(visit, &bucket).await?;
    let limits = &visit.core.config.limits;
    let factor = if device.trusted_at.is_some() {
        TRUSTED_FACTOR
    } else {
        1
    };
    let left = seen.used <= factor * i64::from(limits.failures_per_device)
        && seen.in_a_row <= i64::from(limits.failures_in_a_row);
    // Whoever has the device and guesses is a stranger from here on.
    Ok(left.then(|| Attempt {
        buckets: vec![bucket],
        standing: Standing::Good,
    }))
}

fn device_bucket(id: &str) -> String {
    format!("device:{id}")
}

async fn has_mail(visit: &Visit<'_>) -> Result<bool, Problem> {
    match visit.core.providers.offers(&visit.site.tenant).await {
        Ok(offers) => Ok(methods::pick(&offers, MethodKind::EmailCode, None).is_some()),
        Err(problem) if problem.code == Code::NotSupportedByUpstream => Ok(false),
        Err(problem) => Err(problem),
    }
}

async fn count(visit: &Visit<'_>, bucket: &str) -> Result<Count, Problem> {
    let mut write = visit.core.begin().await?;
    let now = write.now();
    let seen = failures::count(&mut write.tx, bucket, HOUR_MS, now).await?;
    visit.core.commit(write).await?;
    Ok(seen)
}
