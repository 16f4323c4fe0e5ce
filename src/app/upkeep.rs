//! What is over goes away by itself.

use crate::core::Core;
use crate::domain::Problem;
use crate::store::{
    assertions, authorization_codes, authorization_requests, connection_health, device_grants,
    email_changes, failures, flows, initial_access_tokens, invalidations, login_hours, nodes,
    noted_ids, outbox, over, pushed_requests, rate, refresh_families, secrets, test_logins,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Forgets what is over: flows, one-time values, counters, sessions, old messages and log rows. Of
/// several nodes one does it.
///
/// # Errors
/// `store_unavailable`.
pub async fn prune(core: &Core) -> Result<(), Problem> {
    let now = core.now();
    if !over::take(&core.db, "prune", now, now + 9 * MINUTE).await? {
        return Ok(());
    }
    let mut write = core.begin().await?;
    let now = write.now();
    flows::prune(&mut write.tx, now - HOUR).await?;
    secrets::prune(&mut write.tx, now - HOUR).await?;
    email_changes::prune(&mut write.tx, now - HOUR).await?;
    authorization_requests::prune(&mut write.tx, now - HOUR).await?;
    authorization_codes::prune(&mut write.tx, now - DAY).await?;
    device_grants::prune(&mut write.tx, now - HOUR).await?;
    refresh_families::prune(&mut write.tx, now - DAY).await?;
    pushed_requests::prune(&mut write.tx, now).await?;
    noted_ids::prune(&mut write.tx, now).await?;
    initial_access_tokens::prune(&mut write.tx, now - DAY).await?;
    rate::prune(&mut write.tx, now - DAY).await?;
    failures::prune(&mut write.tx, now - 30 * DAY).await?;
    outbox::prune(&mut write.tx, now - 7 * DAY).await?;
    nodes::prune(&mut write.tx, now - DAY).await?;
    connection_health::prune(&mut write.tx, now - 100 * DAY).await?;
    assertions::prune(&mut write.tx, now - 2 * DAY).await?;
    test_logins::delete_old(&mut write.tx, now - 90 * DAY).await?;
    login_hours::prune(&mut write.tx, now - 100 * DAY).await?;
    core.commit(write).await?;
    let mut write = core.begin().await?;
    over::forget_tokens(&mut write.tx, now - HOUR).await?;
    // Whoever asks whether a provider's token is of a session that has ended still finds it.
    over::prune(&mut write.tx, now - 30 * DAY).await?;
    core.commit(write).await?;
    // Far longer than any node may lag: past the bound it does not trust its cache anyway.
    invalidations::prune(&core.db, now - DAY).await?;
    Ok(())
}
