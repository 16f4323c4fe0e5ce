//! The lease of a provider's session while its provider is asked about it, or for new tokens.
//!
//! Owns: that it is renewed for as long as its holder works, however long that takes, and by what
//! others see that a holder is dead.
//! Must not know: what is asked.

use std::convert::Infallible;
use std::time::Duration;

use laneway_sqlkit::DbError;
use tokio::time::{Instant, MissedTickBehavior};

use super::cache::Sessions;
use crate::domain::{Sid, TenantId, UpstreamId};
use crate::store::Write;
use crate::store::upstream_sessions::{self as rows, Stamp};

/// By the holder's clock, for those who only want to know whether somebody asks at all.
pub const LEASE_MS: i64 = 15_000;
/// A lease that has not moved for so long, by the clock of whoever looks at it, is a dead one's.
pub const DEAD_AFTER: Duration = Duration::from_secs(3);
/// Four renewals may fail before anybody thinks so.
const RENEWED_EVERY: Duration = Duration::from_millis(600);

/// The lease of one provider's session, in one holder's name.
pub struct UpstreamLease<'a> {
    sessions: &'a Sessions,
    tenant: &'a TenantId,
    key: (&'a Sid, &'a UpstreamId),
    owner: String,
}

impl Sessions {
    /// Nobody's yet: it is taken in the store.
    pub fn upstream_lease<'a>(
        &'a self,
        (tenant, sid, upstream): (&'a TenantId, &'a Sid, &'a UpstreamId),
        owner: String,
    ) -> UpstreamLease<'a> {
        UpstreamLease {
            sessions: self,
            tenant,
            key: (sid, upstream),
            owner,
        }
    }
}

impl UpstreamLease<'_> {
    /// In whose name.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// As it is written now.
    pub fn stamp(&self) -> Stamp {
        Stamp {
            owner: self.owner.clone(),
            until: self.sessions.now().saturating_add(LEASE_MS),
        }
    }

    /// Works, and keeps the lease meanwhile. A store that does not answer stops no work: its
    /// outcome is judged by the version of the tokens.
    pub async fn held_while<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            done = work => done,
            never = Box::pin(self.keep()) => match never {},
        }
    }

    async fn keep(&self) -> Infallible {
        let mut ticks = tokio::time::interval_at(Instant::now() + RENEWED_EVERY, RENEWED_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.renew().await {
                tracing::debug!(%error, "a lease was not renewed");
            }
        }
    }

    async fn renew(&self) -> Result<(), DbError> {
        let mut write = Write::begin(&self.sessions.db, self.sessions.now()).await?;
        rows::keep(&mut write.tx, self.tenant, self.key, &self.stamp()).await?;
        write.commit().await?;
        Ok(())
    }
}

/// A lease under somebody's eyes: is its holder dead?
#[derive(Default)]
pub struct Watched {
    last: Option<(Stamp, Instant)>,
}

impl Watched {
    /// Looks at it once more. True where it has not moved for as long as a living holder would
    /// never leave it.
    pub fn is_dead(&mut self, stamp: &Stamp, now: Instant) -> bool {
        match &self.last {
            Some((last, since)) if last == stamp => now.duration_since(*since) >= DEAD_AFTER,
            _ => {
                self.last = Some((stamp.clone(), now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(owner: &str, until: i64) -> Stamp {
        Stamp {
            owner: owner.into(),
            until,
        }
    }

    #[test]
    fn a_lease_that_moves_is_never_dead_and_one_that_stands_still_is() {
        let (mut watched, mut now) = (Watched::default(), Instant::now());
        for until in 0..20 {
            assert!(!watched.is_dead(&stamp("a", until), now));
            now += DEAD_AFTER.saturating_sub(RENEWED_EVERY);
            assert!(!watched.is_dead(&stamp("a", until), now));
        }
        now += RENEWED_EVERY;
        assert!(watched.is_dead(&stamp("a", 19), now));
        let another = watched.is_dead(&stamp("b", 19), now);
        assert!(!another, "it is looked at anew");
    }
}
