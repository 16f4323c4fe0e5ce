//! Groups of an organization's members.
//!
//! Whoever puts somebody into a group, or takes them out, gives or takes its roles: nobody does
//! that with more than they have.

use serde_json::{Value, json};

use super::members::{self as places, OWNER, last_owner};
use super::{Act, check_version, moved};
use crate::audit::{Event, Outcome, kind};
use crate::domain::{Code, OrgId, Problem, UserId};
use crate::lane_a::submit::check_name;
use crate::store::groups::{self, Group, GroupMember};
use crate::store::invalidations::{Change, Scope};
use crate::store::members::{self, Member};
use crate::store::{Write, orgs};

/// So many groups in one organization.
const MOST: i64 = 1000;

/// What is changed about a group; `None` keeps.
#[derive(Default)]
pub struct GroupChange {
    /// Name.
    pub name: Option<String>,
    /// Short names of the roles that it gives.
    pub roles: Option<Vec<String>>,
}

/// A page of an organization's groups; `user` limits it to those that somebody is in.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_groups(
    act: &Act<'_>,
    org: &OrgId,
    user: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Group>, Problem> {
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    Ok(groups::list(db, tenant, org, user, after, limit).await?)
}

/// A group of that organization.
///
/// # Errors
/// `not_found`.
pub async fn get_group(act: &Act<'_>, org: &OrgId, id: &str) -> Result<Group, Problem> {
    let found = groups::find(&act.core.db, &act.tenant.id, org, id).await?;
    found.ok_or_else(Problem::not_found)
}

/// A page of those in a group, in order of their user's id.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_group_members(
    act: &Act<'_>,
    group: &Group,
    after: &str,
    limit: i64,
) -> Result<Vec<GroupMember>, Problem> {
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    Ok(groups::members(db, tenant, &group.id, after, limit).await?)
}

/// Makes a group without members.
///
/// # Errors
/// `invalid_field`, `duplicate`, `forbidden` for roles above the caller, `conflict` when there
/// are too many.
pub async fn create_group(
    act: &Act<'_>,
    org: &OrgId,
    name: &str,
    roles: &[String],
) -> Result<Group, Problem> {
    let tenant = &act.tenant.id;
    let group = Group {
        id: act.core.new_id(),
        name: check_name(name)?,
        roles: tidy(roles),
        members: 0,
        version: 1,
        created_at: act.core.now(),
    };
    let mut write = act.core.begin().await?;
    grantable(act, &mut write, org, roles).await?;
    if groups::count(&mut write.tx, tenant, org).await? >= MOST {
        return Err(Problem::new(
            Code::Conflict,
            "There are too many groups here. Delete one first.",
        ));
    }
    if !groups::create(&mut write.tx, tenant, org, &group).await? {
        return Err(Problem::new(
            Code::Duplicate,
            "A group of this name exists already.",
        ));
    }
    let now = write.now();
    groups::set_roles(&mut write.tx, tenant, (org, &group.id), &group.roles, now).await?;
    let event = event(kind::GROUP_CREATED, org, &group).change(None, Some(shown(&group)));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(group)
}

/// Renames a group, or changes what it gives; its members follow at once.
///
/// # Errors
/// `not_found`, `version_mismatch`, `invalid_field`, `duplicate`, `forbidden`, `conflict` when
/// no owner would be left.
pub async fn change_group(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
    change: GroupChange,
    expected: Option<i64>,
) -> Result<Group, Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let mut group = held(act, &mut write, org, id).await?;
    check_version(expected, group.version)?;
    let before = group.clone();
    if let Some(name) = change.name {
        group.name = check_name(&name)?;
    }
    if let Some(roles) = change.roles {
        group.roles = tidy(&roles);
        let new: Vec<String> = differing(&group.roles, &before.roles);
        grantable(act, &mut write, org, &new).await?;
    }
    // What is taken away counts like what is given.
    let gone = differing(&before.roles, &group.roles);
    covered(act, &mut write, org, &gone).await?;
    let owned = owned(act, &mut write, org, &gone).await?;
    if !groups::update(&mut write.tx, tenant, &group).await? {
        return Err(moved());
    }
    group.version += 1;
    if group.roles != before.roles {
        let now = write.now();
        groups::set_roles(&mut write.tx, tenant, (org, id), &group.roles, now).await?;
        write.invalidate(Change::Changed, Scope::Org, org.as_str());
    }
    still_owned(act, &mut write, org, owned).await?;
    let event =
        event(kind::GROUP_UPDATED, org, &group).change(Some(shown(&before)), Some(shown(&group)));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(group)
}

/// Deletes a group with what it gave; its members stay members.
///
/// # Errors
/// `not_found`, `version_mismatch`, `forbidden`, `conflict` when no owner would be left.
pub async fn delete_group(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
    expected: Option<i64>,
) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    let group = held(act, &mut write, org, id).await?;
    check_version(expected, group.version)?;
    covered(act, &mut write, org, &group.roles).await?;
    let owned = owned(act, &mut write, org, &group.roles).await?;
    if !groups::delete(&mut write.tx, &act.tenant.id, id).await? {
        return Err(moved());
    }
    still_owned(act, &mut write, org, owned).await?;
    write.invalidate(Change::Changed, Scope::Org, org.as_str());
    let event = event(kind::GROUP_DELETED, org, &group).change(Some(shown(&group)), None);
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}

/// Puts a member into a group: they have its roles at once.
///
/// # Errors
/// `not_found` for whom the organization does not have, `forbidden` for a group above the
/// caller.
pub async fn put_into_group(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
    user: &UserId,
) -> Result<Member, Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let group = held(act, &mut write, org, id).await?;
    let found = members::find(&mut write.tx, tenant, org, user).await?;
    let old = found.ok_or_else(Problem::not_found)?;
    covered(act, &mut write, org, &group.roles).await?;
    let now = write.now();
    if !groups::add_member(&mut write.tx, tenant, id, &old.id, now).await? {
        return Ok(old);
    }
    let new = moved_member(act, &mut write, org, &old, (&group, true)).await?;
    act.core.commit(write).await?;
    Ok(new)
}

/// Takes a member out of a group: what other sources have given them stays.
///
/// # Errors
/// `not_found`, `forbidden`, `conflict` when no owner would be left.
pub async fn take_from_group(
    act: &Act<'_>,
    org: &OrgId,
    id: &str,
    user: &UserId,
) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let group = held(act, &mut write, org, id).await?;
    let found = members::find(&mut write.tx, tenant, org, user).await?;
    let old = found.ok_or_else(Problem::not_found)?;
    covered(act, &mut write, org, &group.roles).await?;
    let owned = owned(act, &mut write, org, &group.roles).await?;
    if !groups::remove_member(&mut write.tx, tenant, id, &old.id).await? {
        return Err(Problem::not_found());
    }
    still_owned(act, &mut write, org, owned).await?;
    moved_member(act, &mut write, org, &old, (&group, false)).await?;
    act.core.commit(write).await?;
    Ok(())
}

/// Notes that somebody has joined or left a group.
async fn moved_member(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    old: &Member,
    (group, joined): (&Group, bool),
) -> Result<Member, Problem> {
    members::bump(&mut write.tx, &act.tenant.id, &old.id).await?;
    let group = json!({ "id": group.id, "name": group.name, "joined": joined });
    let before = Some(places::shown(old));
    places::told(act, write, (org, &old.user), before, Some(group)).await
}

/// The group, as it stays until the transaction ends.
async fn held(act: &Act<'_>, write: &mut Write, org: &OrgId, id: &str) -> Result<Group, Problem> {
    groups::lock(&mut write.tx, &act.tenant.id, id).await?;
    let found = groups::find(&mut write.tx, &act.tenant.id, org, id).await?;
    found.ok_or_else(Problem::not_found)
}

async fn grantable(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    roles: &[String],
) -> Result<(), Problem> {
    places::known(act, write, org, roles).await?;
    covered(act, write, org, roles).await
}

async fn covered(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    roles: &[String],
) -> Result<(), Problem> {
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    places::require_covered(act, write, org, &roles).await
}

/// Has the organization an owner, where these roles are taken away? Its row stays locked, so
/// that of two who leave at once one stays.
async fn owned(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    gone: &[String],
) -> Result<bool, Problem> {
    if !gone.iter().any(|role| role == OWNER) {
        return Ok(false);
    }
    orgs::lock(&mut write.tx, &act.tenant.id, org).await?;
    Ok(members::other_with(&mut write.tx, &act.tenant.id, org, "", OWNER).await?)
}

async fn still_owned(
    act: &Act<'_>,
    write: &mut Write,
    org: &OrgId,
    owned: bool,
) -> Result<(), Problem> {
    if !owned || members::other_with(&mut write.tx, &act.tenant.id, org, "", OWNER).await? {
        return Ok(());
    }
    Err(last_owner())
}

/// Each once, sorted.
fn tidy(roles: &[String]) -> Vec<String> {
    let mut roles = roles.to_vec();
    roles.sort();
    roles.dedup();
    roles
}

/// Those that the others do not have.
fn differing(some: &[String], others: &[String]) -> Vec<String> {
    let new = some.iter().filter(|role| !others.contains(role));
    new.cloned().collect()
}

fn shown(group: &Group) -> Value {
    json!({ "name": group.name, "roles": group.roles })
}

fn event(kind: &'static str, org: &OrgId, group: &Group) -> Event {
    Event::new(kind, Outcome::Success, ("group", group.id.as_str())).org(org.as_str())
}
