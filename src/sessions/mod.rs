//! Live sessions on this node.
//!
//! Owns: the hot cache, the invalidation log and its poller, `last_seen_at` in batches.
//! Must not know: how a session came to be, HTTP, providers.

mod cache;
mod log;
mod touch;

pub use cache::{Live, Sessions};
pub use log::InvalidationLog;
