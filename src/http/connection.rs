//! One connection of a listener: its protocol, its deadlines, and its orderly end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::StatusCode;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::deadlines::{Deadlines, Phase};
use super::first_head::{FirstHead, Heads, TwoLengths};
use super::http2;
use super::serve::Front;
use crate::edge::proxy::Reader;

/// A client has so long to say hello.
const HELLO: Duration = Duration::from_secs(10);
/// The first byte of TLS (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;
const PLAIN: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 45\r\n\
    Connection: close\r\n\r\nThis port speaks TLS: begin with \"https://\".\n";

/// What every connection of a listener shares.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) front: Front,
    pub(super) keep_alive: Duration,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) stopping: watch::Receiver<()>,
}

/// Serves it to its end.
pub(super) async fn serve(stream: TcpStream, peer: SocketAddr, shared: Shared) {
    let Some(tls) = shared.tls.clone() else {
        return serve_one(stream, peer, shared).await;
    };
    let mut stopping = shared.stopping.clone();
    let hello = tokio::select! {
        hello = tokio::time::timeout(HELLO, greet(stream, tls)) => hello,
        _ = stopping.changed() => return,
    };
    // A client that does not speak TLS, or not ours, is no event.
    let Ok(Some(stream)) = hello else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        http2::serve(stream, peer, shared).await;
    } else {
        serve_one(stream, peer, shared).await;
    }
}

async fn greet(
    mut stream: TcpStream,
    tls: Arc<ServerConfig>,
) -> Option<tokio_rustls::server::TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? > 0 && first[0] != HANDSHAKE {
        // Bytes that nobody read would reset the connection, and the answer were lost.
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(PLAIN).await;
        let _ = stream.shutdown().await;
        return None;
    }
    TlsAcceptor::from(tls).accept(stream).await.ok()
}

async fn serve_one(
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
    let (stream, heads) = FirstHead::new(stream);
    let (stream, phase) = Deadlines::new(stream);
    let front = Arc::new(front);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        phase.request();
        request.extensions_mut().insert(ConnectInfo(peer));
        if heads.named_two() {
            request.extensions_mut().insert(TwoLengths);
        }
        let (front, phase) = (Arc::clone(&front), Arc::clone(&phase));
        let heads = Arc::clone(&heads);
        async move {
            let answer = front.answer(request.map(Body::new)).await;
            Ok::<_, Infallible>(watched(answer, phase, heads))
        }
    });
    // Not the builder that guesses the version: its guess waits without a deadline. A head's
    // own deadline is in `Deadlines`; this one runs between requests.
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(keep_alive)
        .max_buf_size(64 * 1024);
    let connection = builder
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // A client that goes away is no event.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

fn watched(answer: Response, phase: Arc<Phase>, heads: Arc<Heads>) -> Response<Sent> {
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        phase.upgraded();
    }
    if let Some(Reader { stall, cut }) = answer.extensions().get::<Reader>() {
        phase.answer(*stall, cut);
    }
    answer.map(|body| Sent { body, phase, heads })
}

/// An answer's body, which tells the connection when it has been handed over.
struct Sent {
    body: Body,
    phase: Arc<Phase>,
    heads: Arc<Heads>,
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.heads.next();
        self.phase.idle();
    }
}
