//! The end of a flow: person, links, session and audit event in one transaction.

use laneway_contract::{Acr, MethodKind, UpstreamIdentity};
use serde_json::json;

use super::submit::{Submitted, count_login};
use super::{Visit, admission, door, flow, invitation, linking, sign_in, social, sso};
use crate::audit::{Event, Outcome as EventOutcome, kind};
use crate::domain::advance::{Sso, TraceLine};
use crate::domain::flow::{Flow, FlowPurpose, Proof, Step};
use crate::domain::session::SessionUpstream;
use crate::domain::upstream::Role;
use crate::domain::user::{LinkKind, User, UserState};
use crate::domain::{Code, Email, OrgId, Problem, UserId};
use crate::providers::Configured;
use crate::store::invalidations::{Change, Scope};
use crate::store::secrets::{self, SecretPurpose};
use crate::store::{Write, domains, links, operators, users};

/// What `advance` decided.
pub(super) struct Outcome {
    pub user: UserId,
    pub create: bool,
    pub acr: Acr,
    pub org: Option<OrgId>,
    pub trace: Vec<TraceLine>,
    /// Got in although their organization wants its own provider.
    pub emergency: Option<Sso>,
}

pub(super) async fn finish(
    visit: &Visit<'_>,
    mut flow: Flow,
    mut outcome: Outcome,
) -> Result<Submitted, Problem> {
    let mut proof = flow
        .state
        .main_proof()
        .cloned()
        .ok_or_else(Problem::not_found)?;
    let configured = visit
        .core
        .providers
        .get(&visit.site.tenant, &proof.upstream)
        .await?;
    let anchor = match still_within(visit, &flow, &proof) {
        Some(tie) => tie,
        None => anchor(visit, &configured, &proof, &outcome.user).await?,
    };
    if configured.attached.is_some() {
        // What is attached is not asked about a session later, nor told of its end.
        proof.identity.session = None;
    }
    let elsewhere = |own: &OrgId| outcome.org.as_ref().is_some_and(|org| org != own);
    if anchor.within.as_ref().is_some_and(elsewhere) {
        return Err(Problem::new(
            Code::SsoRequired,
            "Your organization's own provider vouches for you there only. Sign in another way to enter this one.",
        ));
    }
    admission::admit(visit, &flow, &mut outcome, anchor.within.is_some()).await?;
    let core = visit.core;
    let mut write = core.begin().await?;
    flow.state.step = Step::Done;
    flow::save_in(core, &mut write, &mut flow, "done").await?;
    let before = if outcome.create {
        create_user(
            visit,
            &mut write,
            &flow,
            &outcome.user,
            (&configured, &proof),
        )
        .await?;
        None
    } else {
        Some(
            fill_user(
                visit,
                &mut write,
                &flow,
                &outcome.user,
                (&configured, &proof),
            )
            .await?,
        )
    };
    let entered = match &configured.attached {
        Some(attached) if configured.is_social() => {
            social::enter(visit, &mut write, attached, &proof.identity).await?
        }
        Some(attached) => {
            let (who, new) = (&outcome.user, outcome.create);
            door::enter(visit, &mut write, attached, &proof.identity, who, new).await?
        }
        None => serde_json::Value::Null,
    };
    let who = (&outcome.user, outcome.acr);
    sso::signed_in(
        visit,
        &mut write,
        (&flow, &configured),
        who,
        outcome.emergency.as_ref(),
    )
    .await?;
    let added = linking::link(visit, &mut write, &flow, &outcome.user, &configured, &proof).await?;
    if added {
        linking::tell(visit, &mut write, &outcome.user, before).await?;
    }
    if let Some(hash) = flow.state.owner_link.clone() {
        become_owner(visit, &mut write, &hash, &outcome.user).await?;
    }
    invitation::finish(visit, &mut write, &flow, &outcome.user).await?;
    let cookies = match flow.purpose {
        FlowPurpose::Link | FlowPurpose::Verify | FlowPurpose::Errand => None,
        _ => Some(sign_in::session(visit, &mut write, &flow, &outcome, &proof, anchor).await?),
    };
    let told = (configured.as_ref(), entered);
    record(visit, &mut write, &flow, &outcome, &proof, told).await?;
    core.commit(write).await?;
    count_login(proof.method.as_str(), "success", &configured.row.slug);
    Ok(Submitted::Done {
        flow: Box::new(flow),
        cookies,
    })
}

/// A second step alone changes nothing about who vouched for the first one: a session of an
/// organization's own provider stays one.
fn still_within(visit: &Visit<'_>, flow: &Flow, proof: &Proof) -> Option<SessionUpstream> {
    let raised = flow.purpose == FlowPurpose::StepUp && proof.method.is_second_only();
    let live = visit.live.as_ref().filter(|_| raised)?;
    let tie = live.session.upstream.clone();
    tie.filter(|tie| tie.within.is_some())
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
        subject: proof.identity.origin().1.to_owned(),
        sid: proof
            .identity
            .session
            .as_ref()
            .and_then(|session| session.sid.clone()),
        within: configured.attached.as_ref().and_then(|own| own.org.clone()),
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
        within: None,
    }))
}

async fn create_user(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    id: &UserId,
    (configured, proof): (&Configured, &Proof),
) -> Result<(), Problem> {
    let identity = &proof.identity;
    let email = identity.email.as_deref().and_then(Email::parse);
    let user = User {
        id: id.clone(),
        email_verified: email.is_some() && is_proven(visit, write, configured, identity).await?,
        email: email.map(|email| email.as_str().to_owned()),
        name: flow.state.name.clone().or_else(|| identity.name.clone()),
        locale: None,
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

/// A provider's word on an address: a customer's counts for domains that its organization has
/// proven to be its own.
async fn is_proven(
    visit: &Visit<'_>,
    write: &mut Write,
    configured: &Configured,
    identity: &UpstreamIdentity,
) -> Result<bool, Problem> {
    let org = match &configured.attached {
        None => return Ok(identity.email_verified),
        Some(attached) => &attached.org,
    };
    let Some(org) = org else {
        return social::is_proven(visit, write, identity).await;
    };
    let email = identity.email.as_deref().and_then(Email::parse);
    let Some(email) = email.filter(|_| identity.email_verified) else {
        return Ok(false);
    };
    let (tenant, domain) = (&visit.site.tenant.id, email.domain());
    Ok(domains::is_proven(&mut write.tx, tenant, org, domain).await?)
}

/// What the record lacks and this flow brought; answers the record as it was.
async fn fill_user(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    id: &UserId,
    (configured, proof): (&Configured, &Proof),
) -> Result<User, Problem> {
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
    if let Some(email) = asserted {
        let same = user.email.as_deref() == Some(email.as_str());
        // Another address than the account's becomes a way in and no more: moving the account
        // there is a change of its own, which the old address hears of.
        if user.email.is_none() || (same && own_proof && flow.purpose == FlowPurpose::Verify) {
            let proven = is_proven(visit, write, configured, &proof.identity).await?;
            user.email_verified = proven || (same && user.email_verified);
            user.email = Some(email.as_str().to_owned());
        }
    }
    if user != before {
        let now = write.now();
        users::update(&mut write.tx, tenant, &user, now).await?;
        write.invalidate(Change::Changed, Scope::User, id.as_str());
    }
    Ok(before)
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
    let event = Event::new(
        kind::OPERATOR_APPOINTED,
        EventOutcome::Success,
        ("user", user.as_str()),
    )
    .by_user(user)
    .detail(json!({ "role": "owner", "scope": "instance", "by": "owner_link" }))
    .change(None, Some(json!({ "role": "owner" })));
    visit.core.audit(write, tenant, visit.meta, event).await?;
    Ok(())
}

async fn record(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    outcome: &Outcome,
    proof: &Proof,
    (configured, entered): (&Configured, serde_json::Value),
) -> Result<(), Problem> {
    let mut event = Event::new(
        kind::LOGIN_COMPLETED,
        EventOutcome::Success,
        ("user", outcome.user.as_str()),
    )
    .by_user(&outcome.user)
    .detail(json!({
        "purpose": flow.purpose, "method": proof.method, "upstream": configured.row.slug,
        "acr": outcome.acr, "amr": flow.state.amr(), "trace": outcome.trace,
        "entry": entered,
    }));
    if let Some(org) = configured
        .attached
        .as_ref()
        .and_then(|own| own.org.as_ref())
    {
        event = event.org(org.as_str());
    }
    visit
        .core
        .audit(write, &visit.site.tenant.id, visit.meta, event)
        .await?;
    Ok(())
}
