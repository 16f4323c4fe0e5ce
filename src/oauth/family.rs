//! A family of tokens, and whether what it hangs on still holds.

use std::sync::Arc;

use super::{Fault, entry};
use crate::core::Core;
use crate::domain::user::Membership;
use crate::domain::{Problem, TenantId};
use crate::lane_a::end_in;
use crate::sessions::Live;
use crate::store::Write;
use crate::store::refresh_families::{self as families, Family};
use crate::store::sessions::Which;

/// What a family's tokens speak of, as it is now.
pub(super) struct Ground {
    /// The sign-in.
    pub live: Arc<Live>,
    /// The organization.
    pub org: Option<Membership>,
    /// The position of the invalidation log before they were read.
    pub seen: i64,
}

/// What a family stands on: `None` when its sign-in has ended, its person is switched off or has
/// left the organization, or it was revoked.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn ground(
    core: &Core,
    tenant: &TenantId,
    family: &Family,
) -> Result<Option<Ground>, Problem> {
    if family.revoked || family.expires_at <= core.now() {
        return Ok(None);
    }
    let seen = core.log.position();
    let found = core
        .sessions
        .find_by_sid(tenant, family.stands_on())
        .await?;
    let Some(live) = found.filter(|live| live.session.user == family.user) else {
        return Ok(None);
    };
    let org = match &family.org {
        None => None,
        Some(org) => match entry::membership(core, &live.session, org).await? {
            Some(held) => Some(held),
            None => return Ok(None),
        },
    };
    Ok(Some(Ground { live, org, seen }))
}

/// The same for whoever brings a token of it.
///
/// # Errors
/// `invalid_grant`.
pub(super) async fn stand(
    core: &Core,
    tenant: &TenantId,
    family: &Family,
) -> Result<Ground, Fault> {
    let found = ground(core, tenant, family).await?;
    found.ok_or_else(|| Fault::grant("the sign-in behind it has ended"))
}

/// Ends a family, and the session that was kept for it alone; false when it had ended.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn end(
    write: &mut Write,
    tenant: &TenantId,
    id: &str,
    reason: &str,
) -> Result<bool, Problem> {
    let now = write.now();
    if !families::revoke(write, tenant, id, reason, now).await? {
        return Ok(false);
    }
    let family = families::find(&mut write.tx, tenant, id).await?;
    if let Some(sid) = family.and_then(|family| family.kept) {
        end_in(write, tenant, Which::One(&sid), reason).await?;
    }
    Ok(true)
}
