//! New keys for what is signed.

use serde_json::json;

use crate::audit::{Event, Outcome, kind};
use crate::domain::Problem;
use crate::lane_a::operator::Act;
use crate::store::invalidations::{Change, Scope};
use crate::tokens;

/// Publishes new keys, which sign when every cached key set has learnt them; `at_once` for those
/// that have leaked. The old ones are published until the last of their tokens is gone. Answers
/// the name of the new key for access tokens.
///
/// # Errors
/// `store_unavailable`.
pub async fn rotate_keys(act: &Act<'_>, at_once: bool) -> Result<String, Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let mut write = core.begin().await?;
    let now = write.now();
    let kid = tokens::rotate(&mut write.tx, &core.sealer, tenant, now, at_once).await?;
    write.invalidate(Change::Changed, Scope::Tenant, tenant.as_str());
    let event = Event::new(
        kind::SIGNING_KEY_ROTATED,
        Outcome::Success,
        ("key", kid.as_str()),
    );
    let event = event.detail(json!({ "at_once": at_once }));
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Ok(kid)
}
