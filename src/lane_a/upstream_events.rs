//! What upstreams tell afterwards: a person was switched off, removed, given a new password, or
//! signed out there, and their sessions end here.
//!
//! Each upstream is asked each second by one node, which holds a lease on it. What is told ends
//! only sessions that it names and that began before it happened, and the place in the telling
//! moves with the same commit. A provider that does not answer ends nothing; it goes on where it
//! was.

use std::sync::Arc;
use std::time::Duration;

use laneway_contract::{Happened, SecurityEvent, Told};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::sign_in;
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::Core;
use crate::domain::upstream::{Role, Upstream};
use crate::domain::{Code, Problem};
use crate::providers::Configured;
use crate::store::sessions::{self, Begun, Which};
use crate::store::upstream_feeds::{self as rows, Feed};
use crate::store::{Write, links, tenants};

const PERIOD: Duration = Duration::from_secs(1);
/// A little less than the period: a round that comes early by a hair must not wait for the next.
const AGAIN_MS: i64 = 900;
/// Longer than a call may last.
const LEASE_MS: i64 = 15_000;
/// After trouble.
const RETRY_MS: i64 = 2_000;
/// Where we may not listen.
const DEAF_MS: i64 = 60_000;
/// Where there is nothing to listen to; a change of the upstream wakes it.
const SILENT_MS: i64 = 3_600_000;
const AT_ONCE: i64 = 200;

/// Listens as long as the program runs. An upstream that hangs keeps no other waiting.
pub async fn listen(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rounds = JoinSet::new();
    loop {
        ticks.tick().await;
        while rounds.try_join_next().is_some() {}
        match due(&core).await {
            Ok(feeds) => {
                for feed in feeds {
                    let core = Arc::clone(&core);
                    rounds.spawn(async move { told(hear(&core, &feed).await) });
                }
            }
            Err(problem) => told(Err(problem)),
        }
    }
}

/// Listens once to every upstream whose turn it is.
///
/// # Errors
/// `store_unavailable`.
pub async fn listen_once(core: &Core) -> Result<(), Problem> {
    for feed in due(core).await? {
        hear(core, &feed).await?;
    }
    Ok(())
}

fn told(outcome: Result<(), Problem>) {
    if let Err(problem) = outcome {
        let (code, source) = (problem.code.as_str(), problem.source);
        tracing::warn!(code, source, "an upstream was not listened to");
    }
}

async fn due(core: &Core) -> Result<Vec<Feed>, Problem> {
    let now = core.now();
    if !rows::is_due(&core.db, now).await? {
        return Ok(Vec::new());
    }
    rows::notice_new(&core.db, now).await?;
    Ok(rows::claim(&core.db, now, now + LEASE_MS, AT_ONCE).await?)
}

async fn hear(core: &Core, feed: &Feed) -> Result<(), Problem> {
    let asked = core.now();
    let Some(upstream) = in_use(core, feed).await? else {
        let mut write = core.begin().await?;
        rows::forget(&mut write.tx, feed).await?;
        return Ok(core.commit(write).await?);
    };
    let provider = upstream.provider().ok();
    let Some(source) = provider.and_then(|provider| provider.event_feed()) else {
        return rest(core, feed, asked + SILENT_MS).await;
    };
    let same = feed.issuer == upstream.row.issuer;
    let place = feed.place.as_deref().filter(|_| same);
    let work = source.events(place);
    match core.providers.call(&upstream, "events", work).await {
        Ok(Told::Events { events, cursor }) => {
            let next = (cursor.as_str(), asked + AGAIN_MS);
            end_all(core, feed, &upstream.row, &events, next).await
        }
        Ok(Told::Deaf(reason)) => {
            tracing::debug!(upstream = %upstream.row.slug, reason, "nothing is told here");
            rest(core, feed, asked + DEAF_MS).await
        }
        // Its trouble is noted and looked into where all calls are made.
        Err(problem) => {
            tracing::debug!(upstream = %upstream.row.slug, ?problem, "nothing was told");
            rest(core, feed, core.now() + RETRY_MS).await
        }
    }
}

async fn in_use(core: &Core, feed: &Feed) -> Result<Option<Arc<Configured>>, Problem> {
    let Some(tenant) = tenants::find(&core.db, &feed.tenant).await? else {
        return Ok(None);
    };
    match core.providers.get(&tenant, &feed.upstream).await {
        Ok(found) => Ok(Some(found).filter(|found| found.row.role != Role::Retired)),
        Err(problem) if problem.code == Code::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

async fn rest(core: &Core, feed: &Feed, next_at: i64) -> Result<(), Problem> {
    let mut write = core.begin().await?;
    rows::rest(&mut write.tx, feed, next_at).await?;
    Ok(core.commit(write).await?)
}

async fn end_all(
    core: &Core,
    feed: &Feed,
    upstream: &Upstream,
    events: &[SecurityEvent],
    (place, next_at): (&str, i64),
) -> Result<(), Problem> {
    let mut write = core.begin().await?;
    if !rows::move_on(&mut write.tx, feed, &upstream.issuer, place, next_at).await? {
        // Another node has taken over and hears the same.
        return Ok(());
    }
    for event in events {
        end(core, &mut write, upstream, event).await?;
    }
    Ok(core.commit(write).await?)
}

/// Ends what one event names.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn end(
    core: &Core,
    write: &mut Write,
    upstream: &Upstream,
    event: &SecurityEvent,
) -> Result<(), Problem> {
    let tenant = &upstream.tenant;
    let (reason, begun) = named(&event.what);
    let doomed = sessions::begun_until(
        &mut write.tx,
        tenant,
        &upstream.id,
        begun.clone(),
        event.at_ms,
    );
    let mut ended = Vec::new();
    for sid in doomed.await? {
        ended.extend(sign_in::end(write, tenant, Which::One(&sid), reason).await?);
    }
    if let Begun::BySubject { subject, .. } = begun {
        outlive(write, upstream, event, subject).await?;
    }
    if ended.is_empty() {
        return Ok(());
    }
    let slug = upstream.slug.as_str();
    let record = Event::new(kind::SESSION_ENDED, Outcome::Success, ("upstream", slug))
        .by("upstream", slug)
        .detail(json!({ "reason": reason, "sids": ended, "happened_at": event.at_ms }));
    Ok(core
        .audit(write, tenant, &RequestMeta::default(), record)
        .await?)
}

/// The reason that sessions keep, and which they are.
fn named(what: &Happened) -> (&'static str, Begun<'_>) {
    let of = |subject| Begun::BySubject { subject, but: None };
    match what {
        Happened::Disabled { subject } => ("upstream_disabled", of(subject)),
        Happened::Deleted { subject } => ("upstream_deleted", of(subject)),
        Happened::NewPassword { subject, within } => {
            let but = within.as_deref();
            ("upstream_new_password", Begun::BySubject { subject, but })
        }
        Happened::SignedOut { subject } => ("upstream_logout", of(subject)),
        Happened::SessionEnded { sid } => ("upstream_logout", Begun::InSession(sid)),
    }
}

/// The upstream's own access tokens that were issued before end with all of a person's sessions;
/// what somebody made who is gone for good there ends too.
async fn outlive(
    write: &mut Write,
    upstream: &Upstream,
    event: &SecurityEvent,
    subject: &str,
) -> Result<(), Problem> {
    let (tenant, at) = (&upstream.tenant, event.at_ms);
    if let Some(user) = links::find_of_source(&mut write.tx, tenant, &upstream.id, subject).await? {
        sign_in::outlived(write, tenant, &user, at).await?;
    }
    if matches!(event.what, Happened::Deleted { .. }) {
        let which = Which::UpstreamSubject(&upstream.id, subject);
        sign_in::end_tokens(write, tenant, &which).await?;
    }
    Ok(())
}
