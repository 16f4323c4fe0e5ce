//! May they? The one table from role to permission and the one question about it.
//!
//! Owns: permissions, default roles, the checks on a caller.
//! Must not know: credentials, HTTP, SQL.

mod authority;
mod permission;

use laneway_contract::Acr;

use crate::domain::session::Session;
use crate::domain::{Code, Problem};

pub use authority::{Authority, Grant, Scope, require};
pub use permission::{BUILT_IN, IN_ORGANIZATIONS, OperatorRole, Permission};

/// How old a proof may be for changes to factors, address or existence of an account.
pub const FRESH_S: u64 = 300;

/// How old a proof may be for what operators change.
pub const OPERATOR_S: u64 = 900;

/// A session must be as strong as this person can be, and recently proven.
///
/// # Errors
/// `step_up_required` with what is needed; `reachable` is the strongest rung there is a
/// path to.
pub fn require_fresh(
    session: &Session,
    reachable: Acr,
    max_age_s: u64,
    now: i64,
    step_up_url: &str,
) -> Result<(), Problem> {
    if session.satisfies(Some(reachable), Some(max_age_s), now) {
        return Ok(());
    }
    Err(Problem::new(
        Code::StepUpRequired,
        "Confirm that it is you, then try again.",
    )
    .with("acr_values", vec![reachable.as_str()])
    .with("max_age", max_age_s)
    .with("step_up_url", step_up_url))
}
