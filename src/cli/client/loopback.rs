//! Where the browser comes back to: a port of this computer, for one request (RFC 8252 §7.3).

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::Failure;

const LONGEST: usize = 16 * 1024;

/// A port that waits.
pub(super) struct Loopback {
    listener: TcpListener,
    /// What the app is registered with, but for the port.
    pub redirect_uri: String,
}

impl Loopback {
    /// Takes a free port.
    pub(super) async fn open() -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::Local(format!("no free port: {error}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self {
            listener,
            redirect_uri: format!("http://127.0.0.1:{port}/callback"),
        })
    }

    /// Waits for the request that answers this `state`. Anything else that calls the port is told
    /// nothing.
    pub(super) async fn answer(&self, state: &str) -> Result<Url, Failure> {
        loop {
            let (mut stream, _) = self
                .listener
                .accept()
                .await
                .map_err(|error| Failure::Local(error.to_string()))?;
            let asked = tokio::time::timeout(Duration::from_secs(5), asked(&mut stream)).await;
            let url = asked.ok().flatten();
            let fitting = url.filter(|url| {
                let own = |(name, value): (_, _)| name == "state" && value == state;
                url.path() == "/callback" && url.query_pairs().any(own)
            });
            let said = match &fitting {
                Some(_) => page(),
                None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    .into(),
            };
            let _ = stream.write_all(said.as_bytes()).await;
            let _ = stream.shutdown().await;
            if let Some(url) = fitting {
                return Ok(url);
            }
        }
    }
}

/// The address that a request is for.
async fn asked(stream: &mut TcpStream) -> Option<Url> {
    let mut head = Vec::new();
    let mut part = [0u8; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut part).await.ok()?;
        if read == 0 || head.len() > LONGEST {
            return None;
        }
        head.extend_from_slice(&part[..read]);
    }
    let text = String::from_utf8(head).ok()?;
    let mut words = text.lines().next()?.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let url = Url::parse("http://127.0.0.1").ok()?.join(path).ok()?;
    (method == "GET").then_some(url)
}

/// What the browser shows in the end. It loads nothing and tells nobody the address.
fn page() -> String {
    const HTML: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <meta name=\"color-scheme\" content=\"light dark\"><title>Back to the terminal</title>\
        <body style=\"font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem\">\
        <h1>Back to the terminal</h1><p>It goes on there. You can close this page.</p>";
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n\
         Connection: close\r\n\r\n{HTML}",
        HTML.len()
    )
}
