//! Bodies of requests to our own endpoints: small, so they have one deadline as a whole.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Error;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

const DEADLINE: Duration = Duration::from_secs(20);

/// Gives a request's body its deadline.
pub(super) async fn bounded(request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    request.map(|body| Body::new(Timed::new(body, DEADLINE)))
}

struct Timed {
    body: Body,
    deadline: Pin<Box<Sleep>>,
}

impl Timed {
    fn new(body: Body, deadline: Duration) -> Self {
        let deadline = Box::pin(tokio::time::sleep(deadline));
        Self { body, deadline }
    }
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        ready!(self.deadline.as_mut().poll(context));
        Poll::Ready(Some(Err(Error::new("the body did not arrive in time"))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_an_error() {
        let never = Body::from_stream(stream::pending::<Result<Bytes, Error>>());
        let timed = Timed::new(never, Duration::from_millis(20));
        assert!(timed.collect().await.is_err());
        let small = Timed::new(Body::from("x"), Duration::from_millis(20));
        assert_eq!(small.collect().await.expect("whole").to_bytes(), "x");
    }
}
