//! People who get into an organization without its own provider: how many there must be, and
//! that they stay.

use super::operator::Act;
use crate::domain::{Code, OrgId, Problem, UserId};
use crate::store::break_glass::{self, BreakGlass};
use crate::store::{Source, Write, admissions, orgs};

const DAY_MS: i64 = 24 * 3_600_000;
/// A proof that somebody gets in another way is good for so long.
const PROOF_MS: i64 = 90 * DAY_MS;
/// So long somebody acts in an organization past its provider.
pub const SESSION_MS: i64 = 3_600_000;
/// So many must have one.
pub const NEEDED: usize = 2;

/// Who has shown that they get in without the provider, and could today.
async fn ready(act: &Act<'_>, on: &mut impl Source, org: &OrgId) -> Result<Vec<UserId>, Problem> {
    let all = break_glass::list(on.on(), &act.tenant.id, org).await?;
    let good = proven(&all, act.core.now());
    Ok(good.map(|one| one.user.clone()).collect())
}

/// Those of them whose proof is still good.
pub fn proven(all: &[BreakGlass], now: i64) -> impl Iterator<Item = &BreakGlass> {
    let recent = move |one: &&BreakGlass| one.proven_at.is_some_and(|at| at >= now - PROOF_MS);
    all.iter().filter(recent)
}

/// Are there enough of them?
///
/// # Errors
/// `store_unavailable`.
pub async fn are_enough(act: &Act<'_>, on: &mut impl Source, org: &OrgId) -> Result<bool, Problem> {
    Ok(ready(act, on, org).await?.len() >= NEEDED)
}

/// Before one of them goes: enough must be left as long as a provider is enforced. The
/// organization's row stays locked, so that of two who go at once one stays.
///
/// # Errors
/// `conflict`.
pub async fn keep_enough(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    leaving: &UserId,
) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    orgs::lock(&mut write.tx, tenant, org).await?;
    let demands = admissions::demands(&mut write.tx, tenant, org).await?;
    if demands.enforced.is_none() {
        return Ok(());
    }
    let all = ready(act, &mut &mut write.tx, org).await?;
    // Whoever does not count leaves nobody behind.
    if !all.contains(leaving) || all.len() > NEEDED {
        return Ok(());
    }
    Err(Problem::new(
        Code::Conflict,
        "Two people must stay as long as the provider is enforced. Name another one first.",
    ))
}
