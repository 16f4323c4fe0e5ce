//! Sends spans to a collector: OTLP over HTTP, as protobuf.
//!
//! Owns: the queue in front of the collector, batches, patience, and counting what is lost.
//! Must not know: what spans are about.
//!
//! A collector that is slow, away or wrong costs no request anything: whoever ends a span puts it
//! into a queue, or drops it where that is full. Everything else happens beside.

mod collector;
mod message;
mod worker;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderMap;
use laneway_spans::{Sink, Span};
use tokio::sync::{Notify, mpsc, oneshot};
use url::Url;

use collector::Collector;
use worker::Worker;

/// Spans that wait. About 4 MiB.
const QUEUE: usize = 8_192;

/// Where spans go, and in whose name.
#[derive(Clone)]
pub struct Settings {
    /// The collector: `/v1/traces` is added where it is not there.
    pub endpoint: Url,
    /// Sent along; secrets.
    pub headers: HeaderMap,
    /// Who sends: names of the semantic conventions.
    pub resource: Vec<(&'static str, String)>,
    /// Of one try.
    pub deadline: Duration,
}

/// Without the headers' values.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("endpoint", &self.endpoint.origin().ascii_serialization())
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// What became of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The collector has them.
    Sent,
    /// The queue was full.
    Full,
    /// The collector could not be reached, or refused.
    Failed,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Full => "full",
            Self::Failed => "failed",
        }
    }
}

/// How many of each, since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts([AtomicU64; 3]);

impl Counts {
    pub(crate) fn add(&self, outcome: Outcome, spans: u64) {
        self.0[outcome as usize].fetch_add(spans, Ordering::Relaxed);
        metrics::counter!("laneway_trace_spans_total", "outcome" => outcome.word())
            .increment(spans);
    }

    fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize].load(Ordering::Relaxed)
    }
}

/// What the worker is told.
pub(crate) enum Order {
    Span(Box<Span>),
    /// Hand everything on that came before, then say so.
    Flush(oneshot::Sender<()>),
}

/// The queue's near end.
pub struct Exporter {
    queue: mpsc::Sender<Order>,
    /// Whoever flushes does not wait for the pause after a failure.
    hurry: Arc<Notify>,
    counts: Arc<Counts>,
}

impl Exporter {
    /// Begins to send, on the runtime that this is called in.
    ///
    /// # Errors
    /// Where TLS cannot be set up on this machine.
    pub fn start(settings: Settings) -> Result<Self, reqwest::Error> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let (hurry, counts) = (Arc::new(Notify::new()), Arc::new(Counts::default()));
        let collector = Collector::new(settings)?;
        let worker = Worker::new(orders, collector, Arc::clone(&hurry), Arc::clone(&counts));
        tokio::spawn(worker.run());
        Ok(Self {
            queue,
            hurry,
            counts,
        })
    }

    /// How many spans have ended so.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.counts.of(outcome)
    }
}

impl Sink for Exporter {
    fn take(&self, span: Span) {
        if self.queue.try_send(Order::Span(Box::new(span))).is_err() {
            self.counts.add(Outcome::Full, 1);
        }
    }

    fn flush(&self, within: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let (done, over) = oneshot::channel();
            let all = async {
                self.hurry.notify_one();
                if self.queue.send(Order::Flush(done)).await.is_ok() {
                    let _ = over.await;
                }
            };
            if tokio::time::timeout(within, all).await.is_err() {
                tracing::warn!("the last traces were not delivered");
            }
        })
    }
}
