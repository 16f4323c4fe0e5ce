//! The client against real listeners on loopback.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const BOUNDS: Outbound = Outbound {
    deadline: Duration::from_millis(600),
    max_bytes: 4096,
};
const STRICT: Federation = Federation {
    allow_private: false,
    dns_server: None,
};

fn client(trust: Trust) -> GuardedClient {
    GuardedClient::new(trust, BOUNDS, STRICT).expect("a client")
}

/// How a listener answers.
#[derive(Clone, Copy)]
enum Play {
    Text(&'static str),
    Drip,
    Endless,
    Silent,
    Garbage,
}

struct Peer {
    port: u16,
    seen: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    async fn start(play: Play) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer(stream, play));
            }
        });
        Self { port, seen, task }
    }

    fn connections(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

/// Plays its part until either side gives up; a client that hangs up is what some tests want.
async fn answer(mut stream: TcpStream, play: Play) -> std::io::Result<()> {
    let mut request = vec![0; 8192];
    let read = stream.read(&mut request).await?;
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    match play {
        Play::Text("echo") => {
            let head = format!(
                "HTTP/1.1 201 Created\r\nx-a: 1\r\nx-a: 2\r\ncontent-length: {read}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&request[..read]).await
        }
        Play::Text(text) => stream.write_all(text.as_bytes()).await,
        Play::Drip => {
            stream.write_all(chunked).await?;
            loop {
                stream.write_all(b"1\r\nx\r\n").await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Play::Endless => {
            stream.write_all(chunked).await?;
            loop {
                stream.write_all(b"400\r\n").await?;
                stream.write_all(&[b'x'; 1024]).await?;
                stream.write_all(b"\r\n").await?;
            }
        }
        Play::Silent => std::future::pending().await,
        Play::Garbage => stream.write_all(b"SSH-2.0-OpenSSH\r\n\r\n").await,
    }
}

async fn get(client: &GuardedClient, address: &str) -> Result<Response<Bytes>, HttpError> {
    let request = Request::get(address).body(Bytes::new()).expect("a request");
    client.send(request).await
}

#[tokio::test]
async fn an_operator_reaches_loopback_by_every_name() {
    let peer = Peer::start(Play::Text("echo")).await;
    let client = client(Trust::Operator);
    for host in ["127.0.0.1", "localhost", "kc.localhost"] {
        let request = Request::post(format!("http://{host}:{}/p?q=1", peer.port))
            .header("host", "forged.example")
            .header("x-b", "2")
            .body(Bytes::from("body"))
            .expect("a request");
        let answer = client.send(request).await.expect(host);
        assert_eq!(answer.status(), 201);
        assert_eq!(answer.headers().get_all("x-a").iter().count(), 2);
        let seen = String::from_utf8_lossy(answer.body()).to_lowercase();
        assert!(seen.starts_with("post /p?q=1 http/1.1\r\n"), "{seen}");
        assert!(
            seen.contains("x-b: 2") && seen.contains(&format!("host: {host}:")),
            "{seen}"
        );
        assert!(!seen.contains("forged"), "{seen}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let target = Peer::start(Play::Text("echo")).await;
    let text = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\n\r\n",
        target.port
    );
    let peer = Peer::start(Play::Text(text.leak())).await;
    let answer = get(
        &client(Trust::Operator),
        &format!("http://localhost:{}/", peer.port),
    )
    .await;
    assert_eq!(answer.expect("an answer").status(), 302);
    assert_eq!(target.connections(), 0, "nobody followed");
}

#[tokio::test]
async fn a_slow_drip_ends_at_the_deadline() {
    for play in [Play::Drip, Play::Silent] {
        let peer = Peer::start(play).await;
        let begun = std::time::Instant::now();
        let address = format!("http://localhost:{}/?code=canary", peer.port);
        let error = get(&client(Trust::Operator), &address)
            .await
            .expect_err("too slow");
        assert!(matches!(error, HttpError::Timeout(_)), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn whoever_is_patient_is_waited_for_and_never_less_than_usual() {
    let peer = Peer::start(Play::Silent).await;
    for (patience, wanted) in [(1_200, 1_200), (1, 600)] {
        let begun = std::time::Instant::now();
        let request = Request::get(format!("http://localhost:{}/", peer.port))
            .extension(Patience(Duration::from_millis(patience)))
            .body(Bytes::new());
        let answer = client(Trust::Operator)
            .send(request.expect("a request"))
            .await;
        assert!(matches!(answer, Err(HttpError::Timeout(_))), "{answer:?}");
        assert!(begun.elapsed() >= Duration::from_millis(wanted));
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn a_large_answer_is_cut_off() {
    let declared = Peer::start(Play::Text(
        "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n",
    ))
    .await;
    let endless = Peer::start(Play::Endless).await;
    for port in [declared.port, endless.port] {
        let error = get(
            &client(Trust::Operator),
            &format!("http://localhost:{port}/"),
        )
        .await;
        assert!(matches!(error, Err(HttpError::TooLarge(_))), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_of_exactly_the_cap_passes() {
    let body = "x".repeat(BOUNDS.max_bytes);
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let peer = Peer::start(Play::Text(text.leak())).await;
    let answer = get(
        &client(Trust::Operator),
        &format!("http://localhost:{}/", peer.port),
    )
    .await;
    assert_eq!(answer.expect("an answer").body().len(), BOUNDS.max_bytes);
}

#[tokio::test]
async fn refused_garbled_or_cut_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port")
        .local_addr()
        .expect("address")
        .port();
    let garbage = Peer::start(Play::Garbage).await;
    let cut = Peer::start(Play::Text(
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
    ))
    .await;
    for port in [free, garbage.port, cut.port] {
        let error = get(
            &client(Trust::Operator),
            &format!("http://localhost:{port}/?code=canary"),
        )
        .await;
        let Err(HttpError::Unreachable(text)) = error else {
            panic!("{error:?}")
        };
        let label = format!("http://localhost:{port} (");
        assert!(
            text.starts_with(&label) && !text.contains("canary"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_tenant_reaches_no_inside_address_however_spelled() {
    let peer = Peer::start(Play::Text("echo")).await;
    let spellings = [
        "127.0.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "0",
        "[::]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
    ];
    let client = client(Trust::Tenant);
    for host in spellings {
        for scheme in ["https", "http"] {
            let error = get(&client, &format!("{scheme}://{host}:{}/", peer.port)).await;
            assert!(
                matches!(error, Err(HttpError::Forbidden(..))),
                "{scheme}://{host}: {error:?}"
            );
        }
    }
    assert_eq!(peer.connections(), 0);
}

/// A name server that knows these answers and counts the questions.
fn names(trust: Trust, answers: &'static [&'static str]) -> (GuardedClient, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let lookup: Lookup = Arc::new(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        let found = answers
            .iter()
            .map(|ip| (ip.parse::<IpAddr>().expect("an address"), 0).into());
        Box::pin(std::future::ready(Ok(found.collect())))
    });
    (
        GuardedClient::build(client(trust).reach, BOUNDS, lookup).expect("a client"),
        asked,
    )
}

#[tokio::test]
async fn a_name_that_resolves_inside_is_refused_to_a_tenant() {
    let peer = Peer::start(Play::Text("echo")).await;
    let inside: [&[&str]; 5] = [
        &["127.0.0.1"],
        &["::1"],
        &["::ffff:10.0.0.1"],
        &["169.254.169.254"],
        &["1.1.1.1", "127.0.0.1"],
    ];
    for answers in inside {
        let (client, asked) = names(Trust::Tenant, answers);
        let error = get(
            &client,
            &format!("https://idp.example:{}/?code=canary", peer.port),
        )
        .await;
        assert!(
            matches!(error, Err(HttpError::Forbidden(_, NOT_ALLOWED))),
            "{answers:?}: {error:?}"
        );
        assert!(!format!("{error:?}").contains("canary"));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    assert_eq!(peer.connections(), 0);
    let (client, _) = names(Trust::Operator, &["169.254.169.254"]);
    let error = get(&client, "https://idp.example/").await;
    assert!(
        matches!(error, Err(HttpError::Forbidden(_, NOT_ALLOWED))),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_checked_address_is_the_called_one() {
    let peer = Peer::start(Play::Garbage).await;
    let (client, asked) = names(Trust::Operator, &["127.0.0.1"]);
    // The peer speaks no TLS, so the call fails, but only after it reached the peer.
    let error = get(&client, &format!("https://idp.example:{}/", peer.port)).await;
    assert!(matches!(error, Err(HttpError::Tls(_))), "{error:?}");
    assert_eq!(
        (peer.connections(), asked.load(Ordering::SeqCst)),
        (1, 1),
        "asked once, called there"
    );
}

#[tokio::test]
async fn a_loopback_name_never_asks_a_name_server() {
    let peer = Peer::start(Play::Text("echo")).await;
    let (client, asked) = names(Trust::Operator, &["10.0.0.1"]);
    let answer = get(&client, &format!("http://kc.localhost:{}/", peer.port)).await;
    assert_eq!(answer.expect("an answer").status(), 201);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_without_addresses_is_unreachable() {
    let (client, _) = names(Trust::Operator, &[]);
    let error = get(&client, "https://idp.example/").await;
    assert!(matches!(error, Err(HttpError::Unreachable(_))), "{error:?}");
}

#[tokio::test]
async fn plain_http_is_for_loopback_names_of_operators() {
    let error = get(&client(Trust::Operator), "http://login.example/").await;
    assert!(
        matches!(error, Err(HttpError::Forbidden(_, "it is not https"))),
        "{error:?}"
    );
    let error = get(&client(Trust::Operator), "http://10.0.0.1/").await;
    assert!(
        matches!(error, Err(HttpError::Forbidden(_, "it is not https"))),
        "{error:?}"
    );
    let error = get(&client(Trust::Operator), "https://169.254.169.254/latest").await;
    assert!(
        matches!(error, Err(HttpError::Forbidden(_, NOT_ALLOWED))),
        "{error:?}"
    );
}

#[tokio::test]
async fn credentials_in_an_address_are_refused() {
    let error = get(
        &client(Trust::Operator),
        "https://user:canary@login.example/",
    )
    .await;
    let error = error.expect_err("refused");
    assert!(
        matches!(error, HttpError::Forbidden(_, "it holds credentials")),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn allow_private_lifts_tenants_to_operators() {
    let peer = Peer::start(Play::Text("echo")).await;
    let lifted = Federation {
        allow_private: true,
        dns_server: None,
    };
    let client = GuardedClient::new(Trust::Tenant, BOUNDS, lifted).expect("a client");
    let answer = get(&client, &format!("http://127.0.0.1:{}/", peer.port)).await;
    assert_eq!(answer.expect("an answer").status(), 201);
}
