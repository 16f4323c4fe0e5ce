//! Where the person works with others.

use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::Response;
use axum::routing::post;
use axum::{Form, Router};

use super::super::super::context::Context;
use super::super::super::me;
use super::super::super::router::AppState;
use super::{Pressed, Signed, done, posted};
use crate::authz::Permission;
use crate::domain::Problem;
use crate::lane_a::operator::is_only_owner;
use crate::lane_a::{Visit, account};
use crate::store::orgs;
use crate::views::{MembershipRow, OrganizationsSection};

pub fn routes() -> Router<AppState> {
    Router::new().route("/account/organizations/{org}/leave", post(leave))
}

pub async fn section(visit: &Visit<'_>) -> Result<OrganizationsSection, Problem> {
    let live = visit.session()?;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let all = orgs::memberships(db, tenant, &live.session.user).await?;
    // Who may see an organization's home finds their way on from there.
    let home = Permission::OrgRead.as_str();
    let mut rows = Vec::with_capacity(all.len());
    for member in all {
        let user = &live.session.user;
        rows.push(MembershipRow {
            manages: member.permissions.iter().any(|word| word == home),
            only_owner: is_only_owner(visit.core, tenant, &member.org, user).await?,
            name: member.name,
            slug: member.slug,
            roles: member.roles,
        });
    }
    Ok(OrganizationsSection { rows })
}

/// `POST /account/organizations/{org}/leave`
async fn leave(
    context: Context,
    Path(org): Path<String>,
    form: Result<Form<Signed<Pressed>>, FormRejection>,
) -> Result<Response, Problem> {
    let (visit, _) = posted(&context, form).await?;
    done(
        account::leave_org(&visit, &me::plausible(org)?).await,
        "left",
    )
}
