//! Organizations.

use axum::extract::Query;
use axum::response::Response;
use http::StatusCode;
use laneway_contract::Acr;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::context::Context;
use super::super::me::{Page, page};
use super::super::shown;
use super::body::{Body, Patch};
use super::{Operator, created, if_match, versioned};
use crate::domain::Problem;
use crate::lane_a::operator::{self, OrgChange};
use crate::store::orgs::{self, OrgState};

/// `GET /v1/organizations`
pub async fn organizations(
    context: Context,
    Query(query): Query<Page>,
) -> Result<Response, Problem> {
    let path = "/v1/organizations";
    let limit = query.limit()?;
    let after = query.after(&context, path)?;
    let all = orgs::list(&context.core.db, &context.site.tenant.id, &after, limit).await?;
    let last = all.last().map(|org| org.id.0.clone());
    let items = all.iter().map(shown::organization).collect();
    Ok(page(&context, path, limit, items, last))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    slug: String,
    name: String,
}

/// `POST /v1/organizations`
pub async fn create_organization(
    by: Operator,
    context: Context,
    Body(body): Body<NewOrganization>,
) -> Result<Response, Problem> {
    let org = operator::create_org(&by.act(&context), &body.slug, &body.name).await?;
    let location = format!("/v1/organizations/{}", org.id);
    Ok(created(&location, org.version, shown::organization(&org)))
}

/// `GET /v1/organizations/{org}`
pub async fn read_organization(by: Operator) -> Result<Response, Problem> {
    let org = by.org()?;
    Ok(versioned(org.version, shown::organization(org)))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct OrganizationChange {
    slug: Patch<String>,
    name: Patch<String>,
    state: Patch<OrgState>,
    required_acr: Patch<String>,
    max_staleness: Patch<i64>,
    social_login: Patch<bool>,
    brand: Patch<Map<String, Value>>,
}

fn acr(text: &str) -> Result<Acr, Problem> {
    let detail = "This word is not one of the list.";
    Acr::parse(text).ok_or_else(|| Problem::field("/required_acr", "unknown", detail))
}

/// `PATCH /v1/organizations/{org}`
pub async fn change_organization(
    by: Operator,
    context: Context,
    Body(body): Body<OrganizationChange>,
) -> Result<Response, Problem> {
    let change = OrgChange {
        slug: body.slug.lasting("/slug")?,
        name: body.name.lasting("/name")?,
        state: body.state.lasting("/state")?,
        required_acr: match body.required_acr.removable() {
            None => None,
            Some(None) => Some(None),
            Some(Some(text)) => Some(Some(acr(&text)?)),
        },
        max_staleness: body.max_staleness.removable(),
        social_login: body.social_login.lasting("/social_login")?,
        brand: body.brand.removable(),
    };
    let (id, expected) = (&by.org()?.id, if_match(&context)?);
    let org = operator::change_org(&by.act(&context), id, change, expected).await?;
    Ok(versioned(org.version, shown::organization(&org)))
}

/// `DELETE /v1/organizations/{org}`
pub async fn delete_organization(by: Operator, context: Context) -> Result<StatusCode, Problem> {
    let (id, expected) = (&by.org()?.id, if_match(&context)?);
    operator::delete_org(&by.act(&context), id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
