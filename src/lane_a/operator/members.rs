//! Members of an organization and what they are there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Act, check_version};
use crate::audit::{Event, Outcome, kind};
use crate::authz::Scope as Place;
use crate::core::Core;
use crate::domain::user::UserState;
use crate::domain::{Code, OrgId, Problem, TenantId, UserId};
use crate::lane_a::emergency;
use crate::store::invalidations::{Change, Scope};
use crate::store::members::{self, Member, MemberState};
use crate::store::{Write, break_glass, orgs, users};

const MANUAL: &str = "manual";
/// What somebody was promised and has taken: a person gave it, and a person may take it away.
const INVITATION: &str = "invitation";

/// Makes somebody a member, and what people have granted them, by hand or by an invitation, exactly
/// these. Grants of other sources stay.
///
/// # Errors
/// `not_found`, `invalid_field` for a role that nobody defined, `forbidden` for one that may do
/// more than the caller, `conflict` when no owner would be left.
pub async fn put_member(
    act: &Act<'_>,
    org: &OrgId,
    user: &UserId,
    roles: &[String],
    expected: Option<i64>,
) -> Result<Member, Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let person = users::find(&mut write.tx, tenant, user).await?;
    person
        .filter(|person| person.state != UserState::Deleted)
        .ok_or_else(Problem::not_found)?;
    let old = members::find(&mut write.tx, tenant, org, user).await?;
    if let Some(expected) = expected {
        check_version(Some(expected), old.as_ref().map_or(0, |m| m.version))?;
    }
    let wanted: BTreeSet<&str> = roles.iter().map(String::as_str).collect();
    let promised: BTreeSet<&str> = old.iter().flat_map(|m| m.roles_from(INVITATION)).collect();
    let by_hand = old.iter().flat_map(|m| m.roles_from(MANUAL));
    let had: BTreeSet<&str> = by_hand.chain(promised.iter().copied()).collect();
    known(act, &mut write, org, roles).await?;
    // What is taken away counts like what is given: an admin dismisses no owner.
    let touched: Vec<&str> = wanted.symmetric_difference(&had).copied().collect();
    require_covered(act, &mut write, org, &touched).await?;
    let kept = old.iter().flat_map(Member::other_roles);
    let still = kept.chain(wanted.iter().copied()).any(|role| role == OWNER);
    if !still {
        keep_an_owner(act, &mut write, org, old.as_ref()).await?;
    }
    let now = write.now();
    let new_id = act.core.new_id();
    let id = orgs::add_member(&mut write.tx, tenant, org, user, &new_id, now).await?;
    orgs::keep_grants(&mut write.tx, tenant, &id, INVITATION, &wanted).await?;
    let grants: Vec<(String, String)> = wanted
        .difference(&promised)
        .map(|role| (act.core.new_id(), (*role).to_owned()))
        .collect();
    orgs::set_grants(&mut write.tx, tenant, &id, MANUAL, &grants, now).await?;
    if old.is_some() {
        members::bump(&mut write.tx, tenant, &id).await?;
    }
    let before = old.as_ref().map(shown);
    let new = finish(act, &mut write, org, user, before).await?;
    act.core.commit(write).await?;
    Ok(new)
}

/// Suspends a member, or lets them in again.
///
/// # Errors
/// `not_found`, `forbidden` for somebody who may do more there, `conflict` for the last owner
/// and for one of the last people for emergencies of an enforced provider.
pub async fn change_member(
    act: &Act<'_>,
    org: &OrgId,
    user: &UserId,
    state: Option<MemberState>,
    expected: Option<i64>,
) -> Result<Member, Problem> {
    let mut write = act.core.begin().await?;
    let old = below(act, &mut write, org, user).await?;
    check_version(expected, old.version)?;
    let state = state.unwrap_or(old.state);
    if state == MemberState::Suspended {
        keep_an_owner(act, &mut write, org, Some(&old)).await?;
        emergency::keep_enough(act, &mut write, org, user).await?;
    }
    members::set_state(&mut write.tx, &act.tenant.id, &old.id, state).await?;
    let before = shown(&old);
    let new = finish(act, &mut write, org, user, Some(before)).await?;
    act.core.commit(write).await?;
    Ok(new)
}

/// Removes a member with all grants, whatever their source.
///
/// # Errors
/// As [`change_member`].
pub async fn remove_member(
    act: &Act<'_>,
    org: &OrgId,
    user: &UserId,
    expected: Option<i64>,
) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let old = below(act, &mut write, org, user).await?;
    check_version(expected, old.version)?;
    keep_an_owner(act, &mut write, org, Some(&old)).await?;
    emergency::keep_enough(act, &mut write, org, user).await?;
    if !members::remove(&mut write.tx, tenant, &old.id).await? {
        return Err(Problem::not_found());
    }
    // Whoever comes back is not named for emergencies by having been once.
    break_glass::remove(&mut write.tx, tenant, org, user).await?;
    write.invalidate(Change::Changed, Scope::User, user.as_str());
    let before = shown(&old);
    let event = event(kind::MEMBER_REMOVED, org, user).change(Some(before), None);
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}

pub(super) const OWNER: &str = "owner";

/// Before somebody ends their own account: nobody whom they work with is left without an owner
/// or without people for emergencies.
///
/// # Errors
/// `conflict`.
pub(super) async fn keep_others(
    act: &Act<'_>,
    write: &mut Write,
    user: &UserId,
) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    for place in members::of_user(&mut write.tx, tenant, user).await? {
        let some = members::list(&mut write.tx, tenant, &place.org, "", "", 2).await?;
        if some.len() > 1 {
            keep_an_owner(act, write, &place.org, Some(&place)).await?;
            emergency::keep_enough(act, write, &place.org, user).await?;
        }
    }
    Ok(())
}

/// A member whom the caller may touch.
async fn below(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    user: &UserId,
) -> Result<Member, Problem> {
    let found = members::find(&mut write.tx, &act.tenant.id, org, user).await?;
    let member = found.ok_or_else(Problem::not_found)?;
    let roles = member.roles();
    require_covered(act, write, org, &roles).await?;
    Ok(member)
}

/// Every role must be one that somebody defined.
///
/// # Errors
/// `invalid_field` with a pointer into `/roles`.
pub async fn known(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    roles: &[String],
) -> Result<(), Problem> {
    let defined = orgs::roles(&mut write.tx, &act.tenant.id, org).await?;
    for (i, role) in roles.iter().enumerate() {
        if !defined.iter().any(|(slug, _)| slug == role) {
            let names: Vec<&str> = defined.iter().map(|(slug, _)| slug.as_str()).collect();
            return Err(Problem::field(
                &format!("/roles/{i}"),
                "unknown",
                format!("Use a role that is defined here: {}.", names.join(", ")),
            ));
        }
    }
    Ok(())
}

/// Nobody hands out, or takes away, more than they have.
///
/// # Errors
/// `forbidden`.
pub async fn require_covered(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    roles: &[&str],
) -> Result<(), Problem> {
    let defined = orgs::roles(&mut write.tx, &act.tenant.id, org).await?;
    let there = Place::Org(act.tenant.id.clone(), org.clone());
    let words = defined
        .iter()
        .filter(|(slug, _)| roles.contains(&slug.as_str()))
        .flat_map(|(_, words)| words.iter().map(String::as_str));
    if act.by.covers_words(words, &there) {
        return Ok(());
    }
    Err(above())
}

/// What is said to whoever would hand out more than they have.
pub(super) fn above() -> Problem {
    Problem::new(
        Code::Forbidden,
        "These roles may do more than you: somebody above you has to decide.",
    )
}

/// Would an organization be without an owner if this person left?
///
/// # Errors
/// `store_unavailable`.
pub async fn is_only_owner(
    core: &Core,
    tenant: &TenantId,
    org: &OrgId,
    user: &UserId,
) -> Result<bool, Problem> {
    let found = members::find(&core.db, tenant, org, user).await?;
    let Some(own) = found.filter(|own| own.roles().contains(&OWNER)) else {
        return Ok(false);
    };
    Ok(!members::other_with(&core.db, tenant, org, &own.id, OWNER).await?)
}

/// An organization that has owners keeps one.
async fn keep_an_owner(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    leaving: Option<&Member>,
) -> Result<(), Problem> {
    let Some(member) = leaving.filter(|m| m.is_active() && m.roles().contains(&OWNER)) else {
        return Ok(());
    };
    // The row stays locked to the commit: of two owners who leave at once, one stays.
    orgs::lock(&mut write.tx, &act.tenant.id, org).await?;
    if members::other_with(&mut write.tx, &act.tenant.id, org, &member.id, OWNER).await? {
        return Ok(());
    }
    Err(last_owner())
}

/// An organization that has owners keeps one.
pub(super) fn last_owner() -> Problem {
    Problem::new(
        Code::Conflict,
        "This is the organization's last owner. Appoint another one first.",
    )
}

async fn finish(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    user: &UserId,
    before: Option<Value>,
) -> Result<Member, Problem> {
    told(act, write, (org, user), before, None).await
}

/// The member as they are now; caches and the log hear of it. `group` says which one they
/// have joined or left.
pub(super) async fn told(
    act: &Act<'_>,
    write: &mut Write,
    (org, user): (&OrgId, &UserId),
    before: Option<Value>,
    group: Option<Value>,
) -> Result<Member, Problem> {
    let found = members::find(&mut write.tx, &act.tenant.id, org, user).await?;
    let new = found.ok_or_else(Problem::not_found)?;
    write.invalidate(Change::Changed, Scope::User, user.as_str());
    let mut event = event(kind::MEMBER_CHANGED, org, user).change(before, Some(shown(&new)));
    if let Some(group) = group {
        event = event.detail(json!({ "source": "group", "group": group }));
    }
    act.audit(write, event).await?;
    Ok(new)
}

/// A member as events tell about them.
pub(super) fn shown(member: &Member) -> Value {
    json!({ "roles": member.roles(), "state": member.state })
}

fn event(kind: &'static str, org: &OrgId, user: &UserId) -> Event {
    Event::new(kind, Outcome::Success, ("user", user.as_str())).org(org.as_str())
}
