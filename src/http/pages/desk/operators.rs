//! `/admin/users/{id}/operator`: what somebody administers: given, changed, taken away.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use serde::Deserialize;

use super::super::super::context::Context;
use super::super::super::flows::form_body;
use super::super::super::me::plausible;
use super::super::{render, see_other};
use super::guard::{Desk, Refused, act, explain_refusal};
use super::person::{not_oneself, page, page_of};
use super::words;
use crate::authz::{Grant, OperatorRole, Scope};
use crate::domain::{Problem, TenantId, UserId};
use crate::lane_a::desk::acts::{self as operator, NewGrant, Permission};
use crate::store::operators::{self, GrantRow};
use crate::views::desk::OperatesRow;

/// Fields of the forms.
#[derive(Deserialize)]
pub struct OperatorForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    grant: String,
    #[serde(default)]
    role: String,
}

/// What somebody administers, in lines. A role that this program does not know permits nothing.
pub(super) fn rows(tenant: &TenantId, grants: &[GrantRow]) -> Vec<OperatesRow> {
    let line = |row: &GrantRow| {
        let role = OperatorRole::parse(&row.role)?;
        // What stands in the list of those that are offered.
        let like = match role {
            OperatorRole::Viewer => OperatorRole::Auditor,
            other => other,
        };
        Some(OperatesRow {
            id: row.id.clone(),
            word: like.as_str().to_owned(),
            role: words::of_operator(role),
            scope: match (row.scope.as_str(), &row.tenant) {
                ("instance", _) => "desk-operates-instance",
                ("tenant", Some(there)) if there == tenant => "desk-operates-tenant",
                ("tenant", _) => "desk-operates-elsewhere",
                _ => "desk-operates-org",
            },
        })
    };
    grants.iter().filter_map(line).collect()
}

/// Roles over the tenant that they may give: none for whoever appoints nobody.
pub(super) fn offered(desk: &Desk<'_>, tenant: &TenantId) -> Vec<(String, &'static str)> {
    if !desk.may(Permission::OperatorsWrite) {
        return Vec::new();
    }
    let by = desk.act().by;
    let there = Scope::Tenant(tenant.clone());
    OperatorRole::ALL
        .iter()
        .rev()
        .filter(|role| words::of_offer(**role).is_some())
        .filter(|role| by.covers(&Grant::Operator(**role, there.clone())))
        .map(|role| (role.as_str().to_owned(), words::of_operator(*role)))
        .collect()
}

/// `POST /admin/users/{id}/operator`
pub async fn answer(
    context: Context,
    Path(id): Path<String>,
    form: Result<Form<OperatorForm>, FormRejection>,
) -> Result<Response, Refused> {
    let (form, id) = (form_body(form)?, UserId(plausible(id)?));
    let back = page_of(&id);
    let desk = act(&context, Permission::OperatorsWrite, &form.csrf, &back).await?;
    match decide(&context, &desk, &id, form).await {
        Ok(word) => Ok(see_other(&format!("{back}?done={word}"))),
        Err(problem) => {
            let (status, text) = explain_refusal(desk.visit.lang, problem)?;
            let mut page = page(&context, &desk, &id).await?;
            page.error = Some(text);
            Ok(render(&context, status, &page))
        }
    }
}

async fn decide(
    context: &Context,
    desk: &Desk<'_>,
    id: &UserId,
    form: OperatorForm,
) -> Result<&'static str, Problem> {
    not_oneself(desk, id)?;
    let (act, tenant) = (desk.act(), &context.site.tenant.id);
    let role = || {
        let unknown = || Problem::field("/role", "unknown", "Choose one of the roles.");
        OperatorRole::parse(&form.role).ok_or_else(unknown)
    };
    if form.action == "appoint" {
        let wanted = NewGrant {
            user: id,
            role: role()?,
            scope: Scope::Tenant(tenant.clone()),
        };
        operator::appoint(&act, wanted).await?;
        return Ok("appointed");
    }
    // What others administer is not decided at this person's page.
    let found = operators::find(&context.core.db, tenant, &form.grant).await?;
    if found.is_none_or(|row| row.principal_id != id.0) {
        return Err(Problem::not_found());
    }
    if form.action == "dismiss" {
        operator::dismiss(&act, &form.grant).await?;
        return Ok("dismissed");
    }
    operator::change_operator(&act, &form.grant, role()?).await?;
    Ok("changed")
}
