//! Where the person works with others.

use crate::authz::Permission;
use crate::domain::Problem;
use crate::lane_a::Visit;
use crate::store::orgs;
use crate::views::{MembershipRow, OrganizationsSection};

pub async fn section(visit: &Visit<'_>) -> Result<OrganizationsSection, Problem> {
    let live = visit.session()?;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let all = orgs::memberships(db, tenant, &live.session.user).await?;
    // Who may see an organization's home finds their way on from there.
    let home = Permission::OrgRead.as_str();
    let rows = all
        .into_iter()
        .map(|member| MembershipRow {
            manages: member.permissions.iter().any(|word| word == home),
            name: member.name,
            slug: member.slug,
            roles: member.roles,
        })
        .collect();
    Ok(OrganizationsSection { rows })
}
