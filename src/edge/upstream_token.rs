//! The provider's access token that a backend gets instead of ours, where its route says so.
//!
//! It is renewed once for all who wait, on all nodes: by whoever holds the lease of its row. What
//! is renewed is stored before anybody gets it, because a provider that rotates refresh tokens has
//! made the old one worthless.
//!
//! Owns: who gets which token, and the answer where there is none.
//! Must not know: how a provider is asked; how tokens are kept.

use std::sync::Arc;
use std::time::Duration;

use laneway_contract::{SessionEvidence, UpstreamSession};
use tokio::time::Instant;

use crate::core::Core;
use crate::domain::session::Session;
use crate::domain::upstream::Role;
use crate::domain::{Code, Problem, Sid, TenantId, UpstreamId};
use crate::providers::Configured;
use crate::sessions::{DEAD_AFTER, Given, Live, UpstreamLease, Watched};
use crate::store::upstream_sessions::{self as rows, Found, Held, Stamp};
use crate::store::{tenants, upstream_revocations};

/// A token that lives no longer than this is renewed first.
const MARGIN_MS: i64 = 10_000;
/// One that does not say how long it lives is looked up again so often.
const UNKNOWN_MS: i64 = 60_000;
/// How long an answer of the provider may take; longer than elsewhere, because breaking off a
/// renewal loses what comes of it.
const DEADLINE: Duration = laneway_contract::REFRESH_PATIENCE;
/// How often is looked at what another node is doing.
const GLANCE: Duration = Duration::from_millis(50);
/// A provider that did not answer is asked again after so long.
const QUIET_MS: i64 = 2_000;
/// So often, every [`GLANCE`] times four, storing new tokens is tried: they exist nowhere else.
const STORED_AFTER: usize = 25;

/// Which provider's session of which session.
#[derive(Clone)]
struct Whose {
    tenant: TenantId,
    sid: Sid,
    upstream: UpstreamId,
}

/// The token for whoever calls; `epoch` is the log's from before their session was looked up.
///
/// # Errors
/// `not_supported_by_upstream` for callers behind whom there is no such token, `token_expired`
/// where the provider does not renew it, `unauthenticated` where the session has ended meanwhile,
/// `upstream_unavailable` where the provider does not answer, `store_unavailable`.
pub(super) async fn of(core: &Arc<Core>, live: &Live, epoch: u64) -> Result<Arc<str>, Problem> {
    let whose = whose(live)?;
    let slot = slot(&whose);
    if let Some(kept) = live.rendered().get(&slot, core.now()) {
        return Ok(kept);
    }
    let given = look_up(core, &whose).await?;
    // Something was said while it was waited for; it may have been about this session.
    if core.log.epoch() != epoch {
        kept(core, &whose).await?;
    }
    live.rendered().keep(&slot, &given.token, given.until);
    Ok(given.token)
}

/// The provider that has to be asked again before routes get its token: it does not renew the one
/// that is kept. `None` where all is well, or no route wants one.
///
/// # Errors
/// `store_unavailable`.
pub async fn lost_at(core: &Core, session: &Session) -> Result<Option<String>, Problem> {
    if !core.config.attaches_upstream_tokens() {
        return Ok(None);
    }
    let Some(tie) = &session.upstream else {
        return Ok(None);
    };
    let key = (&session.sid, &tie.id);
    let found = rows::find_held(&core.db, &session.tenant, key, core.now()).await?;
    let lost = found.held().is_some_and(|held| held.lost);
    if !lost {
        return Ok(None);
    }
    let asked = provider(core, &session.tenant, &tie.id).await?;
    Ok(asked
        .filter(|asked| asked.redirects())
        .map(|asked| asked.row.slug.clone()))
}

/// Where it lies among what was made from a session; no audience looks like this.
fn slot(whose: &Whose) -> String {
    format!("\0upstream {}", whose.upstream)
}

fn whose(live: &Live) -> Result<Whose, Problem> {
    let session = &live.session;
    match &session.upstream {
        // A token of ours is limited to what it says; the provider's would be more.
        Some(tie) if live.token().is_none() => Ok(Whose {
            tenant: session.tenant.clone(),
            sid: session.sid.clone(),
            upstream: tie.id.clone(),
        }),
        _ => Err(none()),
    }
}

async fn look_up(core: &Arc<Core>, whose: &Whose) -> Result<Given, Problem> {
    let key = (
        whose.tenant.clone(),
        whose.sid.clone(),
        whose.upstream.clone(),
    );
    let (core_of_it, whose) = (Arc::clone(core), whose.clone());
    let work = move || async move { fetch(&core_of_it, &whose).await };
    let flights = core.sessions.upstream_tokens();
    let landed = Box::pin(flights.join(key, work)).await;
    landed.unwrap_or_else(|| Err(Problem::new(Code::Internal, "the look-up broke down")))
}

fn none() -> Problem {
    Problem::new(
        Code::NotSupportedByUpstream,
        "This address wants a token of the identity provider, and there is none behind this caller. Sign in at the identity provider in a browser; API tokens and other ways to sign in do not bring one.",
    )
}

fn lost() -> Problem {
    Problem::new(
        Code::TokenExpired,
        "The identity provider's token has run out and is not renewed. You stay signed in; go to login_url for a new one.",
    )
    .with("login_url", "/bff/login")
}

fn over() -> Problem {
    Problem::new(Code::Unauthenticated, "The session has ended.").with("login_url", "/bff/login")
}

/// What is kept, opened.
struct Kept {
    held: Held,
    session: UpstreamSession,
}

impl Kept {
    /// The token, if it lives for `margin` longer.
    fn given(&self, now: i64, margin: i64) -> Option<Given> {
        let token = self.session.access_token.as_deref()?;
        let until = match self.session.expires_at_ms {
            Some(at) => at.saturating_sub(margin),
            None => now.saturating_add(UNKNOWN_MS),
        };
        (now < until).then(|| Given {
            token: token.into(),
            until,
        })
    }

    /// The token as long as it lives at all, for a moment; or the problem.
    fn at_last(&self, now: i64, problem: Problem) -> Result<Given, Problem> {
        let given = self.given(now, 0).ok_or(problem)?;
        Ok(Given {
            until: given.until.min(now.saturating_add(1_000)),
            ..given
        })
    }
}

async fn kept(core: &Core, whose: &Whose) -> Result<Kept, Problem> {
    let key = (&whose.sid, &whose.upstream);
    let found = rows::find_held(&core.db, &whose.tenant, key, core.now()).await?;
    let held = match found {
        Found::Held(held) => held,
        Found::Nothing => return Err(none()),
        Found::Over => return Err(over()),
    };
    let place = rows::place(&whose.tenant, &whose.sid);
    let plain = core.sealer.open(place, &held.sealed)?;
    let session: UpstreamSession = serde_json::from_slice(&plain)
        .map_err(|error| Problem::new(Code::Internal, "kept tokens").because(error))?;
    if session.access_token.is_none() && session.refresh_token.is_none() {
        return Err(none());
    }
    Ok(Kept { held, session })
}

/// Looks until there is a token, or none to be had. Bounded by the provider's deadline and the
/// time after which a dead node's lease is taken.
async fn fetch(core: &Core, whose: &Whose) -> Result<Given, Problem> {
    let begun = Instant::now();
    let mut watched = Watched::default();
    loop {
        let kept = kept(core, whose).await?;
        let now = core.now();
        if let Some(given) = kept.given(now, MARGIN_MS) {
            return Ok(given);
        }
        if kept.held.lost {
            return kept.at_last(now, lost());
        }
        let dead = kept
            .held
            .lease
            .as_ref()
            .map(|stamp| watched.is_dead(stamp, Instant::now()));
        if dead != Some(false) {
            match Box::pin(renew(core, whose, &kept)).await? {
                Next::Answer(answer) => return answer,
                Next::Look => continue,
                Next::Wait => {}
            }
        }
        if begun.elapsed() > DEADLINE + 2 * DEAD_AFTER {
            return kept.at_last(now, silent());
        }
        tokio::time::sleep(GLANCE).await;
    }
}

fn silent() -> Problem {
    Problem::new(
        Code::UpstreamUnavailable,
        "The identity provider does not answer, and its token has run out. You stay signed in; try again soon.",
    )
}

/// What to do after an attempt.
enum Next {
    /// This is it.
    Answer(Result<Given, Problem>),
    /// What is kept is another now.
    Look,
    /// Somebody else was quicker.
    Wait,
}

/// Renews the tokens, where the lease is to be had.
async fn renew(core: &Core, whose: &Whose, kept: &Kept) -> Result<Next, Problem> {
    if core.sessions.is_quiet(&whose.upstream, core.now()) {
        return Ok(Next::Answer(kept.at_last(core.now(), silent())));
    }
    let Some(upstream) = provider(core, &whose.tenant, &whose.upstream).await? else {
        return Ok(Next::Answer(kept.at_last(core.now(), none())));
    };
    let lease = core
        .sessions
        .upstream_lease((&whose.tenant, &whose.sid, &whose.upstream), core.new_id());
    if !take(core, whose, kept, &lease.stamp()).await? {
        return Ok(Next::Wait);
    }
    let leader = Leader {
        core,
        whose,
        kept,
        lease: &lease,
        upstream: &upstream,
    };
    Box::pin(leader.ask()).await
}

async fn provider(
    core: &Core,
    tenant: &TenantId,
    id: &UpstreamId,
) -> Result<Option<Arc<Configured>>, Problem> {
    let Some(tenant) = tenants::find(&core.db, tenant).await? else {
        return Ok(None);
    };
    match core.providers.get(&tenant, id).await {
        Ok(found) => Ok(Some(found).filter(|found| found.row.role != Role::Retired)),
        Err(problem) if problem.code == Code::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

async fn take(core: &Core, whose: &Whose, kept: &Kept, stamp: &Stamp) -> Result<bool, Problem> {
    let mut write = core.begin().await?;
    let key = (&whose.sid, &whose.upstream);
    let (version, seen) = (kept.held.version, kept.held.lease.as_ref());
    let taken = rows::take(&mut write.tx, &whose.tenant, key, version, seen, stamp).await?;
    core.commit(write).await?;
    Ok(taken)
}

/// The one of all nodes who asks.
struct Leader<'a> {
    core: &'a Core,
    whose: &'a Whose,
    kept: &'a Kept,
    lease: &'a UpstreamLease<'a>,
    upstream: &'a Configured,
}

impl Leader<'_> {
    async fn ask(&self) -> Result<Next, Problem> {
        match self.lease.held_while(self.answer()).await {
            Ok(Some(new)) => {
                let sealed = self.seal(&new)?;
                let stored = self.lease.held_while(Box::pin(self.store(&sealed)));
                let stored = stored.await?;
                self.count(if stored { "renewed" } else { "outdated" });
                if !stored {
                    self.give_back(&sealed).await?;
                }
            }
            Ok(None) => self.lose().await?,
            Err(problem) => {
                self.count("failed");
                if problem.code == Code::UpstreamUnavailable {
                    let until = self.core.now() + QUIET_MS;
                    self.core.sessions.quiet(&self.whose.upstream, until);
                }
                self.release().await?;
                let answer = self.kept.at_last(self.core.now(), problem);
                return Ok(Next::Answer(answer));
            }
        }
        Ok(Next::Look)
    }

    /// The provider's answer; `None` where it refuses, or where there is nothing to ask it with.
    async fn answer(&self) -> Result<Option<UpstreamSession>, Problem> {
        let control = self.upstream.provider()?.session_control();
        let session = self.kept.session.clone();
        let (Some(control), true) = (control, session.refresh_token.is_some()) else {
            return Ok(None);
        };
        let evidence = SessionEvidence {
            subject: self.kept.held.subject.clone(),
            session,
        };
        let work = control.refresh(evidence);
        let providers = &self.core.providers;
        let called = providers.call_within(DEADLINE, self.upstream, "refresh", work);
        called.await
    }

    fn seal(&self, new: &UpstreamSession) -> Result<Vec<u8>, Problem> {
        let plain = serde_json::to_vec(new)
            .map_err(|error| Problem::new(Code::Internal, "new tokens").because(error))?;
        let place = rows::place(&self.whose.tenant, &self.whose.sid);
        Ok(self.core.sealer.seal(place, &plain))
    }

    /// They replace a token that is worthless now: a store that stumbles is tried again.
    async fn store(&self, sealed: &[u8]) -> Result<bool, Problem> {
        let mut left = STORED_AFTER;
        loop {
            match self.replace(sealed).await {
                Err(problem) if left > 0 && problem.code == Code::StoreUnavailable => {
                    left -= 1;
                    tokio::time::sleep(4 * GLANCE).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn replace(&self, sealed: &[u8]) -> Result<bool, Problem> {
        let mut write = self.core.begin().await?;
        let (tenant, version) = (&self.whose.tenant, self.kept.held.version);
        let stored = rows::renew(&mut write.tx, tenant, self.key(), version, sealed).await?;
        self.core.commit(write).await?;
        Ok(stored)
    }

    /// Where our session has ended meanwhile nobody needs the new tokens, and they count there.
    async fn give_back(&self, sealed: &[u8]) -> Result<(), Problem> {
        let (tenant, version) = (&self.whose.tenant, self.kept.held.version);
        let mut write = self.core.begin().await?;
        let now = write.now();
        let found = rows::find_held(&mut write.tx, tenant, self.key(), now).await?;
        if matches!(found, Found::Over) {
            let (tx, key) = (&mut write.tx, self.key());
            upstream_revocations::note_renewed(tx, tenant, key, version + 1, sealed, now).await?;
        }
        self.core.commit(write).await?;
        Ok(())
    }

    async fn lose(&self) -> Result<(), Problem> {
        let mut write = self.core.begin().await?;
        let (tenant, version, now) = (&self.whose.tenant, self.kept.held.version, write.now());
        let owner = self.lease.owner();
        let lost = rows::lose(&mut write.tx, tenant, self.key(), version, owner, now).await?;
        self.core.commit(write).await?;
        if lost {
            self.count("refused");
            let (upstream, sid) = (&self.upstream.row.slug, &self.whose.sid);
            tracing::warn!(%upstream, sid = sid.as_str(), "the provider does not renew the tokens of a session");
        }
        Ok(())
    }

    async fn release(&self) -> Result<(), Problem> {
        let mut write = self.core.begin().await?;
        let (tenant, owner) = (&self.whose.tenant, self.lease.owner());
        rows::release(&mut write.tx, tenant, self.key(), owner).await?;
        self.core.commit(write).await?;
        Ok(())
    }

    fn key(&self) -> (&Sid, &UpstreamId) {
        (&self.whose.sid, &self.whose.upstream)
    }

    fn count(&self, outcome: &'static str) {
        let upstream = self.upstream.row.slug.clone();
        metrics::counter!("laneway_upstream_refreshes_total", "upstream" => upstream, "outcome" => outcome)
            .increment(1);
    }
}
