//! A connection that speaks HTTP/2 (RFC 9113): requests in the shape that the rooms know from HTTP/1.1,
//! and streams that must not stand still.
//!
//! The bounds are those of [`super::deadlines`]; here many answers share a connection, so each says
//! for itself whether it waits for its reader.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Uri, Version, header};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::connection::Shared;
use crate::edge::proxy::Reader;

/// The first request is due so long after the hello.
const FIRST: Duration = Duration::from_secs(10);
/// So long a reader may leave an answer unread, unless the answer says otherwise.
const STALL: Duration = Duration::from_secs(60);
/// How often standing streams are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// A client that has gone without a word is noticed after two of these.
const PING: Duration = Duration::from_secs(20);
/// What a client may ask for at once (RFC 9113 §6.5.2 recommends at least 100).
const AT_ONCE: u32 = 128;
/// Longer heads never reach the rooms, which refuse at 32 KiB.
const LONGEST_HEAD: u32 = 64 * 1024;
/// What a connection that shall end has for it.
const GOING: Duration = Duration::from_secs(5);

/// Serves it to its end.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    shared: Shared,
) {
    let Shared {
        front,
        keep_alive,
        mut stopping,
        ..
    } = shared;
    let streams = Arc::new(Streams::new());
    let (front, counted) = (Arc::new(front), Arc::clone(&streams));
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (front, open) = (Arc::clone(&front), counted.open());
        async move {
            let mut request = as_one(request).map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = front.answer(request).await;
            Ok::<_, Infallible>(watched(answer, open))
        }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(AT_ONCE)
        .max_header_list_size(LONGEST_HEAD);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut going: Option<Instant> = None;
    let mut stops = false;
    loop {
        tokio::select! {
            // A client that goes away is no event.
            _ = connection.as_mut() => return,
            _ = stopping.changed(), if !stops => {
                stops = true;
                connection.as_mut().graceful_shutdown();
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        let now = Instant::now();
        if streams.stand_still(now) || going.is_some_and(|since| now - since > GOING) {
            return;
        }
        if going.is_none() && streams.unused(now, keep_alive) {
            going = Some(now);
            connection.as_mut().graceful_shutdown();
        }
        if streams.in_use() {
            going = None;
        }
    }
}

/// A request as HTTP/1.1 would have brought it: `Host` for the authority (RFC 9113 §8.3.1), and one
/// cookie header for the pieces that a client may send (§8.2.3).
fn as_one<B>(mut request: Request<B>) -> Request<B> {
    *request.version_mut() = Version::HTTP_11;
    let authority = request.uri().authority();
    let named = authority.and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    let headers = request.headers_mut();
    one_cookie(headers);
    // Where both are there they are compared behind the gate.
    if let Some(named) = named
        && !headers.contains_key(header::HOST)
    {
        headers.insert(header::HOST, named);
        let path = request.uri().path_and_query();
        let path = path.cloned().unwrap_or(PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from(path);
    }
    request
}

fn one_cookie(headers: &mut HeaderMap) {
    let pieces: Vec<_> = headers.get_all(header::COOKIE).iter().cloned().collect();
    if pieces.len() < 2 {
        return;
    }
    let pieces: Vec<&[u8]> = pieces.iter().map(HeaderValue::as_bytes).collect();
    if let Ok(whole) = HeaderValue::from_bytes(&pieces.join(&b"; "[..])) {
        headers.insert(header::COOKIE, whole);
    }
}

/// What a connection is doing.
struct Streams {
    inner: Mutex<Inner>,
}

struct Inner {
    next: u64,
    open: HashMap<u64, Stream>,
    /// Since when nothing is open, and for how long that may last; the first request is due sooner.
    unused: Option<Instant>,
    first: bool,
}

/// An answer under way.
struct Stream {
    /// Since when its reader has what there is.
    handed: Option<Instant>,
    stall: Duration,
    cut: Option<Arc<AtomicBool>>,
}

impl Streams {
    fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                next: 0,
                open: HashMap::new(),
                unused: Some(Instant::now()),
                first: true,
            }),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn open(self: &Arc<Self>) -> Open {
        let number = self.with(|inner| {
            inner.next += 1;
            inner.unused = None;
            inner.first = false;
            let stream = Stream {
                handed: None,
                stall: STALL,
                cut: None,
            };
            inner.open.insert(inner.next, stream);
            inner.next
        });
        Open {
            streams: Arc::clone(self),
            number,
        }
    }

    fn in_use(&self) -> bool {
        self.with(|inner| !inner.open.is_empty())
    }

    /// Has no request been open for so long?
    fn unused(&self, now: Instant, keep_alive: Duration) -> bool {
        self.with(|inner| {
            let longest = if inner.first { FIRST } else { keep_alive };
            inner
                .unused
                .is_some_and(|since| now.duration_since(since) > longest)
        })
    }

    /// Does an answer wait for a reader for too long, or one whose session is over?
    fn stand_still(&self, now: Instant) -> bool {
        self.with(|inner| {
            inner.open.values().any(|stream| {
                let cut = stream.cut.as_ref();
                let cut = cut.is_some_and(|cut| cut.load(Ordering::SeqCst));
                let stall = if cut { Duration::ZERO } else { stream.stall };
                stream
                    .handed
                    .is_some_and(|since| now.duration_since(since) >= stall)
            })
        })
    }
}

/// A request from its head to the end of its answer.
struct Open {
    streams: Arc<Streams>,
    number: u64,
}

impl Open {
    fn with(&self, act: impl FnOnce(&mut Stream)) {
        self.streams.with(|inner| {
            if let Some(stream) = inner.open.get_mut(&self.number) {
                act(stream);
            }
        });
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.streams.with(|inner| {
            inner.open.remove(&self.number);
            if inner.open.is_empty() {
                inner.unused = Some(Instant::now());
            }
        });
    }
}

fn watched(answer: Response, open: Open) -> Response<Sent> {
    if let Some(Reader { stall, cut }) = answer.extensions().get::<Reader>() {
        open.with(|stream| {
            stream.stall = *stall;
            stream.cut = Some(Arc::clone(cut));
        });
    }
    answer.map(|body| Sent { body, open })
}

/// An answer's body, which tells whether it waits for its reader.
struct Sent {
    body: Body,
    open: Open,
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        // Asked again once the reader has taken it.
        let handed = matches!(frame, Poll::Ready(Some(Ok(_)))).then(Instant::now);
        self.open.with(|stream| stream.handed = handed);
        frame
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
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().uri(uri).version(Version::HTTP_2);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request")
    }

    #[test]
    fn an_authority_becomes_the_host_and_pieces_of_a_cookie_one() {
        let pieces = [("cookie", "a=1"), ("cookie", "b=2; c=3")];
        let one = as_one(request("https://login.test/x?y=z", &pieces));
        assert_eq!(one.version(), Version::HTTP_11);
        assert_eq!(one.uri(), "/x?y=z");
        assert_eq!(one.headers()["host"], "login.test");
        assert_eq!(one.headers().get_all("cookie").iter().count(), 1);
        assert_eq!(one.headers()["cookie"], "a=1; b=2; c=3");
    }

    #[test]
    fn another_host_beside_the_authority_is_left_to_the_gate() {
        let one = as_one(request("https://login.test/", &[("host", "other.test")]));
        assert_eq!(one.uri().authority().expect("kept").as_str(), "login.test");
        assert_eq!(one.headers()["host"], "other.test");
    }

    #[test]
    fn only_answers_that_wait_for_their_reader_stand_still() {
        let (streams, began) = (Arc::new(Streams::new()), Instant::now());
        let second = Duration::from_secs(1);
        assert!(!streams.unused(began, STALL));
        assert!(streams.unused(began + FIRST + second, STALL));
        let open = streams.open();
        let later = began + STALL * 2;
        assert!(!streams.stand_still(later), "a backend may take its time");
        assert!(!streams.unused(later, STALL));
        open.with(|stream| stream.handed = Some(later));
        assert!(!streams.stand_still(later + STALL - second));
        let cut = Arc::new(AtomicBool::new(false));
        open.with(|stream| stream.cut = Some(Arc::clone(&cut)));
        cut.store(true, Ordering::SeqCst);
        assert!(
            streams.stand_still(later),
            "whose session is over waits no longer"
        );
        cut.store(false, Ordering::SeqCst);
        assert!(streams.stand_still(later + STALL));
        drop(open);
        assert!(!streams.stand_still(later + STALL));
        let ended = Instant::now();
        assert!(!streams.unused(ended + STALL - second, STALL));
        assert!(streams.unused(ended + STALL + second, STALL));
    }
}
