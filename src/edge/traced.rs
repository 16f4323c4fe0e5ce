//! The span of a call to an application, and the header by which the application goes on from it.

use axum::extract::Request;
use http::{HeaderValue, Response};
use hyper::body::Incoming;
use laneway_spans::{Kind, Open};

use crate::domain::Problem;

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";

/// A request is about to leave. Where nobody collects traces, what the client said of its own stays.
pub(super) fn begin(request: &mut Request) -> Option<Open> {
    let current = laneway_spans::current()?;
    let method = laneway_spans::method(request.method().as_str());
    let mut span = laneway_spans::child(Kind::Client, || method.into());
    let context = span.as_ref().map_or(current.context(), Open::context);
    if let Some(span) = &mut span {
        span.say("http.request.method", method);
        if let Some(host) = request.uri().host() {
            span.say("server.address", host.to_owned());
        }
        if let Some(port) = request.uri().port_u16() {
            span.say("server.port", port);
        }
    }
    let headers = request.headers_mut();
    headers.remove(PARENT);
    headers.remove(STATE);
    if let Ok(value) = HeaderValue::from_str(&context.to_string()) {
        headers.insert(PARENT, value);
    }
    let state = current.state.as_deref().map(HeaderValue::from_str);
    if let Some(Ok(value)) = state {
        headers.insert(STATE, value);
    }
    span
}

/// Its answer has begun, or there will be none.
pub(super) fn end(span: Option<Open>, answer: &Result<Response<Incoming>, Problem>) {
    let Some(mut span) = span else { return };
    match answer {
        Ok(answer) => span.answered(answer.status().as_u16()),
        Err(problem) => {
            span.say("error.type", problem.code.as_str());
            span.fail();
        }
    }
    span.end();
}
