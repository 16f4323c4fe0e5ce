//! Which sign-in an identifier leads to: reads what is known and lets `domain::routing` decide.

use crate::core::Core;
use crate::domain::connection::State;
use crate::domain::routing::{Candidate, Known, Routed, route};
use crate::domain::{Email, Problem, TenantId};
use crate::store::orgs::OrgState;
use crate::store::{connections, domains, orgs, setup_links};

/// Leads whatever somebody typed or an address names: an e-mail address, a domain, an
/// organization, a connection or the id of a link by which one is set up.
///
/// # Errors
/// `store_unavailable`.
pub async fn of_identifier(
    core: &Core,
    tenant: &TenantId,
    identifier: &str,
) -> Result<Routed, Problem> {
    let text = identifier.trim();
    let db = &core.db;
    let mut known = Known::default();
    if !text.is_empty() && !text.contains('@') && text.len() <= 253 {
        known.called = live(core, tenant, text).await?;
        if let Some(made) = setup_links::connection_of(db, tenant, text).await? {
            known.setup = Some(match made {
                Some(id) => live(core, tenant, id.as_str()).await?,
                None => None,
            });
        }
        let found = orgs::find(db, tenant, text).await?;
        if let Some(org) = found.filter(|org| org.state == OrgState::Active) {
            let all = domains::live_connections(db, tenant, &org.id, "").await?;
            known.organization = Some((org.id, all));
        }
    }
    if let Some(domain) = domain_of(text) {
        by_domain(core, tenant, &domain, &mut known).await?;
        known.domain = Some(domain);
    }
    Ok(route(&known))
}

async fn live(core: &Core, tenant: &TenantId, id: &str) -> Result<Option<Candidate>, Problem> {
    let found = connections::find(&core.db, tenant, id).await?;
    let found = found.filter(|one| one.state == State::Active);
    Ok(found.map(|one| Candidate {
        id: one.id,
        rollout: one.rollout,
        enforced: one.enforced,
        named: false,
    }))
}

/// The same for an address alone, as it is typed on the login page.
///
/// # Errors
/// `store_unavailable`.
pub async fn of_address(
    core: &Core,
    tenant: &TenantId,
    address: &str,
) -> Result<Option<Routed>, Problem> {
    let Some(email) = Email::parse(address) else {
        return Ok(None);
    };
    let mut known = Known {
        domain: Some(email.domain().to_owned()),
        ..Known::default()
    };
    by_domain(core, tenant, email.domain(), &mut known).await?;
    Ok(Some(route(&known)))
}

fn domain_of(text: &str) -> Option<String> {
    let address = if text.contains('@') {
        Email::parse(text)
    } else {
        Email::parse(&format!("x@{text}"))
    };
    let domain = address.as_ref().map(Email::domain)?;
    domain.contains('.').then(|| domain.to_owned())
}

async fn by_domain(
    core: &Core,
    tenant: &TenantId,
    domain: &str,
    known: &mut Known,
) -> Result<(), Problem> {
    let Some(org) = domains::proven_by(&core.db, tenant, domain).await? else {
        return Ok(());
    };
    let found = orgs::find(&core.db, tenant, org.as_str()).await?;
    if found.is_some_and(|org| org.state == OrgState::Active) {
        let all = domains::live_connections(&core.db, tenant, &org, domain).await?;
        known.proven_by = Some((org, all));
    }
    Ok(())
}
