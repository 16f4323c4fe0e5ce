//! The floor: axum with one handler that does nothing, served as its own documentation does it.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::any;

/// Answers everything with 200 and one header until the process ends.
///
/// # Errors
/// When the address cannot be bound.
pub async fn serve(listen: SocketAddr) -> Result<(), String> {
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|error| format!("cannot listen on {listen}: {error}"))?;
    let router = Router::new().fallback(any(|| async { [("x-auth-request-user", "somebody")] }));
    axum::serve(listener, router)
        .await
        .map_err(|error| error.to_string())
}
