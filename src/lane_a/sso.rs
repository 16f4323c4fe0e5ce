//! Organizations that want their own provider and no other way in.
//!
//! Owns: whose address that is about, and what an emergency leaves behind.
//! Must not know: where an address leads (`routing`), what follows (`domain::advance`).

use laneway_contract::{Acr, MethodKind};
use serde_json::json;

use super::{Visit, routing};
use crate::audit::{Event, Outcome, kind};
use crate::domain::advance::{Door, Sso};
use crate::domain::flow::{Flow, FlowPurpose, Proof};
use crate::domain::user::{LinkKind, User};
use crate::domain::{Code, ConnectionId, Email, Problem, UserId};
use crate::providers::Configured;
use crate::store::{Write, break_glass, connections, links};

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
    let enters = matches!(
        flow.purpose,
        FlowPurpose::Login | FlowPurpose::Signup | FlowPurpose::Recover
    );
    if !enters {
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
        let own = user.email.as_deref();
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
    if configured.attached.is_some() || acr < Acr::Aal2 || !lasting {
        return Ok(());
    }
    let (tenant, now) = (&visit.site.tenant.id, write.now());
    break_glass::prove(&mut write.tx, tenant, user, now).await?;
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
