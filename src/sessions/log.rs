//! Follows the invalidation log so that this node's caches stay within the bound.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use laneway_contract::Clock;
use laneway_sqlkit::{Db, DbError};
use tokio::sync::{Mutex, Notify, watch};

use super::delays::{Delays, Heard};
use crate::store::invalidations::{self, Invalidation};

const BATCH: i64 = 1000;

/// Where a node stands in the log when it reads a row.
#[derive(Debug, Clone, Copy)]
pub struct AsOf {
    /// [`InvalidationLog::epoch`]
    pub epoch: u64,
    /// [`InvalidationLog::position`]
    pub position: i64,
}

type Listener = Box<dyn Fn(&[Invalidation]) + Send + Sync>;

/// The node's view of the log.
pub struct InvalidationLog {
    db: Db,
    clock: Arc<dyn Clock>,
    bound_ms: i64,
    position: watch::Sender<i64>,
    /// The caches have been told of everything up to here, and others know it up to there.
    applied: [AtomicI64; 2],
    /// Held by whoever reads for all who wait.
    reading: Mutex<()>,
    /// How many such readings were begun, and the number of the last one that was done.
    readings: [AtomicU64; 2],
    news: Notify,
    epoch: AtomicU64,
    polled_at: AtomicI64,
    /// The same by the steady clock: a wall clock that is set back must not make old news new.
    heard_steady: AtomicI64,
    listeners: RwLock<Vec<Listener>>,
    delays: Delays,
}

impl InvalidationLog {
    /// Starts at the head of the log: caches are empty then.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be read.
    pub async fn open(db: Db, clock: Arc<dyn Clock>, bound_ms: i64) -> Result<Arc<Self>, DbError> {
        let (now, steady) = (clock.now_ms(), clock.steady_ms());
        let position = invalidations::head(&db).await?;
        Ok(Arc::new(Self {
            db,
            clock,
            bound_ms,
            position: watch::Sender::new(position),
            applied: [AtomicI64::new(position), AtomicI64::new(0)],
            reading: Mutex::new(()),
            readings: [AtomicU64::new(0), AtomicU64::new(0)],
            news: Notify::new(),
            epoch: AtomicU64::new(0),
            polled_at: AtomicI64::new(now),
            heard_steady: AtomicI64::new(steady),
            listeners: RwLock::new(Vec::new()),
            delays: Delays::default(),
        }))
    }

    /// Calls `listener` with everything that ends or changes.
    pub fn subscribe(&self, listener: impl Fn(&[Invalidation]) + Send + Sync + 'static) {
        if let Ok(mut listeners) = self.listeners.write() {
            listeners.push(Box::new(listener));
        }
    }

    /// Moves whenever anything is invalidated. A load that sees it move must not be kept.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Has this node heard of all changes within the bound? If not, caches do not count.
    pub fn is_fresh(&self) -> bool {
        self.clock
            .steady_ms()
            .saturating_sub(self.heard_steady.load(Ordering::SeqCst))
            <= self.bound_ms
    }

    /// The instant up to which this node has heard of all changes.
    pub fn heard_at(&self) -> i64 {
        self.polled_at.load(Ordering::SeqCst)
    }

    /// How fast this node heard of revocations in the last hour.
    pub fn heard(&self) -> Heard {
        self.delays.heard(self.clock.now_ms())
    }

    /// Past this many ms without news this node trusts no cache.
    pub fn bound_ms(&self) -> i64 {
        self.bound_ms
    }

    /// This node has heard of everything up to here.
    pub fn position(&self) -> i64 {
        *self.position.borrow()
    }

    /// Tells whenever that moves.
    pub fn positions(&self) -> watch::Receiver<i64> {
        self.position.subscribe()
    }

    /// The same beside the epoch, for whoever reads rows now. The epoch is read first: what is
    /// applied in between shows by it.
    pub fn as_of(&self) -> AsOf {
        let epoch = self.epoch();
        let position = self.position();
        AsOf { epoch, position }
    }

    /// Applies what this node itself has just committed, without waiting for the poll.
    pub fn committed(&self, rows: &[Invalidation]) {
        let Some(first) = rows.first() else {
            return;
        };
        let next = first.seq == self.position() + 1;
        if next {
            self.reached(rows);
        } else {
            // Others have committed before: the poll reads those first, at once.
            self.news.notify_one();
        }
        self.apply(rows);
        if next {
            self.told(rows);
        }
    }

    /// The caches have been told of these and all before. Without it, `reached` alone would let a
    /// receipt speak for a cache that is about to be told.
    fn told(&self, rows: &[Invalidation]) {
        if let Some(last) = rows.last() {
            self.applied[0].fetch_max(last.seq, Ordering::SeqCst);
        }
    }

    /// How far this node's caches have been told.
    pub fn applied(&self) -> i64 {
        self.applied[0].load(Ordering::SeqCst)
    }

    /// The same, where others do not know it yet.
    pub fn to_acknowledge(&self) -> Option<i64> {
        let applied = self.applied();
        (applied > self.applied[1].load(Ordering::SeqCst)).then_some(applied)
    }

    /// Others know it now.
    pub fn acknowledged(&self, seq: i64) {
        self.applied[1].fetch_max(seq, Ordering::SeqCst);
    }

    /// Moves the position, never back. Before the caches are told: what is read from now on
    /// reckons with these rows, and is not told of them again.
    fn reached(&self, rows: &[Invalidation]) {
        let Some(last) = rows.last() else {
            return;
        };
        let moved = self.position.send_if_modified(|position| {
            let moves = last.seq > *position;
            *position = last.seq.max(*position);
            moves
        });
        if !moved {
            return;
        }
        let now = self.clock.now_ms();
        for row in rows {
            let delay = now.saturating_sub(row.at).max(0);
            self.delays.note(now, delay);
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of delay")]
            metrics::histogram!("laneway_invalidation_delay_seconds").record(delay as f64 / 1000.0);
        }
    }

    /// Tells the caches.
    fn apply(&self, rows: &[Invalidation]) {
        if rows.is_empty() {
            return;
        }
        // Before the eviction: a load in flight then sees the move, whichever comes first.
        self.epoch.fetch_add(1, Ordering::SeqCst);
        if let Ok(listeners) = self.listeners.read() {
            for listener in listeners.iter() {
                listener(rows);
            }
        }
    }

    /// Reads the log, so that this node knows of all that was committed before; many who ask at once
    /// share a reading that begins after they have asked.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be read.
    pub async fn catch_up(&self) -> Result<(), DbError> {
        let [begun, done] = &self.readings;
        let asked = begun.load(Ordering::SeqCst);
        let _turn = self.reading.lock().await;
        if done.load(Ordering::SeqCst) > asked {
            return Ok(());
        }
        let number = begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.poll().await?;
        done.store(number, Ordering::SeqCst);
        Ok(())
    }

    /// Reads the log once.
    ///
    /// # Errors
    /// [`DbError`] when the store cannot be read; the node then ages towards the bound.
    pub async fn poll(&self) -> Result<(), DbError> {
        loop {
            let (asked_at, steady) = (self.clock.now_ms(), self.clock.steady_ms());
            let position = self.position();
            let rows = invalidations::after(&self.db, position, BATCH).await?;
            self.reached(&rows);
            self.apply(&rows);
            self.told(&rows);
            if rows.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                // The instant of asking, not of the answer: a slow answer is old news.
                self.polled_at.store(asked_at, Ordering::SeqCst);
                self.heard_steady.store(steady, Ordering::SeqCst);
                return Ok(());
            }
        }
    }

    /// Polls for ever.
    pub async fn follow(self: Arc<Self>, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut healthy = true;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.news.notified() => {}
            }
            match self.poll().await {
                Ok(()) if !healthy => {
                    healthy = true;
                    tracing::info!("the invalidation log can be read again");
                }
                Ok(()) => {}
                Err(error) => {
                    if healthy {
                        tracing::error!(%error, "the invalidation log cannot be read");
                    }
                    healthy = false;
                }
            }
        }
    }
}
