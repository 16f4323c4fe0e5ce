//! The pooled clients for backends and frontends: one request, its deadlines, its answer.
//!
//! They follow nothing, add nothing and take no proxy from the environment.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, Response, request};
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::body::{Fault, Progress};
use crate::config::{App, Exchange, Frontend};
use crate::domain::{Code, Problem};

/// Many servers close unused connections after five seconds; reusing one at that moment
/// loses the request.
const POOL_IDLE: Duration = Duration::from_secs(4);

type Https = hyper_rustls::HttpsConnector<HttpConnector>;

/// One client for each connect deadline that the configuration names.
#[derive(Clone)]
pub struct Backends {
    clients: Arc<HashMap<Duration, Client<Https, Body>>>,
}

impl Backends {
    /// With the system's root certificates.
    ///
    /// # Errors
    /// When no root certificates can be read.
    pub fn new(apps: &[App]) -> std::io::Result<Self> {
        let routes = apps.iter().flat_map(|app| &app.routes);
        let frontends = apps.iter().filter_map(|app| match &app.frontend {
            Some(Frontend::Proxy { exchange, .. }) => Some(exchange.connect_timeout),
            _ => None,
        });
        let mut clients = HashMap::new();
        for deadline in routes.map(|r| r.exchange.connect_timeout).chain(frontends) {
            if let Entry::Vacant(free) = clients.entry(deadline) {
                free.insert(client(deadline)?);
            }
        }
        Ok(Self {
            clients: Arc::new(clients),
        })
    }

    /// Sends a request whose address and headers are final, and waits for the answer's head.
    ///
    /// # Errors
    /// `upstream_unavailable`, `upstream_timeout`, `upstream_invalid`, `too_large`,
    /// `invalid_request` for a body that stopped arriving.
    pub(super) async fn send(
        &self,
        request: Request<Body>,
        bounds: &Exchange,
        progress: &Progress,
    ) -> Result<Response<Incoming>, Problem> {
        let client = self
            .clients
            .get(&bounds.connect_timeout)
            .ok_or_else(|| Problem::new(Code::Internal, "no client for this backend"))?;
        let safe = matches!(*request.method(), Method::GET | Method::HEAD);
        let (parts, body) = request.into_parts();
        let spare = (safe && body.is_end_stream()).then(|| parts.clone());
        let first = once(client, Request::from_parts(parts, body), bounds, progress).await;
        match (first, spare) {
            // A connection from the pool that the backend was just closing. Asking for
            // something twice does no harm (RFC 9110 §9.2.2); anything else is not repeated.
            (Err(Failure::Gone(_)), Some(parts)) => again(client, parts, bounds, progress).await,
            (outcome, _) => outcome.map_err(Failure::told),
        }
    }
}

fn client(connect_deadline: Duration) -> std::io::Result<Client<Https, Body>> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(connect_deadline));
    let https = hyper_rustls::HttpsConnectorBuilder::new()
        .with_native_roots()?
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .build(https))
}

async fn again(
    client: &Client<Https, Body>,
    parts: request::Parts,
    bounds: &Exchange,
    progress: &Progress,
) -> Result<Response<Incoming>, Problem> {
    progress.moved();
    let request = Request::from_parts(parts, Body::empty());
    let second = once(client, request, bounds, progress).await;
    second.map_err(Failure::told)
}

enum Failure {
    /// The connection ended before an answer began.
    Gone(Error),
    Other(Error),
    Late,
}

async fn once(
    client: &Client<Https, Body>,
    request: Request<Body>,
    bounds: &Exchange,
    progress: &Progress,
) -> Result<Response<Incoming>, Failure> {
    let mut answer = std::pin::pin!(client.request(request));
    let mut due = Instant::now() + bounds.header_timeout;
    loop {
        tokio::select! {
            answer = &mut answer => return answer.map_err(Failure::of),
            () = tokio::time::sleep_until(due) => {
                // A big body that moves is no late answer.
                due = progress.due(bounds.header_timeout);
                if due <= Instant::now() {
                    return Err(Failure::Late);
                }
            }
        }
    }
}

impl Failure {
    fn of(error: Error) -> Self {
        let gone = sources(&error).any(|source| {
            source
                .downcast_ref::<hyper::Error>()
                .is_some_and(|error| error.is_incomplete_message() || error.is_canceled())
        });
        if gone {
            Self::Gone(error)
        } else {
            Self::Other(error)
        }
    }

    fn told(self) -> Problem {
        let error = match self {
            Self::Late => {
                return Problem::new(
                    Code::UpstreamTimeout,
                    "The application behind this address took too long.",
                );
            }
            Self::Gone(error) | Self::Other(error) => error,
        };
        if error.is_connect() {
            return Problem::new(
                Code::UpstreamUnavailable,
                "The application behind this address is not running.",
            )
            .because(causes(&error));
        }
        let fault = sources(&error).find_map(|source| source.downcast_ref::<Fault>().copied());
        match fault {
            Some(fault) => fault.told(),
            None => Problem::new(
                Code::UpstreamInvalid,
                "The application behind this address answered nonsense.",
            )
            .because(causes(&error)),
        }
    }
}

fn sources<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn causes(error: &Error) -> String {
    let all: Vec<String> = sources(error).map(ToString::to_string).collect();
    all.join(": ")
}
