//! Providers that the tenant itself has attached and anybody may have an account at.
//!
//! They vouch for who somebody is and for nothing else: whether strangers may have an account
//! says the tenant, and an account that exists is found by its link alone.
//!
//! Owns: what keeps such a person out, where nobody comes by them, and what their sign-in writes.
//! Must not know: what the provider speaks, what an organization wants (`door`).

use laneway_contract::UpstreamIdentity;
use serde_json::{Value, json};

use super::{Visit, methods};
use crate::domain::advance::Refusal;
use crate::domain::connection::Connection;
use crate::domain::flow::{Flow, FlowPurpose, Proof};
use crate::domain::tenant::{Signup, Tenant};
use crate::domain::{Code, Email, Problem};
use crate::providers::{Attached, switched_off};
use crate::store::orgs::{self, OrgState};
use crate::store::{Source, Write, connection_health, connections, domains};

/// Does the organization that somebody signs in to take nobody from there? It is the one that is
/// asked for, or the one whose domain the typed address is of.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn is_shut(visit: &Visit<'_>, flow: &Flow) -> Result<bool, Problem> {
    let enters = matches!(flow.purpose, FlowPurpose::Login | FlowPurpose::Signup);
    if !enters || flow.state.bound.is_some() {
        return Ok(false);
    }
    if methods::asked_for(visit, flow)
        .await?
        .is_some_and(|org| !org.social_login)
    {
        return Ok(true);
    }
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let Some(email) = flow.state.username.as_deref().and_then(Email::parse) else {
        return Ok(false);
    };
    let Some(owner) = domains::proven_by(db, tenant, email.domain()).await? else {
        return Ok(false);
    };
    let found = orgs::find(db, tenant, owner.as_str()).await?;
    Ok(found.is_some_and(|org| org.state == OrgState::Active && !org.social_login))
}

/// Why somebody whom such a provider vouches for may not come in.
///
/// # Errors
/// `denied` for a connection that is switched off, or a revision that is no longer the live one;
/// `store_unavailable`.
pub(super) async fn bar(
    on: &mut impl Source,
    tenant: &Tenant,
    attached: &Attached,
    identity: &UpstreamIdentity,
) -> Result<Option<Refusal>, Problem> {
    let found = connections::find(on.on(), &tenant.id, attached.connection.as_str()).await?;
    let live = |one: &Connection| one.is_active() && one.active == Some(attached.revision);
    found.filter(live).ok_or_else(switched_off)?;
    let unmet = attached.config.unmet(&identity.claims);
    Ok(unmet.map(|_| Refusal::UnmetClaim))
}

/// May a stranger have an account by this proof?
pub(super) fn lets_in(visit: &Visit<'_>, proof: &Proof, invited: bool) -> bool {
    // An invitation names an address: here it must be one that the provider has verified.
    visit.site.tenant.signup == Signup::Open || (invited && proof.identity.email_verified)
}

/// Lets somebody in, inside the transaction that signs them in. Answers what the event tells.
///
/// # Errors
/// `denied` for whom the way has been shut meanwhile.
pub(super) async fn enter(
    visit: &Visit<'_>,
    write: &mut Write,
    attached: &Attached,
    identity: &UpstreamIdentity,
) -> Result<Value, Problem> {
    let (tenant, now) = (&visit.site.tenant, write.now());
    let (id, number) = (&attached.connection, attached.revision);
    if !connections::note_login(&mut write.tx, &tenant.id, id, number, now).await? {
        return Err(switched_off());
    }
    if attached.config.unmet(&identity.claims).is_some() {
        return Err(Problem::new(
            Code::Denied,
            "This account is not one of those that this connection lets in.",
        ));
    }
    connection_health::count(&mut write.tx, &tenant.id, id, "", now).await?;
    Ok(json!({ "connection": id, "revision": number }))
}

/// Does such a provider's word on an address count? It says that a mail arrived once; whose
/// domain it is, an organization may have proven, and then its own provider says so.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn is_proven(
    visit: &Visit<'_>,
    write: &mut Write,
    identity: &UpstreamIdentity,
) -> Result<bool, Problem> {
    let email = identity.email.as_deref().and_then(Email::parse);
    let Some(email) = email.filter(|_| identity.email_verified) else {
        return Ok(false);
    };
    let tenant = &visit.site.tenant.id;
    let owner = domains::proven_by(&mut write.tx, tenant, email.domain()).await?;
    Ok(owner.is_none())
}
