//! The far end of the queue: gathers batches and gets them delivered, one after the other.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use laneway_spans::Span;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::collector::{Answer, Collector};
use crate::{Counts, Order, Outcome};

/// Spans of one message.
const BATCH: usize = 512;
/// How long the first span of a batch waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// Pauses between tries; as many tries and one more.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];
/// The longest pause that a collector may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(crate) struct Worker {
    orders: mpsc::Receiver<Order>,
    collector: Collector,
    hurry: Arc<Notify>,
    counts: Arc<Counts>,
    /// One line in the log when that changes, not one for each batch.
    failing: bool,
}

impl Worker {
    pub(crate) fn new(
        orders: mpsc::Receiver<Order>,
        collector: Collector,
        hurry: Arc<Notify>,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            orders,
            collector,
            hurry,
            counts,
            failing: false,
        }
    }

    /// Until nobody can send spans any more.
    pub(crate) async fn run(mut self) {
        while let Some(first) = self.orders.recv().await {
            let (batch, flushed) = self.gather(first).await;
            self.deliver(batch).await;
            if let Some(done) = flushed {
                let _ = done.send(());
            }
        }
    }

    async fn gather(&mut self, first: Order) -> (Vec<Span>, Option<oneshot::Sender<()>>) {
        let mut batch = Vec::new();
        let due = Instant::now() + GATHER;
        let mut next = Some(first);
        loop {
            match next {
                Some(Order::Span(span)) => batch.push(*span),
                Some(Order::Flush(done)) => return (batch, Some(done)),
                None => return (batch, None),
            }
            if batch.len() >= BATCH {
                return (batch, None);
            }
            next = timeout_at(due, self.orders.recv()).await.unwrap_or(None);
        }
    }

    async fn deliver(&mut self, batch: Vec<Span>) {
        if batch.is_empty() {
            return;
        }
        let spans = batch.len() as u64;
        let message = self.collector.message(batch);
        let mut pauses = PAUSES.iter();
        loop {
            let answer = self.collector.post(&message).await;
            match self.judge(answer, spans, pauses.next()) {
                ControlFlow::Break(()) => return,
                ControlFlow::Continue(pause) => self.pause(pause).await,
            }
        }
    }

    /// Counts and says what became of a batch, or how long to wait for the next try.
    fn judge(
        &mut self,
        answer: Answer,
        spans: u64,
        next: Option<&Duration>,
    ) -> ControlFlow<(), Duration> {
        let why = match (answer, next) {
            (Answer::Taken { refused, why }, _) => {
                let refused = refused.min(spans);
                self.counts.add(Outcome::Sent, spans - refused);
                if refused == 0 {
                    self.works();
                } else {
                    self.counts.add(Outcome::Failed, refused);
                    self.fails(&why);
                }
                return ControlFlow::Break(());
            }
            (Answer::Later { asked, why }, Some(pause)) => {
                self.fails(&why);
                return ControlFlow::Continue(asked.unwrap_or(*pause).min(LONGEST_PAUSE));
            }
            (Answer::Later { why, .. } | Answer::Refused { why }, _) => why,
        };
        self.counts.add(Outcome::Failed, spans);
        self.fails(&why);
        ControlFlow::Break(())
    }

    async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.hurry.notified() => {}
        }
    }

    fn fails(&mut self, why: &str) {
        if !std::mem::replace(&mut self.failing, true) {
            let collector = self.collector.name();
            tracing::warn!(collector, why, "traces are not delivered");
        }
    }

    fn works(&mut self) {
        if std::mem::replace(&mut self.failing, false) {
            let collector = self.collector.name();
            tracing::info!(collector, "traces are delivered again");
        }
    }
}
