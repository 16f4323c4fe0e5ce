//! Who administers: appointing and dismissing operators.

use serde_json::{Value, json};

use super::Act;
use super::users::{find_below, keep_an_owner};
use crate::audit::{Event, Outcome, kind};
use crate::authz::{Grant, OperatorRole, Scope};
use crate::domain::{Code, Problem, UserId};
use crate::store::Write;
use crate::store::operators::{self, GrantRow};

/// A grant to make.
pub struct NewGrant<'a> {
    /// Whose.
    pub user: &'a UserId,
    /// Which role.
    pub role: OperatorRole,
    /// Where.
    pub scope: Scope,
}

/// Appoints an operator. Nobody appoints anybody to more than they are themselves.
///
/// # Errors
/// `not_found`, `forbidden`, `duplicate`.
pub async fn appoint(act: &Act<'_>, wanted: NewGrant<'_>) -> Result<GrantRow, Problem> {
    let core = act.core;
    act.by
        .require_above(&[Grant::Operator(wanted.role, wanted.scope.clone())])?;
    let (scope, tenant, org) = match wanted.scope {
        Scope::Instance => ("instance", None, None),
        Scope::Tenant(tenant) => ("tenant", Some(tenant), None),
        Scope::Org(tenant, org) => ("org", Some(tenant), Some(org)),
    };
    let mut write = core.begin().await?;
    find_below(act, &mut write, wanted.user).await?;
    let row = GrantRow {
        id: core.new_id(),
        principal_kind: "user".into(),
        principal_id: wanted.user.0.clone(),
        role: wanted.role.as_str().into(),
        scope: scope.into(),
        tenant,
        org,
        created_at: write.now(),
    };
    if !operators::create(&mut write.tx, &row).await? {
        return Err(Problem::new(Code::Duplicate, "They are that already."));
    }
    let appointed = event(kind::OPERATOR_APPOINTED, &row).change(None, Some(role_of(&row)));
    act.audit(&mut write, appointed).await?;
    core.commit(write).await?;
    Ok(row)
}

/// Gives somebody another role over the same. Both must be within what the caller holds.
///
/// # Errors
/// `not_found`, `forbidden`, `duplicate` when they have that role there already, `conflict` for
/// the last owner.
pub async fn change_operator(
    act: &Act<'_>,
    id: &str,
    role: OperatorRole,
) -> Result<GrantRow, Problem> {
    let mut write = act.core.begin().await?;
    let old = find_below_grant(act, &mut write, id).await?;
    if old.role == role.as_str() {
        return Ok(old);
    }
    let row = GrantRow {
        role: role.as_str().into(),
        ..old.clone()
    };
    let there = match (&row.tenant, &row.org) {
        (None, _) => Scope::Instance,
        (Some(tenant), None) => Scope::Tenant(tenant.clone()),
        (Some(tenant), Some(org)) => Scope::Org(tenant.clone(), org.clone()),
    };
    act.by.require_above(&[Grant::Operator(role, there)])?;
    let gone = operators::revoke(&mut write.tx, id).await?;
    if !gone {
        return Err(Problem::not_found());
    }
    if !operators::create(&mut write.tx, &row).await? {
        return Err(Problem::new(Code::Duplicate, "They are that already."));
    }
    let changed =
        event(kind::OPERATOR_CHANGED, &row).change(Some(role_of(&old)), Some(role_of(&row)));
    act.audit(&mut write, changed).await?;
    act.core.commit(write).await?;
    Ok(row)
}

/// Dismisses an operator: removes one grant.
///
/// # Errors
/// `not_found`, `forbidden` for somebody above the caller, `conflict` for the last owner.
pub async fn dismiss(act: &Act<'_>, id: &str) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    let row = find_below_grant(act, &mut write, id).await?;
    if !operators::revoke(&mut write.tx, id).await? {
        return Err(Problem::not_found());
    }
    let dismissed = event(kind::OPERATOR_DISMISSED, &row).change(Some(role_of(&row)), None);
    act.audit(&mut write, dismissed).await?;
    act.core.commit(write).await?;
    Ok(())
}

/// A grant that the caller may take away, so that an owner is left.
async fn find_below_grant(act: &Act<'_>, write: &mut Write, id: &str) -> Result<GrantRow, Problem> {
    let found = operators::find(&mut write.tx, &act.tenant.id, id).await?;
    let row = found.ok_or_else(Problem::not_found)?;
    let user = UserId(row.principal_id.clone());
    find_below(act, write, &user).await?;
    if row.scope == "instance" && row.role == OperatorRole::Owner.as_str() {
        keep_an_owner(write, &user).await?;
    }
    Ok(row)
}

fn role_of(row: &GrantRow) -> Value {
    json!({ "role": row.role })
}

fn event(kind: &'static str, row: &GrantRow) -> Event {
    Event::new(kind, Outcome::Success, ("user", &row.principal_id)).detail(json!({
        "role": row.role, "scope": row.scope, "tenant": row.tenant, "org": row.org,
    }))
}
