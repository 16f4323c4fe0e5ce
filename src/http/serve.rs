//! Two listeners, and an orderly end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use futures::FutureExt as _;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tower::ServiceExt as _;

use super::connection::{self, Shared};
use super::tls::Certificates;
use super::{AppState, authz, ops, traced};
use crate::app::{App, spawn_jobs};
use crate::domain::{Code, Problem};
use crate::edge::forward::Endpoint;
use crate::lane_a::desk;
use crate::sessions::Sessions;

/// What runs may take so long to finish after SIGTERM.
const DRAIN: Duration = Duration::from_secs(10);
/// Of that, what bodies have that were told to end.
const LAST: Duration = Duration::from_secs(1);
/// Of what is left of it, what a collector of traces has to take the last ones.
const TRACES: Duration = Duration::from_secs(2);

/// Listens until SIGTERM or SIGINT, then finishes what runs.
///
/// # Errors
/// When an address cannot be bound.
pub async fn serve(app: App) -> Result<(), Problem> {
    let server = &app.core.config.server;
    let public = bind(server.listen, "LANEWAY_LISTEN").await?;
    let second = bind(server.ops_listen, "LANEWAY_OPS_LISTEN").await?;
    let certificates = certificates(&app)?;
    let mut jobs = spawn_jobs(&app.core);
    tracing::info!(
        listen = %server.listen, ops = %server.ops_listen, public_url = %server.public_url,
        "laneway is ready"
    );
    let quiet = Listening {
        keep_alive: server.keep_alive,
        sessions: None,
        tls: None,
    };
    let ops_task = tokio::spawn(accept(second, app.ops, quiet, std::future::pending()));
    let listening = Listening {
        keep_alive: server.keep_alive,
        sessions: Some(Arc::clone(&app.core.sessions)),
        tls: certificates
            .as_ref()
            .map(Certificates::server)
            .transpose()?,
    };
    if let Some(certificates) = certificates {
        jobs.spawn(certificates.follow());
    }
    let mut stopped = None;
    let stop = async {
        stop_signal(server.stop_delay).await;
        stopped = Some(Instant::now());
    };
    accept(public, app.front, listening, stop).await;
    ops_task.abort();
    jobs.abort_all();
    while jobs.join_next().await.is_some() {}
    if let Err(error) = app.core.sessions.flush().await {
        tracing::warn!(%error, "the last uses of sessions were not written");
    }
    if let Some(tracer) = app.tracer {
        let used = stopped.map_or(DRAIN, |at| at.elapsed());
        tracer.flush(TRACES.min(DRAIN.saturating_sub(used))).await;
    }
    desk::leave(&app.core).await;
    app.core.db.close().await;
    tracing::info!("laneway has stopped");
    Ok(())
}

fn certificates(app: &App) -> Result<Option<Arc<Certificates>>, Problem> {
    let files = &app.core.config.certificates;
    (!files.is_empty())
        .then(|| Certificates::read(files))
        .transpose()
}

async fn bind(address: SocketAddr, key: &str) -> Result<TcpListener, Problem> {
    TcpListener::bind(address).await.map_err(|error| {
        Problem::new(
            Code::Internal,
            format!("{address} cannot be listened on. Free it, or set {key} to another address."),
        )
        .because(error)
    })
}

/// Ends once it is time to close the door: whoever looks at `/readyz` has had `delay` to send
/// people elsewhere. A second signal does not wait.
async fn stop_signal(delay: Duration) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    ops::stopping();
    tracing::info!(?delay, "stopping: not ready any more");
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: finishing what runs");
}

/// What a listener needs beside its router.
pub struct Listening {
    /// How long an unused connection is kept.
    pub keep_alive: Duration,
    /// Whose streams end when this listener stops.
    pub sessions: Option<Arc<Sessions>>,
    /// With which certificates it speaks TLS, if it does.
    pub tls: Option<Arc<ServerConfig>>,
}

/// What answers a listener's requests.
#[derive(Clone)]
pub struct Front {
    questions: Option<AppState>,
    rooms: Router,
}

impl Front {
    /// Proxies' questions, asked on every request of every application, are answered before
    /// any router is asked; the rest is for the rooms.
    pub fn new(state: AppState, rooms: Router) -> Self {
        Self {
            questions: Some(state),
            rooms,
        }
    }

    /// The same for whoever asks without a listener.
    pub fn as_router(&self) -> Router {
        let front = self.clone();
        Router::new().fallback_service(tower::service_fn(move |request| {
            let front = front.clone();
            async move { Ok::<_, Infallible>(front.answer(request).await) }
        }))
    }

    pub(super) async fn answer(&self, request: axum::extract::Request) -> Response {
        let questions = self.questions.as_ref();
        if let Some(state) = questions.filter(|state| state.tracer.is_some()) {
            // Boxed: most have no use for it, and would carry it.
            return Box::pin(traced::answer(state, request, |request| self.work(request))).await;
        }
        if let Some((state, endpoint)) = self.question(&request) {
            return authz::answer(state, endpoint, request).await;
        }
        let answer = self.rooms.clone().oneshot(request).await;
        answer.unwrap_or_else(|never| match never {})
    }

    /// The same, whichever it is.
    fn work(&self, request: axum::extract::Request) -> Work<'_> {
        if let Some((state, endpoint)) = self.question(&request) {
            return Box::pin(authz::answer(state, endpoint, request));
        }
        let answer = self.rooms.clone().oneshot(request);
        Box::pin(answer.map(|answer| answer.unwrap_or_else(|never| match never {})))
    }

    /// Whether it is a proxy that asks.
    fn question(&self, request: &axum::extract::Request) -> Option<(&AppState, Endpoint)> {
        let state = self.questions.as_ref()?;
        Some((state, Endpoint::at(request.uri().path())?))
    }
}

type Work<'a> = Pin<Box<dyn Future<Output = Response> + Send + 'a>>;

impl From<Router> for Front {
    fn from(rooms: Router) -> Self {
        Self {
            questions: None,
            rooms,
        }
    }
}

/// Serves connections until `stop`, then finishes what runs within `DRAIN`.
pub async fn accept(
    listener: TcpListener,
    front: impl Into<Front>,
    listening: Listening,
    stop: impl Future<Output = ()>,
) {
    let (stop_all, stopping) = watch::channel(());
    let shared = Shared {
        front: front.into(),
        keep_alive: listening.keep_alive,
        tls: listening.tls,
        stopping,
    };
    let slots = Arc::new(Semaphore::new(most_connections()));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener, &slots) => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, peer, slot)) = accepted else {
            // Out of descriptors: waiting is all that helps.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let serving = connection::serve(stream, peer, shared.clone());
        tokio::spawn(async move {
            serving.await;
            drop(slot);
        });
    }
    drop((listener, shared));
    let _ = stop_all.send(());
    let streams = listening.sessions.as_deref().map(Sessions::streams);
    if let Some(streams) = streams {
        streams.stop_streams();
    }
    // Every connection holds a receiver until it is over.
    let over = tokio::time::timeout(DRAIN.saturating_sub(LAST), stop_all.closed()).await;
    if over.is_err() {
        if let Some(streams) = streams {
            streams.stop_all();
        }
        let _ = tokio::time::timeout(LAST, stop_all.closed()).await;
    }
}

/// The next connection, once there is room for it.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await;
    let slot = slot.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, slot))
}

/// Half of the files that this process may open (`proc(5)`): a call may need another towards a
/// backend, and the database and the operations listener must never go without.
fn most_connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    open_files(&limits).map_or(32_768, |most| (most / 2).max(16))
}

fn open_files(limits: &str) -> Option<usize> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::open_files;

    #[test]
    fn the_soft_limit_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max open files            1024                 1048576              files\n";
        assert_eq!(open_files(limits), Some(1024));
        assert_eq!(
            open_files("Max open files   unlimited   unlimited   files"),
            None
        );
        assert_eq!(open_files(""), None);
    }
}
