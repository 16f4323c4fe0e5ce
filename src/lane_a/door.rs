//! An organization's door: whom its own provider vouches for, and what they become there.
//!
//! Owns: what is read for the judgement, and what a sign-in through a connection writes.
//! Must not know: how the judgement is made (`domain::entry`), what the provider speaks.

use std::collections::BTreeSet;

use laneway_contract::UpstreamIdentity;
use serde_json::{Value, json};

use super::Visit;
use crate::audit::{Event, Outcome, kind};
use crate::core::{Core, hash_token};
use crate::domain::advance::{Door, Refusal};
use crate::domain::checks::EXPLAINED;
use crate::domain::connection::{Config, Connection, LinkPolicy, Rollout};
use crate::domain::entry::{self, Arrival, Entry, Place};
use crate::domain::flow::{Flow, FlowPurpose};
use crate::domain::mapping::{Assertion, Mapping};
use crate::domain::tenant::Tenant;
use crate::domain::user::LinkKind;
use crate::domain::{Code, Email, Problem, TenantId, UserId};
use crate::providers::{Attached, Configured, switched_off};
use crate::store::invalidations::{Change, Scope};
use crate::store::orgs::{OrgState, Organization};
use crate::store::seal::Place as SealPlace;
use crate::store::{
    Source, Write, assertions, connection_health, connections, links, members, orgs, role_mappings,
};

/// What was found at the door.
pub struct Found {
    /// The connection as it is now.
    pub connection: Connection,
    /// Whose it is.
    pub org: Organization,
    /// The judgement.
    pub entry: Entry,
}

impl Found {
    pub(super) fn into_fact(self, policy: Option<Refusal>) -> Door {
        Door {
            org: self.org.id,
            slug: self.org.slug,
            bar: self.entry.bar.or(policy),
            lines: self.entry.lines,
        }
    }
}

/// What a provider said, as rules read it.
pub fn assertion(identity: &UpstreamIdentity) -> Assertion<'_> {
    Assertion {
        claims: &identity.claims,
        groups: identity.groups.clone(),
        email: identity.email.as_deref(),
        email_verified: identity.email_verified,
    }
}

/// Looks at whom a connection's provider vouches for.
///
/// # Errors
/// `denied` for a connection or organization that is switched off, or a revision that is no
/// longer the live one; `store_unavailable`.
pub(super) async fn look(
    on: &mut impl Source,
    tenant: &Tenant,
    attached: &Attached,
    identity: &UpstreamIdentity,
    user: Option<&UserId>,
) -> Result<Found, Problem> {
    let found = connections::find(on.on(), &tenant.id, attached.connection.as_str()).await?;
    let connection = found
        .filter(|one| one.is_active() && one.active == Some(attached.revision))
        .ok_or_else(switched_off)?;
    let rollout = Some(connection.rollout);
    let at = At {
        connection: &connection,
        config: &attached.config,
        rollout,
    };
    let (org, entry) = judge(on, tenant, &at, &assertion(identity), user, None).await?;
    Ok(Found {
        connection,
        org,
        entry,
    })
}

/// Which door.
pub struct At<'a> {
    /// Of which connection.
    pub connection: &'a Connection,
    /// What it is set to.
    pub config: &'a Config,
    /// For whom; `None` for whoever tests.
    pub rollout: Option<Rollout>,
}

/// Judges an assertion as a sign-in would, by the mapping that counts or another one.
///
/// # Errors
/// `denied` for an organization that is switched off, `store_unavailable`.
pub async fn judge(
    on: &mut impl Source,
    tenant: &Tenant,
    at: &At<'_>,
    assertion: &Assertion<'_>,
    user: Option<&UserId>,
    mapping: Option<&Mapping>,
) -> Result<(Organization, Entry), Problem> {
    let one = at.connection;
    let found = orgs::find(on.on(), &tenant.id, one.owner()?.as_str()).await?;
    let org = found
        .filter(|org| org.state == OrgState::Active)
        .ok_or_else(|| Problem::new(Code::Denied, "This organization is switched off."))?;
    let place = place(on, tenant, one, assertion, user).await?;
    let current = match mapping {
        Some(_) => None,
        None => Some(
            role_mappings::current(on.on(), &tenant.id, &one.id)
                .await?
                .1,
        ),
    };
    let entry = entry::judge(&Arrival {
        config: at.config,
        mapping: mapping.or(current.as_ref()).unwrap_or(&Mapping::default()),
        rollout: at.rollout,
        assertion: assertion.clone(),
        place,
    });
    Ok((org, entry))
}

async fn place(
    on: &mut impl Source,
    tenant: &Tenant,
    one: &Connection,
    assertion: &Assertion<'_>,
    user: Option<&UserId>,
) -> Result<Place, Problem> {
    let (tenant, org) = (&tenant.id, one.owner()?);
    let defined = orgs::roles(on.on(), tenant, org).await?;
    let picked = match assertion.email.and_then(Email::parse) {
        Some(email) => connections::is_picked(on.on(), tenant, &one.id, &email).await?,
        None => false,
    };
    let member = match user {
        Some(user) => members::find(on.on(), tenant, org, user).await?,
        None => None,
    };
    let (mut mapped, mut others) = (BTreeSet::new(), BTreeSet::new());
    if let Some(member) = &member {
        let source = ("mapping", one.id.as_str());
        mapped = orgs::granted_from(on.on(), tenant, &member.id, source).await?;
        others = orgs::granted_besides(on.on(), tenant, &member.id, source).await?;
    }
    Ok(Place {
        first: user.is_none(),
        suspended: member.as_ref().is_some_and(|member| !member.is_active()),
        picked,
        mapped,
        others,
        defined: defined
            .into_iter()
            .map(|(role, words)| (role, words.into_iter().collect()))
            .collect(),
    })
}

/// Whether a signed-in person may attach an identity of this connection.
pub(super) async fn may_link(
    visit: &Visit<'_>,
    flow: &Flow,
    attached: &Attached,
    known: Option<&UserId>,
) -> Result<Option<Refusal>, Problem> {
    let Some(bound) = &flow.state.bound else {
        return Ok(None);
    };
    if flow.purpose != FlowPurpose::Link || known.is_some() {
        return Ok(None);
    }
    let refused = match attached.config.link_policy() {
        LinkPolicy::Refuse => true,
        LinkPolicy::Add | LinkPolicy::Replace => false,
        LinkPolicy::Link => {
            let tenant = &visit.site.tenant.id;
            let all = links::list(&visit.core.db, tenant, &bound.user).await?;
            let source = attached.connection.as_source();
            all.iter().any(|link| {
                link.kind == LinkKind::Connection && link.source.as_ref() == Some(&source)
            })
        }
    };
    Ok(refused.then_some(Refusal::NotLinkable))
}

/// Lets somebody in, inside the transaction that signs them in: judged once more by what is
/// stored now. Answers what the event tells about it.
///
/// # Errors
/// `denied` for whom the door has been barred meanwhile.
pub(super) async fn enter(
    visit: &Visit<'_>,
    write: &mut Write,
    attached: &Attached,
    identity: &UpstreamIdentity,
    user: &UserId,
    created: bool,
) -> Result<Value, Problem> {
    let (tenant, now) = (&visit.site.tenant, write.now());
    let id = &attached.connection;
    if !connections::note_login(&mut write.tx, &tenant.id, id, attached.revision, now).await? {
        return Err(switched_off());
    }
    for message in &identity.once {
        if !assertions::note(&mut write.tx, &tenant.id, id, &hash_token(message), now).await? {
            return Err(Problem::new(
                Code::Denied,
                "This answer of the identity provider was used already. Sign in again.",
            ));
        }
    }
    let known = (!created).then_some(user);
    let found = look(&mut &mut write.tx, tenant, attached, identity, known).await?;
    if found.entry.bar.is_some() {
        return Err(Problem::new(
            Code::Denied,
            "Your organization does not let this account in.",
        ));
    }
    connection_health::count(&mut write.tx, &tenant.id, id, "", now).await?;
    let org = &found.org.id;
    let new_id = visit.core.new_id();
    let place = orgs::add_member(&mut write.tx, &tenant.id, org, user, &new_id, now).await?;
    let grants: Vec<(String, String)> = found
        .entry
        .mapped
        .roles
        .iter()
        .map(|role| (visit.core.new_id(), role.clone()))
        .collect();
    let source = ("mapping", id.as_str());
    let moved = orgs::set_from(&mut write.tx, &tenant.id, &place, source, &grants, now).await?;
    if moved || place == new_id {
        changed(visit, write, &found, user, place == new_id).await?;
    }
    Ok(told(&found))
}

/// Counts a sign-in that failed, for whoever looks at how it goes. What cannot be counted is
/// only logged: it must not stand in the place of the reason.
pub(super) async fn count_failure(visit: &Visit<'_>, attached: &Attached, cause: &str) {
    count(visit.core, &visit.site.tenant.id, attached, cause).await;
}

/// Counts an answer that names no sign-in: a provider that drops what it was given is found so.
pub async fn count_unasked(core: &Core, tenant: &Tenant, configured: &Configured) {
    if let Some(attached) = &configured.attached {
        count(core, &tenant.id, attached, "saml_response_missing").await;
    }
}

async fn count(core: &Core, tenant: &TenantId, attached: &Attached, cause: &str) {
    // Whoever calls us back can write any code: what nobody explains is one cause.
    let known = EXPLAINED.contains(&cause);
    let cause = if known { cause } else { "refused" };
    let outcome = async {
        let mut write = core.begin().await?;
        let now = write.now();
        let id = &attached.connection;
        connection_health::count(&mut write.tx, tenant, id, cause, now).await?;
        core.commit(write).await?;
        Ok::<_, Problem>(())
    };
    if let Err(problem) = outcome.await {
        tracing::warn!(source = problem.source, "a failed sign-in was not counted");
    }
}

async fn changed(
    visit: &Visit<'_>,
    write: &mut Write,
    found: &Found,
    user: &UserId,
    joined: bool,
) -> Result<(), Problem> {
    write.invalidate(Change::Changed, Scope::User, user.as_str());
    let mapped = &found.entry.mapped;
    let event = Event::new(
        kind::MEMBER_CHANGED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .org(found.org.id.as_str())
    .by("connection", found.connection.id.as_str())
    .detail(json!({
        "source": "mapping", "joined": joined, "gained": mapped.gained, "lost": mapped.lost,
    }));
    let tenant = &visit.site.tenant.id;
    visit.core.audit(write, tenant, visit.meta, event).await?;
    Ok(())
}

fn told(found: &Found) -> Value {
    json!({
        "connection": found.connection.id, "org": found.org.id, "revision": found.connection.active,
        "roles": found.entry.roles, "rules": found.entry.mapped.rules,
        "groups": found.entry.mapped.groups, "undefined": found.entry.mapped.undefined,
    })
}

/// Keeps what a mapping was fed with, sealed, for rehearsals of a changed one.
pub(super) async fn remember(
    visit: &Visit<'_>,
    write: &mut Write,
    link: &str,
    identity: &UpstreamIdentity,
) -> Result<(), Problem> {
    let (tenant, now) = (&visit.site.tenant.id, write.now());
    let plain = serde_json::to_vec(&identity.claims)
        .map_err(|error| Problem::new(Code::Internal, "claims").because(error))?;
    let sealed = visit
        .core
        .sealer
        .seal(asserted_place(tenant.as_str(), link), &plain);
    links::set_asserted(&mut write.tx, tenant, link, sealed, now).await?;
    Ok(())
}

/// Where the last assertion of a link is sealed for.
pub fn asserted_place<'a>(tenant: &'a str, link: &'a str) -> SealPlace<'a> {
    SealPlace {
        tenant,
        table: "identity_links",
        column: "asserted",
        row: link,
    }
}
