//! When a connection may become the only way in.
//!
//! Owns: what must be proven before.
//! Must not know: how the other ways are shut.

use crate::domain::connection::{Connection, Rollout};
use crate::domain::{Code, Problem};

/// Shutting everybody else's way in needs people who can get in without it; nobody is one yet.
///
/// # Errors
/// `conflict` with what is missing.
pub(super) fn require_ready(one: &Connection) -> Result<(), Problem> {
    if !one.is_active() || one.rollout != Rollout::All {
        return Err(Problem::new(
            Code::Conflict,
            "Only a connection that is live and rolled out to all can be enforced.",
        ));
    }
    Err(Problem::new(
        Code::Conflict,
        "Enforcing needs two people of the organization who have proven another way in for emergencies.",
    ))
}
