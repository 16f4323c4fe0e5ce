//! Connections as they are shown.

use super::check::Check;
use super::connections::{Drafted, get_revision};
use super::drafts;
use crate::domain::Problem;
use crate::domain::connection::Connection;
use crate::lane_a::operator::Act;

/// A connection with its newest revision.
///
/// # Errors
/// `store_unavailable`.
pub async fn drafted(act: &Act<'_>, connection: Connection) -> Result<Drafted, Problem> {
    let draft = get_revision(act, &connection, connection.draft).await?;
    Ok(Drafted {
        connection,
        draft,
        checks: Vec::new(),
    })
}

/// What the other side says about the newest revision now.
///
/// # Errors
/// `store_unavailable`.
pub async fn look(act: &Act<'_>, one: &Connection) -> Result<Vec<Check>, Problem> {
    let draft = get_revision(act, one, one.draft).await?;
    drafts::look(act.core, act.tenant, one, &draft).await
}
