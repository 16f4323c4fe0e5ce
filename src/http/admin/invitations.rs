//! Invitations to the tenant, and into one organization: the same records at two places.

use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::super::shown;
use super::body::Body;
use super::{Operator, created, if_match, versioned};
use crate::domain::Problem;
use crate::lane_a::operator::{self, Invite, Made};
use crate::store::invitations as rows;
use crate::store::orgs::Organization;

/// Where invitations hang: below the tenant or below one organization.
fn base(org: Option<&Organization>) -> String {
    match org {
        Some(org) => format!("/v1/organizations/{}/invitations", org.id),
        None => "/v1/admin/invitations".to_owned(),
    }
}

/// The link is shown here and never again.
fn made_json(made: &Made, now: i64) -> Value {
    let mut value = shown::invitation(&made.invitation, now);
    if let Some(url) = &made.url {
        value["url"] = json!(url);
    }
    value
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    email: String,
    #[serde(default)]
    roles: Vec<String>,
}

/// `POST /v1/admin/invitations`
pub async fn invite(
    by: Operator,
    context: Context,
    Body(body): Body<NewInvitation>,
) -> Result<Response, Problem> {
    make(&by, &context, None, body).await
}

/// `POST /v1/organizations/{org}/invitations`
pub async fn invite_to_org(
    by: Operator,
    context: Context,
    Body(body): Body<NewInvitation>,
) -> Result<Response, Problem> {
    make(&by, &context, Some(by.org()?), body).await
}

async fn make(
    by: &Operator,
    context: &Context,
    org: Option<&Organization>,
    body: NewInvitation,
) -> Result<Response, Problem> {
    let wanted = Invite {
        email: &body.email,
        roles: body.roles,
        org,
    };
    let made = operator::invite(&by.act(context), wanted).await?;
    let location = format!("{}/{}", base(org), made.invitation.id);
    let version = made.invitation.version();
    Ok(created(
        &location,
        version,
        made_json(&made, context.core.now()),
    ))
}

/// `GET /v1/admin/invitations`
pub async fn invitations(context: Context, Query(query): Query<Page>) -> Result<Response, Problem> {
    list(&context, None, &query).await
}

/// `GET /v1/organizations/{org}/invitations`
pub async fn org_invitations(
    by: Operator,
    context: Context,
    Query(query): Query<Page>,
) -> Result<Response, Problem> {
    list(&context, Some(by.org()?), &query).await
}

async fn list(
    context: &Context,
    org: Option<&Organization>,
    query: &Page,
) -> Result<Response, Problem> {
    let path = base(org);
    let limit = query.limit()?;
    let before = query.after(context, &path)?;
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let place = org.map(|org| &org.id);
    let all = rows::list(db, tenant, place, &before, limit).await?;
    let last = all.last().map(|invitation| invitation.id.clone());
    let now = context.core.now();
    let items = all.iter().map(|row| shown::invitation(row, now)).collect();
    Ok(page(context, &path, limit, items, last))
}

/// `GET /v1/admin/invitations/{id}`
pub async fn read_invitation(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    read(&by, &context, None, id).await
}

/// `GET /v1/organizations/{org}/invitations/{id}`
pub async fn read_org_invitation(
    by: Operator,
    context: Context,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    read(&by, &context, Some(by.org()?), id).await
}

async fn read(
    by: &Operator,
    context: &Context,
    org: Option<&Organization>,
    id: String,
) -> Result<Response, Problem> {
    let (act, place) = (by.act(context), org.map(|org| &org.id));
    let found = operator::get_invitation(&act, place, &plausible(id)?).await?;
    let body = shown::invitation(&found, context.core.now());
    Ok(versioned(found.version(), body))
}

/// `POST /v1/admin/invitations/{id}/resend`
pub async fn resend_invitation(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    resend(&by, &context, None, id).await
}

/// `POST /v1/organizations/{org}/invitations/{id}/resend`
pub async fn resend_org_invitation(
    by: Operator,
    context: Context,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    resend(&by, &context, Some(by.org()?), id).await
}

async fn resend(
    by: &Operator,
    context: &Context,
    org: Option<&Organization>,
    id: String,
) -> Result<Response, Problem> {
    let (act, expected) = (by.act(context), if_match(context)?);
    let made = operator::resend_invitation(&act, org, &plausible(id)?, expected).await?;
    let body = made_json(&made, context.core.now());
    Ok(versioned(made.invitation.version(), body))
}

/// `DELETE /v1/admin/invitations/{id}`
pub async fn revoke_invitation(
    by: Operator,
    context: Context,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    revoke(&by, &context, None, id).await
}

/// `DELETE /v1/organizations/{org}/invitations/{id}`
pub async fn revoke_org_invitation(
    by: Operator,
    context: Context,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    revoke(&by, &context, Some(by.org()?), id).await
}

async fn revoke(
    by: &Operator,
    context: &Context,
    org: Option<&Organization>,
    id: String,
) -> Result<StatusCode, Problem> {
    let (act, expected) = (by.act(context), if_match(context)?);
    let place = org.map(|org| &org.id);
    operator::revoke_invitation(&act, place, &plausible(id)?, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
