//! What happened.

use axum::extract::Query;
use axum::response::Response;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::me::{Page, page};
use super::operator as caller;
use crate::domain::{Code, Problem};
use crate::store::audit;
use crate::store::audit::Filter;

#[derive(Deserialize)]
pub struct AuditQuery {
    #[serde(rename = "type")]
    kind: Option<String>,
    actor: Option<String>,
    target: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// `GET /v1/admin/audit-events`, newest first.
pub async fn audit_events(
    context: Context,
    Query(query): Query<AuditQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    caller(&context, &Method::GET).await?;
    let limit = paging.limit()?;
    let filter = Filter {
        kind: query.kind.clone().unwrap_or_default(),
        actor: query.actor.clone().unwrap_or_default(),
        target: query.target.clone().unwrap_or_default(),
        from: instant(query.from.as_deref(), 0)?,
        to: instant(query.to.as_deref(), i64::MAX)?,
    };
    let path = audit_path(&query);
    let before = paging.after(&context, &path)?;
    let all = audit::list(
        &context.core.db,
        &context.site.tenant.id,
        &filter,
        &before,
        limit,
    )
    .await?;
    let last = all.last().map(|event| event.id.clone());
    Ok(page(
        &context,
        &path,
        limit,
        all.iter().map(event_json).collect(),
        last,
    ))
}

/// The listing's address with its filters, which its cursors are bound to.
fn audit_path(query: &AuditQuery) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    let filters = [
        ("type", &query.kind),
        ("actor", &query.actor),
        ("target", &query.target),
        ("from", &query.from),
        ("to", &query.to),
    ];
    for (name, value) in filters {
        if let Some(value) = value {
            encoded.append_pair(name, value);
        }
    }
    let encoded = encoded.finish();
    let join = if encoded.is_empty() { "" } else { "?" };
    format!("/v1/admin/audit-events{join}{encoded}")
}

fn event_json(event: &audit::EventRow) -> Value {
    let parse = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .unwrap_or(Value::Null)
    };
    json!({
        "id": event.id, "at": rfc3339(event.at), "type": event.kind, "outcome": event.outcome,
        "actor": event.actor, "target": event.target, "org_id": event.org,
        "request_id": event.request_id, "ip": event.ip,
        "detail": parse(&Some(event.detail.clone())),
        "before": parse(&event.before), "after": parse(&event.after),
    })
}

fn instant(text: Option<&str>, default: i64) -> Result<i64, Problem> {
    use time::format_description::well_known::Rfc3339;
    let Some(text) = text else { return Ok(default) };
    time::OffsetDateTime::parse(text, &Rfc3339)
        .map(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(default))
        .map_err(|_| {
            Problem::new(
                Code::InvalidRequest,
                "Write instants as 2026-11-22T10:00:00Z.",
            )
        })
}
