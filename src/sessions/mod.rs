//! Live sessions and API tokens on this node.
//!
//! Owns: the hot cache, the invalidation log and its poller, `last_seen_at` in batches,
//! values that were made from a session, the exchanges that run in its name, which of them a
//! provider is to be asked about, and who asks; API tokens and
//! access tokens of upstreams, which lie in memory as sessions do; what service accounts prove
//! themselves with.
//! Must not know: how a session came to be, HTTP, providers.

mod accounts;
mod by_app;
mod cache;
mod delays;
mod due;
mod flights;
mod foreign;
mod kept;
mod log;
mod marks;
mod rendered;
mod streams;
mod tokens;
mod touch;
mod upstream_lease;
mod upstream_tokens;

pub use accounts::{ByAccount, Proven};
pub use by_app::{ByApp, Shown};
pub use cache::{Live, Sessions};
pub use delays::Heard;
pub use due::{Due, Waiting};
pub use foreign::{Nobody, Vouched};
pub use kept::{Glance, Whole};
pub use log::InvalidationLog;
pub use rendered::Rendered;
pub use streams::{End, Lease, Streams, Usage};
pub use tokens::Held;
pub use upstream_lease::{DEAD_AFTER, LEASE_MS, UpstreamLease, Watched};
pub use upstream_tokens::Given;
