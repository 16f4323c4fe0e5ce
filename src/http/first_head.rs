//! Watches each request head of a connection for two lengths.
//!
//! `Content-Length` beside `Transfer-Encoding` is how requests are smuggled past a proxy
//! that reads the other one (RFC 9112 §6.3). The HTTP library drops one of them before
//! anybody can look, reads the other and closes the connection, so nothing can be
//! smuggled; this only makes the answer the 400 that it should be.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const LONGEST_HEAD: usize = 64 * 1024;

/// Put on the request whose head named two lengths.
#[derive(Debug, Clone, Copy)]
pub struct TwoLengths;

/// What the watcher of a connection and its service tell each other.
#[derive(Default)]
pub struct Heads {
    found: AtomicBool,
    next: AtomicBool,
}

impl Heads {
    /// Did the head of this request name two lengths?
    pub fn named_two(&self) -> bool {
        self.found.swap(false, Ordering::SeqCst)
    }

    /// The answer is handed over: what comes now is another head.
    pub fn next(&self) {
        self.next.store(true, Ordering::SeqCst);
    }
}

/// A connection whose heads are looked at while they are read.
pub struct FirstHead<S> {
    stream: S,
    head: Option<Vec<u8>>,
    heads: Arc<Heads>,
}

impl<S> FirstHead<S> {
    /// Wraps a fresh connection; the flag is set before the first request is handled.
    pub fn new(stream: S) -> (Self, Arc<Heads>) {
        let heads = Arc::new(Heads::default());
        let watched = Self {
            stream,
            head: Some(Vec::new()),
            heads: Arc::clone(&heads),
        };
        (watched, heads)
    }

    fn look(&mut self, fresh: &[u8]) {
        if self.heads.next.swap(false, Ordering::SeqCst) {
            self.head = Some(Vec::new());
        }
        let Some(head) = &mut self.head else { return };
        head.extend_from_slice(fresh);
        let end = end_of(head);
        if end.is_none() && head.len() < LONGEST_HEAD {
            return;
        }
        if let Some(end) = end {
            self.heads
                .found
                .store(names_two_lengths(&head[..end]), Ordering::SeqCst);
        }
        self.head = None;
    }
}

/// Where a head ends. Lines may end in a bare line feed (RFC 9112 §2.2).
fn end_of(head: &[u8]) -> Option<usize> {
    let feeds = head
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(place, _)| place);
    feeds.into_iter().find(|place| {
        let rest = &head[place + 1..];
        rest.starts_with(b"\n") || rest.starts_with(b"\r\n")
    })
}

fn names_two_lengths(head: &[u8]) -> bool {
    let has = |name: &[u8]| {
        head.split(|byte| *byte == b'\n')
            .filter_map(|line| line.split(|byte| *byte == b':').next())
            .any(|found| found.trim_ascii().eq_ignore_ascii_case(name))
    };
    has(b"content-length") && has(b"transfer-encoding")
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstHead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if matches!(outcome, Poll::Ready(Ok(()))) {
            self.look(&buffer.filled()[before..]);
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstHead<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{end_of, names_two_lengths};

    #[test]
    fn heads_end_at_an_empty_line_however_it_is_written() {
        for head in [
            "GET / HTTP/1.1\r\nA: b\r\n\r\nrest",
            "GET / HTTP/1.1\nA: b\n\nrest",
        ] {
            let end = end_of(head.as_bytes()).expect("an end");
            assert!(head[..end].trim_end().ends_with("A: b"), "{head:?}");
        }
        assert_eq!(end_of(b"GET / HTTP/1.1\r\nA: b\r\n"), None);
    }

    #[test]
    fn two_lengths_are_seen_in_any_case_and_order() {
        let both = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\ncontent-LENGTH: 5";
        assert!(names_two_lengths(both));
        assert!(!names_two_lengths(
            b"POST /content-length HTTP/1.1\r\ntransfer-encoding: chunked"
        ));
        assert!(!names_two_lengths(
            b"POST / HTTP/1.1\r\nx: content-length: 1\r\ntransfer-encoding: chunked"
        ));
    }
}
