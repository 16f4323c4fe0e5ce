//! The owner link: whoever finishes a sign-in that it began owns the installation.

use super::{Begin, Visit, begin, limits};
use crate::core::hash_token;
use crate::domain::flow::{Flow, FlowPurpose};
use crate::domain::return_to::ReturnTo;
use crate::domain::{Code, Problem};
use crate::store::operators;
use crate::store::secrets::{self, SecretPurpose};

/// Where a new owner goes first: their own Keycloak.
const FIRST_SCREEN: &str = "/admin/upstream";

/// Is this link still good? Looking consumes nothing: mail scanners look too.
///
/// # Errors
/// `expired`.
pub async fn check(visit: &Visit<'_>, token: &str) -> Result<(), Problem> {
    limits::callback(visit.core, &visit.meta.ip).await?;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let hash = hash_token(token);
    let now = visit.core.now();
    let found = secrets::peek(db, tenant, SecretPurpose::OwnerLink, &hash, now).await?;
    // Every link ends with the first owner.
    let found = match found {
        Some(_) if operators::any_owner(db).await? => None,
        other => other,
    };
    found.map(|_| ()).ok_or_else(|| {
        Problem::new(
            Code::Expired,
            "This owner link is over. Make another with `laneway admin owner-link`.",
        )
    })
}

/// Begins the sign-in whose end consumes the link.
///
/// # Errors
/// `expired`, `rate_limited`.
pub async fn start(visit: &Visit<'_>, token: &str) -> Result<Flow, Problem> {
    check(visit, token).await?;
    let offers = visit.core.providers.offers(&visit.site.tenant).await?;
    let own_page = offers
        .iter()
        .any(|o| o.kind != laneway_contract::MethodKind::Redirect);
    let purpose = if own_page {
        FlowPurpose::Signup
    } else {
        FlowPurpose::Login
    };
    let mut request = Begin::login(ReturnTo::own(FIRST_SCREEN));
    request.purpose = purpose;
    request.owner_link = Some(hash_token(token).to_vec());
    begin(visit, request).await
}
