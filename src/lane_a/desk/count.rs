//! Counting beside requests: one node at a time, and never for longer than a small share
//! of its time.

use crate::core::Core;
use crate::domain::{Problem, TenantId};
use crate::store::figures::{self as rows, Figure};
use crate::store::login_hours;

const HOUR_MS: i64 = 3_600_000;
/// An hour is counted when nothing can be added to it any more.
const SETTLED_MS: i64 = 120_000;
const LEASE_MS: i64 = 30_000;
/// Between two counts of what there is: at least this, and at least so many times what the
/// last one took.
const PAUSE_MS: i64 = 10_000;
const PAUSE_TIMES: i64 = 200;
/// So many hours in one transaction: after an upgrade there are months to count, and nobody
/// may wait for them.
const HOURS_AT_ONCE: usize = 24;

/// Counts what is due.
///
/// # Errors
/// `store_unavailable`.
pub async fn count(core: &Core) -> Result<(), Problem> {
    count_figures(core).await?;
    count_hours(core).await
}

async fn count_figures(core: &Core) -> Result<(), Problem> {
    let now = core.now();
    if !rows::is_due(&core.db, now).await? || !rows::lease(&core.db, now, now + LEASE_MS).await? {
        return Ok(());
    }
    let counted = rows::count(&core.db, now).await?;
    let took = core.now() - now;
    let pause = PAUSE_MS.max(took.saturating_mul(PAUSE_TIMES));
    Ok(rows::put(&core.db, &counted, now, now + pause - 1000).await?)
}

async fn count_hours(core: &Core) -> Result<(), Problem> {
    let now = core.now();
    let settled = (now - SETTLED_MS) / HOUR_MS * HOUR_MS;
    if login_hours::done_until(&core.db).await? >= settled {
        return Ok(());
    }
    let Some(mut done) = login_hours::lease(&core.db, now, now + LEASE_MS).await? else {
        return Ok(());
    };
    let mut write = core.begin().await?;
    for _ in 0..HOURS_AT_ONCE {
        let next = login_hours::first_hour(&mut write.tx, done).await?;
        let Some(hour) = next.filter(|hour| *hour < settled) else {
            login_hours::note(&mut write.tx, settled).await?;
            break;
        };
        login_hours::count(&mut write.tx, hour).await?;
        done = hour + HOUR_MS;
    }
    core.commit(write).await?;
    Ok(())
}

/// What a tenant has, as counted last.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Sessions that have not ended.
    pub sessions: i64,
    /// People who may enter.
    pub active: i64,
    /// People who are switched off.
    pub disabled: i64,
    /// Organizations.
    pub organizations: i64,
    /// When they were counted, epoch ms.
    pub at: i64,
}

/// What a tenant has; counted now where nothing was counted yet.
///
/// # Errors
/// `store_unavailable`.
pub async fn figures(core: &Core, tenant: &TenantId) -> Result<Figures, Problem> {
    if rows::find(&core.db, tenant, "sessions").await?.is_none() {
        count_figures(core).await?;
    }
    let mut found = Figures {
        sessions: 0,
        active: 0,
        disabled: 0,
        organizations: 0,
        at: core.now(),
    };
    for (name, value) in [
        ("sessions", &mut found.sessions),
        ("active", &mut found.active),
        ("disabled", &mut found.disabled),
        ("organizations", &mut found.organizations),
    ] {
        if let Some(Figure { value: n, at }) = rows::find(&core.db, tenant, name).await? {
            (*value, found.at) = (n, at);
        }
    }
    Ok(found)
}
