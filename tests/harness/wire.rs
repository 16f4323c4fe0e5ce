//! The real listener, and a client that writes bytes: whatever a well-behaved client would
//! hide (framing, timing, resets) is what these tests are about.
//!
//! Owns: bytes on loopback connections, and a backend whose answers a test writes itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use laneway::http::tls::Certificates;
use laneway::http::{Listening, accept};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::TestApp;

/// Longer than anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A listener in front of a test's program.
pub struct Listener {
    /// Where.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl TestApp {
    /// Starts the real listener on a free port.
    pub async fn listen(&self) -> Listener {
        self.listening(None).await
    }

    /// The same, speaking TLS.
    pub async fn listen_with(&self, certificates: &Arc<Certificates>) -> Listener {
        let tls = certificates.server().expect("TLS can be set up");
        self.listening(Some(tls)).await
    }

    async fn listening(&self, tls: Option<Arc<rustls::ServerConfig>>) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let listening = Listening {
            keep_alive: self.core().config.server.keep_alive,
            sessions: Some(Arc::clone(&self.core().sessions)),
            tls,
        };
        let router = self.app.router.clone();
        let task = tokio::spawn(accept(listener, router, listening, async {
            // A dropped sender is no signal.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        }));
        Listener {
            address,
            stop: Some(stop),
            task,
        }
    }
}

impl Listener {
    /// A fresh connection.
    pub async fn connect(&self) -> Wire {
        Wire::to(self.address).await
    }

    /// As SIGTERM does; answers how long the drain took.
    pub async fn stop(mut self) -> Duration {
        let began = tokio::time::Instant::now();
        let _ = self.stop.take().expect("not stopped yet").send(());
        (&mut self.task).await.expect("the listener ends");
        began.elapsed()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection.
pub struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

/// The head of an answer.
#[derive(Debug, Clone)]
pub struct Head {
    /// Status.
    pub status: u16,
    /// The lines below the status line, lower case names.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// A header's value, empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        let mut all = self.headers.iter();
        all.find(|(found, _)| found == name)
            .map_or("", |(_, value)| value)
    }
}

impl Wire {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self::on(stream)
    }

    /// Around a connection that stands.
    pub fn on(stream: TcpStream) -> Self {
        Self {
            stream,
            read: Vec::new(),
        }
    }

    /// Writes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("written");
    }

    /// Writes, if the other side still listens.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }

    /// Reads more; `false` at the end of the connection.
    async fn more(&mut self) -> bool {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await;
        let read = read.expect("something arrives in time");
        read.is_ok_and(|count| count > 0)
    }

    /// Reads until a text has arrived; what came before it, and it. Panics at the end.
    pub async fn until(&mut self, text: &str) -> String {
        loop {
            let found = self
                .read
                .windows(text.len())
                .position(|window| window == text.as_bytes());
            if let Some(at) = found {
                let rest = self.read.split_off(at + text.len());
                let before = std::mem::replace(&mut self.read, rest);
                return String::from_utf8_lossy(&before).into_owned();
            }
            assert!(
                self.more().await,
                "ended before {text:?}: {:?}",
                String::from_utf8_lossy(&self.read)
            );
        }
    }

    /// The next answer's head.
    pub async fn head(&mut self) -> Head {
        let text = self.until("\r\n\r\n").await;
        let mut lines = text.trim_end().split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        Head {
            status: status.expect("a status line").parse().expect("a status"),
            headers: lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
                .collect(),
        }
    }

    /// Reads a request's head, where whoever sends it gets that far.
    pub async fn head_of_request(&mut self) {
        while !self.read.windows(4).any(|four| four == b"\r\n\r\n") && self.more().await {}
    }

    /// A whole answer: head, and body as its framing says.
    pub async fn answer(&mut self) -> (Head, String) {
        let head = self.head().await;
        let body = match head.header("content-length").parse::<usize>() {
            Ok(length) => self.exactly(length).await,
            Err(_) if head.header("transfer-encoding") == "chunked" => {
                let mut body = Vec::new();
                while let Some(chunk) = self.chunk().await {
                    body.extend(chunk);
                }
                body
            }
            Err(_) => Vec::new(),
        };
        (head, String::from_utf8_lossy(&body).into_owned())
    }

    /// So many bytes.
    pub async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            assert!(self.more().await, "ended after {} bytes", self.read.len());
        }
        let rest = self.read.split_off(length);
        std::mem::replace(&mut self.read, rest)
    }

    /// The next chunk of a chunked body; `None` for the last.
    pub async fn chunk(&mut self) -> Option<Vec<u8>> {
        let line = self.until("\r\n").await;
        let length = usize::from_str_radix(line.trim_end(), 16).expect("a chunk's length");
        let chunk = self.exactly(length).await;
        self.until("\r\n").await;
        (length > 0).then_some(chunk)
    }

    /// Everything up to the end of the connection.
    pub async fn rest(&mut self) -> String {
        while self.more().await {}
        String::from_utf8_lossy(&std::mem::take(&mut self.read)).into_owned()
    }

    /// Is nothing said and nothing ended for so long?
    pub async fn is_quiet(&mut self, time: Duration) -> bool {
        let mut byte = [0];
        let peeked = tokio::time::timeout(time, self.stream.peek(&mut byte)).await;
        self.read.is_empty() && peeked.is_err()
    }

    /// A text frame, masked as clients must.
    pub async fn frame(&mut self, kind: u8, text: &str) {
        let length = u8::try_from(text.len()).expect("short");
        assert!(length < 126);
        let mut frame = vec![0x80 | kind, 0x80 | length, 1, 2, 3, 4];
        let mask = [1u8, 2, 3, 4].into_iter().cycle();
        frame.extend(text.bytes().zip(mask).map(|(byte, key)| byte ^ key));
        self.send(frame).await;
    }

    /// The next frame from the server: kind and payload.
    pub async fn message(&mut self) -> (u8, String) {
        let head = self.exactly(2).await;
        let length = match head[1] {
            126 => {
                let long = self.exactly(2).await;
                usize::from(u16::from_be_bytes([long[0], long[1]]))
            }
            short => usize::from(short),
        };
        let payload = self.exactly(length).await;
        (
            head[0] & 0x0f,
            String::from_utf8_lossy(&payload).into_owned(),
        )
    }
}

/// A backend whose connections a test serves itself; its address as a URL.
pub async fn raw_backend<F, W>(serve: F) -> String
where
    F: Fn(usize, Wire) -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(number, Wire::on(stream)));
            number += 1;
        }
    });
    format!("http://{address}")
}
