//! Problems as responses: JSON, or a page of the same status.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::domain::Problem;

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // The gate adds the request id, logs the source and renders the page if one is wanted.
        let mut response = status.into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The JSON document of RFC 9457.
pub fn document(problem: &Problem, request_id: &str) -> Json<Value> {
    let code = problem.code.as_str();
    let mut body = json!({
        "type": format!("urn:laneway:problem:{code}"),
        "code": code,
        "title": problem.code.title(),
        "status": problem.code.status(),
        "detail": problem.detail,
        "request_id": request_id,
    });
    if !problem.errors.is_empty() {
        let errors: Vec<Value> = problem
            .errors
            .iter()
            .map(|fault| json!({ "pointer": fault.pointer, "code": fault.code, "detail": fault.detail }))
            .collect();
        body["errors"] = Value::Array(errors);
    }
    for (key, value) in &problem.extra {
        body[key] = value.clone();
    }
    Json(body)
}
