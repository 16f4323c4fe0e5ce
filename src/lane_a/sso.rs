//! Organizations that want their own provider and no other way in.
//!
//! Owns: whose address that is about, and what an emergency leaves behind.
//! Must not know: where an address leads (`routing`), what follows (`domain::advance`).

use laneway_contract::{Acr, MethodKind};
use serde_json::json;

use super::submit::{count_login, wrong_step};
use super::{Visit, admission, flow, methods, routing};
use crate::audit::{Event, Outcome, kind};
use crate::domain::admission::Admission;
use crate::domain::advance::{Door, Sso};
use crate::domain::flow::{Flow, FlowPurpose, Proof};
use crate::domain::session::Session;
use crate::domain::user::{LinkKind, User};
use crate::domain::{Code, ConnectionId, Email, OrgId, Problem, UserId};
use crate::providers::Configured;
use crate::store::{Write, admissions, break_glass, connections, links};

/// The organization that refuses this way in, if one does: by any address that is known to be
/// the person's.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn required(
    visit: &Visit<'_>,
    flow: &Flow,
    proof: &Proof,
    user: Option<&User>,
    door: Option<&Door>,
) -> Result<Option<Sso>, Problem> {
    if !enters(flow) {
        return Ok(None);
    }
    let mut found = None;
    for email in addresses(visit, proof, user, door.is_some()).await? {
        let Some(sso) = wanted_for(visit, &email, user).await? else {
            continue;
        };
        // Whose own provider vouches for them has nothing to refuse.
        if door.is_some_and(|door| door.org == sso.org) {
            return Ok(None);
        }
        found = found.or(Some(sso));
    }
    Ok(found)
}

fn enters(flow: &Flow) -> bool {
    matches!(
        flow.purpose,
        FlowPurpose::Login | FlowPurpose::Signup | FlowPurpose::Recover
    )
}

/// Why a way is not on offer: an organization has shut it, by the address that was typed or
/// because it is asked for by name; else the step is not open. The same for everybody of the
/// domain, whoever is known.
pub(super) async fn not_on_offer(visit: &Visit<'_>, flow: &Flow, method: MethodKind) -> Problem {
    let refused = async {
        let Some(sso) = shut(visit, flow).await? else {
            return Err(wrong_step(flow));
        };
        // Whoever goes on trying uses up the flow, as with wrong answers.
        flow::count_wrong(visit.core, &mut flow.clone()).await?;
        Ok::<Sso, Problem>(sso)
    };
    let sso = match refused.await {
        Ok(sso) => sso,
        Err(problem) => return problem,
    };
    let target = ("flow", flow.id.as_str());
    let event = Event::new(kind::LOGIN_DENIED, Outcome::Denied, target)
        .org(sso.org.as_str())
        .detail(json!({
            "purpose": flow.purpose, "method": method.as_str(), "reason": "sso_required",
            "domain": sso.domain, "connection": sso.connection,
        }));
    let tenant = &visit.site.tenant.id;
    visit.core.audit_alone(tenant, visit.meta, event).await;
    count_login(method.as_str(), "denied", "");
    told(visit, refusal(), &sso, back(flow))
}

/// The organization that has shut every way but its own before anything is proven.
async fn shut(visit: &Visit<'_>, flow: &Flow) -> Result<Option<Sso>, Problem> {
    if !enters(flow) || flow.state.person().is_some() || !flow.state.proofs.is_empty() {
        return Ok(None);
    }
    if let Some(email) = flow.state.username.as_deref().and_then(Email::parse)
        && let Some(sso) = wanted_for(visit, &email, None).await?
    {
        return Ok(Some(sso));
    }
    let Some(org) = methods::asked_for(visit, flow).await? else {
        return Ok(None);
    };
    wanted_by(visit, &org.id).await
}

/// The same for an organization, whatever the address.
async fn wanted_by(visit: &Visit<'_>, org: &OrgId) -> Result<Option<Sso>, Problem> {
    let demands = admissions::demands(&visit.core.db, &visit.site.tenant.id, org).await?;
    Ok(demands.enforced.map(|connection| Sso {
        org: org.clone(),
        connection,
        domain: String::new(),
        emergency: false,
    }))
}

/// A provider that is the only way in and does not answer: there are people who need not wait.
/// Said to everybody of the domain alike.
pub(super) async fn told_of_emergency(
    visit: &Visit<'_>,
    flow: &Flow,
    asked: &Configured,
    problem: Problem,
) -> Problem {
    let only_way = async {
        let attached = asked.attached.as_ref();
        let of = attached.and_then(|one| Some((one.org.as_ref()?, &one.connection)));
        let Some((org, connection)) = of.filter(|_| enters(flow)) else {
            return Ok(shut(visit, flow).await?.is_some());
        };
        let wanted = wanted_by(visit, org).await?;
        Ok::<bool, Problem>(wanted.is_some_and(|sso| sso.connection == *connection))
    };
    match only_way.await {
        Ok(true) => problem.with("emergency", true),
        _ => problem,
    }
}

/// Where a refused flow was to end, unless that is where every sign-in ends.
pub(super) fn back(flow: &Flow) -> Option<&str> {
    let back = flow.state.return_to.as_str();
    (back != "/account").then_some(back)
}

/// Refuses what an organization's own provider would have to be asked for, and says where
/// that begins; afterwards it goes on at `back`.
///
/// # Errors
/// `sso_required` with `start_url`, `store_unavailable`.
pub(super) async fn refuse(visit: &Visit<'_>, address: &str, back: &str) -> Result<(), Problem> {
    let Some(email) = Email::parse(address) else {
        return Ok(());
    };
    match wanted_for(visit, &email, None).await? {
        None => Ok(()),
        Some(sso) => Err(told(visit, refusal(), &sso, Some(back))),
    }
}

/// Refuses that an account moves to an address whose organization wants its own provider, unless
/// that provider has vouched for the session, or emergencies are theirs. Audited.
///
/// # Errors
/// `sso_required` with `start_url`, `store_unavailable`.
pub(super) async fn refuse_move(
    visit: &Visit<'_>,
    session: &Session,
    email: &Email,
) -> Result<(), Problem> {
    let Some(sso) = wanted_for(visit, email, None).await? else {
        return Ok(());
    };
    let admission = admission::of_session(visit, session, &sso.org).await?;
    if !matches!(admission, Admission::Sso(_)) {
        return Ok(());
    }
    let target = ("user", session.user.as_str());
    let event = Event::new(kind::EMAIL_CHANGE_FAILED, Outcome::Denied, target)
        .by_user(&session.user)
        .org(sso.org.as_str())
        .detail(json!({
            "reason": "sso_required", "domain": sso.domain, "connection": sso.connection,
        }));
    let tenant = &visit.site.tenant.id;
    visit.core.audit_alone(tenant, visit.meta, event).await;
    let text = "This address belongs to an organization that wants its people to sign in with its own provider. Use the account that you have there.";
    // Without a way back: who comes from there has an account whose address is the provider's word.
    Err(told(
        visit,
        Problem::new(Code::SsoRequired, text),
        &sso,
        None,
    ))
}

/// The refusal without the way on.
pub(super) fn refusal() -> Problem {
    Problem::new(
        Code::SsoRequired,
        "Your organization wants you to sign in with its own provider.",
    )
}

/// A refusal with the way on.
pub(super) fn told(visit: &Visit<'_>, problem: Problem, sso: &Sso, back: Option<&str>) -> Problem {
    to_start(visit, problem, &sso.connection, back)
}

/// The same towards a provider.
pub(super) fn to_start(
    visit: &Visit<'_>,
    problem: Problem,
    connection: &ConnectionId,
    back: Option<&str>,
) -> Problem {
    let mut start = format!("/federation/{connection}/start");
    if let Some(back) = back {
        let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
        start.push_str(&format!("?return_to={back}"));
    }
    problem.with("start_url", visit.site.tenant.address(&start))
}

/// The organization that wants its own provider for an address.
async fn wanted_for(
    visit: &Visit<'_>,
    email: &Email,
    user: Option<&User>,
) -> Result<Option<Sso>, Problem> {
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let routed = routing::of_address(visit.core, tenant, email.as_str()).await?;
    let enforced = routed.filter(|routed| routed.enforced);
    let Some(id) = enforced.and_then(|routed| routed.connection) else {
        return Ok(None);
    };
    let Some(one) = connections::find(db, tenant, id.as_str()).await? else {
        return Ok(None);
    };
    let emergency = match user {
        Some(user) => break_glass::is_one(db, tenant, one.owner()?, &user.id).await?,
        None => false,
    };
    Ok(Some(Sso {
        org: one.owner()?.clone(),
        connection: id,
        domain: email.domain().to_owned(),
        emergency,
    }))
}

/// Every address that could be theirs, proven or not: on doubt the organization is asked.
async fn addresses(
    visit: &Visit<'_>,
    proof: &Proof,
    user: Option<&User>,
    through_door: bool,
) -> Result<Vec<Email>, Problem> {
    let mut all = Vec::new();
    // What another customer's provider says about an address is its word alone.
    let asserted = proof.identity.email.as_deref().filter(|_| !through_door);
    all.extend(asserted.and_then(Email::parse));
    if let Some(user) = user {
        // Nor is it more than that once it has become the account's.
        let counts = user.email_verified || !through_door;
        let own = user.email.as_deref().filter(|_| counts);
        all.extend(own.and_then(Email::parse));
        let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
        for link in links::list(db, tenant, &user.id).await? {
            if link.kind == LinkKind::Email {
                all.extend(Email::parse(&link.subject));
            }
        }
    }
    all.dedup();
    Ok(all)
}

/// What a sign-in past the tenant's own ways means for emergencies: it shows that the person
/// gets in without the provider, and where one has shut the others, it is one.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn signed_in(
    visit: &Visit<'_>,
    write: &mut Write,
    (flow, configured): (&Flow, &Configured),
    (user, acr): (&UserId, Acr),
    emergency: Option<&Sso>,
) -> Result<(), Problem> {
    // Only what still works when an address leads to the provider and nowhere else shows
    // anything: a passkey, or the tenant's own provider. And only a whole sign-in does.
    let lasting = flow.purpose == FlowPurpose::Login
        && flow.state.main_proof().is_some_and(|proof| {
            matches!(proof.method, MethodKind::Passkey | MethodKind::Redirect)
        });
    let (tenant, now) = (&visit.site.tenant.id, write.now());
    if configured.attached.is_none() && acr >= Acr::Aal2 && lasting {
        break_glass::prove(&mut write.tx, tenant, user, now).await?;
    }
    let Some(sso) = emergency else {
        return Ok(());
    };
    break_glass::note_use(&mut write.tx, tenant, &sso.org, user, now).await?;
    let target = ("user", user.as_str());
    let event = Event::new(kind::BREAK_GLASS_USED, Outcome::Success, target)
        .by_user(user)
        .org(sso.org.as_str())
        .detail(json!({ "domain": sso.domain, "connection": sso.connection, "acr": acr }));
    visit.core.audit(write, tenant, visit.meta, event).await?;
    Ok(())
}
