//! What is live: the draft that was tested, or the revision before.
//!
//! Owns: activation and rollback, and who may decide it.
//! Must not know: how a draft is made or tested.

use serde_json::json;

use super::connections::{event, get, save, shown};
use crate::audit::kind;
use crate::authz::Scope as Place;
use crate::domain::connection::Connection;
use crate::domain::{Code, OrgId, Problem};
use crate::lane_a::operator::{Act, check_version};
use crate::store::{Write, connections, orgs, role_mappings};

/// Puts the draft live that has passed its test under this hash.
///
/// # Errors
/// `not_found`, `version_mismatch`, `conflict` for any other hash, `forbidden`.
pub async fn activate(
    act: &Act<'_>,
    org: &OrgId,
    name: &str,
    hash: &str,
    expected: Option<i64>,
) -> Result<Connection, Problem> {
    let id = get(act, org, name).await?.id;
    let mut write = act.core.begin().await?;
    let found = connections::find(&mut write.tx, &act.tenant.id, id.as_str()).await?;
    let mut one = found.ok_or_else(Problem::not_found)?;
    check_version(expected, one.version)?;
    let before = shown(&one);
    stand_above(act, &mut write, &one).await?;
    one.activated(hash)?;
    go_live(act, &mut write, &mut one).await?;
    let event = event(kind::CONNECTION_ACTIVATED, &one)
        .change(Some(before), Some(shown(&one)))
        .detail(json!({ "hash": hash }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(one)
}

/// Puts the revision live again that was live before the one that is.
///
/// # Errors
/// `not_found`, `version_mismatch`, `conflict` where none was, `forbidden`.
pub async fn roll_back(
    act: &Act<'_>,
    org: &OrgId,
    name: &str,
    expected: Option<i64>,
) -> Result<Connection, Problem> {
    let id = get(act, org, name).await?.id;
    let mut write = act.core.begin().await?;
    let found = connections::find(&mut write.tx, &act.tenant.id, id.as_str()).await?;
    let mut one = found.ok_or_else(Problem::not_found)?;
    check_version(expected, one.version)?;
    stand_above(act, &mut write, &one).await?;
    let all = connections::revisions(&mut write.tx, &act.tenant.id, &id).await?;
    let earlier = all
        .iter()
        .filter(|revision| Some(revision.number) != one.active)
        .filter_map(|revision| revision.activated_at.map(|at| (at, revision.number)))
        .max();
    let Some((_, number)) = earlier else {
        return Err(Problem::new(
            Code::Conflict,
            "No other revision has ever been live.",
        ));
    };
    let before = shown(&one);
    one.active = Some(number);
    go_live(act, &mut write, &mut one).await?;
    let event = event(kind::CONNECTION_ROLLED_BACK, &one)
        .change(Some(before), Some(shown(&one)))
        .detail(json!({ "revision": number }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(one)
}

async fn go_live(act: &Act<'_>, write: &mut Write, one: &mut Connection) -> Result<(), Problem> {
    let now = write.now();
    let number = one.active.unwrap_or(one.draft);
    connections::note_activation(&mut write.tx, &act.tenant.id, &one.id, number, now).await?;
    save(write, one).await
}

/// Whoever says who somebody is can be them: what decides it may only be put live by somebody
/// who stands above all who come by it, and above all that the rules give.
async fn stand_above(act: &Act<'_>, write: &mut Write, one: &Connection) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let held = connections::roles_of_linked(&mut write.tx, tenant, one).await?;
    let (_, mapping) = role_mappings::current(&mut write.tx, tenant, &one.id).await?;
    let given = mapping.roles();
    let defined = orgs::roles(&mut write.tx, tenant, &one.org).await?;
    let there = Place::Org(tenant.clone(), one.org.clone());
    let words = defined
        .iter()
        .filter(|(role, _)| held.contains(role) || given.contains(role.as_str()))
        .flat_map(|(_, words)| words.iter().map(String::as_str));
    if act.by.covers_words(words, &there) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Forbidden,
        "People who may do more than you sign in through this connection: one of them has to decide.",
    ))
}
