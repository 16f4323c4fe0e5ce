//! Where the person works with others.

use crate::domain::Problem;
use crate::lane_a::Visit;
use crate::store::orgs;
use crate::views::{MembershipRow, OrganizationsSection};

pub async fn section(visit: &Visit<'_>) -> Result<OrganizationsSection, Problem> {
    let live = visit.session()?;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let all = orgs::memberships(db, tenant, &live.session.user).await?;
    let rows = all
        .into_iter()
        .map(|member| MembershipRow {
            name: member.name,
            slug: member.slug,
            roles: member.roles,
        })
        .collect();
    Ok(OrganizationsSection { rows })
}
