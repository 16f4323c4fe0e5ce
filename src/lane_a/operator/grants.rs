//! Who administers: appointing and dismissing operators.

use serde_json::json;

use super::Act;
use super::users::{find_below, keep_an_owner};
use crate::audit::{Event, Outcome, kind};
use crate::authz::{Grant, OperatorRole, Scope};
use crate::domain::{Code, Problem, UserId};
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
    act.audit(&mut write, event(kind::OPERATOR_APPOINTED, &row))
        .await?;
    core.commit(write).await?;
    Ok(row)
}

/// Dismisses an operator: removes one grant.
///
/// # Errors
/// `not_found`, `forbidden` for somebody above the caller, `conflict` for the last owner.
pub async fn dismiss(act: &Act<'_>, id: &str) -> Result<(), Problem> {
    let mut write = act.core.begin().await?;
    let found = operators::find(&mut write.tx, &act.tenant.id, id).await?;
    let row = found.ok_or_else(Problem::not_found)?;
    let user = UserId(row.principal_id.clone());
    find_below(act, &mut write, &user).await?;
    if row.scope == "instance" && row.role == OperatorRole::Owner.as_str() {
        keep_an_owner(&mut write, &user).await?;
    }
    if !operators::revoke(&mut write.tx, id).await? {
        return Err(Problem::not_found());
    }
    act.audit(&mut write, event(kind::OPERATOR_DISMISSED, &row))
        .await?;
    act.core.commit(write).await?;
    Ok(())
}

fn event(kind: &'static str, row: &GrantRow) -> Event {
    Event::new(kind, Outcome::Success, ("user", &row.principal_id)).detail(json!({
        "role": row.role, "scope": row.scope, "tenant": row.tenant, "org": row.org,
    }))
}
