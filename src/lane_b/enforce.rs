//! When a connection may become the only way in, and who gets in without it in an emergency.
//!
//! Owns: what must be proven before.
//! Must not know: how the other ways are shut (`lane_a::sso`).

use serde_json::json;

use super::trace::Trace;
use crate::audit::{Event, Outcome, kind};
use crate::authz::{Permission, Scope};
use crate::domain::connection::Connection;
use crate::domain::{Code, OrgId, Problem, TenantId, UserId};
use crate::lane_a::operator::Act;
use crate::lane_a::{emergency, end_in};
use crate::store::break_glass::BreakGlass;
use crate::store::invalidations::{Change, Scope as Invalidated};
use crate::store::sessions::Which;
use crate::store::test_logins::TestState;
use crate::store::{
    Write, admissions, break_glass, domains, members, orgs, revisions, test_logins,
};

const DAY_MS: i64 = 24 * 3_600_000;

/// Refuses to shut the other ways before it is shown that this one works and that two people
/// get in without it.
///
/// # Errors
/// `conflict` with what is missing.
pub(super) async fn require_proven(act: &Act<'_>, one: &Connection) -> Result<(), Problem> {
    let (db, tenant, org) = (&act.core.db, &act.tenant.id, one.owner()?);
    let all = domains::list(db, tenant, org, "", 100).await?;
    if !all.iter().any(|domain| domain.verified_at.is_some()) {
        return missing("Prove a domain of the organization first: enforcing is about its people.");
    }
    if !tested_by_admin(act, one).await? {
        return missing(
            "An administrator of the organization has to run a test login of what is live, with their own account, within a day.",
        );
    }
    if !emergency::are_enough(act, &mut &act.core.db, org).await? {
        return missing(
            "Name two people for emergencies, and let each sign in without this provider once: by a passkey, or with two factors at the tenant's own identity provider.",
        );
    }
    Ok(())
}

/// The same about the people, once more inside the transaction that shuts the other ways.
pub(super) async fn require_people(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
) -> Result<(), Problem> {
    orgs::lock(&mut write.tx, &act.tenant.id, org).await?;
    if !emergency::are_enough(act, &mut &mut write.tx, org).await? {
        return missing(
            "Name two people for emergencies, and let each sign in without this provider once: by a passkey, or with two factors at the tenant's own identity provider.",
        );
    }
    Ok(())
}

/// Ends the sessions that people of the enforced domains have begun another way, and leads
/// others who work in the organization out of it; those for emergencies last another hour.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn end_other_sessions(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
) -> Result<usize, Problem> {
    let tenant = &act.tenant.id;
    let kept = break_glass::list(&mut write.tx, tenant, org).await?;
    let people = domains::people(&mut write.tx, tenant, org).await?;
    let mut ended = 0;
    for user in people {
        if !kept.iter().any(|one| one.user == user) {
            let which = Which::Elsewhere(&user, org);
            ended += end_in(write, tenant, which, "sso_enforced").await?.len();
        }
    }
    leave(write, tenant, org).await?;
    let end = write.now() + emergency::SESSION_MS;
    for sid in admissions::shorten(&mut write.tx, tenant, org, end).await? {
        write.invalidate(Change::Changed, Invalidated::Session, sid.as_str());
    }
    // API tokens that act in it are judged anew.
    write.invalidate(Change::Changed, Invalidated::Org, org.as_str());
    Ok(ended)
}

/// Leads out of the organization whom no provider of it has vouched for.
async fn leave(write: &mut Write, tenant: &TenantId, org: &OrgId) -> Result<(), Problem> {
    for sid in admissions::leave_unvouched(&mut write.tx, tenant, org).await? {
        write.invalidate(Change::Changed, Invalidated::Session, sid.as_str());
    }
    Ok(())
}

fn missing(detail: &'static str) -> Result<(), Problem> {
    Err(Problem::new(Code::Conflict, detail))
}

/// Has somebody who may set up the organization's sign-in, signed in as themselves, passed a
/// test of the live revision within a day?
async fn tested_by_admin(act: &Act<'_>, one: &Connection) -> Result<bool, Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let since = core.now() - DAY_MS;
    let org = one.owner()?;
    let scope = Scope::Org(tenant.clone(), org.clone());
    let live = revisions::active_hash(&core.db, tenant, &one.id).await?;
    for test in test_logins::list(&core.db, tenant, &one.id, "", 200).await? {
        let recent = test.finished_at.is_some_and(|at| at >= since);
        let right = test.state == TestState::Passed && live.as_deref() == Some(test.hash.as_str());
        if !recent || !right {
            continue;
        }
        let by = Trace::open(core, tenant, &test)?.and_then(|trace| trace.by);
        if let Some(user) = by {
            let authority = core.authority_of(tenant, &user).await?;
            let theirs = members::find(&core.db, tenant, org, &user).await?;
            if theirs.is_some() && authority.may(Permission::ConnectionsWrite, &scope) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Everybody who gets in without the organization's provider.
///
/// # Errors
/// `store_unavailable`.
pub async fn people(act: &Act<'_>, org: &OrgId) -> Result<Vec<BreakGlass>, Problem> {
    Ok(break_glass::list(&act.core.db, &act.tenant.id, org).await?)
}

/// Names a member for emergencies.
///
/// # Errors
/// `not_found` for whom the organization does not have.
pub async fn name(act: &Act<'_>, org: &OrgId, user: &UserId) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let member = members::find(&mut write.tx, tenant, org, user).await?;
    member.ok_or_else(Problem::not_found)?;
    let now = write.now();
    if break_glass::add(&mut write.tx, tenant, org, user, now).await? {
        act.audit(&mut write, event(org, user, true)).await?;
    }
    act.core.commit(write).await?;
    Ok(())
}

/// Takes somebody off. Two must stay as long as a provider is enforced, and whoever is in past it
/// is out at once.
///
/// # Errors
/// `not_found`, `conflict`.
pub async fn unname(act: &Act<'_>, org: &OrgId, user: &UserId) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    emergency::keep_enough(act, &mut write, org, user).await?;
    if !break_glass::remove(&mut write.tx, tenant, org, user).await? {
        return Err(Problem::not_found());
    }
    let demands = admissions::demands(&mut write.tx, tenant, org).await?;
    if demands.enforced.is_some() {
        let people = domains::people(&mut write.tx, tenant, org).await?;
        if people.contains(user) {
            let which = Which::Elsewhere(user, org);
            end_in(&mut write, tenant, which, "break_glass_taken_off").await?;
        }
        leave(&mut write, tenant, org).await?;
    }
    act.audit(&mut write, event(org, user, false)).await?;
    act.core.commit(write).await?;
    Ok(())
}

fn event(org: &OrgId, user: &UserId, named: bool) -> Event {
    Event::new(
        kind::BREAK_GLASS_CHANGED,
        Outcome::Success,
        ("user", user.as_str()),
    )
    .org(org.as_str())
    .detail(json!({ "named": named }))
}
