//! What is said where no handler says anything.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::domain::{Code, Problem};

/// An address that is asked in a way that it does not know.
pub async fn method_not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "This address knows other methods.")
}

/// A query or path that our handlers could not read is refused by the framework in plain
/// words of its own; clients are promised a problem document.
pub async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let plain = response
        .headers()
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/plain"));
    if !status.is_client_error() || !plain || response.extensions().get::<Problem>().is_some() {
        return response;
    }
    let code = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        _ => Code::InvalidRequest,
    };
    Problem::new(
        code,
        "A part of the address is missing or not of the right form.",
    )
    .into_response()
}

/// What is said when a handler broke.
pub fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::new(
        Code::Internal,
        "The incident is logged under the reference below.",
    )
    .because("a handler panicked")
    .into_response()
}
