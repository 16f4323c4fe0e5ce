//! What is live: the draft that was tested, or the revision before.
//!
//! Owns: activation and rollback, and who may decide it.
//! Must not know: how a draft is made or tested.

use serde_json::json;

use super::connections::{event, get, save, shown};
use super::health;
use super::home::Home;
use crate::audit::kind;
use crate::authz::{Grant, OperatorRole, Scope as Place};
use crate::core::grants_of_linked;
use crate::domain::connection::{Connection, State};
use crate::domain::{Code, ConnectionId, Problem};
use crate::lane_a::broker;
use crate::lane_a::operator::{Act, check_version};
use crate::store::{Write, connections, links, orgs, revisions, role_mappings};

/// Puts the draft live that has passed its test under this hash.
///
/// # Errors
/// `not_found`, `version_mismatch`, `conflict` for any other hash, `forbidden`.
pub async fn activate(
    act: &Act<'_>,
    home: impl Into<Home<'_>>,
    name: &str,
    hash: &str,
    expected: Option<i64>,
) -> Result<Connection, Problem> {
    let id = get(act, home, name).await?.id;
    let next = Next::Draft(hash);
    tell_upstream(act, &id, next, expected).await?;
    let mut write = act.core.begin().await?;
    let (before, mut one) = decide(act, &mut write, &id, next, expected).await?;
    go_live(act, &mut write, (&before, &mut one)).await?;
    let event = event(kind::CONNECTION_ACTIVATED, &one)
        .change(Some(shown(&before)), Some(shown(&one)))
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
    home: impl Into<Home<'_>>,
    name: &str,
    expected: Option<i64>,
) -> Result<Connection, Problem> {
    let id = get(act, home, name).await?.id;
    tell_upstream(act, &id, Next::Earlier, expected).await?;
    let mut write = act.core.begin().await?;
    let (before, mut one) = decide(act, &mut write, &id, Next::Earlier, expected).await?;
    go_live(act, &mut write, (&before, &mut one)).await?;
    let event = event(kind::CONNECTION_ROLLED_BACK, &one)
        .change(Some(shown(&before)), Some(shown(&one)))
        .detail(json!({ "revision": one.active }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(one)
}

/// What goes live.
#[derive(Clone, Copy)]
enum Next<'a> {
    /// The draft of this hash.
    Draft(&'a str),
    /// What was live before.
    Earlier,
}

/// The connection as it is, and as it would be.
async fn decide(
    act: &Act<'_>,
    write: &mut Write,
    id: &ConnectionId,
    next: Next<'_>,
    expected: Option<i64>,
) -> Result<(Connection, Connection), Problem> {
    let found = connections::find(&mut write.tx, &act.tenant.id, id.as_str()).await?;
    let before = found.ok_or_else(Problem::not_found)?;
    check_version(expected, before.version)?;
    stand_above(act, write, &before).await?;
    let mut one = before.clone();
    match next {
        Next::Draft(hash) => one.activated(hash)?,
        Next::Earlier => one.active = Some(earlier(act, write, &one).await?),
    }
    Ok((before, one))
}

async fn earlier(act: &Act<'_>, write: &mut Write, one: &Connection) -> Result<i64, Problem> {
    let all = revisions::list(&mut write.tx, &act.tenant.id, &one.id).await?;
    let earlier = all
        .iter()
        .filter(|revision| Some(revision.number) != one.active)
        .filter_map(|revision| revision.activated_at.map(|at| (at, revision.number)))
        .max();
    match earlier {
        Some((_, number)) => Ok(number),
        None => Err(Problem::new(
            Code::Conflict,
            "No other revision has ever been live.",
        )),
    }
}

/// An upstream in between has what goes live before it does. Decided first, and once more
/// afterwards: no transaction is open meanwhile.
async fn tell_upstream(
    act: &Act<'_>,
    id: &ConnectionId,
    next: Next<'_>,
    expected: Option<i64>,
) -> Result<(), Problem> {
    let found = connections::find(&act.core.db, &act.tenant.id, id.as_str()).await?;
    if found.is_none_or(|one| one.through.is_none()) {
        return Ok(());
    }
    let mut write = act.core.begin().await?;
    let (_, one) = decide(act, &mut write, id, next, expected).await?;
    write.tx.rollback().await?;
    match one.active {
        // What is switched off stays so at the upstream too.
        Some(number) if one.state != State::Disabled => {
            broker::restore(act.core, act.tenant, &one, number).await
        }
        _ => Ok(()),
    }
}

async fn go_live(
    act: &Act<'_>,
    write: &mut Write,
    (before, one): (&Connection, &mut Connection),
) -> Result<(), Problem> {
    let (now, tenant) = (write.now(), &act.tenant.id);
    let number = one.active.unwrap_or(one.draft);
    revisions::note_activation(&mut write.tx, tenant, &one.id, number, now).await?;
    let old = match before.active {
        Some(number) => revisions::find(&mut write.tx, tenant, &one.id, number).await?,
        None => None,
    };
    save(write, one).await?;
    health::replaced(write, one, old.as_ref()).await
}

/// Whoever says who somebody is can be them: what decides it may only be put live by somebody
/// who stands above all who come by it, and above all that the rules give.
async fn stand_above(act: &Act<'_>, write: &mut Write, one: &Connection) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let Some(org) = &one.org else {
        return stand_above_linked(act, write, one).await;
    };
    let held = connections::roles_of_linked(&mut write.tx, tenant, one).await?;
    let (_, mapping) = role_mappings::current(&mut write.tx, tenant, &one.id).await?;
    let given = mapping.roles();
    let defined = orgs::roles(&mut write.tx, tenant, org).await?;
    let there = Place::Org(tenant.clone(), org.clone());
    let words = defined
        .iter()
        .filter(|(role, _)| held.contains(role) || given.contains(role.as_str()))
        .flat_map(|(_, words)| words.iter().map(String::as_str));
    if act.by.covers_words(words, &there) {
        return Ok(());
    }
    Err(above())
}

/// Through one of the tenant itself people of every organization come, and operators: whoever
/// decides stands above all operators among them, and above everybody in all organizations.
async fn stand_above_linked(
    act: &Act<'_>,
    write: &mut Write,
    one: &Connection,
) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    if !links::any_of_source(&mut write.tx, tenant, &one.id.as_source()).await? {
        return Ok(());
    }
    let mut held = grants_of_linked(&mut write.tx, tenant, &one.id.as_source()).await?;
    held.push(Grant::Operator(
        OperatorRole::SecurityAdmin,
        Place::Tenant(tenant.clone()),
    ));
    if held.iter().all(|grant| act.by.covers(grant)) {
        return Ok(());
    }
    Err(above())
}

fn above() -> Problem {
    Problem::new(
        Code::Forbidden,
        "People who may do more than you sign in through this connection: one of them has to decide.",
    )
}
