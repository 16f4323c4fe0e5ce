//! Traces: what a request's spans say, what they go on from, what applications go on from, and that
//! no secret is in any of them.
//!
//! The collector here is a list; what becomes of spans on their way to one is proved in
//! `traces/otlp`.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use laneway_spans::{Kind, Sink, Span, Tracer, Value as Said};
use serde_json::{Value, json};

use crate::forward;
use crate::harness::app::Options;
use crate::harness::issuer::Issuer;
use crate::harness::{APP, Browser, Call, LOGIN, Reply, TestApp, answer};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const CANARY: &str = "canary5ecret";

/// Everything that ended.
#[derive(Default)]
struct Kept(Mutex<Vec<Span>>);

impl Sink for Kept {
    fn take(&self, span: Span) {
        self.0.lock().expect("a list").push(span);
    }

    fn flush(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

impl Kept {
    fn all(&self) -> Vec<Span> {
        std::mem::take(&mut *self.0.lock().expect("a list"))
    }
}

/// The program, a proxy on this machine, and a list of what is told.
async fn rig(share: f64) -> (TestApp, Arc<Kept>) {
    let kept = Arc::new(Kept::default());
    let options = Options {
        tracer: Some(Tracer::new(Arc::clone(&kept) as _, share, [3; 16])),
        ..forward::options()
    };
    (TestApp::sqlite_with(options).await, kept)
}

fn request(spans: &[Span]) -> &Span {
    let mut all = spans.iter().filter(|span| span.kind == Kind::Server);
    let span = all
        .next()
        .unwrap_or_else(|| panic!("no request: {spans:?}"));
    assert!(all.next().is_none(), "one request, one span: {spans:?}");
    span
}

fn status(span: &Span) -> Option<i64> {
    match span.said("http.response.status_code") {
        Some(Said::Number(status)) => Some(*status),
        _ => None,
    }
}

/// What the backend was sent under a header's name.
fn sent(reply: &Reply, name: &str) -> Vec<String> {
    let echo = reply.json();
    let all = echo["headers"].as_array().expect("headers").iter();
    all.filter(|pair| pair[0] == name)
        .filter_map(|pair| pair[1].as_str().map(str::to_owned))
        .collect()
}

async fn entered(app: &TestApp) -> Browser {
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, APP).await;
    browser
}

#[tokio::test]
async fn a_request_is_a_span_that_names_its_route_and_reference() {
    let (app, kept) = rig(1.0).await;
    let mut browser = app.browser();
    let reply = browser
        .send(Call::api(
            "GET",
            "/v1/admin/users/somebody?q=1",
            &Value::Null,
        ))
        .await
        .refused(401, "unauthenticated");
    let spans = kept.all();
    let span = request(&spans);
    assert_eq!(span.name, "GET /v1/admin/users/{id}");
    assert_eq!(span.text("http.request.method"), Some("GET"));
    assert_eq!(span.text("http.route"), Some("/v1/admin/users/{id}"));
    assert_eq!(span.text("server.address"), Some("login.test"));
    assert_eq!(span.text("laneway.error"), Some("unauthenticated"));
    assert_eq!(
        span.text("laneway.request_id"),
        Some(reply.header("x-request-id"))
    );
    assert_eq!(status(span), Some(401));
    assert!(!span.failed && span.parent.is_none() && span.ended >= span.began);

    // No route, no name of one; and no method that somebody made up.
    browser.send(Call::new("BREW", "/nowhere")).await;
    let spans = kept.all();
    assert_eq!(request(&spans).name, "_OTHER");
    assert_eq!(request(&spans).said("http.route"), None);

    // What the store did for it: verbs and tables.
    browser.get("/login").await.expect(200);
    app.signup("ben@x.test").await;
    let spans = kept.all();
    let stores: Vec<&Span> = spans
        .iter()
        .filter(|span| span.said("db.system.name").is_some())
        .collect();
    for name in ["BEGIN", "COMMIT", "INSERT login_flows"] {
        assert!(stores.iter().any(|span| span.name == name), "no {name}");
    }
    for span in stores {
        assert_eq!(span.text("db.system.name"), Some("sqlite"));
        let of = spans
            .iter()
            .find(|one| Some(one.context.span) == span.parent);
        let of = of.expect("the request that it is part of");
        assert_eq!(
            (of.kind, of.context.trace),
            (Kind::Server, span.context.trace)
        );
    }
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_is_told_about() {
    let (app, kept) = rig(1.0).await;
    let mut browser = app.browser();
    let body = json!({ "purpose": "signup", "username": "ana@x.test" });
    tokio::select! {
        biased;
        _ = browser.post("/v1/auth/flows", body) => panic!("it did not even wait for the store"),
        () = std::future::ready(()) => {}
    }
    let spans = kept.all();
    let span = request(&spans);
    assert_eq!(span.text("error.type"), Some("cancelled"));
    assert!(span.name.starts_with("POST") && status(span).is_none());
}

#[tokio::test]
async fn a_question_of_a_proxy_is_a_span_too() {
    let (app, kept) = rig(1.0).await;
    let mut browser = app.signup("ana@x.test").await;
    app.enter(&mut browser, forward::WIKI).await;
    let cookie = browser
        .cookie(forward::WIKI, "__Host-lw")
        .expect("a cookie");
    kept.all();
    let asked = forward::nginx("https://wiki.test/page?token=x", "")
        .header("cookie", &format!("__Host-lw={cookie}"))
        .header("traceparent", PARENT);
    forward::proxy(&app).send(asked).await.expect(200);
    let spans = kept.all();
    let span = request(&spans);
    assert_eq!(span.name, "GET /authz/auth-request");
    assert_eq!(span.text("server.address"), Some("wiki.test"));
    assert_eq!(span.context.trace.to_string(), TRACE);
    assert_eq!(status(span), Some(200));
}

#[tokio::test]
async fn a_trace_goes_on_from_a_listed_proxy_and_from_nobody_else() {
    let (app, kept) = rig(1.0).await;
    let asked = || Call::new("GET", "/healthz").header("traceparent", PARENT);
    forward::proxy(&app)
        .send(asked().header("tracestate", "a=1"))
        .await;
    let spans = kept.all();
    let span = request(&spans);
    assert_eq!(span.context.trace.to_string(), TRACE);
    assert_eq!(
        span.parent.map(|id| id.to_string()).as_deref(),
        Some("00f067aa0ba902b7")
    );
    assert!(span.from_elsewhere && span.state.as_deref() == Some("a=1"));

    app.browser().send(asked()).await;
    let twice = asked().header("traceparent", PARENT);
    forward::proxy(&app).send(twice).await;
    forward::proxy(&app)
        .send(Call::new("GET", "/healthz").header("traceparent", "00-x-y-01"))
        .await;
    let mut spans = kept.all();
    spans.retain(|span| span.kind == Kind::Server);
    assert_eq!(spans.len(), 3);
    for span in spans {
        assert_ne!(span.context.trace.to_string(), TRACE);
        assert!(span.parent.is_none() && !span.from_elsewhere && span.state.is_none());
    }
    // Whoever began it says that nobody keeps it.
    let unkept = PARENT.replace("-01", "-00");
    let call = Call::new("GET", "/healthz").header("traceparent", &unkept);
    forward::proxy(&app).send(call).await;
    assert!(kept.all().is_empty());
}

#[tokio::test]
async fn an_application_goes_on_from_us() {
    let (app, kept) = rig(1.0).await;
    let browser = entered(&app).await;
    kept.all();
    let call = || {
        Call::new("GET", &format!("{APP}/api/echo/a/b?c={CANARY}"))
            .header("x-csrf", "1")
            .header("traceparent", PARENT)
            .header("tracestate", "a=1")
    };
    // From a stranger it is no more than a claim.
    let reply = browser.clone().send(call()).await.expect(200);
    let spans = kept.all();
    let whole = request(&spans);
    let part = spans.iter().find(|span| span.said("server.port").is_some());
    let part = part.expect("the call");
    assert_eq!(
        (whole.name.as_ref(), part.name.as_ref()),
        ("GET /api/{*path}", "GET")
    );
    assert_eq!(part.kind, Kind::Client);
    assert_eq!(part.parent, Some(whole.context.span));
    assert_eq!(part.text("server.address"), Some("127.0.0.1"));
    assert_eq!(status(part), Some(200));
    assert_eq!(sent(&reply, "traceparent"), [part.context.to_string()]);
    assert!(sent(&reply, "tracestate").is_empty());
    assert_ne!(part.context.trace.to_string(), TRACE);

    let reply = browser
        .clone()
        .at_address([127, 0, 0, 1])
        .send(call())
        .await;
    let reply = reply.expect(200);
    let spans = kept.all();
    let part = spans.iter().find(|span| span.said("server.port").is_some());
    assert_eq!(
        sent(&reply, "traceparent"),
        [part.expect("the call").context.to_string()]
    );
    assert!(sent(&reply, "traceparent")[0].contains(TRACE));
    assert_eq!(sent(&reply, "tracestate"), ["a=1"]);

    // Nobody is there.
    let dead = Call::new("GET", &format!("{APP}/api/dead/x")).header("x-csrf", "1");
    browser
        .clone()
        .send(dead)
        .await
        .refused(503, "upstream_unavailable");
    let spans = kept.all();
    assert!(request(&spans).failed);
    assert_eq!(
        request(&spans).text("laneway.error"),
        Some("upstream_unavailable")
    );
    let part = spans.iter().find(|span| span.said("server.port").is_some());
    assert_eq!(
        part.expect("the call").text("error.type"),
        Some("upstream_unavailable")
    );
}

#[tokio::test]
async fn what_is_not_kept_is_handed_on_all_the_same() {
    let (app, kept) = rig(0.0).await;
    let mut browser = entered(&app).await;
    let call = Call::new("GET", &format!("{APP}/api/echo/x")).header("x-csrf", "1");
    let reply = browser.send(call).await.expect(200);
    assert!(kept.all().is_empty());
    let parent = sent(&reply, "traceparent");
    assert!(
        parent.len() == 1 && parent[0].ends_with("-00"),
        "{parent:?}"
    );
}

#[tokio::test]
async fn without_a_collector_nothing_is_changed_on_its_way() {
    let app = TestApp::sqlite_with(forward::options()).await;
    let mut browser = entered(&app).await;
    let call = Call::new("GET", &format!("{APP}/api/echo/x"))
        .header("x-csrf", "1")
        .header("traceparent", PARENT);
    let reply = browser.send(call).await.expect(200);
    assert_eq!(sent(&reply, "traceparent"), [PARENT]);
}

#[tokio::test]
async fn a_call_to_a_provider_is_part_of_the_request_that_needed_it() {
    let (app, kept) = rig(1.0).await;
    let issuer = Issuer::attached(&app).await;
    kept.all();
    let token = issuer.token("ana");
    app.browser()
        .send(Call::new("GET", "/v1/me").bearer(&token))
        .await;
    let spans = kept.all();
    let whole = request(&spans);
    let calls: Vec<&Span> = spans
        .iter()
        .filter(|span| span.said("server.port").is_some())
        .collect();
    assert!(!calls.is_empty(), "it asked for the keys: {spans:?}");
    for call in calls {
        assert_eq!((call.kind, call.name.as_ref()), (Kind::Client, "GET"));
        assert_eq!(call.parent, Some(whole.context.span));
        assert_eq!(status(call), Some(200));
    }
}

/// Secrets wherever a request can hold one, those that we make, and those of people.
#[tokio::test]
async fn no_secret_is_in_any_span() {
    let (app, kept) = rig(1.0).await;
    let mut browser = entered(&app).await;
    let mut secrets = vec![CANARY.to_owned(), "ana@x.test".to_owned()];
    secrets.push(app.operator().await);
    for (origin, name) in [(LOGIN, "__Host-lw"), (APP, "__Host-lw")] {
        secrets.extend(browser.cookie(origin, name).map(str::to_owned));
    }
    for path in [
        "/login?error=canary5ecret&login_hint=canary5ecret",
        "/owner/canary5ecret",
        "/login/link/canary5ecret",
        "/invitations/canary5ecret",
        "/setup/canary5ecret",
        "/bff/handoff?ticket=canary5ecret",
        "/bff/logout/continue/canary5ecret",
        "/federation/callback/corp?code=canary5ecret&state=canary5ecret",
        "/federation/tests/canary5ecret",
        "/oauth/authorize?client_id=canary5ecret&state=canary5ecret",
        "/canary5ecret/canary5ecret",
        "https://app.test/canary5ecret?canary5ecret",
        "https://app.test/api/echo/canary5ecret?k=canary5ecret",
        "https://canary5ecret.test/",
    ] {
        let call = Call::new("GET", path)
            .header("x-csrf", "1")
            .header("authorization", "Bearer canary5ecret")
            .header("user-agent", CANARY)
            .header("referer", "https://app.test/canary5ecret")
            .header("x-canary", CANARY)
            .header("traceparent", &format!("00-{CANARY}-{CANARY}-01"));
        browser.clone().send(call).await;
        let call = Call::new("GET", path)
            .header(
                "cookie",
                "__Host-lw=canary5ecret; __Host-lw-flow=canary5ecret",
            )
            .header("x-csrf", "1");
        browser.clone().send(call.bare()).await;
    }
    let form = [("code", CANARY), ("password", CANARY), ("token", CANARY)];
    for path in [
        "/oauth/token",
        "/oauth/revoke",
        "/device",
        "/login",
        "/invitations/canary5ecret",
    ] {
        browser.clone().send(Call::form(path, &form)).await;
    }
    // A whole sign-up with its code, and a wrong answer.
    let mut other = app.browser();
    let flow = app
        .begin(
            &mut other,
            json!({ "purpose": "signup", "username": "canary5ecret@x.test" }),
        )
        .await;
    let id = flow["id"].as_str().expect("an id");
    secrets.push(id.to_owned());
    answer(&mut other, id, "email-code", json!({})).await;
    answer(&mut other, id, "email-code", json!({ "code": CANARY })).await;
    let code = app.code_for("canary5ecret@x.test").await;
    answer(&mut other, id, "email-code", json!({ "code": code })).await;
    secrets.push(code);
    // A provider's answer, a token for a backend.
    let issuer = Issuer::attached(&app).await;
    let token = issuer.token(CANARY);
    browser
        .send(Call::new("GET", "/v1/me").bearer(&token).bare())
        .await;
    secrets.push(token);

    let spans = kept.all();
    assert!(spans.len() > 100, "only {} spans", spans.len());
    for span in spans {
        // Times and ids are numbers of many digits: a code would be found in them by chance.
        let told = format!("{:?} {:?} {:?}", span.name, span.attributes, span.state);
        for secret in &secrets {
            assert!(!told.contains(secret.as_str()), "{secret} is in {told}");
        }
    }
}
