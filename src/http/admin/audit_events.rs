//! What happened.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::json;

use super::super::context::Context;
use super::super::me::{Page, page};
use super::super::shown;
use super::{Operator, address};
use crate::audit::TYPES;
use crate::domain::{Code, OrgId, Problem};
use crate::store::audit::{self, EventRow, Filter};

/// An export holds at most so many events; narrow it with `from` and `to`.
const EXPORT_MOST: usize = 100_000;
const EXPORT_PAGE: i64 = 500;

#[derive(Deserialize)]
pub struct AuditQuery {
    #[serde(rename = "type")]
    kind: Option<String>,
    actor: Option<String>,
    target: Option<String>,
    org: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl AuditQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let kind = self.kind.clone().unwrap_or_default();
        if !kind.is_empty() && !TYPES.contains(&kind.as_str()) {
            return Err(Problem::new(
                Code::InvalidRequest,
                "type is one of the event types of the documentation.",
            ));
        }
        Ok(Filter {
            kind,
            actor: self.actor.clone().unwrap_or_default(),
            target: self.target.clone().unwrap_or_default(),
            org: self.org.clone().unwrap_or_default(),
            from: shown::instant(self.from.as_deref(), 0)?,
            to: shown::instant(self.to.as_deref(), i64::MAX)?,
        })
    }

    /// The same in this organization, whatever else was asked for.
    fn in_org(mut self, org: &OrgId) -> Self {
        self.org = Some(org.0.clone());
        self
    }

    fn address(&self, path: &str) -> String {
        let filters = [
            ("type", &self.kind),
            ("actor", &self.actor),
            ("target", &self.target),
            ("org", &self.org),
            ("from", &self.from),
            ("to", &self.to),
        ];
        address(path, &filters)
    }
}

/// `GET /v1/admin/audit-events`, newest first.
pub async fn audit_events(
    context: Context,
    Query(query): Query<AuditQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let path = query.address("/v1/admin/audit-events");
    listed(&context, &query, &path, &paging).await
}

/// `GET /v1/organizations/{org}/audit-events`: what happened there.
pub async fn org_audit_events(
    by: Operator,
    context: Context,
    Query(query): Query<AuditQuery>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let org = &by.org()?.id;
    let query = query.in_org(org);
    let path = query.address(&format!("/v1/organizations/{org}/audit-events"));
    listed(&context, &query, &path, &paging).await
}

async fn listed(
    context: &Context,
    query: &AuditQuery,
    path: &str,
    paging: &Page,
) -> Result<Response, Problem> {
    let limit = paging.limit()?;
    let filter = query.filter()?;
    let before = paging.after(context, path)?;
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let all = audit::list(db, tenant, &filter, &before, limit).await?;
    let last = all.last().map(|event| event.id.clone());
    let items = all.iter().map(shown::event).collect();
    Ok(page(context, path, limit, items, last))
}

/// `GET /v1/admin/audit-events/export`: the same, one JSON object per line, read as fast as
/// the client takes it.
pub async fn export_audit_events(
    context: Context,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Problem> {
    let filter = query.filter()?;
    // The first page is read before the answer begins: what fails, fails with a status.
    let first = next_page(&context, &filter, "").await?;
    let lines = lines(context, filter, first);
    let mut response = Body::from_stream(lines).into_response();
    let kind = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    let name = HeaderValue::from_static("attachment; filename=\"audit-events.ndjson\"");
    response
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

async fn next_page(
    context: &Context,
    filter: &Filter,
    before: &str,
) -> Result<Vec<EventRow>, Problem> {
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    Ok(audit::list(db, tenant, filter, before, EXPORT_PAGE).await?)
}

/// Pages as lines. A store that goes away meanwhile ends the stream with a line that says so:
/// half an export must not look like a whole one.
fn lines(
    context: Context,
    filter: Filter,
    first: Vec<EventRow>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let start = Some((first, 0_usize));
    stream::unfold(
        (start, context, filter),
        |(state, context, filter)| async move {
            let (rows, sent) = state?;
            let text = text_of(&rows);
            let sent = sent + rows.len();
            let full = i64::try_from(rows.len()).is_ok_and(|n| n == EXPORT_PAGE);
            let last = rows.last().map(|row| row.id.clone());
            let (text, next) = match last.filter(|_| full) {
                None => (text, None),
                Some(_) if sent >= EXPORT_MOST => (text + &end("limit", "narrow the filter"), None),
                Some(last) => match next_page(&context, &filter, &last).await {
                    Ok(rows) => (text, Some((rows, sent))),
                    Err(problem) => (text + &end(problem.code.as_str(), "try again"), None),
                },
            };
            let item = Ok(Bytes::from(text));
            Some((item, (next, context, filter)))
        },
    )
}

fn text_of(rows: &[EventRow]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        text.push_str(&shown::event(row).to_string());
        text.push('\n');
        text
    })
}

fn end(code: &str, detail: &str) -> String {
    format!("{}\n", json!({ "incomplete": code, "detail": detail }))
}
