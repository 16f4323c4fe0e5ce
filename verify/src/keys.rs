//! The issuer's keys: fetched ahead of need, asked for again when a token names an unknown one,
//! kept for a while when the issuer is away.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Refusal;
use crate::fetch::Issuer;
use crate::jose::{self, Key};

const PATH: &str = "/.well-known/jwks.json";
/// Less than the time for which the issuer publishes a key before it signs.
const EVERY: Duration = Duration::from_secs(120);
/// After a fetch that failed.
const AGAIN: Duration = Duration::from_secs(3);
/// Whatever is sent, an unknown key leads to one fetch in this time.
const UNKNOWN_EVERY: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Known {
    keys: HashMap<String, Key>,
    fetched_at: Option<Instant>,
}

pub(crate) struct Keys {
    issuer: Issuer,
    keep: Duration,
    known: RwLock<Known>,
    /// When an unknown key was last asked for; held while it is.
    asked: Mutex<Option<Instant>>,
}

impl Keys {
    pub(crate) fn new(issuer: Issuer, keep: Duration) -> Self {
        Self {
            issuer,
            keep,
            known: RwLock::new(Known::default()),
            asked: Mutex::new(None),
        }
    }

    /// The key of that name.
    pub(crate) async fn find(&self, kid: &str) -> Result<Key, Refusal> {
        if let Some(key) = self.kept(kid)? {
            return Ok(key);
        }
        let mut asked = self.asked.lock().await;
        // Whoever held the lock before may have brought it.
        if let Some(key) = self.kept(kid)? {
            return Ok(key);
        }
        if asked.is_some_and(|at| at.elapsed() < UNKNOWN_EVERY) && self.has_any() {
            return Err(Refusal::InvalidToken);
        }
        let first = !self.has_any();
        let fetched = self.fetch().await;
        // The very first fetch is not one that an unknown key has led to.
        if fetched.is_ok() && !first {
            *asked = Some(Instant::now());
        }
        fetched.map_err(|_| Refusal::Unavailable)?;
        self.kept(kid)?.ok_or(Refusal::InvalidToken)
    }

    fn has_any(&self) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.fetched_at.is_some()
    }

    fn kept(&self, kid: &str) -> Result<Option<Key>, Refusal> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match known.fetched_at {
            Some(at) if at.elapsed() > self.keep => Err(Refusal::Unavailable),
            _ => Ok(known.keys.get(kid).cloned()),
        }
    }

    /// Fetches the set; keys that it does not have any more are gone at once.
    async fn fetch(&self) -> Result<(), String> {
        let answer = self.issuer.get(PATH, None, Duration::ZERO).await?;
        if !answer.status.is_success() {
            return Err(format!("the key set answers {}", answer.status));
        }
        let keys = jose::keys(&answer.body).ok_or("the key set cannot be read")?;
        if keys.is_empty() {
            return Err("the key set has no key that fits".into());
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.keys = keys.into_iter().collect();
        known.fetched_at = Some(Instant::now());
        Ok(())
    }

    /// Fetches for ever.
    pub(crate) async fn follow(&self) {
        loop {
            let pause = match self.fetch().await {
                Ok(()) => EVERY,
                Err(error) => {
                    tracing::warn!(error, "the issuer's keys cannot be fetched");
                    AGAIN
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}
