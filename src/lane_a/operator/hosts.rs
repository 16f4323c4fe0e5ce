//! Host names of tenants.

use super::Act;
use crate::audit::{Event, Outcome, kind};
use crate::core::grants_of_people;
use crate::domain::tenant::{Host, Purpose, host_key};
use crate::domain::{Code, Problem};
use crate::store::invalidations::{Change, Scope};
use crate::store::{hosts, orgs};

/// Adds a host name to the tenant of the act; a login host may be one organization's own, by
/// its id or slug.
///
/// # Errors
/// `invalid_field`, `duplicate`, `forbidden`.
pub async fn add_host(
    act: &Act<'_>,
    name: &str,
    purpose: Purpose,
    org: Option<&str>,
) -> Result<Host, Problem> {
    let key = host_key(name).ok_or_else(|| {
        Problem::field(
            "/host",
            "invalid_host",
            "Give a host name, with a port if it is not 443.",
        )
    })?;
    if org.is_some() && purpose != Purpose::Login {
        let detail = "Only a login host can be an organization's own.";
        return Err(Problem::field("/org", "not_here", detail));
    }
    let mut host = Host {
        id: act.core.new_id(),
        host: key,
        purpose,
        canonical: false,
        config_owned: false,
        org: None,
    };
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    if let Some(name) = org {
        let found = orgs::find(&mut write.tx, tenant, name).await?;
        let unknown = || Problem::field("/org", "unknown", "No organization is called so here.");
        host.org = Some(found.ok_or_else(unknown)?.id);
    }
    // Whoever answers for a host receives the sessions of all who come by: also of those
    // who may do more than the caller.
    act.by
        .require_above(&grants_of_people(&mut write.tx, tenant).await?)?;
    let now = write.now();
    hosts::create(&mut write.tx, tenant, &host, now).await?;
    write.invalidate(Change::Changed, Scope::Tenant, tenant.as_str());
    let mut event = Event::new(kind::HOST_ADDED, Outcome::Success, ("host", &host.host));
    if let Some(org) = &host.org {
        event = event.org(org.as_str());
    }
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(host)
}

/// Removes a host name of the tenant of the act.
///
/// # Errors
/// `not_found`, `conflict` for the canonical host and for those of the configuration.
pub async fn remove_host(act: &Act<'_>, id: &str) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let all = hosts::list(&mut write.tx, tenant).await?;
    let host = all
        .into_iter()
        .find(|host| host.id == id)
        .ok_or_else(Problem::not_found)?;
    if !hosts::delete(&mut write.tx, tenant, id).await? {
        let detail = if host.config_owned {
            "The configuration file owns this host. Remove it there."
        } else {
            "This is the tenant's canonical login host: links and passkeys hang on it."
        };
        return Err(Problem::new(Code::Conflict, detail));
    }
    write.invalidate(Change::Changed, Scope::Tenant, tenant.as_str());
    let event = Event::new(kind::HOST_REMOVED, Outcome::Success, ("host", &host.host));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}
