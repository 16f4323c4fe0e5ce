//! The set-up of a connection without an account: `/setup/{token}` and the pages below it.
//!
//! The link's value is in every address; the browser that opened it is known by its device
//! cookie, which by itself opens nothing.
//!
//! Owns: who may see which page, and how a form becomes one call of `lane_b`.
//! Must not know: what a connection is made of.

mod activate;
mod check;
mod connect;
mod draft;
mod file;
mod guard;
mod health;
mod test;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use super::super::router::AppState;

/// Addresses of the set-up.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/setup/{token}", get(guard::door).post(guard::open))
        .route(
            "/setup/{token}/connect",
            get(connect::show).post(connect::save),
        )
        .route(
            "/setup/{token}/metadata",
            post(file::read).layer(DefaultBodyLimit::max(file::MOST_READ)),
        )
        .route("/setup/{token}/check", get(check::show))
        .route("/setup/{token}/trace", get(test::download))
        .route("/setup/{token}/test", get(test::show).post(test::act))
        .route(
            "/setup/{token}/activate",
            get(activate::show).post(activate::act),
        )
        .route("/setup/{token}/health", get(health::show).post(health::act))
        .route("/setup/{token}/share", post(guard::share))
}
