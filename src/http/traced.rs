//! The span of a request, for whoever collects traces.
//!
//! What is told is which route, how it was answered, and by which reference it is known: never an
//! address, a header or a body, which hold one-time values and secrets.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use http::{HeaderMap, Version};
use laneway_spans::{Context, Current, Open, Parent, TraceId};
use tracing::field::{DisplayValue, display};

use super::gate;
use super::router::AppState;

/// Answers a request as part of a trace: its proxy's, or a new one.
pub(super) async fn answer<F: Future<Output = Response>>(
    state: &AppState,
    request: Request,
    work: impl FnOnce(Request) -> F,
) -> Response {
    let Some(tracer) = &state.tracer else {
        return work(request).await;
    };
    let parent = parent(state, &request);
    let method = laneway_spans::method(request.method().as_str());
    let mut span = tracer.request(parent.as_ref());
    span.say("http.request.method", method);
    if let Some(version) = version(request.version()) {
        span.say("network.protocol.version", version);
    }
    let current = Current::new(&span, parent.and_then(|parent| parent.state));
    let running = Running {
        span: Some(span),
        current: current.clone(),
        method,
    };
    let response = current.within(work(request)).await;
    running.end(&response);
    response
}

/// A request that is being answered. One that nobody waits for any more is told about all the same.
struct Running {
    span: Option<Open>,
    current: Current,
    method: &'static str,
}

impl Running {
    fn end(mut self, response: &Response) {
        let Some(mut span) = self.told() else { return };
        let status = response.status();
        span.say("http.response.status_code", status.as_u16());
        // As pages, the log and `laneway why` know it.
        let reference = response.headers().get("x-request-id");
        if let Some(reference) = reference.and_then(|value| value.to_str().ok()) {
            span.say("laneway.request_id", reference.to_owned());
        }
        if status.is_server_error() {
            span.say("error.type", status.as_str().to_owned());
            span.fail();
        }
        span.end();
    }

    /// With what the work has noted.
    fn told(&mut self) -> Option<Open> {
        let mut span = self.span.take()?;
        for (name, value) in self.current.notes() {
            span.say(name, value);
        }
        let method = self.method;
        span.name(|span| match span.text("http.route") {
            Some(route) => format!("{method} {route}"),
            None => method.to_owned(),
        });
        Some(span)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.told());
    }
}

/// Which route it is that answers.
pub(super) async fn note_route(request: Request) -> Request {
    if let Some(path) = request.extensions().get::<MatchedPath>() {
        laneway_spans::note("http.route", || path.as_str().to_owned());
    }
    request
}

/// The trace that a request is part of, for a line in the log.
pub(super) fn id() -> Option<DisplayValue<TraceId>> {
    laneway_spans::trace_id().map(display)
}

/// What a request goes on from. From anybody but a listed proxy it is no more than a claim.
fn parent(state: &AppState, request: &Request) -> Option<Parent> {
    if !gate::by_proxy(state, gate::peer(request.extensions())) {
        return None;
    }
    let headers = request.headers();
    let mut all = headers.get_all("traceparent").iter();
    let (Some(one), None) = (all.next(), all.next()) else {
        return None;
    };
    Some(Parent {
        context: Context::read(one.to_str().ok()?)?,
        state: trace_state(headers),
    })
}

/// `tracestate` may come in several lines (§3.3).
fn trace_state(headers: &HeaderMap) -> Option<Arc<str>> {
    let lines = headers.get_all("tracestate").iter();
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or("")).collect();
    laneway_spans::state(&lines.join(",")).map(Arc::from)
}

fn version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        _ => None,
    }
}
