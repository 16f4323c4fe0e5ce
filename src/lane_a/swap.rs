//! Changing the upstream: rehearsal and activation. Downstream ids and live sessions stay.

use serde::Serialize;
use serde_json::json;

use super::operator::{Act, UpstreamChange, change_upstream};
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::{Role, Upstream};
use crate::domain::{Code, Problem, UpstreamId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::brokered::Tied;
use crate::store::invalidations::{Change, Scope};
use crate::store::{Write, brokered, links, upstreams};

/// What a swap would mean.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// Slug of the upstream that is left.
    pub from: String,
    /// Slug of the upstream that is entered.
    pub to: String,
    /// People in the tenant.
    pub people: i64,
    /// People who are linked to the new upstream: they keep their id.
    pub linked: i64,
    /// People who are not: signing in there makes them new users.
    pub new_users: i64,
    /// Whether passkeys that Laneway keeps stop working as the way in.
    pub passkeys_idle: bool,
    /// Customers' connections that the upstream that is left speaks to: without it they are
    /// lost.
    pub tied: Vec<String>,
    /// What an operator should know.
    pub notes: Vec<String>,
}

/// Rehearses a swap; changes nothing.
///
/// # Errors
/// `not_found` for an unknown name.
pub async fn plan(core: &Core, tenant: &Tenant, from: &str, to: &str) -> Result<Plan, Problem> {
    let from = core.providers.by_slug(tenant, from).await?;
    let to = core.providers.by_slug(tenant, to).await?;
    let (linked, new_users) = people(core, tenant, &to).await?;
    let mut notes = Vec::new();
    if new_users > 0 {
        notes.push(format!(
            "{new_users} people are not linked to {}. Let them link it on their account page, or \
             link them by PUT /v1/admin/users/{{id}}/identities, before you activate it.",
            to.row.slug
        ));
    }
    let passkeys_idle = from.row.kind == EMBEDDED && to.row.kind != EMBEDDED;
    if passkeys_idle {
        notes.push(format!(
            "Passkeys for {} stay stored but are not offered, unless embedded is made companion.",
            tenant.rp_id
        ));
    }
    let tied = brokered::tied(&core.db, &tenant.id, &from.row.id).await?;
    if !tied.is_empty() {
        notes.push(format!(
            "Tied to {}: {}. They go on while it runs and is not retired; without it their people \
             cannot sign in. Make direct ones beside them before you switch it off: the customers \
             have to register new addresses, and their people keep their accounts only by \
             linking them.",
            from.row.slug,
            told(&tied)
        ));
    }
    if let Some(fault) = to.fault() {
        notes.push(format!(
            "{} cannot be used as it is set up: {fault}",
            to.row.slug
        ));
    }
    Ok(Plan {
        from: from.row.slug.clone(),
        to: to.row.slug.clone(),
        people: linked + new_users,
        linked,
        new_users,
        passkeys_idle,
        tied: tied.iter().map(name).collect(),
        notes,
    })
}

/// A tied connection as operators name it.
fn name(one: &Tied) -> String {
    format!("{}/{}", one.org, one.slug)
}

/// The connections with how many people come through each: the first twenty by name.
pub fn told(tied: &[Tied]) -> String {
    const NAMED: usize = 20;
    let mut all: Vec<String> = tied
        .iter()
        .take(NAMED)
        .map(|one| format!("{} ({}, {} people)", name(one), one.state, one.people))
        .collect();
    if tied.len() > NAMED {
        all.push(format!("{} more", tied.len() - NAMED));
    }
    all.join(", ")
}

/// An upstream that connections are tied to stays: without it their people are locked out.
pub(super) async fn check_tied(
    act: &Act<'_>,
    write: &mut Write,
    row: &Upstream,
) -> Result<(), Problem> {
    let tied = brokered::tied(&mut write.tx, &act.tenant.id, &row.id).await?;
    let live = tied.iter().filter(|one| one.state == "active").count();
    if live == 0 {
        return Ok(());
    }
    Err(Problem::new(
        Code::Conflict,
        "Customers' connections run through this upstream. Switch them off first, or keep it as secondary.",
    ))
}

async fn people(core: &Core, tenant: &Tenant, to: &Configured) -> Result<(i64, i64), Problem> {
    let (linked, unlinked) = links::count_linked(&core.db, &tenant.id, &to.row.issuer).await?;
    // Everybody has an embedded identity: its subjects are our ids.
    if to.row.kind == EMBEDDED {
        Ok((linked + unlinked, 0))
    } else {
        Ok((linked, unlinked))
    }
}

/// Sets the role of an upstream; a former primary becomes secondary.
///
/// # Errors
/// `not_found`, `conflict` when the tenant would be left without a primary.
pub async fn set_role(act: &Act<'_>, id: &UpstreamId, role: Role) -> Result<(), Problem> {
    let change = UpstreamChange {
        role: Some(role),
        ..UpstreamChange::default()
    };
    change_upstream(act, id, change, None).await?;
    Ok(())
}

/// The same as a part of a larger change.
pub(super) async fn set_role_in(
    act: &Act<'_>,
    write: &mut Write,
    old: &Upstream,
    role: Role,
) -> Result<(), Problem> {
    if old.role == Role::Primary && role != Role::Primary {
        return Err(needs_a_primary());
    }
    if role == Role::Companion && old.kind != EMBEDDED {
        return Err(Problem::field(
            "/role",
            "invalid",
            "Only the embedded provider can be a companion.",
        ));
    }
    if role == Role::Retired {
        check_tied(act, write, old).await?;
    }
    let tenant = &act.tenant.id;
    upstreams::set_role(&mut write.tx, tenant, &old.id, role).await?;
    write.invalidate(Change::Changed, Scope::Tenant, tenant.as_str());
    let event = Event::new(
        kind::UPSTREAM_ACTIVATED,
        Outcome::Success,
        ("upstream", old.id.as_str()),
    )
    .change(
        Some(json!({ "role": old.role })),
        Some(json!({ "role": role })),
    );
    act.audit(write, event).await
}

pub(super) fn needs_a_primary() -> Problem {
    Problem::new(
        Code::Conflict,
        "Activate another upstream instead: a tenant needs one that signs people in.",
    )
}
