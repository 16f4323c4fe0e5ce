//! The request that a piece of work is part of, found without being handed through.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::{Context, TraceId};
use crate::span::{Kind, Value};
use crate::tracer::{Open, Tracer};

tokio::task_local! {
    static CURRENT: Current;
}

/// What a request's work knows of it. Cheap to clone.
#[derive(Clone)]
pub struct Current {
    tracer: Tracer,
    context: Context,
    /// `tracestate`, as it came.
    pub state: Option<Arc<str>>,
    notes: Arc<Mutex<Vec<(&'static str, Value)>>>,
}

impl Current {
    /// Everything that [`Current::within`] runs is part of this span.
    pub fn new(of: &Open, state: Option<Arc<str>>) -> Self {
        Self {
            tracer: of.tracer().clone(),
            context: of.context(),
            state,
            notes: Arc::default(),
        }
    }

    /// The span that goes on.
    pub fn context(&self) -> Context {
        self.context
    }

    /// Runs work as part of it.
    pub async fn within<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// What the work has [noted](note).
    pub fn notes(&self) -> Vec<(&'static str, Value)> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *notes)
    }
}

/// The request that this is part of, if it is traced.
pub fn current() -> Option<Current> {
    CURRENT.try_with(Clone::clone).ok()
}

/// The trace that this is part of, for a line in the log.
pub fn trace_id() -> Option<TraceId> {
    CURRENT.try_with(|current| current.context.trace).ok()
}

/// Says something about the request that this is part of; the first word counts.
pub fn note<V: Into<Value>>(name: &'static str, value: impl FnOnce() -> V) {
    let _ = CURRENT.try_with(|current| {
        if !current.context.sampled {
            return;
        }
        let mut notes = current.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.iter().all(|(of, _)| *of != name) {
            notes.push((name, value().into()));
        }
    });
}

/// The span of a piece of work, if it is part of a request whose trace is kept.
pub fn child(kind: Kind, name: impl FnOnce() -> Cow<'static, str>) -> Option<Open> {
    let kept = |current: &Current| {
        let sampled = current.context.sampled;
        sampled.then(|| current.tracer.part(current.context, kind, name()))
    };
    CURRENT.try_with(kept).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::time::Duration;

    use super::*;
    use crate::span::Span;
    use crate::tracer::Sink;

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

    fn work() -> Option<Context> {
        note("http.route", || "/first");
        note("http.route", || "/second");
        let open = child(Kind::Client, || "GET".into())?;
        let context = open.context();
        open.end();
        Some(context)
    }

    #[tokio::test]
    async fn work_finds_its_request() {
        assert!(current().is_none() && trace_id().is_none() && work().is_none());
        let sink = Arc::new(Kept::default());
        let tracer = Tracer::new(Arc::clone(&sink) as _, 1.0, [1; 16]);
        let open = tracer.request(None);
        let current = Current::new(&open, None);
        let part = current.clone().within(async { work() }).await;
        let part = part.expect("a span");
        assert_eq!(current.notes(), [("http.route", Value::from("/first"))]);
        let spans = sink.0.lock().expect("a list").clone();
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].context, part);
        assert_eq!(spans[0].parent, Some(open.context().span));
        assert_eq!(part.trace, open.context().trace);
        assert!(trace_id().is_none(), "and nobody else's");
    }

    #[tokio::test]
    async fn what_is_not_kept_costs_no_span() {
        let sink = Arc::new(Kept::default());
        let tracer = Tracer::new(Arc::clone(&sink) as _, 0.0, [1; 16]);
        let open = tracer.request(None);
        let current = Current::new(&open, None);
        let part = current.clone().within(async { (work(), trace_id()) }).await;
        assert_eq!(part, (None, Some(open.context().trace)));
        assert!(current.notes().is_empty());
        open.end();
        assert!(sink.0.lock().expect("a list").is_empty());
    }
}
