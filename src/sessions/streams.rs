//! Exchanges that outlive the check at their start: event streams, WebSockets, long bodies.
//!
//! Each holds a [`Lease`] while it runs. What ends or changes a session puts its exchanges in
//! doubt; [`Sessions::watch`] asks the store about those, and ends what is not confirmed
//! within the revocation bound.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::{Notify, oneshot};

use super::cache::{Live, Sessions};
use crate::store::invalidations::{Change, Invalidation, Scope};

/// How often expiry and freshness are looked at. Doubt is looked at without waiting.
const TICK: Duration = Duration::from_millis(250);
/// A store that needs longer for one session has not confirmed it.
const PATIENCE: Duration = Duration::from_millis(400);
/// So many sessions are asked about at once.
const AT_ONCE: usize = 16;

/// Why an exchange was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its session is over, or could not be confirmed.
    Session,
    /// This node stops.
    Stopping,
}

struct Entry {
    live: Option<Arc<Live>>,
    stream: bool,
    cut: Arc<AtomicBool>,
    end: Option<oneshot::Sender<End>>,
    /// Since when something has been said about its session that nobody has looked into.
    doubt: Option<i64>,
    /// Counts what was said, so that an answer clears only the doubt that it is about.
    version: u64,
    confirmed_at: i64,
}

impl Entry {
    fn end(&mut self, why: End) {
        self.cut.store(true, Ordering::SeqCst);
        if let Some(end) = self.end.take() {
            let _ = end.send(why);
        }
    }

    fn doubt(&mut self, now: i64) {
        self.version += 1;
        self.doubt.get_or_insert(now);
    }
}

#[derive(Default)]
struct Entries {
    next: u64,
    by_id: HashMap<u64, Entry>,
}

/// All exchanges of this node.
#[derive(Default)]
pub struct Streams {
    entries: Mutex<Entries>,
    doubts: Notify,
}

/// One that somebody has to be asked about.
struct Question {
    id: u64,
    live: Arc<Live>,
    version: u64,
    /// The last instant at which the session was known to be good.
    good_at: i64,
}

impl Streams {
    // A poisoned lock: whoever panicked held it for a look-up, so the map is whole.
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Hears what was committed: an ended session's exchanges end, others are in doubt.
    pub(super) fn hear(&self, rows: &[Invalidation], now: i64) {
        let mut entries = self.lock();
        if entries.by_id.is_empty() {
            return;
        }
        let named: HashSet<(Scope, &str)> = rows
            .iter()
            .map(|row| (row.scope, row.id.as_str()))
            .collect();
        let ended: HashSet<&str> = rows
            .iter()
            .filter(|row| row.scope == Scope::Session && row.change == Change::Ended)
            .map(|row| row.id.as_str())
            .collect();
        let mut any = false;
        for entry in entries.by_id.values_mut() {
            let Some(live) = &entry.live else { continue };
            if ended.contains(live.session.sid.as_str()) {
                entry.end(End::Session);
            } else if live.is_named(&named) {
                entry.doubt(now);
                any = true;
            }
        }
        drop(entries);
        if any {
            self.doubts.notify_one();
        }
    }

    /// Ends event streams and WebSockets, which would never end by themselves; their clients
    /// come back at another node.
    pub fn stop_streams(&self) {
        let mut entries = self.lock();
        for entry in entries.by_id.values_mut().filter(|entry| entry.stream) {
            entry.end(End::Stopping);
        }
    }

    /// Ends whatever still runs.
    pub fn stop_all(&self) {
        for entry in self.lock().by_id.values_mut() {
            entry.end(End::Stopping);
        }
    }

    /// How many exchanges run, bodies included.
    pub fn running(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Ends what is over by its own limit; answers what has to be asked about.
    fn questions(&self, now: i64, heard_at: i64, bound_ms: i64) -> Vec<Question> {
        let mut asked = Vec::new();
        for (id, entry) in &mut self.lock().by_id {
            let Some(live) = &entry.live else { continue };
            if entry.end.is_none() {
                continue;
            }
            if now >= live.session.expires_at {
                entry.end(End::Session);
                continue;
            }
            let heard = heard_at.max(entry.confirmed_at);
            let deaf = now.saturating_sub(heard) > bound_ms;
            if entry.doubt.is_some() || deaf || now >= live.idle_until() {
                asked.push(Question {
                    id: *id,
                    live: Arc::clone(live),
                    version: entry.version,
                    good_at: entry.doubt.map_or(heard, |since| since.min(heard)),
                });
            }
        }
        asked
    }

    fn answered(&self, question: &Question, good: bool, asked_at: i64) {
        let mut entries = self.lock();
        let Some(entry) = entries.by_id.get_mut(&question.id) else {
            return;
        };
        if !good {
            entry.end(End::Session);
            return;
        }
        entry.confirmed_at = asked_at;
        if entry.version == question.version {
            entry.doubt = None;
        }
    }
}

impl Sessions {
    /// Registers an exchange. `epoch` is the log's from before the session was looked up: if
    /// it has moved since, the session is asked about again.
    pub fn lease(self: &Arc<Self>, live: Option<Arc<Live>>, epoch: u64) -> Lease {
        let now = self.now();
        let (end, ended) = oneshot::channel();
        let cut = Arc::new(AtomicBool::new(false));
        let mut entries = self.streams.lock();
        let id = entries.next;
        entries.next += 1;
        let mut entry = Entry {
            live: live.clone(),
            stream: false,
            cut: Arc::clone(&cut),
            end: Some(end),
            doubt: None,
            version: 0,
            confirmed_at: i64::MIN,
        };
        // Under the lock that hearing takes too: what comes later finds the entry.
        let missed = live.is_some() && self.epoch() != epoch;
        if missed {
            entry.doubt(now);
        }
        entries.by_id.insert(id, entry);
        drop(entries);
        if missed {
            self.streams.doubts.notify_one();
        }
        Lease {
            usage: Usage {
                sessions: Arc::clone(self),
                live,
            },
            id,
            ended,
            over: None,
            cut,
            stream: false,
        }
    }

    /// All exchanges of this node.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Asks about what is in doubt, for ever.
    pub async fn watch(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.streams.doubts.notified() => {}
            }
            self.confirm_doubtful().await;
        }
    }

    async fn confirm_doubtful(&self) {
        let bound_ms = self.bound_ms();
        let asked_at = self.now();
        let questions = self.streams.questions(asked_at, self.heard_at(), bound_ms);
        futures::stream::iter(questions)
            .for_each_concurrent(AT_ONCE, async |question| {
                let answer = tokio::time::timeout(PATIENCE, self.still_good(&question.live)).await;
                match answer {
                    Ok(Ok(good)) => self.streams.answered(&question, good, asked_at),
                    // Not confirmed is not ended, until the bound is over.
                    _ if self.now().saturating_sub(question.good_at) < bound_ms => {}
                    _ => self.streams.answered(&question, false, asked_at),
                }
            })
            .await;
    }
}

/// Counts bytes as use of a session.
#[derive(Clone)]
pub struct Usage {
    sessions: Arc<Sessions>,
    live: Option<Arc<Live>>,
}

impl Usage {
    /// Something went through. Written at most once a minute.
    pub fn note(&self) {
        if let Some(live) = &self.live {
            self.sessions.used(live);
        }
    }
}

/// An exchange's place in the list, until it is dropped.
pub struct Lease {
    usage: Usage,
    id: u64,
    ended: oneshot::Receiver<End>,
    over: Option<End>,
    cut: Arc<AtomicBool>,
    stream: bool,
}

impl Lease {
    /// Why the exchange must end now, if it must.
    pub fn poll_ended(&mut self, context: &mut Context<'_>) -> Poll<End> {
        if let Some(over) = self.over {
            return Poll::Ready(over);
        }
        std::pin::Pin::new(&mut self.ended)
            .poll(context)
            .map(|sent| *self.over.insert(sent.unwrap_or(End::Session)))
    }

    /// Waits until it must end.
    pub async fn ended(&mut self) -> End {
        std::future::poll_fn(|context| self.poll_ended(context)).await
    }

    /// From now on an event stream or WebSocket.
    pub fn becomes_stream(&mut self) {
        self.stream = true;
        metrics::gauge!("laneway_streams").increment(1.0);
        if let Some(entry) = self.usage.sessions.streams.lock().by_id.get_mut(&self.id) {
            entry.stream = true;
        }
    }

    /// Counts its bytes.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Set when it must end, for those who cannot wait for it.
    pub fn cut(&self) -> &Arc<AtomicBool> {
        &self.cut
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.usage.sessions.streams.lock().by_id.remove(&self.id);
        if self.stream {
            metrics::gauge!("laneway_streams").decrement(1.0);
        }
    }
}
