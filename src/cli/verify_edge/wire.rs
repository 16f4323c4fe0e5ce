//! Requests as bytes, answers as they come: no library that tidies paths or headers.
//!
//! Owns: connecting, TLS, one request per connection, reading one answer.
//! Must not know: what any request is for.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, RootCertStore, StreamOwned};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST: u64 = 1 << 20;

/// Whose certificate is believed.
pub(super) enum Trust<'a> {
    /// The system's authorities.
    System,
    /// Those of a file.
    File(&'a Path),
    /// Anybody's.
    Anybody,
}

/// One site, and how to reach it.
#[derive(Clone)]
pub(super) struct Target {
    /// `Host` as browsers write it.
    pub(super) host: String,
    name: String,
    connect: String,
    tls: Option<Arc<ClientConfig>>,
}

/// A request in the making.
#[derive(Clone)]
pub(super) struct Request {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn new(method: &'static str, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: Vec::new(),
        }
    }

    pub(super) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// As a browser that opens a page.
    pub(super) fn page(target: &str) -> Self {
        Self::get(target).with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    }

    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value)
    }

    /// Did somebody let the request through?
    pub(super) fn passed(&self) -> bool {
        (200..300).contains(&self.status) || self.status == 101
    }

    pub(super) fn redirects(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }
}

impl Target {
    /// A site by its address; `connect` names another machine and port to go to.
    ///
    /// # Errors
    /// What is wrong with the address or the certificates.
    pub(super) fn new(url: &Url, connect: Option<&str>, trust: &Trust<'_>) -> Result<Self, String> {
        let name = url.host_str().ok_or("the address has no host")?.to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let host = url
            .port()
            .map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
        let reach = if name.ends_with(".localhost") {
            "localhost"
        } else {
            &name
        };
        let connect = connect.map_or_else(|| format!("{reach}:{port}"), str::to_owned);
        let tls = match url.scheme() {
            "https" => Some(Arc::new(tls(trust)?)),
            "http" => None,
            _ => return Err("write an address that begins with https://".into()),
        };
        Ok(Self {
            host,
            name,
            connect,
            tls,
        })
    }

    /// The same way to another site.
    pub(super) fn beside(&self, url: &Url) -> Option<Self> {
        let name = url.host_str()?.to_owned();
        Some(Self {
            host: name.clone(),
            name,
            ..self.clone()
        })
    }

    /// Sends one request on a connection of its own.
    ///
    /// # Errors
    /// As the network.
    pub(super) fn send(&self, request: &Request) -> io::Result<Answer> {
        let address = self
            .connect
            .to_socket_addrs()?
            .next()
            .ok_or_else(|| io::Error::other("the name has no address"))?;
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let bytes = self.bytes(request);
        let Some(tls) = &self.tls else {
            stream.write_all(&bytes)?;
            return read(&mut stream);
        };
        let name = ServerName::try_from(self.name.clone()).map_err(io::Error::other)?;
        let session = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, stream);
        stream.write_all(&bytes)?;
        read(&mut stream)
    }

    fn bytes(&self, request: &Request) -> Vec<u8> {
        let named = |name: &str| {
            request
                .headers
                .iter()
                .any(|(found, _)| found.eq_ignore_ascii_case(name))
        };
        let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
        if !named("host") {
            let _ = write!(head, "Host: {}\r\n", self.host);
        }
        if !named("connection") {
            head.push_str("Connection: close\r\n");
        }
        if request.method != "GET" && request.method != "HEAD" {
            head.push_str("Content-Length: 0\r\n");
        }
        for (name, value) in &request.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

/// One answer: to the end of the connection, or as far as it says.
fn read(stream: &mut impl io::Read) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let mut part = [0u8; 16 * 1024];
    loop {
        if let Some(answer) = whole(&bytes) {
            return Ok(answer);
        }
        match stream.by_ref().take(LONGEST).read(&mut part) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&part[..n]),
            // Some end TLS without saying goodbye.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) if bytes.is_empty() => return Err(error),
            Err(_) => break,
        }
        if bytes.len() as u64 > LONGEST {
            break;
        }
    }
    parse(&bytes).ok_or_else(|| io::Error::other("the answer is not HTTP"))
}

/// The answer, once it is known to be complete.
fn whole(bytes: &[u8]) -> Option<Answer> {
    let answer = parse(bytes)?;
    if answer.status == 101 {
        return Some(answer);
    }
    let body = bytes.len() - head_end(bytes)?;
    let length: usize = answer.header("content-length").parse().ok()?;
    (body >= length).then_some(answer)
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(at + 4)
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = head_end(bytes)?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer {
        status,
        headers,
        body: String::new(),
    };
    let chunked = answer
        .header("transfer-encoding")
        .to_ascii_lowercase()
        .contains("chunked");
    let body = if chunked {
        dechunked(&bytes[end..])
    } else {
        bytes[end..].to_vec()
    };
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Some(answer)
}

fn dechunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&rest[..line]);
        let size = size.split(';').next().unwrap_or_default().trim();
        let Ok(size) = usize::from_str_radix(size, 16) else {
            break;
        };
        let (from, to) = (line + 2, line + 2 + size);
        if size == 0 || rest.len() < to {
            break;
        }
        body.extend_from_slice(&rest[from..to]);
        rest = rest.get(to + 2..).unwrap_or_default();
    }
    body
}

fn tls(trust: &Trust<'_>) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder();
    let mut config = match trust {
        Trust::Anybody => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_no_client_auth(),
        Trust::System => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        Trust::File(path) => {
            let mut roots = RootCertStore::empty();
            let found = CertificateDer::pem_file_iter(path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            roots.add_parsable_certificates(found.filter_map(Result::ok));
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Takes any certificate: asked for by `--insecure`, for test machines.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_a_length_in_chunks_and_to_the_end() {
        let read = |text: &str| read(&mut text.as_bytes()).expect("an answer");
        let plain = read("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi!");
        assert_eq!((plain.status, plain.body.as_str()), (200, "hi!"));
        let chunks = read(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x\r\n!\r\n0\r\n\r\n",
        );
        assert_eq!(chunks.body, "hi!");
        let end = read("HTTP/1.1 401 No\r\nLocation: x\r\n\r\nend");
        assert_eq!((end.header("location"), end.body.as_str()), ("x", "end"));
        assert!(super::read(&mut "nonsense".as_bytes()).is_err());
    }
}
