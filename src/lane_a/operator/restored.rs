//! After a backup was restored: what had ended since it was made must not live again.

use serde::Serialize;
use serde_json::json;

use super::Act;
use crate::audit::{Event, Outcome, kind};
use crate::domain::{Code, Problem};
use crate::lane_a::sign_in;
use crate::store::sessions::Which;
use crate::store::{nodes, restored};
use crate::tokens;

/// A node that was seen more recently runs.
const RUNNING_MS: i64 = 60_000;

/// What else goes, because nobody can tell which of it was ended since.
#[derive(Debug, Clone, Copy, Default)]
pub struct AfterRestore {
    /// Every API token, of operators too.
    pub api_tokens: bool,
    /// Everybody's recovery codes.
    pub recovery_codes: bool,
}

/// How much was ended in a tenant.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Ended {
    /// Short name of the tenant.
    pub tenant: String,
    /// Sessions.
    pub sessions: usize,
    /// Sign-ins that apps kept.
    pub app_sign_ins: u64,
    /// Attempts, codes, links and mails that were under way.
    pub under_way: u64,
    /// API tokens.
    pub api_tokens: u64,
    /// Recovery codes.
    pub recovery_codes: u64,
}

/// Ends sessions and sign-ins of apps, forgets what was under way, and lets a new key sign at once.
///
/// # Errors
/// `conflict` while a node runs; `store_unavailable`.
pub async fn after_restore(act: &Act<'_>, also: AfterRestore) -> Result<Ended, Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    refuse_running(act).await?;
    let mut write = core.begin().await?;
    let now = write.now();
    let sessions = sign_in::end(&mut write, tenant, Which::All, "restored").await?;
    let tx = &mut write.tx;
    let mut ended = Ended {
        tenant: act.tenant.slug.clone(),
        sessions: sessions.len(),
        app_sign_ins: restored::end_families(tx, tenant, now).await?,
        under_way: restored::forget_begun(tx, tenant).await?,
        ..Ended::default()
    };
    if also.api_tokens {
        ended.api_tokens = restored::revoke_tokens(tx, tenant, now).await?;
    }
    if also.recovery_codes {
        ended.recovery_codes = restored::void_recovery_codes(tx, tenant).await?;
    }
    let key = tokens::rotate(tx, &core.sealer, tenant, now, true).await?;
    let event = Event::new(
        kind::INSTALLATION_RESTORED,
        Outcome::Success,
        ("tenant", tenant.as_str()),
    );
    let event = event.detail(json!({ "ended": ended, "signing_key": key }));
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Ok(ended)
}

/// What a node remembers it does not ask the database about.
async fn refuse_running(act: &Act<'_>) -> Result<(), Problem> {
    let since = act.core.now() - RUNNING_MS;
    let running = nodes::list(&act.core.db, since, 1).await?;
    match running.first() {
        None => Ok(()),
        Some(node) => Err(Problem::new(
            Code::Conflict,
            format!(
                "The node {} runs, or was killed less than a minute ago. Stop every node first.",
                node.name
            ),
        )),
    }
}
