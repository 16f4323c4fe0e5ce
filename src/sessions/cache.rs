//! The hot cache: cookie hash → everything a request needs to know about its caller.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use laneway_contract::Clock;
use laneway_sqlkit::{Db, DbError};
use quick_cache::sync::Cache;

use super::log::InvalidationLog;
use super::touch::Touches;
use crate::domain::session::Session;
use crate::domain::user::{Membership, User, UserState};
use crate::store::invalidations::{Invalidation, Scope};
use crate::store::{orgs, sessions, users};

/// A session as requests see it.
pub struct Live {
    /// The row.
    pub session: Session,
    /// The host its cookie was set for: it counts on no other.
    pub host: String,
    /// The person.
    pub user: User,
    /// The active organization with effective roles; `None` without one, or when the
    /// membership has ended.
    pub org: Option<Membership>,
    last_seen: AtomicI64,
}

impl Live {
    /// The instant at which an unused session ends, epoch ms.
    pub fn idle_until(&self) -> i64 {
        self.last_seen
            .load(Ordering::Relaxed)
            .saturating_add(self.session.idle_ms)
    }

    fn is_over(&self, now: i64) -> bool {
        now >= self.session.expires_at || now >= self.idle_until()
    }
}

/// All sessions, as far as this node remembers them.
pub struct Sessions {
    db: Db,
    clock: Arc<dyn Clock>,
    log: Arc<InvalidationLog>,
    cache: Cache<[u8; 32], Arc<Live>>,
    touches: Touches,
}

impl Sessions {
    /// An empty cache that follows the log.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        log: &Arc<InvalidationLog>,
        capacity: usize,
    ) -> Arc<Self> {
        let sessions = Arc::new(Self {
            db: db.clone(),
            clock,
            log: Arc::clone(log),
            cache: Cache::new(capacity),
            touches: Touches::default(),
        });
        // Weak: the log is held by these sessions, and would keep them for ever.
        let listener = Arc::downgrade(&sessions);
        log.subscribe(move |rows| {
            if let Some(sessions) = listener.upgrade() {
                sessions.forget(rows);
            }
        });
        sessions
    }

    /// The live session behind a cookie's hash. `slide` counts as use.
    ///
    /// # Errors
    /// [`DbError`] when the store had to be asked and could not answer.
    pub async fn find(&self, hash: &[u8; 32], slide: bool) -> Result<Option<Arc<Live>>, DbError> {
        let now = self.clock.now_ms();
        if self.log.is_fresh()
            && let Some(live) = self.cache.get(hash)
            && !live.is_over(now)
        {
            metrics::counter!("laneway_session_cache_total", "result" => "hit").increment(1);
            self.slide(&live, now, slide);
            return Ok(Some(live));
        }
        metrics::counter!("laneway_session_cache_total", "result" => "miss").increment(1);
        let Some(live) = self.load(hash).await? else {
            return Ok(None);
        };
        if live.is_over(now) {
            return Ok(None);
        }
        self.slide(&live, now, slide);
        Ok(Some(live))
    }

    /// Reads the row and keeps it unless something was invalidated meanwhile.
    async fn load(&self, hash: &[u8; 32]) -> Result<Option<Arc<Live>>, DbError> {
        let epoch = self.log.epoch();
        let Some((session, host)) = sessions::find_by_cookie(&self.db, hash).await? else {
            self.cache.remove(hash);
            return Ok(None);
        };
        let Some(user) = users::find(&self.db, &session.tenant, &session.user).await? else {
            return Ok(None);
        };
        if user.state != UserState::Active {
            return Ok(None);
        }
        let org = match &session.org {
            None => None,
            Some(id) => {
                let all = orgs::memberships(&self.db, &session.tenant, &session.user).await?;
                all.into_iter().find(|membership| membership.org == *id)
            }
        };
        // Uses that are counted here but not flushed yet keep the session alive too.
        let last_seen = self
            .touches
            .last(&session.sid)
            .unwrap_or(0)
            .max(session.last_seen_at);
        let live = Arc::new(Live {
            session,
            host,
            user,
            org,
            last_seen: AtomicI64::new(last_seen),
        });
        if self.log.is_fresh() && self.log.epoch() == epoch {
            self.cache.insert(*hash, Arc::clone(&live));
            if self.log.epoch() != epoch {
                self.cache.remove(hash);
            }
        }
        Ok(Some(live))
    }

    fn slide(&self, live: &Live, now: i64, slide: bool) {
        const MINUTE: i64 = 60_000;
        if slide && now.saturating_sub(live.last_seen.load(Ordering::Relaxed)) >= MINUTE {
            live.last_seen.store(now, Ordering::Relaxed);
            self.touches
                .note(&live.session.tenant, &live.session.sid, now);
        }
    }

    fn forget(&self, rows: &[Invalidation]) {
        let ids: HashSet<(Scope, &str)> = rows
            .iter()
            .map(|row| (row.scope, row.id.as_str()))
            .collect();
        let named = |scope, id: &str| ids.contains(&(scope, id));
        self.cache.retain(|_, live| {
            let session = &live.session;
            let hit = named(Scope::Session, session.sid.as_str())
                || named(Scope::User, session.user.as_str())
                || session
                    .org
                    .as_ref()
                    .is_some_and(|org| named(Scope::Org, org.as_str()))
                || session
                    .upstream
                    .as_ref()
                    .is_some_and(|u| named(Scope::Upstream, u.id.as_str()))
                || named(Scope::Tenant, session.tenant.as_str());
            !hit
        });
    }

    /// Writes the noted uses; called every few seconds and once at the end.
    ///
    /// # Errors
    /// [`DbError`]; the uses are kept for the next try.
    pub async fn flush(&self) -> Result<(), DbError> {
        self.touches.flush(&self.db).await
    }

    /// How many sessions this node holds in memory.
    pub fn cached(&self) -> usize {
        self.cache.len()
    }
}
