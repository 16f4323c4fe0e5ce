//! The hot cache: cookie hash → everything a request needs to know about its caller.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use laneway_contract::Clock;
use laneway_sqlkit::{Db, DbError};
use metrics::Counter;
use quick_cache::sync::Cache;

use super::due::{Due, Waiting};
use super::foreign::Vouching;
use super::kept::{Glance, Kept, Packer, Whole};
use super::log::{AsOf, InvalidationLog};
use super::marks::Marks;
use super::rendered::Rendered;
use super::streams::Streams;
use super::tokens::Held;
use super::touch::Touches;
use super::upstream_tokens::UpstreamTokens;
use crate::domain::session::Session;
use crate::domain::user::UserState;
use crate::domain::{Sid, TenantId};
use crate::store::invalidations::{Invalidation, Scope};
use crate::store::{orgs, sessions, users};

/// A session as requests see it. Who looks at more than a glance has it unpacked, once.
pub struct Live {
    kept: Arc<Kept>,
    whole: OnceLock<Box<Whole>>,
}

impl Deref for Live {
    type Target = Whole;

    fn deref(&self) -> &Whole {
        self.whole.get_or_init(|| {
            let whole = self.kept.whole();
            Box::new(whole.expect("what was packed has been read back once"))
        })
    }
}

impl Live {
    /// The instant at which an unused session ends, epoch ms.
    pub fn idle_until(&self) -> i64 {
        self.kept.idle_until()
    }

    /// What was made from it, for as long as it is kept itself.
    pub fn rendered(&self) -> &Rendered {
        self.kept.rendered()
    }

    /// Its end whatever happens, epoch ms.
    pub(super) fn ends_at(&self) -> i64 {
        self.session.expires_at
    }

    /// The position of the invalidation log that it reckons with.
    pub fn seen(&self) -> i64 {
        self.kept.position
    }

    /// Whose tenant's.
    pub fn tenant(&self) -> &TenantId {
        self.kept.tenant()
    }

    /// The host its cookie was set for.
    pub fn host(&self) -> &str {
        self.kept.host()
    }

    /// How old a provider's word on it may be where it acts, in seconds.
    pub fn org_max_staleness(&self) -> Option<i64> {
        self.kept.org()?.max_staleness
    }

    /// What is special about it where an API token lies here.
    pub fn token(&self) -> Option<&Held> {
        self.kept.token()
    }

    /// What the question of a proxy needs, without the rest.
    ///
    /// # Panics
    /// Never: what is packed has been read back before it is kept.
    pub fn glance(&self) -> Glance<'_> {
        let glance = self.kept.glance();
        glance.expect("what was packed has been read back once")
    }

    /// Is it, or what it hangs on, among these?
    pub(super) fn is_named(&self, ids: &HashSet<(Scope, &str)>) -> bool {
        let session = &self.session;
        let named = |scope, id: &str| ids.contains(&(scope, id));
        named(Scope::Session, session.sid.as_str())
            || named(Scope::User, session.user.as_str())
            || session
                .org
                .as_ref()
                .is_some_and(|org| named(Scope::Org, org.as_str()))
            || session
                .upstream
                .as_ref()
                .is_some_and(|u| named(Scope::Upstream, u.id.as_str()))
            || named(Scope::Tenant, session.tenant.as_str())
            || self
                .token()
                .and_then(|held| held.sign_in.as_ref())
                .is_some_and(|sid| named(Scope::Session, sid.as_str()))
            || self
                .token()
                .and_then(|held| held.app.as_ref())
                .is_some_and(|app| {
                    let mut apps = app.apps.iter();
                    named(Scope::Family, &app.family)
                        || apps.any(|id| named(Scope::App, id.as_str()))
                })
    }

    pub(super) fn of(kept: Arc<Kept>) -> Arc<Self> {
        Arc::new(Self {
            kept,
            whole: OnceLock::new(),
        })
    }
}

/// The part of a cookie's hash that tells entries apart in memory: half of it is far more
/// than anybody can search, and there are a million of them.
pub(super) type Key = [u8; 16];

/// So many API tokens lie in memory.
const TOKENS: usize = 20_000;

pub(super) fn key(hash: &[u8; 32]) -> Key {
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

fn looks(result: &'static str) -> Counter {
    metrics::counter!("laneway_session_cache_total", "result" => result)
}

/// All sessions, as far as this node remembers them.
pub struct Sessions {
    pub(super) db: Db,
    clock: Arc<dyn Clock>,
    pub(super) log: Arc<InvalidationLog>,
    cache: Cache<Key, Arc<Kept>>,
    /// Beside the sessions: no cookie is ever looked for here.
    pub(super) tokens: Cache<Key, Arc<Kept>>,
    /// Those of upstreams, for moments.
    pub(super) foreign: Cache<Key, Vouching>,
    pub(super) packer: Packer,
    pub(super) marks: Marks,
    pub(super) touches: Touches,
    pub(super) streams: Streams,
    due: Due,
    pub(super) upstream_tokens: UpstreamTokens,
    hits: Counter,
    misses: Counter,
}

impl Sessions {
    /// An empty cache that follows the log. `revalidate_ms`: how old a provider's word on a session
    /// may become before it is asked again, in milliseconds.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        log: &Arc<InvalidationLog>,
        capacity: usize,
        revalidate_ms: i64,
    ) -> Arc<Self> {
        let sessions = Arc::new(Self {
            db: db.clone(),
            clock,
            log: Arc::clone(log),
            cache: Cache::new(capacity),
            tokens: Cache::new(TOKENS),
            foreign: Cache::new(TOKENS),
            packer: Packer::asking_after(revalidate_ms),
            marks: Marks::default(),
            touches: Touches::default(),
            streams: Streams::default(),
            due: Due::default(),
            upstream_tokens: UpstreamTokens::default(),
            hits: looks("hit"),
            misses: looks("miss"),
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
        let live = match self.remembered(hash, now) {
            Some(live) => {
                self.hits.increment(1);
                live
            }
            None => {
                self.misses.increment(1);
                match self.load(hash).await? {
                    Some(live) if !live.kept.is_over(now) => live,
                    _ => return Ok(None),
                }
            }
        };
        self.slide(&live, now, slide);
        self.note_due(&live, now);
        Ok(Some(live))
    }

    fn remembered(&self, hash: &[u8; 32], now: i64) -> Option<Arc<Live>> {
        if !self.log.is_fresh() {
            return None;
        }
        let kept = self.cache.get(&key(hash))?;
        if self.marks.outdate(&kept.names(), kept.epoch) || kept.is_over(now) {
            return None;
        }
        Some(Live::of(kept))
    }

    /// Reads the row and keeps it unless something was invalidated meanwhile.
    async fn load(&self, hash: &[u8; 32]) -> Result<Option<Arc<Live>>, DbError> {
        let as_of = self.log.as_of();
        let Some((session, host)) = sessions::find_by_cookie(&self.db, hash).await? else {
            self.cache.remove(&key(hash));
            return Ok(None);
        };
        let Some(kept) = self.read(session, host, as_of).await? else {
            return Ok(None);
        };
        if self.log.is_fresh() && self.log.epoch() == as_of.epoch {
            self.cache.insert(key(hash), Arc::clone(&kept));
            // A mark may have been made and swept away between the look and the insertion.
            if self.log.epoch() != as_of.epoch {
                self.cache.remove(&key(hash));
            }
        }
        Ok(Some(Live::of(kept)))
    }

    /// A live session by its id, for a bearer token that names it. Read from the store each
    /// time: such a token ends with its session at once.
    ///
    /// # Errors
    /// [`DbError`] when the store could not answer.
    pub async fn find_by_sid(
        &self,
        tenant: &TenantId,
        sid: &Sid,
    ) -> Result<Option<Arc<Live>>, DbError> {
        let as_of = self.log.as_of();
        let Some(session) = sessions::find(&self.db, tenant, sid).await? else {
            return Ok(None);
        };
        let kept = self.read(session, String::new(), as_of).await?;
        let now = self.clock.now_ms();
        Ok(kept.filter(|kept| !kept.is_over(now)).map(Live::of))
    }

    /// What a request needs to know beside the row; `None` for somebody who is out.
    async fn read(
        &self,
        session: Session,
        host: String,
        as_of: AsOf,
    ) -> Result<Option<Arc<Kept>>, DbError> {
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
        let read = Whole {
            session,
            host,
            user,
            org,
            token: None,
        };
        match self.packer.pack(read, last_seen, as_of) {
            Some(kept) => Ok(Some(Arc::new(kept))),
            None => Err(DbError::Broken("a session could not be packed".into())),
        }
    }

    fn slide(&self, live: &Live, now: i64, slide: bool) {
        const MINUTE: i64 = 60_000;
        // Uses of a token are counted when it is shown.
        if live.token().is_some() {
            return;
        }
        if slide && now.saturating_sub(live.kept.last_seen()) >= MINUTE {
            live.kept.seen(now);
            self.touches
                .note(&live.session.tenant, &live.session.sid, now);
        }
    }

    fn note_due(&self, live: &Live, now: i64) {
        if !live.kept.falls_due(now, now + self.packer.revalidate_ms) {
            return;
        }
        let session = &live.session;
        if let Some(tie) = &session.upstream {
            let who = Waiting {
                tenant: session.tenant.clone(),
                sid: session.sid.clone(),
            };
            self.due.note(&tie.id, who);
        }
    }

    /// Sessions whose provider is to be asked about them again.
    pub fn due(&self) -> &Due {
        &self.due
    }

    fn forget(&self, rows: &[Invalidation]) {
        let epoch = self.log.epoch();
        let names = rows.iter().map(|row| self.packer.name(row.scope, &row.id));
        if self.marks.add(names, epoch) {
            self.marks.sweep(|outdated| {
                for cache in [&self.cache, &self.tokens] {
                    cache.retain(|_, kept| !outdated(&kept.names(), kept.epoch));
                }
                let current = |kept: &Kept| !outdated(&kept.names(), kept.epoch);
                self.foreign.retain(|_, (kept, _)| current(kept));
            });
        }
        self.streams.hear(rows, self.clock.now_ms());
    }

    /// Does what was true of a session when an exchange began still hold? Asks the store.
    pub(super) async fn still_good(&self, live: &Live) -> Result<bool, DbError> {
        let began = &live.session;
        if let Some(held) = live.token() {
            let Some(app) = &held.app else {
                return self.token_still_good(live).await;
            };
            let shows = self.app_still_shows(began, app).await?;
            if held.service || !shows {
                return Ok(shows);
            }
        }
        let Some(session) = sessions::find(&self.db, &began.tenant, &began.sid).await? else {
            return Ok(false);
        };
        let now = self.clock.now_ms();
        let used = self.touches.last(&session.sid).unwrap_or(0);
        let idle_until = session
            .idle_until()
            .max(used.saturating_add(session.idle_ms));
        if now >= session.expires_at || now >= idle_until || session.acr < began.acr {
            return Ok(false);
        }
        let user = users::find(&self.db, &began.tenant, &began.user).await?;
        if user.is_none_or(|user| user.state != UserState::Active) {
            return Ok(false);
        }
        // Another tab may have changed the organization; this exchange was opened in the one
        // that the backend was told, and goes on while that still holds.
        let Some(told) = &live.org else {
            return Ok(true);
        };
        let all = orgs::memberships(&self.db, &began.tenant, &began.user).await?;
        let now_held = all.iter().find(|held| held.org == told.org);
        Ok(now_held
            .is_some_and(|held| held.roles == told.roles && held.permissions == told.permissions))
    }

    /// Counts as use.
    pub fn used(&self, live: &Live) {
        self.slide(live, self.clock.now_ms(), true);
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Moves whenever anything is invalidated.
    pub fn epoch(&self) -> u64 {
        self.log.epoch()
    }

    /// Where this node stands in the log.
    pub fn as_of(&self) -> AsOf {
        self.log.as_of()
    }

    /// The instant up to which this node has heard the log.
    pub(super) fn heard_at(&self) -> i64 {
        self.log.heard_at()
    }

    pub(super) fn bound_ms(&self) -> i64 {
        self.log.bound_ms()
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
