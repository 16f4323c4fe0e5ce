//! A real collector's end of the wire: what arrives, and what becomes of spans where nobody is, or
//! somebody refuses.

use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use http::{HeaderMap, HeaderValue, StatusCode};
use laneway_otlp::{Exporter, Outcome, Settings};
use laneway_spans::{Context, Parent, Tracer};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1 as proto;
use prost::Message as _;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

type Answer = fn(usize) -> Response;

/// What it was sent, and what it answers to the which of them.
#[derive(Clone)]
struct Collector {
    taken: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answer: Answer,
}

impl Collector {
    async fn start(answer: Answer) -> (Self, String) {
        let taken = Arc::default();
        let collector = Self { taken, answer };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let take = |State(one): State<Self>, headers: HeaderMap, body: Bytes| async move {
            let mut taken = one.taken.lock().expect("a list");
            taken.push((headers, body));
            (one.answer)(taken.len())
        };
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, url)
    }

    fn messages(&self) -> Vec<ExportTraceServiceRequest> {
        let taken = self.taken.lock().expect("a list");
        let read = |body: &Bytes| ExportTraceServiceRequest::decode(body.clone());
        taken
            .iter()
            .map(|(_, body)| read(body).expect("a message of the protocol"))
            .collect()
    }

    fn spans(&self) -> Vec<proto::Span> {
        let messages = self.messages().into_iter();
        let resources = messages.flat_map(|message| message.resource_spans);
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

fn fine(_: usize) -> Response {
    StatusCode::OK.into_response()
}

fn settings(url: &str) -> Settings {
    static CRYPTO: Once = Once::new();
    CRYPTO.call_once(|| {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Bearer canary"));
    Settings {
        endpoint: url.parse().expect("an address"),
        headers,
        resource: vec![("service.name", "here".into())],
        deadline: Duration::from_millis(500),
    }
}

fn exporter(url: &str) -> Arc<Exporter> {
    Arc::new(Exporter::start(settings(url)).expect("an exporter"))
}

fn tracer(exporter: &Arc<Exporter>) -> Tracer {
    Tracer::new(Arc::clone(exporter) as _, 1.0, [5; 16])
}

fn text<'a>(all: &'a [KeyValue], name: &str) -> Option<&'a any_value::Value> {
    let found = all.iter().find(|one| one.key == name)?;
    found.value.as_ref()?.value.as_ref()
}

#[tokio::test]
async fn a_span_arrives_whole() {
    let (collector, url) = Collector::start(fine).await;
    let exporter = exporter(&url);
    let tracer = tracer(&exporter);
    let parent = Parent {
        context: Context::read(PARENT).expect("a context"),
        state: Some("a=1".into()),
    };
    let mut open = tracer.request(Some(&parent));
    open.say("http.request.method", "GET");
    open.say("http.response.status_code", 503_u16);
    open.name(|_| "GET /login".to_owned());
    open.fail();
    let context = open.context();
    open.end();
    tracer.flush(Duration::from_secs(5)).await;

    let message = &collector.messages()[0];
    let resource = message.resource_spans[0]
        .resource
        .as_ref()
        .expect("a resource");
    let name = any_value::Value::StringValue("here".into());
    assert_eq!(text(&resource.attributes, "service.name"), Some(&name));
    let (headers, _) = collector.taken.lock().expect("a list")[0].clone();
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!(headers["authorization"], "Bearer canary");

    let spans = collector.spans();
    assert_eq!(spans.len(), 1);
    let span = &spans[0];
    assert_eq!(span.trace_id, parent.context.trace.0);
    assert_eq!(span.parent_span_id, parent.context.span.0);
    assert_eq!(span.span_id, context.span.0);
    assert_eq!(
        (span.trace_state.as_str(), span.name.as_str()),
        ("a=1", "GET /login")
    );
    assert_eq!(span.kind(), proto::span::SpanKind::Server);
    assert_eq!(span.flags, 0x301);
    assert!(span.start_time_unix_nano > 1_600_000_000_000_000_000);
    assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
    let status = span.status.as_ref().expect("a status");
    assert_eq!(status.code(), proto::status::StatusCode::Error);
    let number = any_value::Value::IntValue(503);
    assert_eq!(
        text(&span.attributes, "http.response.status_code"),
        Some(&number)
    );
    assert_eq!(exporter.count(Outcome::Sent), 1);
}

#[tokio::test]
async fn many_go_in_batches_and_none_is_lost() {
    let (collector, url) = Collector::start(fine).await;
    let exporter = exporter(&url);
    let tracer = tracer(&exporter);
    for _ in 0..3_000 {
        tracer.request(None).end();
    }
    tracer.flush(Duration::from_secs(20)).await;
    assert_eq!(collector.spans().len(), 3_000);
    let batches = collector.messages().len();
    assert!((6..=8).contains(&batches), "{batches} batches");
    assert_eq!(exporter.count(Outcome::Sent), 3_000);
}

/// Takes no longer than a full queue, whatever is at the other end.
async fn costs_nothing(url: &str) {
    let exporter = exporter(url);
    let tracer = tracer(&exporter);
    let began = Instant::now();
    for _ in 0..20_000 {
        tracer.request(None).end();
    }
    let each = began.elapsed() / 20_000;
    eprintln!("measured: a span that nobody takes costs {each:?}");
    assert!(each < Duration::from_micros(100), "{each:?}");
    assert!(exporter.count(Outcome::Full) > 0, "the queue has an end");
    let began = Instant::now();
    tracer.flush(Duration::from_secs(1)).await;
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(exporter.count(Outcome::Sent), 0);
}

#[tokio::test]
async fn a_collector_that_is_away_costs_nothing() {
    costs_nothing("http://127.0.0.1:9").await;
}

#[tokio::test]
async fn a_collector_that_never_answers_costs_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let held = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            all.push(stream);
        }
    });
    costs_nothing(&url).await;
    held.abort();
}

#[tokio::test]
async fn a_collector_that_is_busy_is_asked_again() {
    let busy_once = |tries: usize| match tries {
        1 => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")]).into_response(),
        _ => StatusCode::OK.into_response(),
    };
    let (collector, url) = Collector::start(busy_once).await;
    let exporter = exporter(&url);
    tracer(&exporter).request(None).end();
    for _ in 0..100 {
        if exporter.count(Outcome::Sent) == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(exporter.count(Outcome::Sent), 1);
    let tries = collector.spans();
    assert_eq!(tries.len(), 2);
    assert_eq!(tries[0], tries[1], "the same");
}

#[tokio::test]
async fn a_collector_that_refuses_is_not_asked_again() {
    let never = |_: usize| StatusCode::BAD_REQUEST.into_response();
    let (collector, url) = Collector::start(never).await;
    let exporter = exporter(&url);
    let tracer = tracer(&exporter);
    tracer.request(None).end();
    tracer.flush(Duration::from_secs(5)).await;
    assert_eq!(
        (
            exporter.count(Outcome::Failed),
            exporter.count(Outcome::Sent)
        ),
        (1, 0)
    );
    assert_eq!(collector.messages().len(), 1);
}

#[tokio::test]
async fn what_a_collector_refuses_of_a_batch_is_counted() {
    let but_two = |_: usize| {
        let partial = ExportTracePartialSuccess {
            rejected_spans: 2,
            error_message: "too old".into(),
        };
        let answer = ExportTraceServiceResponse {
            partial_success: Some(partial),
        };
        answer.encode_to_vec().into_response()
    };
    let (_, url) = Collector::start(but_two).await;
    let exporter = exporter(&url);
    let tracer = tracer(&exporter);
    for _ in 0..5 {
        tracer.request(None).end();
    }
    tracer.flush(Duration::from_secs(5)).await;
    assert_eq!(
        (
            exporter.count(Outcome::Sent),
            exporter.count(Outcome::Failed)
        ),
        (3, 2)
    );
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere =
        |_: usize| (StatusCode::TEMPORARY_REDIRECT, [("location", "/v1/traces")]).into_response();
    let (collector, url) = Collector::start(elsewhere).await;
    let exporter = exporter(&url);
    let tracer = tracer(&exporter);
    tracer.request(None).end();
    tracer.flush(Duration::from_secs(5)).await;
    assert_eq!(collector.messages().len(), 1);
    assert_eq!(exporter.count(Outcome::Failed), 1);
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", settings("http://c.test/canary"));
    assert!(!shown.contains("canary"), "{shown}");
}
