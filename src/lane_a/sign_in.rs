//! The session that a flow ends in: made or raised, with a new cookie value.

use std::sync::Arc;

use super::devices::{self, Seen};
use super::submit::Cookies;
use super::{Visit, emergency, logout, throttle, upstream_revocation};
use crate::domain::flow::{Flow, FlowPurpose, Proof};
use crate::domain::session::{Session, SessionUpstream};
use crate::domain::{Code, ConnectionId, Problem, Sid, UpstreamId, UserId};
use crate::sessions::Live;
use crate::store::admissions::{self, Vouch};
use crate::store::invalidations::{Change, Scope};
use crate::store::sessions::Which;
use crate::store::upstream_sessions::{self, UpstreamSessionRow};
use crate::store::{
    Write, api_tokens, links, logout_notices, sessions, upstream_revocations, users,
};

use super::finish::Outcome;

/// Makes or raises the session; the new cookie values.
pub(super) async fn session(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    outcome: &Outcome,
    proof: &Proof,
    anchor: SessionUpstream,
) -> Result<Cookies, Problem> {
    let seen = devices::sign_in(visit, write, flow, &outcome.user).await?;
    throttle::signed_in(visit, write, &outcome.user, &seen).await?;
    let same = visit
        .live
        .as_ref()
        .filter(|live| live.session.user == outcome.user)
        // A recovery has just ended it; what an emergency opens is a session of its own.
        .filter(|_| flow.purpose != FlowPurpose::Recover && outcome.emergency.is_none());
    let sid = match (same, &visit.live) {
        (Some(live), _) if only_vouches(flow, live, &anchor) => {
            vouch(visit, write, outcome, live, &anchor).await?
        }
        (Some(live), _) => {
            raise(visit, write, flow, outcome, (live, &seen), anchor.clone()).await?
        }
        (None, Some(other)) => {
            let reason = "replaced";
            let which = Which::One(&other.session.sid);
            end(write, &other.session.tenant, which, reason).await?;
            fresh(visit, write, flow, outcome, &seen, anchor.clone()).await?
        }
        (None, None) => fresh(visit, write, flow, outcome, &seen, anchor.clone()).await?,
    };
    let theirs = anchor.within.is_some();
    if let Some(kept) = proof.identity.session.as_ref().filter(|_| !theirs) {
        keep_upstream(visit, write, &sid, &anchor, kept).await?;
    }
    Ok(Cookies {
        session: rotate_cookie(visit, write, &sid).await?,
        device: seen.cookie,
    })
}

/// An organization's own provider, asked by somebody who is signed in another way: it vouches
/// for them there, and the session stays what it is. Where a newer or stronger proof was
/// demanded, it becomes the session's own, and confines it.
fn only_vouches(flow: &Flow, live: &Live, anchor: &SessionUpstream) -> bool {
    let demand = &flow.state.demand;
    let plain = demand.acr.is_none() && demand.max_age.is_none() && demand.prompt.is_none();
    let login = flow.purpose == FlowPurpose::Login;
    login && plain && anchor.within.is_some() && live.session.within().is_none()
}

async fn vouch(
    visit: &Visit<'_>,
    write: &mut Write,
    outcome: &Outcome,
    live: &Live,
    anchor: &SessionUpstream,
) -> Result<Sid, Problem> {
    let (tenant, sid, now) = (&visit.site.tenant.id, &live.session.sid, write.now());
    let org = anchor.within.as_ref().ok_or_else(Problem::not_found)?;
    // Not enough for the organization: they stay where they were.
    let active = outcome.org.as_ref().or(live.session.org.as_ref());
    if !sessions::set_org(&mut write.tx, tenant, sid, active).await? {
        return Err(over());
    }
    let word = Vouch {
        sid,
        org,
        connection: &ConnectionId(anchor.id.0.clone()),
        subject: &anchor.subject,
        acr: outcome.acr,
    };
    admissions::vouch(&mut write.tx, tenant, &word, now).await?;
    write.invalidate(Change::Changed, Scope::Session, sid.as_str());
    Ok(sid.clone())
}

async fn fresh(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    outcome: &Outcome,
    seen: &Seen,
    anchor: SessionUpstream,
) -> Result<Sid, Problem> {
    if seen.unknown && !outcome.create {
        devices::tell(visit, write, &outcome.user).await?;
    }
    let now = write.now();
    let limits = &visit.core.config.sessions;
    let session = Session {
        sid: Sid(visit.core.new_id()),
        tenant: visit.site.tenant.id.clone(),
        user: outcome.user.clone(),
        org: outcome.org.clone(),
        acr: outcome.acr,
        amr: flow.state.amr(),
        auth_time: auth_time(visit, flow, now),
        upstream: Some(anchor),
        device: Some(seen.id.clone()),
        app: None,
        ip: visit.meta.ip.clone(),
        user_agent: visit.meta.user_agent.clone(),
        created_at: now,
        last_seen_at: now,
        idle_ms: i64::try_from(limits.idle.as_millis()).unwrap_or(i64::MAX),
        expires_at: now.saturating_add(life(limits.absolute, outcome)),
        checked_at: None,
    };
    sessions::create(&mut write.tx, &session).await?;
    Ok(session.sid)
}

/// How long a session may last: in an emergency an hour.
fn life(absolute: std::time::Duration, outcome: &Outcome) -> i64 {
    let usual = i64::try_from(absolute.as_millis()).unwrap_or(i64::MAX);
    match outcome.emergency {
        Some(_) => usual.min(emergency::SESSION_MS),
        None => usual,
    }
}

/// The same person again: the session goes on, as strong as its newest proof.
async fn raise(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    outcome: &Outcome,
    (live, seen): (&Arc<Live>, &Seen),
    anchor: SessionUpstream,
) -> Result<Sid, Problem> {
    let mut session = live.session.clone();
    session.acr = outcome.acr;
    session.amr = flow.state.amr();
    session.auth_time = auth_time(visit, flow, write.now());
    session.last_seen_at = write.now();
    session.device = Some(seen.id.clone());
    // A proof without a session at the provider must not cut the tie to the one there is,
    // or the provider could no longer end this session by its id.
    let tied = anchor.sid.is_none()
        && (flow.purpose == FlowPurpose::StepUp
            || session
                .upstream
                .as_ref()
                .is_some_and(|old| old.id == anchor.id && old.subject == anchor.subject));
    if !tied {
        session.upstream = Some(anchor);
    }
    if outcome.org.is_some() {
        session.org.clone_from(&outcome.org);
    }
    if !sessions::prove_again(&mut write.tx, &session).await? {
        return Err(over());
    }
    write.invalidate(Change::Changed, Scope::Session, session.sid.as_str());
    Ok(session.sid)
}

fn over() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "The session has ended. Sign in again.",
    )
}

/// When the person proved themselves: the provider's word, but never in the future. Where a
/// new proof was demanded and the provider's clock says that it came after this flow began,
/// give or take the allowed skew, it counts from the flow's begin: seconds cut off or a clock
/// that is late would otherwise ask for it again and again.
fn auth_time(visit: &Visit<'_>, flow: &Flow, now: i64) -> i64 {
    const SKEW_MS: i64 = 60_000;
    let life = i64::try_from(visit.core.config.flow.ttl.as_millis()).unwrap_or(0);
    let begun = flow.expires_at - life;
    let demanded = flow.state.demand.prompt == Some(laneway_contract::Prompt::Login)
        || flow.state.demand.max_age.is_some();
    let newest = flow
        .state
        .proofs
        .iter()
        .map(|p| p.identity.evidence.auth_time_ms)
        .max();
    let own = match newest {
        Some(at) if demanded && at + SKEW_MS >= begun => at.max(begun).min(now),
        Some(at) => at.min(now),
        None => now,
    };
    // Together with what the session had proven before it is as old as that: else the older
    // factor would be carried on for ever.
    let carried = flow.state.carried.as_ref().and(visit.live.as_ref());
    carried.map_or(own, |live| own.min(live.session.auth_time))
}

/// The provider's session behind this one is another from now on. It proves nothing new here.
///
/// # Errors
/// `unauthenticated` where this session has ended meanwhile, `store_unavailable`.
pub(super) async fn hang_on(
    visit: &Visit<'_>,
    tie: &SessionUpstream,
    kept: &laneway_contract::UpstreamSession,
) -> Result<(), Problem> {
    let anchor = SessionUpstream {
        sid: kept.sid.clone(),
        ..tie.clone()
    };
    let mut session = visit.session()?.session.clone();
    session.upstream = Some(anchor.clone());
    let mut write = visit.core.begin().await?;
    session.last_seen_at = write.now();
    if !sessions::prove_again(&mut write.tx, &session).await? {
        return Err(over());
    }
    keep_upstream(visit, &mut write, &session.sid, &anchor, kept).await?;
    write.invalidate(Change::Changed, Scope::Session, session.sid.as_str());
    Ok(visit.core.commit(write).await?)
}

async fn keep_upstream(
    visit: &Visit<'_>,
    write: &mut Write,
    sid: &Sid,
    anchor: &SessionUpstream,
    kept: &laneway_contract::UpstreamSession,
) -> Result<(), Problem> {
    let tenant = &visit.site.tenant.id;
    let mut kept = kept.clone();
    // Kept only where a route attaches it, or where nothing else tells whether the provider still
    // stands behind the session.
    if !visit.core.config.attaches_upstream_tokens() && kept.refresh_token.is_some() {
        (kept.access_token, kept.expires_at_ms) = (None, None);
    }
    let plain = serde_json::to_vec(&kept)
        .map_err(|error| Problem::new(Code::Internal, "upstream session").because(error))?;
    let row = UpstreamSessionRow {
        sid: sid.clone(),
        upstream: anchor.id.clone(),
        subject: anchor.subject.clone(),
        sealed: visit
            .core
            .sealer
            .seal(upstream_sessions::place(tenant, sid), &plain),
        checked_at: write.now(),
    };
    upstream_sessions::put(&mut write.tx, tenant, &row).await?;
    Ok(())
}

/// A new value for this host's cookie; the old one is dead with the same commit.
pub(super) async fn rotate_cookie(
    visit: &Visit<'_>,
    write: &mut Write,
    sid: &Sid,
) -> Result<String, Problem> {
    let now = write.now();
    if let Some(old) = &visit.cookie {
        sessions::retire_cookie(&mut write.tx, old, now).await?;
        if let Some(live) = &visit.live {
            write.invalidate(Change::Changed, Scope::Session, live.session.sid.as_str());
        }
    }
    let (plain, hash) = visit.core.new_token();
    let host = &visit.site.host.host;
    sessions::add_cookie(&mut write.tx, &visit.site.tenant.id, sid, host, &hash, now).await?;
    Ok(plain.expose().to_owned())
}

/// Ends sessions and tells every cache.
///
/// # Errors
/// `store_unavailable`.
pub async fn end(
    write: &mut Write,
    tenant: &crate::domain::TenantId,
    which: Which<'_>,
    reason: &str,
) -> Result<Vec<Sid>, Problem> {
    let now = write.now();
    let ended = sessions::end(&mut write.tx, tenant, which.clone(), reason, now).await?;
    for sid in &ended {
        write.invalidate(Change::Ended, Scope::Session, sid.as_str());
    }
    logout_notices::create(&mut write.tx, tenant, &ended, now).await?;
    if upstream_revocation::is_ours(&which, reason) {
        // Whoever signs out goes on to the provider, and ends more there with the same token.
        let due = now
            + if reason == "logout" {
                logout::AT_PROVIDER_MS
            } else {
                0
            };
        upstream_revocations::note_ended(&mut write.tx, tenant, &ended, (now, due)).await?;
    }
    if matches!(which, Which::OfUpstream(_)) {
        end_tokens(write, tenant, &which).await?;
    }
    outlive(write, tenant, &which).await?;
    // What it has vouched for in other sessions is over with its own.
    for sid in admissions::take_back(&mut write.tx, tenant, &which).await? {
        write.invalidate(Change::Changed, Scope::Session, sid.as_str());
    }
    Ok(ended)
}

/// Where all sessions of a person end, tokens of upstreams that were issued to them before end too.
async fn outlive(
    write: &mut Write,
    tenant: &crate::domain::TenantId,
    which: &Which<'_>,
) -> Result<(), Problem> {
    let user = match which {
        Which::OfUser(user) | Which::Others(user, _) => Some((*user).clone()),
        Which::UpstreamSubject(upstream, subject) => {
            links::find_of_source(&mut write.tx, tenant, upstream, subject).await?
        }
        _ => None,
    };
    match user {
        Some(user) => outlived(write, tenant, &user, write.now()).await,
        None => Ok(()),
    }
}

/// All sessions of a person were ended at an instant.
pub(super) async fn outlived(
    write: &mut Write,
    tenant: &crate::domain::TenantId,
    user: &UserId,
    at: i64,
) -> Result<(), Problem> {
    users::note_ended(&mut write.tx, tenant, user, at).await?;
    write.invalidate(Change::Changed, Scope::User, user.as_str());
    Ok(())
}

/// Ends the API tokens that were made in sign-ins through a provider that is gone, or through a
/// link that is. A mere sign-out there ends none.
///
/// # Errors
/// `store_unavailable`.
pub async fn end_tokens(
    write: &mut Write,
    tenant: &crate::domain::TenantId,
    which: &Which<'_>,
) -> Result<(), Problem> {
    let now = write.now();
    for id in api_tokens::revoke_with(&mut write.tx, tenant, which, now).await? {
        write.invalidate_in(tenant, Change::Ended, Scope::Session, &id);
    }
    Ok(())
}

/// The same for one subject of an upstream: those of its sessions that are named by their
/// references there, or all where none is. What it has vouched for elsewhere is over too.
pub async fn end_of_subject(
    write: &mut Write,
    tenant: &crate::domain::TenantId,
    (upstream, subject): (&UpstreamId, &str),
    references: &[String],
    reason: &str,
) -> Result<Vec<Sid>, Problem> {
    let all = sessions::of_subject(&mut write.tx, tenant, upstream, subject).await?;
    let mut ended = Vec::new();
    for (sid, reference) in all {
        let named = reference.is_some_and(|reference| references.contains(&reference));
        if references.is_empty() || named {
            ended.extend(end(write, tenant, Which::One(&sid), reason).await?);
        }
    }
    let vouched = Which::UpstreamSubject(upstream, subject);
    for sid in admissions::take_back(&mut write.tx, tenant, &vouched).await? {
        write.invalidate(Change::Changed, Scope::Session, sid.as_str());
    }
    Ok(ended)
}
