//! Does the provider still stand behind a session? It is asked by use: a session that is used
//! after a while is noted, and a job asks about it, so that no request waits and nobody who is
//! away costs a call.
//!
//! Its word that a session or a person is over ends sessions here. Where it does not answer, its
//! last word holds: the session goes on and `/bff/user` calls it stale. Only where somebody
//! manages an account or administers the old word is not enough: there it is asked at once.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use laneway_contract::{Happened, SecurityEvent, SessionEvidence, UpstreamSession, Verdict};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::{sign_in, upstream_events};
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::Core;
use crate::domain::session::Session;
use crate::domain::upstream::{Role, Upstream};
use crate::domain::{Code, Problem, UpstreamId};
use crate::providers::Configured;
use crate::sessions::{LEASE_MS, Live, Waiting};
use crate::store::invalidations::{Change, Scope};
use crate::store::sessions::Which;
use crate::store::tenants;
use crate::store::upstream_sessions::{self as rows, Claim};

const PERIOD: Duration = Duration::from_secs(1);
/// In each period, at one upstream, by one node.
const RATE: usize = 20;
const AT_ONCE: usize = 5;
/// How old the provider's word may be where somebody manages an account or administers.
const STRICT_MS: i64 = 15 * 60_000;
/// How long is waited for a word that another request or node has asked for.
const PATIENCE_MS: u64 = 3_000;
const GLANCE_MS: u64 = 100;

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// It stands, or the provider cannot say.
    Stands,
    /// It is over, and has been ended.
    Over,
    /// No answer that counts.
    Silent,
    /// Somebody else is asking or has just asked.
    Elsewhere,
}

/// Asks as long as the program runs. An upstream that hangs keeps no other waiting.
pub async fn ask_due(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rounds = JoinSet::new();
    loop {
        ticks.tick().await;
        while rounds.try_join_next().is_some() {}
        for (upstream, some) in core.sessions.due().take(core.now(), RATE) {
            let core = Arc::clone(&core);
            rounds.spawn(async move { round(&core, &upstream, some).await });
        }
    }
}

/// Asks about all whose turn it is, once.
pub async fn ask_due_once(core: &Core) {
    for (upstream, some) in core.sessions.due().take(core.now(), RATE) {
        round(core, &upstream, some).await;
    }
}

async fn round(core: &Core, upstream: &UpstreamId, mut left: Vec<Waiting>) {
    let all = left.clone();
    let age = millis(core.config.sessions.revalidate_after);
    let mut answered = true;
    while answered && !left.is_empty() {
        let some: Vec<Waiting> = left.drain(..AT_ONCE.min(left.len())).collect();
        let words = join_all(some.iter().map(|who| ask(core, upstream, who, age))).await;
        for (who, word) in some.into_iter().zip(words) {
            match word {
                Ok(Word::Silent) => {
                    answered = false;
                    left.insert(0, who);
                }
                Ok(_) => {}
                Err(problem) => {
                    let (code, source) = (problem.code.as_str(), problem.source);
                    tracing::warn!(code, source, "a session was not asked about");
                }
            }
        }
    }
    let asked: Vec<Waiting> = all.into_iter().filter(|one| !left.contains(one)).collect();
    core.sessions.due().ended(upstream, &asked, left);
}

/// The provider's word on a caller's session, no older than it may be: asked for now where it is older.
/// Where somebody `manages` an account or administers that is a quarter of an hour, elsewhere what
/// the active organization has set, if anything.
///
/// # Errors
/// `session_stale` where the provider does not answer: the session is kept and lives again when
/// it does. `unauthenticated` where its word ends the session; `store_unavailable`.
pub async fn confirm(core: &Core, live: &Live, manages: bool) -> Result<(), Problem> {
    let Some(age) = most_ms(live, manages) else {
        return Ok(());
    };
    let session = &live.session;
    let (Some(tie), Some(checked)) = (&session.upstream, session.checked_at) else {
        return Ok(());
    };
    if core.now().saturating_sub(checked) < age {
        return Ok(());
    }
    if core.sessions.due().is_just_silent(&tie.id, core.now()) {
        return Err(stale());
    }
    let who = Waiting {
        tenant: session.tenant.clone(),
        sid: session.sid.clone(),
    };
    match ask(core, &tie.id, &who, age).await? {
        Word::Stands => Ok(()),
        Word::Over => Err(over()),
        Word::Silent => Err(stale()),
        Word::Elsewhere => overheard(core, session, &tie.id, age).await,
    }
}

/// How old the provider's word may be at most, in ms; `None`: as old as the session.
fn most_ms(live: &Live, manages: bool) -> Option<i64> {
    let strict = manages.then_some(STRICT_MS);
    let set = live
        .org_max_staleness()
        .map(|seconds| seconds.saturating_mul(1000));
    strict.into_iter().chain(set).min()
}

/// Is the provider's last word older than it should be, because it does not answer?
pub fn is_stale(core: &Core, session: &Session) -> bool {
    let (Some(tie), Some(checked)) = (&session.upstream, session.checked_at) else {
        return false;
    };
    let age = core.now().saturating_sub(checked);
    age >= millis(core.config.sessions.revalidate_after) && core.sessions.due().is_silent(&tie.id)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn stale() -> Problem {
    Problem::new(
        Code::SessionStale,
        "Your identity provider does not answer, so this cannot be shown now. You stay signed in; try again soon.",
    )
    .retry_in(5)
}

fn over() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "The session has ended. Sign in again.",
    )
}

/// Waits for what somebody else is asking.
async fn overheard(
    core: &Core,
    session: &Session,
    upstream: &UpstreamId,
    age: i64,
) -> Result<(), Problem> {
    for _ in 0..=PATIENCE_MS / GLANCE_MS {
        match rows::checked_at(&core.db, &session.tenant, &session.sid, upstream).await? {
            None => return Err(over()),
            Some(at) if core.now().saturating_sub(at) < age => return Ok(()),
            Some(_) => tokio::time::sleep(Duration::from_millis(GLANCE_MS)).await,
        }
    }
    Err(stale())
}

async fn ask(core: &Core, id: &UpstreamId, who: &Waiting, age: i64) -> Result<Word, Problem> {
    let Some(upstream) = asked(core, id, who).await? else {
        return Ok(Word::Stands);
    };
    let provider = upstream.provider().ok();
    let Some(control) = provider.and_then(|provider| provider.session_control()) else {
        return Ok(Word::Stands);
    };
    let lease = core
        .sessions
        .upstream_lease((&who.tenant, &who.sid, id), core.new_id());
    let Some(evidence) = claim(core, id, who, (age, lease.owner())).await? else {
        return Ok(Word::Elsewhere);
    };
    let asked_at = core.now();
    let question = control.revalidate(evidence.clone());
    let question = core.providers.call(&upstream, "revalidate", question);
    match lease.held_while(question).await {
        Ok(verdict) => {
            core.sessions.due().heard(id);
            hear(
                core,
                &upstream.row,
                who,
                (verdict, &evidence.subject),
                (asked_at, lease.owner()),
            )
            .await
        }
        // Its trouble is noted and looked into where all calls are made.
        Err(problem) => {
            tracing::debug!(upstream = %upstream.row.slug, ?problem, "nothing was said");
            core.sessions.due().silent(id, core.now());
            let mut write = core.begin().await?;
            rows::release(&mut write.tx, &who.tenant, (&who.sid, id), lease.owner()).await?;
            core.commit(write).await?;
            Ok(Word::Silent)
        }
    }
}

pub(super) async fn asked(
    core: &Core,
    id: &UpstreamId,
    who: &Waiting,
) -> Result<Option<Arc<Configured>>, Problem> {
    let Some(tenant) = tenants::find(&core.db, &who.tenant).await? else {
        return Ok(None);
    };
    match core.providers.get(&tenant, id).await {
        Ok(found) => Ok(Some(found).filter(|found| found.row.role != Role::Retired)),
        Err(problem) if problem.code == Code::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// What to ask about, where nobody asks already and the last word is older than `age`.
async fn claim(
    core: &Core,
    id: &UpstreamId,
    who: &Waiting,
    (age, owner): (i64, &str),
) -> Result<Option<SessionEvidence>, Problem> {
    let mut write = core.begin().await?;
    let now = write.now();
    let claim = Claim {
        owner,
        now,
        until: now + LEASE_MS,
        older_than: now.saturating_sub(age),
    };
    let row = rows::claim(&mut write.tx, &who.tenant, (&who.sid, id), &claim).await?;
    core.commit(write).await?;
    let Some(row) = row else { return Ok(None) };
    let place = rows::place(&who.tenant, &who.sid);
    // Whatever became of the tokens: there is still the person to ask about.
    let plain = core.sealer.open(place, &row.sealed).unwrap_or_default();
    Ok(Some(SessionEvidence {
        subject: row.subject,
        session: serde_json::from_slice::<UpstreamSession>(&plain).unwrap_or_default(),
    }))
}

async fn hear(
    core: &Core,
    upstream: &Upstream,
    who: &Waiting,
    (verdict, subject): (Verdict, &str),
    (asked_at, owner): (i64, &str),
) -> Result<Word, Problem> {
    let mut write = core.begin().await?;
    rows::release(&mut write.tx, &who.tenant, (&who.sid, &upstream.id), owner).await?;
    let subject = subject.to_owned();
    let happened = match verdict {
        Verdict::Alive => {
            let row = (&who.sid, &upstream.id);
            rows::confirm(&mut write.tx, &who.tenant, row, asked_at).await?;
            write.invalidate(Change::Changed, Scope::Session, who.sid.as_str());
            None
        }
        Verdict::Unknown => None,
        Verdict::Ended => {
            let which = Which::One(&who.sid);
            let ended = sign_in::end(&mut write, &who.tenant, which, "upstream_logout").await?;
            let slug = upstream.slug.as_str();
            let record = Event::new(kind::SESSION_ENDED, Outcome::Success, ("upstream", slug))
                .by("upstream", slug)
                .detail(json!({ "reason": "upstream_logout", "sids": ended }));
            core.audit(&mut write, &who.tenant, &RequestMeta::default(), record)
                .await?;
            core.commit(write).await?;
            return Ok(Word::Over);
        }
        Verdict::Disabled => Some(Happened::Disabled { subject }),
        Verdict::SubjectGone => Some(Happened::Deleted { subject }),
    };
    let word = if happened.is_some() {
        Word::Over
    } else {
        Word::Stands
    };
    if let Some(what) = happened {
        let event = SecurityEvent {
            at_ms: asked_at,
            what,
        };
        upstream_events::end(core, &mut write, upstream, &event).await?;
    }
    core.commit(write).await?;
    Ok(word)
}
