//! The rig of the suite: the real router over a real database, a clock that stands still
//! until a test moves it, and browsers that keep cookies per host.
//!
//! Owns: how a program is put together for a test and taken apart again.
//! Must not know: what any test proves.

pub mod app;
pub mod attached;
mod backend;
mod beside;
pub mod brokered;
mod browser;
pub mod cluster;
pub mod customer;
mod described;
mod erased;
pub mod idp;
pub mod issuer;
pub mod names;
pub mod node;
mod people;
mod pg;
mod png;
pub mod realms;
pub mod relay;
pub mod rows;
pub mod saml;
pub mod soak;
pub mod social;
pub mod terminal;
mod tokens;
pub mod wire;

pub use app::TestApp;
pub use backend::backend_url;
pub use beside::Beside;
pub use browser::{Browser, Call, Reply, form_token, members};
pub use cluster::{Cluster, free_port};
pub use described::described;
pub use node::Node;
pub use people::answer;
pub use pg::{migrated_database, migrated_file, new_database, postgres_url};
pub use png::png;
pub use wire::{Listener, Wire, raw_backend};

use std::time::Duration;

/// Canonical login host.
pub const LOGIN: &str = "https://login.test";
/// App host with routes and a folder of files behind it.
pub const APP: &str = "https://app.test";
/// App host with another server behind it.
pub const IDE: &str = "https://ide.test";
/// Listed origin that is no host of ours.
pub const LISTED: &str = "https://listed.example";

/// Looks again and again until something is there, or fails after `seconds`.
pub async fn until<T, W>(seconds: u64, what: &str, mut look: impl FnMut() -> W) -> T
where
    W: Future<Output = Option<T>>,
{
    let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{what}: not within {seconds} s"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// One test body, run on SQLite and on PostgreSQL.
macro_rules! both {
    ($(async fn $name:ident($app:ident: TestApp) $body:block)+) => {
        $(
            mod $name {
                use super::*;

                async fn body($app: TestApp) $body

                #[tokio::test]
                async fn sqlite() {
                    body(TestApp::sqlite().await).await;
                }

                #[tokio::test]
                async fn postgres() {
                    if let Some(app) = TestApp::postgres().await {
                        body(app).await;
                    }
                }
            }
        )+
    };
}

pub(crate) use both;
