//! Everything on an app host that is not ours: the application itself.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

use super::backends::Backends;
use super::proxy::{Call, exchange, join, prepare, without_climbing};
use super::upgrade;
use crate::config::Frontend;
use crate::domain::Problem;

/// Serves a path of the application.
///
/// # Errors
/// `not_found` where no frontend is configured, and those of the proxy.
pub async fn serve(
    call: &Call<'_>,
    backends: &Backends,
    frontend: Option<&Frontend>,
    mut request: Request,
) -> Result<Response, Problem> {
    let mut answer = match frontend {
        None => return Err(Problem::not_found()),
        Some(Frontend::Dir(dir)) => {
            // A single-page application answers its own paths with its index.
            let files = ServeDir::new(dir).fallback(ServeFile::new(dir.join("index.html")));
            match files.oneshot(request).await {
                Ok(answer) => answer.into_response(),
                Err(never) => match never {},
            }
        }
        Some(Frontend::Proxy {
            url,
            exchange: bounds,
        }) => {
            let path = without_climbing(request.uri().path())?;
            let target = join(url, path, request.uri().query())?;
            let upgrade = upgrade::take(&mut request);
            prepare(call, request.headers_mut())?;
            *request.uri_mut() = target;
            exchange(call, backends, bounds, request, upgrade).await?
        }
    };
    // Asked for again each time, but not sent again: who says nothing about keeping has
    // entity tags at least.
    answer
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-cache"));
    Ok(answer)
}
