//! The span of a call that leaves us: to whom and how it ended, never what for. Addresses of
//! providers hold codes and tokens.

use ::http::{Method, Response};
use laneway_contract::HttpError;
use laneway_spans::{Kind, Open};
use url::Url;

/// A call is about to be made.
pub(super) fn begin(method: &Method, url: &Url) -> Option<Open> {
    let method = laneway_spans::method(method.as_str());
    let mut span = laneway_spans::child(Kind::Client, || method.into())?;
    span.say("http.request.method", method);
    if let Some(host) = url.host_str() {
        span.say("server.address", host.to_owned());
    }
    if let Some(port) = url.port_or_known_default() {
        span.say("server.port", port);
    }
    Some(span)
}

/// It is answered, or never will be.
pub(super) fn end<T>(span: Option<Open>, answer: &Result<Response<T>, HttpError>) {
    let Some(mut span) = span else { return };
    match answer {
        Ok(answer) => span.answered(answer.status().as_u16()),
        Err(error) => {
            span.say("error.type", kind(error));
            span.fail();
        }
    }
    span.end();
}

fn kind(error: &HttpError) -> &'static str {
    match error {
        HttpError::Unreachable(_) => "unreachable",
        HttpError::Tls(_) => "tls",
        HttpError::Timeout(_) => "timeout",
        HttpError::TooLarge(_) => "too_large",
        HttpError::Forbidden(..) => "forbidden",
    }
}
