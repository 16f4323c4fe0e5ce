//! Nodes: each writes how it is every few seconds; anybody may read all.

use std::time::Duration;

use crate::core::Core;
use crate::domain::Problem;
use crate::store::nodes::{self as rows, NodeRow};

/// How often a node describes itself.
pub const HEARTBEAT: Duration = Duration::from_secs(10);
/// A node that has not written for so long is missed.
const MISSED_MS: i64 = 35_000;
/// One that is missed for so long is forgotten.
const SHOWN_MS: i64 = 3_600_000;

/// Does a node trust its cache?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// It hears of every change within the bound.
    Yes,
    /// It does not, and reads the store for each request.
    CatchingUp,
    /// It has not written for a while: stopped, killed, or without the database.
    Missed,
}

/// A node as the overview shows it.
#[derive(Debug, Clone)]
pub struct NodeView {
    /// What it wrote.
    pub row: NodeRow,
    /// What to think of it.
    pub trust: Trust,
}

/// Writes how this node is.
///
/// # Errors
/// `store_unavailable`.
pub async fn heartbeat(core: &Core) -> Result<(), Problem> {
    let heard = core.log.heard();
    let row = NodeRow {
        id: core.node.id.clone(),
        name: core.node.name.clone(),
        started_at: core.node.started_at,
        seen_at: core.now(),
        bound_ms: core.log.bound_ms(),
        fresh: core.log.is_fresh(),
        heard: heard.count,
        p50_ms: heard.p50,
        p99_ms: heard.p99,
        worst_ms: heard.worst,
        applied_seq: core.log.applied(),
    };
    Ok(rows::put(&core.db, &row).await?)
}

/// A node that ends in order is not missed.
pub async fn leave(core: &Core) {
    if let Err(error) = rows::leave(&core.db, &core.node.id).await {
        tracing::warn!(%error, "this node will be missed for an hour");
    }
}

/// All nodes of the last hour.
///
/// # Errors
/// `store_unavailable`.
pub async fn nodes(core: &Core) -> Result<Vec<NodeView>, Problem> {
    let now = core.now();
    let all = rows::list(&core.db, now - SHOWN_MS, 200).await?;
    Ok(all
        .into_iter()
        .map(|row| NodeView {
            trust: if now - row.seen_at > MISSED_MS {
                Trust::Missed
            } else if row.fresh {
                Trust::Yes
            } else {
                Trust::CatchingUp
            },
            row,
        })
        .collect())
}
