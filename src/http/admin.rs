//! `/v1/admin` and the operators' part of `/v1/organizations` (CONTRACT §8).

mod audit_events;
mod organizations;
mod tenants;
mod upstreams;
mod users;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;

use super::context::Context;
use crate::authn::{self, Caller};
use crate::domain::{Code, Problem};
use crate::lane_a::account;
use crate::lane_a::operator::{self};
use crate::store::operators;

pub use audit_events::*;
pub use organizations::*;
pub use tenants::*;
pub use upstreams::*;
pub use users::*;

/// An operator, for the audit event.
pub struct Operator(&'static str, String);

impl Operator {
    fn actor(&self) -> (&'static str, &str) {
        (self.0, &self.1)
    }
}

/// The caller as an instance operator, by token or by session.
///
/// # Errors
/// `unauthenticated`, `forbidden`, `csrf_required`, `not_found` on app hosts.
pub async fn operator(context: &Context, method: &Method) -> Result<Operator, Problem> {
    context.login_host_only()?;
    match context.caller().await? {
        Caller::Operator(id) => Ok(Operator("token", id)),
        Caller::Session(live) => {
            if !operators::is_owner(&context.core.db, &live.session.user).await? {
                return Err(Problem::new(Code::Forbidden, "Only owners may do this."));
            }
            authn::check_api(&context.headers, method, false)?;
            if *method != Method::GET {
                let visit = context.visit_as([0; 32], false).await?;
                account::require_operator(&visit, "/account").await?;
            }
            Ok(Operator("user", live.session.user.0.clone()))
        }
        Caller::Anonymous => Err(
            Problem::new(Code::Unauthenticated, "Send an operator's token.")
                .with("login_url", "/bff/login"),
        ),
    }
}

fn created(location: &str, body: Value) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn versioned(version: i64, body: Value) -> Response {
    let mut response = Json(body).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

fn if_match(context: &Context) -> Result<Option<i64>, Problem> {
    let Some(value) = context.headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim_matches('"');
    if text == "*" {
        return Ok(None);
    }
    let mismatch = || {
        Problem::new(
            Code::VersionMismatch,
            "Read the record again before you change it.",
        )
    };
    text.parse().map(Some).map_err(|_| mismatch())
}
