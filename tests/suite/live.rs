//! What live providers have in common: where they are, and who uses them when.
//!
//! Owns: the rule for servers that are missing. Must not know: any of them.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The values of these variables. In CI a missing one is a failure, otherwise the test says
/// that it did not run.
pub fn named<const N: usize>(names: [&str; N]) -> Option<[String; N]> {
    let values = names.map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let missing: Vec<&str> = names
        .into_iter()
        .zip(&values)
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| name)
        .collect();
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(
        missing.is_empty() || !ci,
        "in CI these must be set: {missing:?}"
    );
    if !missing.is_empty() {
        eprintln!("did not run: {missing:?} are not set (dev/test sets them)");
        return None;
    }
    Some(values.map(Option::unwrap_or_default))
}

/// A name that no other test of any run has.
pub fn unique(name: &str) -> String {
    format!(
        "{name}-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Tests share a live provider, but for the one that takes it away.
pub enum Hold {
    /// With others.
    #[expect(dead_code, reason = "held, not read")]
    Shared(RwLockReadGuard<'static, ()>),
    /// Alone.
    #[expect(dead_code, reason = "held, not read")]
    Alone(RwLockWriteGuard<'static, ()>),
}

impl Hold {
    /// Waits for its turn.
    pub async fn of(lock: &'static RwLock<()>, alone: bool) -> Self {
        if alone {
            Self::Alone(lock.write().await)
        } else {
            Self::Shared(lock.read().await)
        }
    }
}
