//! Role mappings of connections: changed, tried out, rehearsed.
//!
//! Owns: who may change which rule, and what a change would give and take.
//! Must not know: how rules are judged (`domain::mapping`).

use std::collections::BTreeSet;

use laneway_contract::Groups;
use serde_json::{Map, Value, json};

use super::connections::{event, get, get_revision};
use super::trace::Trace;
use crate::audit::kind;
use crate::domain::connection::{Config, Connection};
use crate::domain::entry::Entry;
use crate::domain::mapping::{Assertion, Mapping, Rule};
use crate::domain::{Code, OrgId, Problem, UserId};
use crate::lane_a::door::{self, At};
use crate::lane_a::operator::{Act, check_version, known_roles, moved, require_covered};
use crate::store::test_logins::{self, TestState};
use crate::store::{connections, links, role_mappings, users};

/// What somebody was last asserted to be is looked at for so long.
const KEPT_MS: i64 = 90 * 24 * 3_600_000;
/// A rehearsal looks at so many people.
const PEOPLE: i64 = 1000;
/// A change is held against so many of the newest tests.
const TESTS: i64 = 10;

/// The mapping that counts, with its number.
///
/// # Errors
/// `not_found`, `store_unavailable`.
pub async fn current(
    act: &Act<'_>,
    org: &OrgId,
    name: &str,
) -> Result<(Connection, i64, Mapping), Problem> {
    let one = get(act, org, name).await?;
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    let (number, mapping) = role_mappings::current(db, tenant, &one.id).await?;
    Ok((one, number, mapping))
}

/// Replaces the mapping.
///
/// # Errors
/// `not_found`, `invalid_field`, `version_mismatch`, `forbidden` for a rule whose roles may do
/// more than the caller.
pub async fn replace(
    act: &Act<'_>,
    org: &OrgId,
    name: &str,
    mapping: Mapping,
    expected: Option<i64>,
) -> Result<(i64, Mapping), Problem> {
    let mapping = mapping.checked()?;
    let one = get(act, org, name).await?;
    let passes = passes_by(act, &one, &mapping).await?;
    let tenant = &act.tenant.id;
    let mut write = act.core.begin().await?;
    let (number, old) = role_mappings::current(&mut write.tx, tenant, &one.id).await?;
    check_version(expected, number)?;
    for (index, rule) in mapping.rules.iter().enumerate() {
        known_roles(act, &mut write, org, &rule.roles)
            .await
            .map_err(|problem| inside(problem, index))?;
    }
    let touched = touched(&old, &mapping);
    let touched: Vec<&str> = touched.iter().map(String::as_str).collect();
    require_covered(act, &mut write, org, &touched).await?;
    let (id, now) = (act.core.new_id(), write.now());
    let next = (id.as_str(), number + 1);
    role_mappings::add(&mut write.tx, tenant, &one.id, next, &mapping, now)
        .await
        .map_err(|_| moved())?;
    match passes {
        Some(true) => {
            let tested = (one.draft, one.draft_hash.as_str());
            connections::note_tested(&mut write.tx, tenant, &one.id, tested).await?;
        }
        Some(false) => {
            connections::forget_tested(&mut write.tx, tenant, &one.id, one.draft).await?;
        }
        None => {}
    }
    let event = event(kind::ROLE_MAPPING_CHANGED, &one)
        .change(Some(json!(old)), Some(json!(mapping)))
        .detail(json!({ "number": number + 1 }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok((number + 1, mapping))
}

/// Do the tests of the draft still pass by these rules? `None` where that changes nothing. A
/// rule about groups wants a test that brought some; pages, API and activation say so alike.
async fn passes_by(
    act: &Act<'_>,
    one: &Connection,
    mapping: &Mapping,
) -> Result<Option<bool>, Problem> {
    let (core, tenant) = (act.core, act.tenant);
    let all = test_logins::list(&core.db, &tenant.id, &one.id, "", TESTS).await?;
    let config = get_revision(act, one, one.draft).await?.config;
    let mut passes = None;
    for test in all.iter().filter(|test| test.hash == one.draft_hash) {
        let Some(trace) = Trace::open(core, &tenant.id, test)? else {
            continue;
        };
        let reading = trace.read_by(core, tenant, (one, &config), mapping).await?;
        passes = Some(passes == Some(true) || reading.state() == TestState::Passed);
    }
    let counts = one.tested_hash.as_ref() == Some(&one.draft_hash);
    Ok(passes.filter(|passes| *passes != counts))
}

/// A fault in a rule's roles, pointed at from outside of the rule.
fn inside(mut problem: Problem, index: usize) -> Problem {
    for fault in &mut problem.errors {
        fault.pointer = format!("/rules/{index}{}", fault.pointer);
    }
    problem
}

/// Roles that somebody could gain or lose by a change: those of rules that differ, or all of
/// them where the mode or the order does.
fn touched(old: &Mapping, new: &Mapping) -> BTreeSet<String> {
    let all = |mapping: &Mapping| -> BTreeSet<String> {
        mapping.roles().into_iter().map(str::to_owned).collect()
    };
    if old.mode != new.mode {
        return &all(old) | &all(new);
    }
    let differs = |rule: &Rule, others: &Mapping| !others.rules.contains(rule);
    let gone = old.rules.iter().filter(|rule| differs(rule, new));
    let came = new.rules.iter().filter(|rule| differs(rule, old));
    gone.chain(came)
        .flat_map(|rule| rule.roles.iter().cloned())
        .collect()
}

/// What a sign-in with these claims would come to.
///
/// # Errors
/// `not_found`, `denied` for an organization that is switched off.
pub async fn simulate(
    act: &Act<'_>,
    one: &Connection,
    claims: &Map<String, Value>,
    (user, mapping): (Option<&UserId>, Option<&Mapping>),
) -> Result<Entry, Problem> {
    let config = get_revision(act, one, one.active.unwrap_or(one.draft))
        .await?
        .config;
    let assertion = Assertion::of_claims(claims, config.groups_claim());
    judge(act, one, &config, &assertion, (user, mapping)).await
}

/// What the provider said of somebody when they last signed in, while it is kept.
///
/// # Errors
/// `store_unavailable`.
pub async fn last_said(
    act: &Act<'_>,
    one: &Connection,
    user: &UserId,
) -> Result<Option<Map<String, Value>>, Problem> {
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    let kept = (act.core.now() - KEPT_MS, 1);
    let found = links::asserted(db, tenant, &one.id, Some(user), kept).await?;
    let last = found.first();
    last.map(|(link, _, sealed)| opened(act, link, sealed))
        .transpose()
}

async fn judge(
    act: &Act<'_>,
    one: &Connection,
    config: &Config,
    assertion: &Assertion<'_>,
    (user, mapping): (Option<&UserId>, Option<&Mapping>),
) -> Result<Entry, Problem> {
    let at = At {
        connection: one,
        config,
        rollout: None,
    };
    let mut on = &act.core.db;
    let (_, entry) = door::judge(&mut on, act.tenant, &at, assertion, user, mapping).await?;
    Ok(entry)
}

/// What a change would do to one person.
pub struct Shift {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// Roles that they would get, or no longer have.
    pub roles: Vec<String>,
    /// They would be let in who are kept out, or kept out who are let in.
    pub access: bool,
}

/// What a changed mapping would give and take, by what its people were last asserted to be.
///
/// # Errors
/// `not_found`, `invalid_field`, `store_unavailable`.
pub async fn rehearse(
    act: &Act<'_>,
    org: &OrgId,
    name: &str,
    mapping: Mapping,
) -> Result<(Vec<Shift>, Vec<Shift>), Problem> {
    let mapping = mapping.checked()?;
    let one = get(act, org, name).await?;
    let config = get_revision(act, &one, one.active.unwrap_or(one.draft))
        .await?
        .config;
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    let since = act.core.now() - KEPT_MS;
    let (mut gain, mut lose) = (Vec::new(), Vec::new());
    for (link, user, sealed) in links::asserted(db, tenant, &one.id, None, (since, PEOPLE)).await? {
        let claims = opened(act, &link, &sealed)?;
        let assertion = Assertion {
            groups: Groups::read(&claims, config.groups_claim()),
            ..Assertion::of_claims(&claims, config.groups_claim())
        };
        let before = judge(act, &one, &config, &assertion, (Some(&user), None)).await?;
        let after = judge(
            act,
            &one,
            &config,
            &assertion,
            (Some(&user), Some(&mapping)),
        )
        .await?;
        let gained: Vec<String> = after.roles.difference(&before.roles).cloned().collect();
        let lost: Vec<String> = before.roles.difference(&after.roles).cloned().collect();
        let let_in = before.bar.is_some() && after.bar.is_none();
        let kept_out = before.bar.is_none() && after.bar.is_some();
        let (gains, loses) = (let_in || !gained.is_empty(), kept_out || !lost.is_empty());
        if !gains && !loses {
            continue;
        }
        let person = users::find(db, tenant, &user).await?;
        let shift = |roles, access| Shift {
            user: user.clone(),
            name: person.as_ref().and_then(|p| p.name.clone()),
            email: person.as_ref().and_then(|p| p.email.clone()),
            roles,
            access,
        };
        if gains {
            gain.push(shift(gained, let_in));
        }
        if loses {
            lose.push(shift(lost, kept_out));
        }
    }
    Ok((gain, lose))
}

fn opened(act: &Act<'_>, link: &str, sealed: &[u8]) -> Result<Map<String, Value>, Problem> {
    let place = door::asserted_place(act.tenant.id.as_str(), link);
    let plain = act.core.sealer.open(place, sealed)?;
    serde_json::from_slice(&plain).map_err(|error| {
        Problem::new(
            Code::Internal,
            "The incident is logged under the reference below.",
        )
        .because(error)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Mapping, touched};

    fn mapping(value: serde_json::Value) -> Mapping {
        serde_json::from_value(value).expect("a mapping")
    }

    #[test]
    fn only_rules_that_differ_are_touched() {
        let a = json!({ "when": { "group": "a" }, "roles": ["admin"] });
        let b = json!({ "when": { "group": "b" }, "roles": ["member"] });
        let old = mapping(json!({ "rules": [a] }));
        let of = |new| touched(&old, &mapping(new)).into_iter().collect::<Vec<_>>();
        assert_eq!(of(json!({ "rules": [a, b] })), ["member"]);
        assert_eq!(of(json!({ "rules": [b] })), ["admin", "member"]);
        assert_eq!(of(json!({ "rules": [a], "mode": "additive" })), ["admin"]);
        assert!(of(json!({ "rules": [a] })).is_empty());
    }
}
