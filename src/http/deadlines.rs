//! A client's connection, which must not stand still: a deadline for each request's head, one
//! for answers that nobody reads, and an end that lets the last answer arrive.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How long a connection may stand still.
#[derive(Clone, Copy)]
struct Bounds {
    /// A client has so long to send a request's headers.
    head: Duration,
    /// So long it may leave an answer unread, unless the answer says otherwise.
    stall: Duration,
    /// How often a stalled connection is looked at.
    look: Duration,
}

const BOUNDS: Bounds = Bounds {
    head: Duration::from_secs(10),
    stall: Duration::from_secs(60),
    look: Duration::from_millis(500),
};

/// After the last answer: what the client still sends is read away for so long and so much.
/// A connection closed on unread bytes is reset, and the answer is lost with it. So much is more than
/// the upload that was refused for its size: a proxy in front makes a 502 of a reset.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 64 * 1024 * 1024;

/// What the connection is doing, as the service tells it.
#[derive(Default)]
pub struct Phase {
    busy: AtomicBool,
    upgraded: AtomicBool,
    stall_ms: AtomicU64,
    cut: Mutex<Option<Arc<AtomicBool>>>,
}

impl Phase {
    /// A request's head is complete.
    pub fn request(&self) {
        self.busy.store(true, Ordering::SeqCst);
        self.stall_ms.store(0, Ordering::SeqCst);
    }

    /// An answer with bounds of its own.
    pub fn answer(&self, stall: Duration, cut: &Arc<AtomicBool>) {
        let ms = u64::try_from(stall.as_millis()).unwrap_or(u64::MAX);
        self.stall_ms.store(ms, Ordering::SeqCst);
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(cut));
    }

    /// The answer has been handed over; the next request may come.
    pub fn idle(&self) {
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.busy.store(false, Ordering::SeqCst);
    }

    /// From now on somebody else's protocol with bounds of its own.
    pub fn upgraded(&self) {
        self.upgraded.store(true, Ordering::SeqCst);
    }

    fn awaits_head(&self) -> bool {
        !self.busy.load(Ordering::SeqCst) && !self.upgraded.load(Ordering::SeqCst)
    }

    fn stall(&self, otherwise: Duration) -> Duration {
        let cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        if cut.as_ref().is_some_and(|cut| cut.load(Ordering::SeqCst)) {
            return Duration::ZERO;
        }
        match self.stall_ms.load(Ordering::SeqCst) {
            0 => otherwise,
            ms => Duration::from_millis(ms),
        }
    }
}

enum Ending {
    Open,
    Draining(Pin<Box<Sleep>>, usize),
    Over,
}

/// A stream with those deadlines.
pub struct Deadlines<S> {
    stream: S,
    phase: Arc<Phase>,
    bounds: Bounds,
    head: Option<Pin<Box<Sleep>>>,
    stalled: Option<(Instant, Pin<Box<Sleep>>)>,
    ending: Ending,
}

impl<S> Deadlines<S> {
    /// A fresh connection: its first head is due from now on.
    pub fn new(stream: S) -> (Self, Arc<Phase>) {
        Self::within(stream, BOUNDS)
    }

    fn within(stream: S, bounds: Bounds) -> (Self, Arc<Phase>) {
        let phase = Arc::new(Phase::default());
        let watched = Self {
            stream,
            phase: Arc::clone(&phase),
            bounds,
            head: Some(Box::pin(tokio::time::sleep(bounds.head))),
            stalled: None,
            ending: Ending::Open,
        };
        (watched, phase)
    }

    fn poll_stalled<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if self.phase.upgraded.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        let every = self.bounds.look;
        let (since, look) = self
            .stalled
            .get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(every))));
        while look.as_mut().poll(context).is_ready() {
            if since.elapsed() >= self.phase.stall(self.bounds.stall) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            look.as_mut().reset(Instant::now() + every);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Deadlines<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if !self.phase.awaits_head() {
            self.head = None;
            return outcome;
        }
        if outcome.is_pending() {
            if let Some(head) = &mut self.head {
                ready!(head.as_mut().poll(context));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        } else if buffer.filled().len() > before && self.head.is_none() {
            self.head = Some(Box::pin(tokio::time::sleep(self.bounds.head)));
        }
        outcome
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Deadlines<S> {
    fn poll_drained(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Ending::Draining(until, left) = &mut self.ending else {
            return Poll::Ready(());
        };
        let mut bytes = [0; 16 * 1024];
        loop {
            if until.as_mut().poll(context).is_ready() || *left == 0 {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
            *left = left.saturating_sub(buffer.filled().len());
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Deadlines<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.poll_stalled(context),
            done @ Poll::Ready(_) => {
                self.stalled = None;
                done
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.poll_stalled(context),
            done @ Poll::Ready(_) => done,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(self.ending, Ending::Open) {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            // Of an upgraded connection somebody may still be reading.
            self.ending = if self.phase.upgraded.load(Ordering::SeqCst) {
                Ending::Over
            } else {
                Ending::Draining(Box::pin(tokio::time::sleep(LINGER)), LINGER_BYTES)
            };
        }
        ready!(self.poll_drained(context));
        self.ending = Ending::Over;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const HEAD: Duration = Duration::from_millis(100);
    const STALL: Duration = Duration::from_millis(200);
    const SHORT: Bounds = Bounds {
        head: HEAD,
        stall: STALL,
        look: Duration::from_millis(20),
    };

    #[tokio::test]
    async fn a_head_that_drips_is_cut_and_an_idle_connection_is_not() {
        let (mut client, server) = tokio::io::duplex(1024);
        let (mut server, phase) = Deadlines::within(server, SHORT);
        let mut buffer = [0; 64];
        client.write_all(b"GET / HT").await.expect("sent");
        assert_eq!(server.read(&mut buffer).await.expect("read"), 8);
        phase.request();
        // While a request runs its body may take its time.
        let later = tokio::time::timeout(HEAD * 3, server.read(&mut buffer)).await;
        assert!(later.is_err(), "still open");
        phase.idle();
        let later = tokio::time::timeout(HEAD * 3, server.read(&mut buffer)).await;
        assert!(later.is_err(), "no head has begun");
        client.write_all(b"G").await.expect("sent");
        assert_eq!(server.read(&mut buffer).await.expect("read"), 1);
        let began = Instant::now();
        let error = server.read(&mut buffer).await.expect_err("cut");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() < HEAD * 2);
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_is_cut() {
        let (_client, server) = tokio::io::duplex(1024);
        let (mut server, _phase) = Deadlines::within(server, SHORT);
        server.read(&mut [0; 8]).await.expect_err("cut");
    }

    #[tokio::test]
    async fn an_answer_that_nobody_reads_is_cut() {
        let (_client, server) = tokio::io::duplex(16);
        let (mut server, phase) = Deadlines::within(server, SHORT);
        phase.request();
        let began = Instant::now();
        let error = server.write_all(&[0; 64]).await.expect_err("cut");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= STALL);
    }

    #[tokio::test]
    async fn a_cut_exchange_ends_though_nobody_reads() {
        let (_client, server) = tokio::io::duplex(16);
        let (mut server, phase) = Deadlines::within(server, SHORT);
        phase.request();
        let cut = Arc::new(AtomicBool::new(false));
        phase.answer(STALL * 100, &cut);
        let write = tokio::spawn(async move { server.write_all(&[0; 64]).await });
        tokio::time::sleep(STALL * 2).await;
        assert!(!write.is_finished());
        cut.store(true, Ordering::SeqCst);
        let ended = tokio::time::timeout(STALL, write).await.expect("soon");
        ended.expect("no panic").expect_err("cut");
    }

    #[tokio::test]
    async fn an_answer_ahead_of_a_large_body_arrives() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut client = tokio::net::TcpStream::connect(address)
            .await
            .expect("connected");
        let (server, _) = listener.accept().await.expect("accepted");
        let (mut server, phase) = Deadlines::within(server, SHORT);
        phase.request();
        let refusing = tokio::spawn(async move {
            server.write_all(b"too large").await.expect("answered");
            server.shutdown().await.expect("closed");
        });
        client
            .write_all(&vec![0; 11 * 1024 * 1024])
            .await
            .expect("taken");
        client.shutdown().await.expect("sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("no reset");
        assert_eq!(answer, "too large");
        refusing.await.expect("no panic");
    }
}
