//! From a principal to what it may do: grants of operators and memberships, as stored now.

use super::Core;
use crate::authz::{Authority, Grant, OperatorRole, Scope};
use crate::domain::user::Membership;
use crate::domain::{TenantId, UpstreamId, UserId};
use crate::sessions::Live;
use crate::store::api_tokens::AdminToken;
use crate::store::operators::{self, GrantRow};
use crate::store::orgs;

use laneway_sqlkit::{DbError, On};

/// What a stored grant is worth. A role or scope that this program does not know is worth
/// nothing.
fn read(row: &GrantRow) -> Option<Grant> {
    let role = OperatorRole::parse(&row.role)?;
    let scope = match (row.scope.as_str(), &row.tenant, &row.org) {
        ("instance", None, None) => Scope::Instance,
        ("tenant", Some(tenant), None) => Scope::Tenant(tenant.clone()),
        ("org", Some(tenant), Some(org)) => Scope::Org(tenant.clone(), org.clone()),
        _ => return None,
    };
    Some(Grant::Operator(role, scope))
}

/// The grants as operator that a person holds, wherever they reach.
///
/// # Errors
/// [`DbError`] of the engine.
pub async fn operator_grants(on: impl On, user: &UserId) -> Result<Vec<Grant>, DbError> {
    let rows = operators::of_principal(on, "user", user.as_str()).await?;
    Ok(rows.iter().filter_map(read).collect())
}

/// The grants as operator that people of a tenant hold, wherever they reach.
///
/// # Errors
/// [`DbError`] of the engine.
pub async fn grants_of_people(on: impl On, tenant: &TenantId) -> Result<Vec<Grant>, DbError> {
    let rows = operators::of_people(on, tenant).await?;
    Ok(rows.iter().filter_map(read).collect())
}

/// The grants as operator of people of a tenant who are linked to a source, wherever they reach.
///
/// # Errors
/// [`DbError`] of the engine.
pub async fn grants_of_linked(
    on: impl On,
    tenant: &TenantId,
    source: &UpstreamId,
) -> Result<Vec<Grant>, DbError> {
    let rows = operators::of_linked(on, tenant, source).await?;
    Ok(rows.iter().filter_map(read).collect())
}

impl Core {
    /// What a person may do.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn authority_of(
        &self,
        tenant: &TenantId,
        user: &UserId,
    ) -> Result<Authority, DbError> {
        let mut grants = operator_grants(&self.db, user).await?;
        for place in orgs::memberships(&self.db, tenant, user).await? {
            let words = place.permissions.into_iter().collect();
            grants.push(Grant::Member(tenant.clone(), place.org, words));
        }
        Ok(Authority::new("user", user.as_str(), grants))
    }

    /// What an operator's token may do.
    pub fn authority_of_admin(&self, token: &AdminToken) -> Authority {
        let scope = match &token.tenant {
            None => Scope::Instance,
            Some(tenant) => Scope::Tenant(tenant.clone()),
        };
        let role = OperatorRole::parse(&token.role);
        let grants = role.map(|role| Grant::Operator(role, scope));
        Authority::new("token", token.id.as_str(), grants.into_iter().collect())
    }

    /// What a service account may do, which is this in its organization.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn authority_of_account(
        &self,
        tenant: &TenantId,
        id: &str,
        org: Option<&Membership>,
    ) -> Result<Authority, DbError> {
        let rows = operators::of_principal(&self.db, "service_account", id).await?;
        let mut grants: Vec<Grant> = rows.iter().filter_map(read).collect();
        grants.extend(org.map(|place| {
            let words = place.permissions.iter().cloned().collect();
            Grant::Member(tenant.clone(), place.org.clone(), words)
        }));
        Ok(Authority::new("service_account", id, grants))
    }

    /// What an API token may do: what its owner may, and never more than its scopes; in the
    /// organization that it acts in, and in no other.
    ///
    /// # Errors
    /// [`DbError`] of the engine.
    pub async fn authority_of_token(&self, live: &Live) -> Result<Authority, DbError> {
        let session = &live.session;
        let tenant = &session.tenant;
        let Some(held) = live.token() else {
            return Ok(Authority::new("nobody", "", Vec::new()));
        };
        let mut authority = if held.service {
            let id = session.user.as_str();
            self.authority_of_account(tenant, id, live.org.as_ref())
                .await?
        } else {
            self.authority_of(tenant, &session.user).await?
        };
        // Whoever runs an organization's provider can be anybody there, and nobody elsewhere.
        let bound = session.org.as_ref().filter(|_| !held.service);
        for org in [bound, session.within()].into_iter().flatten() {
            authority = authority.within(&Scope::Org(tenant.clone(), org.clone()));
        }
        Ok(match &held.scopes {
            Some(scopes) => authority.limited_to(scopes.iter().cloned()),
            None => authority,
        })
    }
}
