//! The operations listener: liveness, readiness, metrics, the readable outbox.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use http::StatusCode;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config;
use crate::core::Core;
use crate::lane_a::mail;
use crate::store::{invalidations, outbox, sessions};

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
static STOPPING: AtomicBool = AtomicBool::new(false);

/// Metrics go to this process's exporter; once.
pub fn install_recorder() {
    let buckets = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0,
    ];
    let built = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &buckets)
        .and_then(PrometheusBuilder::install_recorder);
    match built {
        Ok(handle) => {
            let _ = RECORDER.set(handle);
        }
        Err(error) => tracing::warn!(%error, "metrics are off"),
    }
}

/// From now on not ready: the balancer sends no more, what runs is finished.
pub fn stopping() {
    STOPPING.store(true, Ordering::SeqCst);
}

/// The router of the second listener.
pub fn router(core: Arc<Core>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics_text))
        .route("/messages", get(messages))
        .with_state(core)
}

async fn ready(State(core): State<Arc<Core>>) -> Response {
    if STOPPING.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping").into_response();
    }
    if !core.log.is_fresh() || invalidations::head(&core.db).await.is_err() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database cannot be reached",
        )
            .into_response();
    }
    "ok".into_response()
}

async fn metrics_text(State(core): State<Arc<Core>>) -> Response {
    let Some(handle) = RECORDER.get() else {
        return (StatusCode::NOT_FOUND, "metrics are off").into_response();
    };
    metrics::counter!("laneway_sql_queries_total").absolute(laneway_sqlkit::query_count());
    if let Ok(live) = sessions::count_live(&core.db, core.now()).await {
        #[expect(clippy::cast_precision_loss, reason = "a count of sessions")]
        metrics::gauge!("laneway_sessions").set(live as f64);
    }
    if let Ok(mails) = outbox::waiting(&core.db).await {
        let age = mails.oldest.map_or(0, |at| core.now().saturating_sub(at));
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of mails, and their age"
        )]
        {
            metrics::gauge!("laneway_mails_waiting").set(mails.pending as f64);
            metrics::gauge!("laneway_mails_oldest_seconds").set(age as f64 / 1000.0);
        }
    }
    handle.run_upkeep();
    handle.render().into_response()
}

#[derive(Deserialize)]
struct MessageQuery {
    to: Option<String>,
}

/// What `outbox:` kept. Loopback only: the messages hold codes.
async fn messages(
    State(core): State<Arc<Core>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    Query(query): Query<MessageQuery>,
) -> Response {
    let local =
        peer.is_some_and(|Extension(ConnectInfo(peer))| peer.ip().to_canonical().is_loopback());
    if !local || !matches!(core.config.mail, config::Mail::Outbox { .. }) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let to = query.to.map(|to| to.to_lowercase());
    match mail::kept(&core).await {
        Ok(all) => {
            let items: Vec<Value> = all
                .iter()
                .filter(|m| to.as_ref().is_none_or(|to| m.to.to_lowercase() == *to))
                .map(|m| {
                    json!({
                        "to": m.to, "subject": m.subject, "text": m.text, "links": m.links,
                        "code": m.code,
                    })
                })
                .collect();
            Json(json!({ "items": items })).into_response()
        }
        Err(problem) => {
            tracing::error!(source = problem.source, "the outbox cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
