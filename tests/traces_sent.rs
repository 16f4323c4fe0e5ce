//! The real program, built to send traces, and a collector that it sends them to.
//!
//! Only with the feature `otlp`: `dev/soak` builds and runs it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::HeaderMap;

use crate::harness::{Node, until};

/// What a collector was sent: headers and bytes.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<(HeaderMap, Bytes)>>>);

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let take = |State(all): State<Self>, headers: HeaderMap, body: Bytes| async move {
            all.0.lock().expect("a list").push((headers, body));
        };
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, url)
    }

    /// Texts stand in the messages as they are.
    fn has(&self, text: &str) -> bool {
        let all = self.0.lock().expect("a list");
        let within = |body: &Bytes| body.windows(text.len()).any(|at| at == text.as_bytes());
        all.iter().any(|(_, body)| within(body))
    }
}

async fn node(endpoint: &str) -> Node {
    let mut node = Node::on_sqlite().await;
    node.kill();
    node.set("LANEWAY_TRACES_OTLP_ENDPOINT", endpoint);
    node.set(
        "LANEWAY_TRACES_OTLP_HEADERS",
        "Authorization=Bearer%20canary",
    );
    node.set("LANEWAY_TRACES_SERVICE_NAME", "our-laneway");
    node.start().await;
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_hears_of_requests_and_of_the_last_ones_too() {
    let (collector, url) = Collector::start().await;
    let mut node = node(&url).await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let asked = client
        .get(format!("{}/login?x=canary", node.url()))
        .send()
        .await;
    let asked = asked.expect("an answer");
    let reference = asked.headers()["x-request-id"]
        .to_str()
        .expect("a text")
        .to_owned();
    until(10, "it hears of the request", || async {
        collector.has(&reference).then_some(())
    })
    .await;
    assert!(collector.has("GET /login") && collector.has("our-laneway"));
    node.visitor("ana@x.test")
        .sign_in("signup")
        .await
        .expect("a session");
    let last = client.get(format!("{}/healthz", node.url())).send().await;
    let last = last.expect("an answer").headers()["x-request-id"].clone();
    node.stop();
    assert!(node.ended().await, "it ends well");
    assert!(
        collector.has(last.to_str().expect("a text")),
        "the last ones too"
    );
    assert!(collector.has("INSERT login_flows"));
    assert!(!collector.has("canary") && !collector.has("ana@x.test"));
    let all = collector.0.lock().expect("a list");
    for (headers, _) in all.iter() {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["authorization"], "Bearer canary");
    }
}

/// Nobody listens: nothing waits for it, neither requests nor the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_costs_nothing() {
    let mut node = node("http://127.0.0.1:9").await;
    node.visitor("ana@x.test")
        .sign_in("signup")
        .await
        .expect("a session");
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let metrics = format!("http://127.0.0.1:{}/metrics", node.ops());
    until(20, "it counts what is lost", || async {
        let text = client.get(&metrics).send().await.ok()?.text().await.ok()?;
        text.contains("laneway_trace_spans_total{outcome=\"failed\"}")
            .then_some(())
    })
    .await;
    let asked = Instant::now();
    node.stop();
    assert!(node.ended().await, "it ends well");
    assert!(
        asked.elapsed() < Duration::from_secs(8),
        "{:?}",
        asked.elapsed()
    );
}
