//! The public listener with certificates of its own: both versions of HTTP, names, files that change,
//! and clients that stand still.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2::SendRequest;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use laneway::config::Certificate;
use laneway::http::tls::Certificates;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::harness::{APP, Browser, LOGIN, Listener, TestApp, raw_backend};
use crate::proxy_streams::{cookie, in_front_of};

/// A folder with certificates, and who believes them.
struct Authority {
    folder: TempDir,
    roots: RootCertStore,
}

impl Authority {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            roots: RootCertStore::empty(),
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes (or replaces) a certificate for these names.
    fn write(&mut self, file: &str, names: &[&str]) -> Certificate {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        self.roots.add(made.cert.der().clone()).expect("a root");
        let found = Certificate {
            chain: self.at(&format!("{file}.pem")),
            key: self.at(&format!("{file}.key")),
        };
        std::fs::write(&found.chain, made.cert.pem()).expect("written");
        std::fs::write(&found.key, made.signing_key.serialize_pem()).expect("written");
        found
    }

    /// A connection that offers these protocols, the best first.
    async fn connect(&self, to: &Listener, name: &str, offer: &[&str]) -> TlsStream<TcpStream> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().expect("TLS");
        let config = config.with_root_certificates(self.roots.clone());
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = offer.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(to.address).await.expect("a connection");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.expect("believed")
    }

    async fn two(&self, to: &Listener, name: &str) -> SendRequest<Empty<Bytes>> {
        let stream = self.connect(to, name, &["h2", "http/1.1"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (send, connection) = handshake.await.expect("HTTP/2");
        tokio::spawn(connection);
        send
    }
}

/// What is shown to a client.
fn shown(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    let chain = stream.get_ref().1.peer_certificates().expect("a chain");
    chain[0].to_vec()
}

fn ask(url: &str, headers: &[(&str, &str)]) -> Request<Empty<Bytes>> {
    let mut request = Request::get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Empty::new()).expect("a request")
}

async fn text(reply: Response<Incoming>) -> String {
    let body = reply.into_body().collect().await.expect("a body");
    String::from_utf8_lossy(&body.to_bytes()).into_owned()
}

async fn stage() -> (TestApp, Browser, Authority, Listener) {
    let app = TestApp::sqlite().await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    let mut authority = Authority::new();
    let certificate = authority.write("all", &["login.test", "app.test"]);
    let certificates = Certificates::read(&[certificate]).expect("they are used");
    let listener = app.listen_with(&certificates).await;
    (app, browser, authority, listener)
}

#[tokio::test]
async fn both_versions_answer_the_same_questions() {
    let (_app, browser, authority, listener) = stage().await;
    let session = cookie(&browser);
    let session = session.trim().trim_start_matches("Cookie: ");
    let mut two = authority.two(&listener, "app.test").await;
    let url = format!("{APP}/bff/user");
    // Clients of HTTP/2 may send a cookie in pieces (RFC 9113 §8.2.3).
    let (theme, ours) = session.split_once("; ").expect("two cookies");
    let pieces = ask(&url, &[("cookie", theme), ("cookie", ours)]);
    let reply = two.send_request(pieces).await.expect("an answer");
    assert_eq!(reply.status(), 200);
    let over_two = text(reply).await;
    assert!(over_two.contains("ana@x.test"), "{over_two}");
    let headers = [("cookie", session), ("x-csrf", "1")];
    let echo = ask(&format!("{APP}/api/echo/x"), &headers);
    let reply = two.send_request(echo).await.expect("an answer");
    assert_eq!(reply.status(), 200);
    assert!(text(reply).await.contains("\"authorization\""));
    // Host and authority that differ are two sites at once.
    let two_hosts = ask(&url, &[("host", "login.test"), ("cookie", session)]);
    let reply = two.send_request(two_hosts).await.expect("an answer");
    assert_eq!(reply.status(), 400);

    let stream = authority
        .connect(&listener, "app.test", &["http/1.1"])
        .await;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut one, connection) = handshake.expect("HTTP/1.1");
    tokio::spawn(connection);
    let plain = ask("/bff/user", &[("host", "app.test"), ("cookie", session)]);
    let reply = one.send_request(plain).await.expect("an answer");
    assert_eq!(reply.status(), 200);
    assert_eq!(text(reply).await, over_two);
}

#[tokio::test]
async fn who_speaks_plain_http_is_told_so() {
    let (_app, _browser, _authority, listener) = stage().await;
    let mut wire = listener.connect().await;
    wire.send("GET / HTTP/1.1\r\nHost: login.test\r\n\r\n")
        .await;
    let (head, body) = wire.answer().await;
    assert_eq!(head.status, 400);
    assert!(body.contains("https://"), "{body}");
    assert_eq!(wire.rest().await, "");
}

#[tokio::test]
async fn a_name_gets_its_certificate_and_a_changed_file_is_shown() {
    let app = TestApp::sqlite().await;
    let mut authority = Authority::new();
    let first = authority.write("first", &["login.test", "*.corp.test"]);
    let second = authority.write("second", &["app.test"]);
    let files = [first.clone(), second];
    let certificates = Certificates::read(&files).expect("they are used");
    let listener = app.listen_with(&certificates).await;
    let see = async |authority: &Authority, name: &str| {
        shown(&authority.connect(&listener, name, &[]).await)
    };
    let login = see(&authority, "login.test").await;
    assert_eq!(login, see(&authority, "a.corp.test").await);
    assert_ne!(login, see(&authority, "app.test").await);
    assert_eq!(certificates.look(), Ok(false));

    // Half of a renewal: the old pair goes on.
    let old_key = std::fs::read(&first.key).expect("a key");
    authority.write("first", &["login.test"]);
    let new_key = std::fs::read(&first.key).expect("a key");
    std::fs::write(&first.key, old_key).expect("written");
    let why = certificates.look().expect_err("they do not go together");
    assert!(why.contains("first.key"), "{why}");
    assert_eq!(see(&authority, "login.test").await, login);
    std::fs::write(&first.key, new_key).expect("written");
    assert_eq!(certificates.look(), Ok(true));
    assert_ne!(see(&authority, "login.test").await, login);
}

#[test]
fn files_that_cannot_be_used_are_named_and_their_content_is_not() {
    let mut authority = Authority::new();
    let good = authority.write("good", &["login.test"]);
    let other = authority.write("other", &["login.test"]);
    let spoil = |name: &str, text: &str| {
        let at = authority.at(name);
        std::fs::write(&at, text).expect("written");
        at
    };
    let with = |chain: &Path, key: &Path| Certificate {
        chain: chain.to_owned(),
        key: key.to_owned(),
    };
    let canary = "canary-5ecret";
    let text = spoil("text", canary);
    for (files, named) in [
        (with(&authority.at("nowhere"), &good.key), "nowhere"),
        (with(&text, &good.key), "text holds no certificate"),
        (with(&good.chain, &text), "text holds no private key"),
        (with(&good.chain, &good.chain), "good.pem holds no private"),
        (with(&good.chain, &other.key), "do not go together"),
        (
            with(&spoil("huge", &"x".repeat(1 << 21)), &good.key),
            "1 MiB",
        ),
    ] {
        let problem = Certificates::read(&[files]).expect_err(named);
        let why = problem.source.unwrap_or_default();
        assert!(why.contains(named), "{named}: {why}");
        assert!(!why.contains(canary), "{why}");
    }
}

#[tokio::test]
async fn a_flood_of_streams_that_are_taken_back_stops_nobody_else() {
    let (_app, _browser, authority, listener) = stage().await;
    let mut flood = authority.two(&listener, "login.test").await;
    let mut ended = false;
    for _ in 0..5_000 {
        // Polled once and dropped: HEADERS, then RST_STREAM (CVE-2023-44487).
        let sent = flood.send_request(ask(&format!("{LOGIN}/healthz"), &[]));
        let outcome = tokio::time::timeout(Duration::from_micros(50), sent).await;
        ended |= matches!(outcome, Ok(Err(_)));
    }
    let mut other = authority.two(&listener, "login.test").await;
    let reply = other.send_request(ask(&format!("{LOGIN}/healthz"), &[]));
    let reply = tokio::time::timeout(Duration::from_secs(5), reply).await;
    let reply = reply.expect("in time").expect("an answer");
    assert_eq!(reply.status(), 200, "the flood was ended: {ended}");
}

#[tokio::test]
async fn silence_is_cut_before_and_after_the_hello() {
    let (_app, _browser, authority, listener) = stage().await;
    let hello = async {
        let (mut wire, began) = (listener.connect().await, Instant::now());
        assert_eq!(wire.rest().await, "");
        began.elapsed()
    };
    let request = async {
        let stream = authority.connect(&listener, "login.test", &["h2"]).await;
        let handshake =
            http2::handshake::<_, _, Empty<Bytes>>(TokioExecutor::new(), TokioIo::new(stream));
        let (_send, connection) = handshake.await.expect("HTTP/2");
        let began = Instant::now();
        let _ = connection.await;
        began.elapsed()
    };
    let (hello, request) = tokio::join!(hello, request);
    for (what, took) in [("hello", hello), ("request", request)] {
        assert!((9..=17).contains(&took.as_secs()), "{what}: {took:?}");
    }
}

#[tokio::test]
async fn stopping_waits_for_an_answer_and_not_for_a_connection() {
    let backend = raw_backend(|_, mut wire| async move {
        wire.until("\r\n\r\n").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")
            .await;
    })
    .await;
    let (app, _plain) = in_front_of(backend).await;
    let mut authority = Authority::new();
    let certificate = authority.write("raw", &["raw.test"]);
    let certificates = Certificates::read(&[certificate]).expect("they are used");
    let listener = app.listen_with(&certificates).await;
    let mut busy = authority.two(&listener, "raw.test").await;
    let mut unused = authority.two(&listener, "raw.test").await;
    let before = unused
        .send_request(ask("https://raw.test/healthz", &[]))
        .await;
    assert!(before.is_ok());
    let answer = tokio::spawn(busy.send_request(ask("https://raw.test/api/raw/x", &[])));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let took = listener.stop().await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    let reply = answer.await.expect("asked").expect("an answer");
    assert_eq!(text(reply).await, "late");
}
