//! Spans: what a request did and for how long, for whoever collects traces.
//!
//! Owns: the context that is handed on (W3C Trace Context), who is sampled, and how a piece of
//! work finds the request that it is part of.
//! Must not know: where spans go, or what any of them is about.
//!
//! Without a [`Tracer`] all of this is asking an empty place of the task, and nothing else.

mod context;
mod current;
mod span;
mod tracer;

pub use context::{Context, SpanId, TraceId, state};
pub use current::{Current, child, current, note, trace_id};
pub use span::{Kind, Span, Value, method};
pub use tracer::{Open, Parent, Sink, Tracer};
