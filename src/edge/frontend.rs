//! Everything on an app host that is not ours: the application itself.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

use super::proxy::{Backends, Call, join, prepare};
use crate::config::Frontend;
use crate::domain::Problem;

const BODY_LIMIT: usize = 10 * 1024 * 1024;
const HEADER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// Serves a path of the application.
///
/// # Errors
/// `not_found` where no frontend is configured, and those of [`Backends::send`].
pub async fn serve(
    call: &Call<'_>,
    backends: &Backends,
    frontend: Option<&Frontend>,
    request: Request,
) -> Result<Response, Problem> {
    match frontend {
        None => Err(Problem::not_found()),
        Some(Frontend::Dir(dir)) => {
            // A single-page application answers its own paths with its index.
            let files = ServeDir::new(dir).fallback(ServeFile::new(dir.join("index.html")));
            match files.oneshot(request).await {
                Ok(answer) => Ok(answer.into_response()),
                Err(never) => match never {},
            }
        }
        Some(Frontend::Proxy(base)) => {
            let (mut parts, body) = request.into_parts();
            prepare(call, &mut parts.headers)?;
            parts.uri = join(base, parts.uri.path(), parts.uri.query())?;
            parts.version = http::Version::HTTP_11;
            let body = Body::new(Limited::new(body, BODY_LIMIT).map_err(axum::Error::new));
            backends
                .send(http::Request::from_parts(parts, body), HEADER_TIMEOUT)
                .await
        }
    }
}
