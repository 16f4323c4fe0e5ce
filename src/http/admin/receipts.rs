//! Which nodes have heard that something ended.

use axum::Json;
use axum::extract::Query;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use super::super::context::Context;
use crate::domain::{Code, Problem};
use crate::lane_a::desk;

/// The place in the log, to ask [`receipt`] for.
const RECEIPT: HeaderName = HeaderName::from_static("x-laneway-receipt");

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    seq: String,
}

/// `GET /v1/admin/receipts?seq=`
pub async fn receipt(context: Context, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let seq = asked.seq.parse().map_err(|_| {
        Problem::new(
            Code::InvalidRequest,
            "Name the receipt: ?seq= with the number of its header.",
        )
    })?;
    Ok(Json(desk::receipt(&context.core, seq).await?).into_response())
}

/// Nothing is left, and who asks may see when every node knows.
pub(super) fn gone(seq: Option<i64>) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    if let Some(seq) = seq {
        answer.headers_mut().insert(RECEIPT, HeaderValue::from(seq));
    }
    answer
}
