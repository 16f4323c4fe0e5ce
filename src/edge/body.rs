//! Bodies on their way through, frame by frame: counted, timed, and cut when their session
//! ends. Nothing is collected.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::domain::{Code, Problem};
use crate::sessions::{Lease, Usage};

/// Why a body did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// More bytes than the route takes.
    TooLarge,
    /// The sender stopped in the middle.
    Slow,
    /// The sender is gone.
    Broken,
    /// The session is over, or this node stops.
    Cut,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the body is larger than the route takes",
            Self::Slow => "the body stopped arriving",
            Self::Broken => "the body broke off",
            Self::Cut => "the exchange was ended",
        })
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// As the client is told, where there is still somebody to tell.
    pub(super) fn told(self) -> Problem {
        match self {
            Self::TooLarge => Problem::new(Code::TooLarge, "Send a smaller body."),
            Self::Slow | Self::Broken | Self::Cut => Problem::new(
                Code::InvalidRequest,
                "The body stopped arriving. Send it again.",
            ),
        }
    }
}

/// How far a request's body has come: the answer's deadline counts from its last step.
pub(super) struct Progress {
    began: Instant,
    moved_ms: AtomicU64,
    waiting: AtomicBool,
}

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            moved_ms: AtomicU64::new(0),
            waiting: AtomicBool::new(false),
        })
    }

    /// Something was handed to the backend.
    pub(super) fn moved(&self) {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved_ms.store(ms, Ordering::Relaxed);
    }

    /// When the backend must have answered, as far as is known now.
    pub(super) fn due(&self, timeout: Duration) -> Instant {
        if self.waiting.load(Ordering::Relaxed) {
            // It is the client that we wait for, and its own deadline is in the body.
            return Instant::now() + timeout;
        }
        self.began + Duration::from_millis(self.moved_ms.load(Ordering::Relaxed)) + timeout
    }
}

/// A silence that must not last. Costs nothing while bytes flow.
struct Silence {
    longest: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    fn new(longest: Duration) -> Self {
        Self {
            longest,
            timer: None,
        }
    }

    fn broken(&mut self) {
        if let Some(timer) = &mut self.timer {
            timer.as_mut().reset(Instant::now() + self.longest);
        }
    }

    fn poll_too_long(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let longest = self.longest;
        self.timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(longest)))
            .as_mut()
            .poll(context)
    }
}

/// From the client to the backend.
pub(super) struct Upward {
    inner: Body,
    left: usize,
    silence: Silence,
    progress: Arc<Progress>,
    usage: Usage,
}

impl Upward {
    pub(super) fn new(
        inner: Body,
        limit: usize,
        idle: Duration,
        progress: &Arc<Progress>,
        usage: &Usage,
    ) -> Self {
        Self {
            inner,
            left: limit,
            silence: Silence::new(idle),
            progress: Arc::clone(progress),
            usage: usage.clone(),
        }
    }
}

impl HttpBody for Upward {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        loop {
            let Poll::Ready(next) = Pin::new(&mut self.inner).poll_frame(context) else {
                self.progress.waiting.store(true, Ordering::Relaxed);
                ready!(self.silence.poll_too_long(context));
                return Poll::Ready(Some(Err(Fault::Slow)));
            };
            self.progress.moved();
            self.progress.waiting.store(false, Ordering::Relaxed);
            let Some(frame) = next else {
                return Poll::Ready(None);
            };
            let Ok(frame) = frame else {
                return Poll::Ready(Some(Err(Fault::Broken)));
            };
            // Trailers are dropped (RFC 9110 §6.5.1): they would be headers that nobody has
            // looked at.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let Some(left) = self.left.checked_sub(data.len()) else {
                return Poll::Ready(Some(Err(Fault::TooLarge)));
            };
            self.left = left;
            self.silence.broken();
            self.usage.note();
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// From the backend to the client.
pub(super) struct Downward {
    inner: Incoming,
    silence: Silence,
    lease: Lease,
    /// An event stream may end at any event; anything else that ends early is broken.
    events: bool,
    over: bool,
}

impl Downward {
    pub(super) fn new(inner: Incoming, idle: Duration, lease: Lease, events: bool) -> Self {
        Self {
            inner,
            silence: Silence::new(idle),
            lease,
            events,
            over: false,
        }
    }

    fn cut(&mut self) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        self.over = true;
        Poll::Ready((!self.events).then_some(Err(Fault::Cut)))
    }
}

impl HttpBody for Downward {
    type Data = Bytes;
    type Error = Fault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Fault>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if self.lease.poll_ended(context).is_ready() {
            return self.cut();
        }
        loop {
            let Poll::Ready(next) = Pin::new(&mut self.inner).poll_frame(context) else {
                ready!(self.silence.poll_too_long(context));
                return self.cut();
            };
            let Some(frame) = next else {
                self.over = true;
                return Poll::Ready(None);
            };
            let Ok(frame) = frame else {
                self.over = true;
                return Poll::Ready(Some(Err(Fault::Broken)));
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            self.silence.broken();
            self.lease.usage().note();
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
