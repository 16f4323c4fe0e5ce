//! Who administers.

use axum::Json;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::Body;
use super::{Operator, created};
use crate::authz::{OperatorRole, Scope};
use crate::domain::{Problem, UserId};
use crate::lane_a::operator::{self, NewGrant};
use crate::store::operators::{self as rows, GrantRow};
use crate::store::orgs;

/// `GET /v1/admin/operators`: grants of the tenant's people, wherever they reach.
pub async fn operators(context: Context, Query(paging): Query<Page>) -> Result<Response, Problem> {
    let path = "/v1/admin/operators";
    let limit = paging.limit()?;
    let after = paging.after(&context, path)?;
    let all = rows::of_people(&context.core.db, &context.site.tenant.id).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let found: Vec<&GrantRow> = all
        .iter()
        .filter(|row| row.id > after)
        .take(wanted)
        .collect();
    let last = found.last().map(|row| row.id.clone());
    let items = found.into_iter().map(shown::operator).collect();
    Ok(page(&context, path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ScopeWord {
    Instance,
    Tenant,
    Org,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOperator {
    user: String,
    role: OperatorRole,
    scope: ScopeWord,
    org: Option<String>,
}

/// `POST /v1/admin/operators`
pub async fn appoint(
    by: Operator,
    context: Context,
    Body(body): Body<NewOperator>,
) -> Result<Response, Problem> {
    let tenant = &context.site.tenant.id;
    let scope = match (body.scope, body.org) {
        (ScopeWord::Instance, None) => Scope::Instance,
        (ScopeWord::Tenant, None) => Scope::Tenant(tenant.clone()),
        (ScopeWord::Org, Some(org)) => {
            let found = orgs::find(&context.core.db, tenant, &org).await?;
            let unknown = || Problem::field("/org", "unknown", "Name one of the organizations.");
            Scope::Org(tenant.clone(), found.ok_or_else(unknown)?.id)
        }
        _ => {
            return Err(Problem::field(
                "/org",
                "invalid",
                "Name the organization with the scope org, and only then.",
            ));
        }
    };
    let user = UserId(plausible(body.user)?);
    let wanted = NewGrant {
        user: &user,
        role: body.role,
        scope,
    };
    let row = operator::appoint(&by.act(&context), wanted).await?;
    let location = format!("/v1/admin/operators/{}", row.id);
    Ok(created(&location, 1, shown::operator(&row)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeOperator {
    role: OperatorRole,
}

/// `PATCH /v1/admin/operators/{id}`: another role over the same.
pub async fn change_operator(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
    Body(body): Body<ChangeOperator>,
) -> Result<Json<Value>, Problem> {
    let row = operator::change_operator(&by.act(&context), &plausible(id)?, body.role).await?;
    Ok(Json(shown::operator(&row)))
}

/// `DELETE /v1/admin/operators/{id}`
pub async fn dismiss(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    operator::dismiss(&by.act(&context), &plausible(id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
