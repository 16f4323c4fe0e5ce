//! Sessions of others.

use serde_json::json;

use super::Act;
use crate::audit::{Event, Outcome, kind};
use crate::domain::{Problem, Sid};
use crate::lane_a::sign_in;
use crate::store::sessions::Which;

/// What was ended.
#[derive(Debug, Clone)]
pub struct EndedSessions {
    /// Which.
    pub sids: Vec<Sid>,
    /// The place in the log that every node hears of it by; `None` where nothing was live.
    pub receipt: Option<i64>,
}

/// Ends sessions. `target` is what the event is about.
///
/// # Errors
/// `store_unavailable`.
pub async fn end_sessions(
    act: &Act<'_>,
    target: (&'static str, &str),
    which: Which<'_>,
) -> Result<EndedSessions, Problem> {
    let reason = "ended_by_operator";
    let mut write = act.core.begin().await?;
    let ended = sign_in::end(&mut write, &act.tenant.id, which, reason).await?;
    if !ended.is_empty() {
        let event = Event::new(kind::SESSION_ENDED, Outcome::Success, target)
            .detail(json!({ "reason": reason, "sids": ended }));
        act.audit(&mut write, event).await?;
    }
    Ok(EndedSessions {
        sids: ended,
        receipt: act.core.commit_numbered(write).await?,
    })
}
