//! The end of an account, by its person.

use super::super::Visit;
use super::super::operator::{self, Act, directory::is_managed};
use super::{list_identities, require_fresh};
use crate::domain::Problem;
use crate::domain::user::LinkKind;
use crate::providers::EMBEDDED;
use crate::store::{operators, orgs};

/// What a person should know before.
pub struct Deletion {
    /// Names of organizations that they leave.
    pub organizations: Vec<String>,
    /// Names of providers where an account of theirs stays.
    pub elsewhere: Vec<String>,
    /// Nobody else owns the installation: it must not be left without an owner.
    pub only_owner: bool,
}

/// Gathers what goes and what stays; asks for the proof that the deletion itself will need,
/// so that nobody types in vain.
///
/// # Errors
/// `step_up_required`.
pub async fn deletion(visit: &Visit<'_>) -> Result<Deletion, Problem> {
    require_fresh(visit, "/account/delete").await?;
    let user = &visit.session()?.session.user;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant);
    let links = list_identities(visit).await?;
    let upstreams = visit.core.providers.of_tenant(tenant).await?;
    let elsewhere = upstreams
        .iter()
        .filter(|upstream| upstream.row.kind != EMBEDDED && !is_managed(upstream))
        .filter(|upstream| {
            links
                .iter()
                .any(|link| link.kind == LinkKind::Upstream && link.issuer == upstream.row.issuer)
        })
        .map(|upstream| upstream.row.label())
        .collect();
    let members = orgs::memberships(db, &tenant.id, user).await?;
    Ok(Deletion {
        organizations: members.into_iter().map(|m| m.name).collect(),
        elsewhere,
        only_owner: operators::is_owner(db, user).await?
            && !operators::other_owner(db, user).await?,
    })
}

/// Deletes the account: the row is anonymised, its id never reused.
///
/// # Errors
/// `step_up_required`, `conflict` for the only owner, and what the provider says.
pub async fn delete(visit: &Visit<'_>) -> Result<(), Problem> {
    require_fresh(visit, "/account/delete").await?;
    let user = visit.session()?.session.user.clone();
    let tenant = &visit.site.tenant;
    let by = visit.core.authority_of(&tenant.id, &user).await?;
    let act = Act {
        core: visit.core,
        tenant,
        meta: visit.meta,
        by: &by,
        lang: visit.lang,
    };
    operator::delete_user(&act, &user, None).await
}
