//! Tokens that nobody needs any more go back to the provider that issued them: those behind a
//! session that has ended here, and those that were renewed while it ended.
//!
//! It happens beside everything else: an end waits for no provider. A token is tried until the
//! provider has answered, or an hour is over; it stays sealed meanwhile.
//!
//! Owns: which are given back, and how often that is tried.
//! Must not know: what ends sessions; how a provider is told.

use futures::future::join_all;
use laneway_contract::UpstreamSession;

use super::revalidation;
use crate::core::Core;
use crate::domain::Problem;
use crate::sessions::Waiting;
use crate::store::sessions::Which;
use crate::store::upstream_revocations::{self as rows, Revocation};
use crate::store::upstream_sessions;

/// Under way at once, on one node.
const BATCH: i64 = 16;
/// Longer than a call may take.
const LEASE_MS: i64 = 60_000;
const FIRST_PAUSE_MS: i64 = 2_000;
const LONGEST_PAUSE_MS: i64 = 10 * 60_000;
/// Afterwards it is left to run out.
const GIVE_UP_MS: i64 = 60 * 60_000;

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    /// The provider has it back.
    Done,
    /// There was nothing to give back, or nobody to take it.
    Nothing,
    /// Another session of ours would lose its own with it.
    Shared,
    /// Again later.
    Failed,
}

/// Is it ours to tell the provider about an end? It knows those that it has told us about. After
/// a backup was restored nobody knows which sessions live on elsewhere.
pub(super) fn is_ours(which: &Which<'_>, reason: &str) -> bool {
    reason != "upstream_logout" && !matches!(which, Which::All)
}

/// Gives back what is due; how many were tried.
///
/// # Errors
/// `store_unavailable`.
pub async fn give_back_due(core: &Core) -> Result<usize, Problem> {
    let mut tried = 0;
    loop {
        let now = core.now();
        let due = rows::claim(&core.db, now, now + LEASE_MS, BATCH).await?;
        let outcomes = join_all(due.iter().map(|one| attempt(core, one))).await;
        let mut away = false;
        for (one, outcome) in due.iter().zip(outcomes) {
            let outcome = outcome?;
            away |= outcome == Tried::Failed;
            note(core, one, outcome).await?;
        }
        tried += due.len();
        // A provider that is away is not asked about a thousand more at once.
        if away || due.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok(tried);
        }
    }
}

async fn attempt(core: &Core, one: &Revocation) -> Result<Tried, Problem> {
    let place = upstream_sessions::place(&one.tenant, &one.sid);
    let plain = core.sealer.open(place, &one.sealed).unwrap_or_default();
    let kept: UpstreamSession = serde_json::from_slice(&plain).unwrap_or_default();
    if kept.refresh_token.is_none() {
        return Ok(Tried::Nothing);
    }
    let who = Waiting {
        tenant: one.tenant.clone(),
        sid: one.sid.clone(),
    };
    let Some(upstream) = revalidation::asked(core, &one.upstream, &who).await? else {
        return Ok(Tried::Nothing);
    };
    let provider = upstream.provider().ok();
    let Some(control) = provider.and_then(|provider| provider.session_control()) else {
        return Ok(Tried::Nothing);
    };
    if rows::is_shared(&core.db, one, core.now()).await? {
        return Ok(Tried::Shared);
    }
    let work = control.revoke(&kept);
    Ok(match core.providers.call(&upstream, "revoke", work).await {
        Ok(()) => Tried::Done,
        // Its trouble is noted and looked into where all calls are made.
        Err(problem) => {
            tracing::debug!(upstream = %upstream.row.slug, ?problem, "tokens were not given back");
            Tried::Failed
        }
    })
}

async fn note(core: &Core, one: &Revocation, tried: Tried) -> Result<(), Problem> {
    let late = core.now().saturating_sub(one.created_at) >= GIVE_UP_MS;
    let word = match tried {
        Tried::Done => "given_back",
        Tried::Shared => "shared",
        Tried::Nothing => "nothing",
        Tried::Failed if late => "given_up",
        Tried::Failed => "later",
    };
    metrics::counter!("laneway_upstream_revocations_total", "outcome" => word).increment(1);
    if word == "given_up" {
        tracing::warn!(
            sid = one.sid.as_str(),
            attempts = one.attempts,
            "tokens of a provider were not given back"
        );
    }
    let mut write = core.begin().await?;
    if word == "later" {
        let until = write.now() + pause(one.attempts);
        rows::put_off(&mut write.tx, one, until).await?;
    } else {
        rows::delete(&mut write.tx, one).await?;
    }
    core.commit(write).await?;
    Ok(())
}

/// Twice as long each time.
fn pause(attempts: i64) -> i64 {
    let doubled = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    (FIRST_PAUSE_MS << doubled).min(LONGEST_PAUSE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        let all: Vec<i64> = (1..=12).map(pause).collect();
        assert_eq!(all[..3], [2_000, 4_000, 8_000]);
        assert_eq!(all[11], LONGEST_PAUSE_MS);
    }

    #[test]
    fn what_the_provider_has_ended_itself_it_is_not_told() {
        assert!(!is_ours(&Which::All, "restored"));
        let sid = crate::domain::Sid("s".into());
        assert!(!is_ours(&Which::One(&sid), "upstream_logout"));
        assert!(is_ours(&Which::One(&sid), "logout"));
    }
}
