//! The end of a flow: person, links, session and audit event in one transaction.

use std::sync::Arc;

use laneway_contract::{Acr, MethodKind};
use serde_json::json;

use super::submit::{Submitted, count_login};
use super::{Visit, flow};
use crate::audit::{Event, Outcome as EventOutcome, kind};
use crate::domain::advance::TraceLine;
use crate::domain::flow::{Flow, FlowPurpose, Proof, Step};
use crate::domain::session::{Session, SessionUpstream};
use crate::domain::upstream::Role;
use crate::domain::user::{IdentityLink, LinkKind, User, UserState};
use crate::domain::{Code, Email, OrgId, Problem, Sid, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::sessions::Live;
use crate::store::invalidations::{Change, Scope};
use crate::store::seal::Place;
use crate::store::secrets::{self, SecretPurpose};
use crate::store::sessions::Which;
use crate::store::upstream_sessions::{self, UpstreamSessionRow};
use crate::store::{Write, links, operators, sessions, users};

/// What `advance` decided.
pub(super) struct Outcome {
    pub user: UserId,
    pub create: bool,
    pub acr: Acr,
    pub org: Option<OrgId>,
    pub trace: Vec<TraceLine>,
}

pub(super) async fn finish(
    visit: &Visit<'_>,
    mut flow: Flow,
    outcome: Outcome,
) -> Result<Submitted, Problem> {
    let proof = flow
        .state
        .proofs
        .last()
        .cloned()
        .ok_or_else(Problem::not_found)?;
    let configured = visit
        .core
        .providers
        .get(&visit.site.tenant, &proof.upstream)
        .await?;
    let anchor = anchor(visit, &configured, &proof, &outcome.user).await?;
    let core = visit.core;
    let mut write = core.begin().await?;
    flow.state.step = Step::Done;
    flow::save_in(core, &mut write, &mut flow, "done").await?;
    if outcome.create {
        create_user(visit, &mut write, &flow, &outcome.user, &proof).await?;
    } else {
        fill_user(visit, &mut write, &flow, &outcome.user, &proof).await?;
    }
    link(visit, &mut write, &flow, &outcome.user, &configured, &proof).await?;
    if let Some(hash) = flow.state.owner_link.clone() {
        become_owner(visit, &mut write, &hash, &outcome.user).await?;
    }
    let cookie = match flow.purpose {
        FlowPurpose::Link | FlowPurpose::Verify => None,
        _ => Some(session(visit, &mut write, &flow, &outcome, &proof, anchor).await?),
    };
    record(visit, &mut write, &flow, &outcome, &proof, &configured).await?;
    core.commit(write).await?;
    count_login(proof.method.as_str(), "success", &configured.row.slug);
    Ok(Submitted::Done {
        flow: Box::new(flow),
        cookie,
    })
}

/// The upstream a session hangs on: the one that judged the proof, or, where that was the
/// companion, the primary that the person is linked to, so that disabling them there ends
/// this session too.
async fn anchor(
    visit: &Visit<'_>,
    configured: &Configured,
    proof: &Proof,
    user: &UserId,
) -> Result<SessionUpstream, Problem> {
    let own = SessionUpstream {
        id: configured.row.id.clone(),
        slug: configured.row.slug.clone(),
        subject: proof.identity.subject.clone(),
        sid: proof
            .identity
            .session
            .as_ref()
            .and_then(|session| session.sid.clone()),
    };
    if configured.row.role != Role::Companion {
        return Ok(own);
    }
    let Ok(primary) = visit.core.providers.primary(&visit.site.tenant).await else {
        return Ok(own);
    };
    let all = links::list(&visit.core.db, &visit.site.tenant.id, user).await?;
    let linked = all
        .into_iter()
        .find(|link| link.kind == LinkKind::Upstream && link.issuer == primary.row.issuer);
    Ok(linked.map_or(own, |link| SessionUpstream {
        id: primary.row.id.clone(),
        slug: primary.row.slug.clone(),
        subject: link.subject,
        sid: None,
    }))
}

async fn create_user(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    id: &UserId,
    proof: &Proof,
) -> Result<(), Problem> {
    let identity = &proof.identity;
    let email = identity.email.as_deref().and_then(Email::parse);
    let user = User {
        id: id.clone(),
        email_verified: email.is_some() && identity.email_verified,
        email: email.map(|email| email.as_str().to_owned()),
        name: flow.state.name.clone().or_else(|| identity.name.clone()),
        state: UserState::Active,
        version: 1,
        created_at: write.now(),
    };
    if !users::create(&mut write.tx, &visit.site.tenant.id, &user).await? {
        return Err(Problem::new(
            Code::Conflict,
            "This account was made meanwhile. Sign in again.",
        ));
    }
    let event = Event::new(
        kind::USER_CREATED,
        EventOutcome::Success,
        ("user", id.as_str()),
    )
    .by_user(id);
    visit
        .core
        .audit(write, &visit.site.tenant.id, visit.meta, event)
        .await?;
    Ok(())
}

/// What the record lacks and this flow brought.
async fn fill_user(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    id: &UserId,
    proof: &Proof,
) -> Result<(), Problem> {
    let tenant = &visit.site.tenant.id;
    let Some(mut user) = users::find(&mut write.tx, tenant, id).await? else {
        return Err(Problem::not_found());
    };
    // Switched off since the facts were gathered.
    if user.state != UserState::Active {
        return Err(Problem::new(
            Code::Denied,
            "This account is switched off. Ask your administrator.",
        ));
    }
    let before = user.clone();
    if user.name.is_none() {
        user.name = flow
            .state
            .name
            .clone()
            .or_else(|| proof.identity.name.clone());
    }
    let asserted = proof.identity.email.as_deref().and_then(Email::parse);
    let own_proof = proof.method == MethodKind::EmailCode;
    if let Some(email) = asserted
        && (user.email.is_none() || own_proof)
    {
        let same = user.email.as_deref() == Some(email.as_str());
        user.email_verified = proof.identity.email_verified || (same && user.email_verified);
        user.email = Some(email.as_str().to_owned());
    }
    if user != before {
        let now = write.now();
        users::update(&mut write.tx, tenant, &user, now).await?;
        write.invalidate(Change::Changed, Scope::User, id.as_str());
    }
    Ok(())
}

async fn link(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    user: &UserId,
    configured: &Configured,
    proof: &Proof,
) -> Result<(), Problem> {
    let mut wanted = vec![(
        LinkKind::Upstream,
        Some(configured.row.id.clone()),
        proof.identity.issuer.clone(),
        proof.identity.subject.clone(),
    )];
    let address = proof.identity.email.as_deref().and_then(Email::parse);
    if proof.method == MethodKind::EmailCode
        && let Some(address) = address
    {
        wanted.push((
            LinkKind::Email,
            None,
            String::new(),
            address.as_str().to_owned(),
        ));
    }
    // An embedded subject stands for the user id it is equal to, and for nobody else.
    if configured.row.kind == EMBEDDED && proof.identity.subject != user.as_str() {
        wanted.remove(0);
    }
    let (tenant, now) = (&visit.site.tenant.id, write.now());
    for (kind, source, issuer, subject) in wanted {
        let row = IdentityLink {
            id: visit.core.new_id(),
            user: user.clone(),
            kind,
            source,
            issuer,
            subject,
            created_at: now,
            last_used_at: Some(now),
        };
        if links::create(&mut write.tx, tenant, &row).await? {
            if flow.purpose == FlowPurpose::Link || flow.purpose == FlowPurpose::Verify {
                linked_event(visit, write, user, &row).await?;
            }
            continue;
        }
        let owner =
            links::find_user(&mut write.tx, tenant, kind, &row.issuer, &row.subject).await?;
        if owner.as_ref() != Some(user) {
            return Err(Problem::new(
                Code::Denied,
                "This identity belongs to another account already.",
            ));
        }
        links::touch(&mut write.tx, tenant, kind, &row.issuer, &row.subject, now).await?;
    }
    Ok(())
}

async fn linked_event(
    visit: &Visit<'_>,
    write: &mut Write,
    user: &UserId,
    row: &IdentityLink,
) -> Result<(), Problem> {
    let event = Event::new(
        kind::IDENTITY_LINKED,
        EventOutcome::Success,
        ("user", user.as_str()),
    )
    .by_user(user)
    .detail(json!({ "kind": row.kind, "issuer": row.issuer, "subject": row.subject }));
    visit
        .core
        .audit(write, &visit.site.tenant.id, visit.meta, event)
        .await?;
    Ok(())
}

async fn become_owner(
    visit: &Visit<'_>,
    write: &mut Write,
    hash: &[u8],
    user: &UserId,
) -> Result<(), Problem> {
    let (tenant, now) = (&visit.site.tenant.id, write.now());
    let used = secrets::consume(&mut write.tx, tenant, SecretPurpose::OwnerLink, hash, now).await?;
    if used.is_none() {
        return Err(Problem::new(
            Code::Expired,
            "This owner link was used already. Make another.",
        ));
    }
    // Links that were made earlier end with the first owner.
    if operators::any_owner(&mut write.tx).await? {
        return Err(Problem::new(
            Code::Expired,
            "Somebody owns this installation already.",
        ));
    }
    let id = visit.core.new_id();
    operators::grant(
        &mut write.tx,
        &id,
        ("user", user.as_str()),
        "owner",
        None,
        now,
    )
    .await?;
    Ok(())
}

/// Makes or raises the session; the new cookie value.
async fn session(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    outcome: &Outcome,
    proof: &Proof,
    anchor: SessionUpstream,
) -> Result<String, Problem> {
    let same = visit
        .live
        .as_ref()
        .filter(|live| live.session.user == outcome.user);
    let sid = match (same, &visit.live) {
        (Some(live), _) => raise(write, flow, outcome, live, anchor.clone()).await?,
        (None, Some(other)) => {
            let reason = "replaced";
            let which = Which::One(&other.session.sid);
            end(write, &other.session.tenant, which, reason).await?;
            fresh(visit, write, flow, outcome, anchor.clone()).await?
        }
        (None, None) => fresh(visit, write, flow, outcome, anchor.clone()).await?,
    };
    if let Some(kept) = &proof.identity.session {
        keep_upstream(visit, write, &sid, &anchor, kept).await?;
    }
    rotate_cookie(visit, write, &sid).await
}

async fn fresh(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    outcome: &Outcome,
    anchor: SessionUpstream,
) -> Result<Sid, Problem> {
    let now = write.now();
    let limits = &visit.core.config.sessions;
    let session = Session {
        sid: Sid(visit.core.new_id()),
        tenant: visit.site.tenant.id.clone(),
        user: outcome.user.clone(),
        org: outcome.org.clone(),
        acr: outcome.acr,
        amr: flow.state.amr(),
        auth_time: auth_time(flow, now),
        upstream: Some(anchor),
        ip: visit.meta.ip.clone(),
        user_agent: visit.meta.user_agent.clone(),
        created_at: now,
        last_seen_at: now,
        idle_ms: i64::try_from(limits.idle.as_millis()).unwrap_or(i64::MAX),
        expires_at: now
            .saturating_add(i64::try_from(limits.absolute.as_millis()).unwrap_or(i64::MAX)),
    };
    sessions::create(&mut write.tx, &session).await?;
    Ok(session.sid)
}

/// The same person again: the session goes on, as strong as its newest proof.
async fn raise(
    write: &mut Write,
    flow: &Flow,
    outcome: &Outcome,
    live: &Arc<Live>,
    anchor: SessionUpstream,
) -> Result<Sid, Problem> {
    let mut session = live.session.clone();
    session.acr = outcome.acr;
    session.amr = flow.state.amr();
    session.auth_time = auth_time(flow, write.now());
    session.last_seen_at = write.now();
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
        return Err(Problem::new(
            Code::Unauthenticated,
            "The session has ended. Sign in again.",
        ));
    }
    write.invalidate(Change::Changed, Scope::Session, session.sid.as_str());
    Ok(session.sid)
}

/// When the person proved themselves: the provider's word, but never in the future.
fn auth_time(flow: &Flow, now: i64) -> i64 {
    let newest = flow
        .state
        .proofs
        .iter()
        .map(|p| p.identity.evidence.auth_time_ms)
        .max();
    newest.unwrap_or(now).min(now)
}

async fn keep_upstream(
    visit: &Visit<'_>,
    write: &mut Write,
    sid: &Sid,
    anchor: &SessionUpstream,
    kept: &laneway_contract::UpstreamSession,
) -> Result<(), Problem> {
    let tenant = &visit.site.tenant.id;
    let plain = serde_json::to_vec(kept)
        .map_err(|error| Problem::new(Code::Internal, "upstream session").because(error))?;
    let row = UpstreamSessionRow {
        sid: sid.clone(),
        upstream: anchor.id.clone(),
        subject: anchor.subject.clone(),
        sealed: visit
            .core
            .sealer
            .seal(upstream_place(tenant.as_str(), sid.as_str()), &plain),
        checked_at: write.now(),
    };
    upstream_sessions::put(&mut write.tx, tenant, &row).await?;
    Ok(())
}

/// Where a provider's tokens are sealed for.
pub(super) fn upstream_place<'a>(tenant: &'a str, sid: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "upstream_sessions",
        column: "sealed",
        row: sid,
    }
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
pub(super) async fn end(
    write: &mut Write,
    tenant: &crate::domain::TenantId,
    which: Which<'_>,
    reason: &str,
) -> Result<Vec<Sid>, Problem> {
    let now = write.now();
    let ended = sessions::end(&mut write.tx, tenant, which, reason, now).await?;
    for sid in &ended {
        write.invalidate(Change::Ended, Scope::Session, sid.as_str());
    }
    Ok(ended)
}

async fn record(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    outcome: &Outcome,
    proof: &Proof,
    configured: &Configured,
) -> Result<(), Problem> {
    let event = Event::new(
        kind::LOGIN_COMPLETED,
        EventOutcome::Success,
        ("user", outcome.user.as_str()),
    )
    .by_user(&outcome.user)
    .detail(json!({
        "purpose": flow.purpose, "method": proof.method, "upstream": configured.row.slug,
        "acr": outcome.acr, "amr": flow.state.amr(), "trace": outcome.trace,
    }));
    visit
        .core
        .audit(write, &visit.site.tenant.id, visit.meta, event)
        .await?;
    Ok(())
}
