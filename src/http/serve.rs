//! Two listeners, and an orderly end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::first_head::{FirstHead, TwoLengths};
use super::ops;
use crate::app::{App, spawn_jobs};
use crate::domain::{Code, Problem};

/// What runs may take so long to finish after SIGTERM.
const DRAIN: Duration = Duration::from_secs(10);
/// A client has so long to send its headers.
const HEADER_DEADLINE: Duration = Duration::from_secs(10);

/// Listens until SIGTERM or SIGINT, then finishes what runs.
///
/// # Errors
/// When an address cannot be bound.
pub async fn serve(app: App) -> Result<(), Problem> {
    let server = &app.core.config.server;
    let public = bind(server.listen, "LANEWAY_LISTEN").await?;
    let second = bind(server.ops_listen, "LANEWAY_OPS_LISTEN").await?;
    let mut jobs = spawn_jobs(&app.core);
    tracing::info!(
        listen = %server.listen, ops = %server.ops_listen, public_url = %server.public_url,
        "laneway is ready"
    );
    let ops_task = tokio::spawn(accept(second, app.ops, std::future::pending()));
    accept(public, app.router, stop_signal()).await;
    ops_task.abort();
    jobs.abort_all();
    while jobs.join_next().await.is_some() {}
    if let Err(error) = app.core.sessions.flush().await {
        tracing::warn!(%error, "the last uses of sessions were not written");
    }
    app.core.db.close().await;
    tracing::info!("laneway has stopped");
    Ok(())
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

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping: finishing what runs");
    ops::stopping();
}

async fn accept(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let (stop_all, stopping) = tokio::sync::watch::channel(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of descriptors: waiting is all that helps.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (stream, two_lengths) = FirstHead::new(stream);
        let router = router.clone();
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            if two_lengths.swap(false, Ordering::SeqCst) {
                request.extensions_mut().insert(TwoLengths);
            }
            let router = router.clone();
            async move {
                let answer = router.oneshot(request.map(axum::body::Body::new)).await;
                Ok::<_, Infallible>(answer.unwrap_or_else(|never| match never {}))
            }
        });
        // Not the builder that guesses the version: its guess waits without a deadline.
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_DEADLINE)
            .max_buf_size(64 * 1024);
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut stopping = stopping.clone();
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            // A client that goes away is no event.
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        });
    }
    drop((listener, stopping));
    let _ = stop_all.send(());
    // Every connection holds a receiver until it is over.
    let _ = tokio::time::timeout(DRAIN, stop_all.closed()).await;
}
