//! Where spans begin: ids, sampling, and the place that takes them once they are over.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::context::{Context, SpanId, TraceId};
use crate::span::{Kind, Span, Value};

/// Takes what is over.
pub trait Sink: Send + Sync {
    /// One more. Never waits, whatever becomes of it.
    fn take(&self, span: Span);

    /// Hands everything on that was taken, as far as that is done within this time.
    fn flush(&self, within: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The span of another program that a request is part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// `traceparent`
    pub context: Context,
    /// `tracestate`
    pub state: Option<Arc<str>>,
}

/// Begins spans. Cheap to clone.
#[derive(Clone)]
pub struct Tracer(Arc<Inner>);

struct Inner {
    sink: Arc<dyn Sink>,
    /// Of traces that begin here, those are kept whose number is not above this.
    keep: Option<u64>,
    /// Different in every process, so that no two make the same ids.
    upper: u64,
    next: AtomicU64,
}

/// Odd, and about the golden part of 2^64: no number comes twice (a Weyl sequence).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Tracer {
    /// Keeps this share of the traces that begin here, 0 to 1; those that begin elsewhere as that program says.
    /// The seed is random.
    pub fn new(sink: Arc<dyn Sink>, share: f64, seed: [u8; 16]) -> Self {
        let (upper, lower) = seed.split_at(8);
        let number = |half: &[u8]| half.try_into().map_or(0, u64::from_le_bytes);
        Self(Arc::new(Inner {
            sink,
            keep: threshold(share),
            upper: number(upper),
            next: AtomicU64::new(number(lower)),
        }))
    }

    /// The span of a request.
    pub fn request(&self, parent: Option<&Parent>) -> Open {
        let Some(parent) = parent else {
            let trace = self.trace();
            let sampled = self.keeps(trace);
            let context = Context {
                trace,
                span: self.span(),
                sampled,
            };
            return self.open(Kind::Server, "request".into(), context, None);
        };
        let context = Context {
            span: self.span(),
            ..parent.context
        };
        let mut open = self.open(
            Kind::Server,
            "request".into(),
            context,
            Some(parent.context.span),
        );
        if let Some(span) = &mut open.span {
            span.from_elsewhere = true;
            span.state.clone_from(&parent.state);
        }
        open
    }

    /// Work that is part of another span.
    pub(crate) fn part(&self, of: Context, kind: Kind, name: Cow<'static, str>) -> Open {
        let context = Context {
            span: self.span(),
            ..of
        };
        self.open(kind, name, context, Some(of.span))
    }

    /// Hands on what is over.
    pub async fn flush(&self, within: Duration) {
        self.0.sink.flush(within).await;
    }

    fn open(
        &self,
        kind: Kind,
        name: Cow<'static, str>,
        context: Context,
        parent: Option<SpanId>,
    ) -> Open {
        let span = context.sampled.then(|| {
            Box::new(Span {
                context,
                parent,
                from_elsewhere: false,
                state: None,
                kind,
                name,
                began: wall_clock(),
                ended: 0,
                attributes: Vec::with_capacity(6),
                failed: false,
            })
        });
        Open {
            tracer: self.clone(),
            context,
            began: Instant::now(),
            span,
        }
    }

    fn trace(&self) -> TraceId {
        let number = self.number();
        let mut id = [0; 16];
        // What sampling looks at is the lower half, as everywhere.
        id[..8].copy_from_slice(&mixed(self.0.upper ^ number).to_be_bytes());
        id[8..].copy_from_slice(&number.to_be_bytes());
        TraceId(id)
    }

    fn span(&self) -> SpanId {
        SpanId(mixed(self.0.upper.wrapping_add(self.number())).to_be_bytes())
    }

    /// None comes twice, and none is zero. Nobody has to be unable to guess one.
    fn number(&self) -> u64 {
        let number = mixed(self.0.next.fetch_add(STEP, Ordering::Relaxed));
        number.max(1)
    }

    fn keeps(&self, trace: TraceId) -> bool {
        let lower = trace.0[8..].try_into().map_or(0, u64::from_be_bytes);
        self.0.keep.is_some_and(|most| lower <= most)
    }
}

/// Each number once (the last step of `SplitMix64`).
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Up to which number a trace is kept; none: no trace is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of all numbers; casts to integers end at their ends"
)]
fn threshold(share: f64) -> Option<u64> {
    (share > 0.0).then_some((share.min(1.0) * u64::MAX as f64) as u64)
}

fn wall_clock() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "nothing is decided by it, and collectors want it finer than a Clock tells"
    )]
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, nanos)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A span that goes on. Dropped without having [ended](Open::end), it was broken off.
pub struct Open {
    tracer: Tracer,
    context: Context,
    began: Instant,
    /// None where nobody wants it.
    span: Option<Box<Span>>,
}

impl Open {
    /// What calls hand on.
    pub fn context(&self) -> Context {
        self.context
    }

    /// Who began it.
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Says something about it.
    pub fn say(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.span {
            span.attributes.push((name, value.into()));
        }
    }

    /// Another name: what was asked for is known later than that something was.
    pub fn name(&mut self, name: impl FnOnce(&Span) -> String) {
        if let Some(span) = &mut self.span {
            span.name = name(span).into();
        }
    }

    /// Whoever was called has answered with this status of HTTP: from 400 on that is to be looked at.
    pub fn answered(&mut self, status: u16) {
        self.say("http.response.status_code", status);
        if status >= 400 {
            self.say("error.type", status.to_string());
            self.fail();
        }
    }

    /// It is to be looked at.
    pub fn fail(&mut self) {
        if let Some(span) = &mut self.span {
            span.failed = true;
        }
    }

    /// It is over.
    pub fn end(mut self) {
        self.hand_over();
    }

    fn hand_over(&mut self) {
        if let Some(mut span) = self.span.take() {
            span.ended = span.began.saturating_add(nanos(self.began.elapsed()));
            self.tracer.0.sink.take(*span);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.span.is_some() {
            self.say("error.type", "cancelled");
            self.hand_over();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Span>>);

    impl Sink for Kept {
        fn take(&self, span: Span) {
            self.0.lock().expect("a list").push(span);
        }

        fn flush(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(std::future::ready(()))
        }
    }

    fn tracer(share: f64) -> (Tracer, Arc<Kept>) {
        let kept = Arc::new(Kept::default());
        (Tracer::new(Arc::clone(&kept) as _, share, [7; 16]), kept)
    }

    fn kept(sink: &Kept) -> Vec<Span> {
        std::mem::take(&mut *sink.0.lock().expect("a list"))
    }

    #[test]
    fn ids_do_not_come_twice() {
        let (tracer, sink) = tracer(1.0);
        for _ in 0..50_000 {
            tracer.request(None).end();
        }
        let spans = kept(&sink);
        let traces: HashSet<_> = spans.iter().map(|span| span.context.trace).collect();
        let ids: HashSet<_> = spans.iter().map(|span| span.context.span).collect();
        assert_eq!((traces.len(), ids.len()), (50_000, 50_000));
        let other = Tracer::new(sink, 1.0, [8; 16]).request(None).context();
        assert!(!traces.contains(&other.trace) && !ids.contains(&other.span));
    }

    #[test]
    fn a_share_is_kept() {
        let count = |share| {
            let (tracer, sink) = tracer(share);
            for _ in 0..10_000 {
                tracer.request(None).end();
            }
            kept(&sink).len()
        };
        assert_eq!((count(0.0), count(1.0)), (0, 10_000));
        let tenth = count(0.1);
        assert!((800..1_200).contains(&tenth), "{tenth}");
    }

    #[test]
    fn whoever_began_a_trace_decides_whether_it_is_kept() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let parent = |text: &str| Parent {
            context: Context::read(text).expect("a context"),
            state: Some("a=1".into()),
        };
        let (never, sink) = tracer(0.0);
        let wanted = parent(text);
        never.request(Some(&wanted)).end();
        let spans = kept(&sink);
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].context.trace, wanted.context.trace);
        assert_eq!(spans[0].parent, Some(wanted.context.span));
        assert!(spans[0].from_elsewhere && spans[0].state.as_deref() == Some("a=1"));
        let (always, sink) = tracer(1.0);
        let open = always.request(Some(&parent(&text.replace("-01", "-00"))));
        assert_eq!(open.context().trace, wanted.context.trace);
        open.end();
        assert!(kept(&sink).is_empty());
    }

    #[test]
    fn what_is_broken_off_says_so() {
        let (tracer, sink) = tracer(1.0);
        drop(tracer.request(None));
        let mut open = tracer.request(None);
        open.say("http.response.status_code", 200_u16);
        open.end();
        let spans = kept(&sink);
        assert_eq!(spans[0].text("error.type"), Some("cancelled"));
        assert_eq!(spans[1].said("error.type"), None);
        assert_eq!(
            spans[1].said("http.response.status_code"),
            Some(&Value::Number(200))
        );
        assert!(spans.iter().all(|span| span.ended >= span.began));
    }
}
