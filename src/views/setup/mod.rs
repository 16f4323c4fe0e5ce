//! The set-up of a connection, page by page: connect, check, test login, activate.
//!
//! Owns: what each page shows and in which words.
//! Must not know: where any of it comes from.

mod activate;
mod check;
mod connect;
mod frame;
mod health;
mod link;
mod test;

pub use activate::SetupActivatePage;
pub use check::SetupCheckPage;
pub use connect::{FoundProvider, GiveRow, SetupConnectPage, SetupValues};
pub use frame::SetupFrame;
pub use health::{CauseRow, EndingRow, HealthView, SetupHealthPage, StatedChanges};
pub use link::{MailboxCheck, SetupLinkPage, SetupLinkStep};
pub use test::{
    ClaimRow, GroupRow, MomentRow, RuleChange, RuleRow, SetupTestPage, ShiftRow, TestOutcome,
};
