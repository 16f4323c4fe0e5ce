//! Receipts: which nodes have heard that something ended. Each writes how far its caches have been told.

use serde::Serialize;

use super::nodes::{NodeView, Trust, nodes};
use crate::core::Core;
use crate::domain::Problem;
use crate::store::{invalidations, nodes as rows};

/// Who has heard.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    /// The place in the log of what ended.
    pub seq: i64,
    /// Does no node answer for what ended any more? One that is missed hears nothing, and trusts no cache.
    pub complete: bool,
    /// Past so many ms without news a node reads the store for each request.
    pub bound_ms: i64,
    /// Every node of the last hour.
    pub nodes: Vec<Acknowledgement>,
}

/// One node's word.
#[derive(Debug, Clone, Serialize)]
pub struct Acknowledgement {
    /// Machine and port.
    pub name: String,
    /// `heard`, `waiting`, or `missed`: it has not written for a while.
    pub state: &'static str,
}

/// Writes how far this node's caches have been told, where that has moved.
///
/// # Errors
/// `store_unavailable`.
pub async fn acknowledge(core: &Core) -> Result<(), Problem> {
    if let Some(seq) = core.log.to_acknowledge() {
        rows::acknowledge(&core.db, &core.node.id, seq).await?;
        core.log.acknowledged(seq);
    }
    Ok(())
}

/// The receipt for a place in the log.
///
/// # Errors
/// `not_found` for a place that the log has not reached; `store_unavailable`.
pub async fn receipt(core: &Core, seq: i64) -> Result<Receipt, Problem> {
    if seq < 1 || seq > invalidations::head(&core.db).await? {
        return Err(Problem::not_found());
    }
    let nodes = nodes(core).await?;
    let bound = nodes.iter().map(|node| node.row.bound_ms).max();
    let nodes: Vec<Acknowledgement> = nodes.into_iter().map(|node| word(node, seq)).collect();
    Ok(Receipt {
        seq,
        complete: nodes.iter().all(|node| node.state != "waiting"),
        bound_ms: bound.unwrap_or_else(|| core.log.bound_ms()),
        nodes,
    })
}

fn word(node: NodeView, seq: i64) -> Acknowledgement {
    let state = match node.trust {
        _ if node.row.applied_seq >= seq => "heard",
        Trust::Missed => "missed",
        Trust::Yes | Trust::CatchingUp => "waiting",
    };
    Acknowledgement {
        name: node.row.name,
        state,
    }
}
