//! The record, of the tenant or of one organization: filters and the open event stand in the
//! address; the export is the same search as lines of JSON.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, Uri, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::super::super::context::Context;
use super::super::super::shown;
use super::super::{chrome, render};
use super::guard::{Desk, Refused, enter, enter_org};
use super::words;
use crate::domain::Problem;
use crate::lane_a::desk::acts::Permission;
use crate::lane_a::desk::{self, KINDS, Question, TrailRow};
use crate::store::audit::EventRow;
use crate::store::orgs::{self, Organization};
use crate::views::Words;
use crate::views::desk::{ChangedMember, TrailChoice, TrailDetail, TrailLine, TrailPage};

const ON_A_PAGE: usize = 40;
/// An export is bounded like everything else; what is left out is older.
const EXPORTED: usize = 10_000;
const SPANS: [(&str, &str, i64); 4] = [
    ("", "desk-span-all", 0),
    ("24h", "desk-range-24h", 86_400_000),
    ("7d", "desk-range-7d", 7 * 86_400_000),
    ("30d", "desk-range-30d", 30 * 86_400_000),
];

/// What stands in the address.
#[derive(Deserialize, Clone, Default)]
pub struct TrailQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    span: String,
    #[serde(default)]
    before: String,
    #[serde(default)]
    event: String,
}

impl TrailQuery {
    fn question(&self, now: i64, own: Option<&Organization>) -> Question {
        let span = SPANS.iter().find(|(word, ..)| *word == self.span);
        Question {
            text: self.q.trim().chars().take(200).collect(),
            kind: self.kind.clone(),
            refused: self.outcome == "refused",
            from: span
                .filter(|span| span.2 > 0)
                .map_or(0, |span| now - span.2),
            to: 0,
            before: self.before.chars().take(64).collect(),
            org: own.map(|org| org.id.clone()),
        }
    }

    /// The address of the same search with another page or another open event.
    fn address(&self, path: &str, before: &str, event: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", self.q.as_str()),
            ("kind", &self.kind),
            ("outcome", &self.outcome),
            ("span", &self.span),
            ("before", before),
            ("event", event),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }

    fn is_plain(&self) -> bool {
        [&self.q, &self.kind, &self.outcome, &self.span, &self.before]
            .iter()
            .all(|value| value.is_empty())
    }
}

/// `GET /admin/audit?q=&kind=&outcome=&span=&before=&event=`
pub async fn show(
    context: Context,
    here: Uri,
    Query(query): Query<TrailQuery>,
) -> Result<Response, Refused> {
    let desk = enter(&context, &here, Permission::AuditRead).await?;
    looked(&context, &desk, &query).await
}

/// `GET /org/{org}/audit`: the same of what happened there.
pub async fn show_own(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<TrailQuery>,
) -> Result<Response, Refused> {
    let (desk, _) = enter_org(&context, &here, &org, Permission::AuditRead).await?;
    looked(&context, &desk, &query).await
}

async fn looked(
    context: &Context,
    desk: &Desk<'_>,
    query: &TrailQuery,
) -> Result<Response, Refused> {
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let own = desk.own_org();
    let question = query.question(core.now(), own);
    let found = desk::search(core, tenant, &question, ON_A_PAGE).await?;
    let detail = if query.event.is_empty() {
        None
    } else {
        let org = own.map(|org| &org.id);
        let row = desk::event(core, tenant, org, &query.event).await?;
        Some(detail(context, own, &row).await?)
    };
    let path = own.map_or_else(
        || "/admin/audit".to_owned(),
        |org| format!("/org/{}/audit", org.slug),
    );
    let page = TrailPage {
        chrome: chrome(&context.site, &context.meta.request_id),
        frame: desk.frame(context, "trail"),
        q: query.q.clone(),
        kinds: kinds(&query.kind, own.is_some()),
        outcomes: [
            ("", "desk-outcome-any"),
            ("refused", "desk-outcome-refused"),
        ]
        .map(|(word, key)| choice(word, key, &query.outcome))
        .into(),
        spans: SPANS
            .map(|(word, key, _)| choice(word, key, &query.span))
            .into(),
        rows: found
            .rows
            .iter()
            .map(|row| line(row, query, &path))
            .collect(),
        first: (!query.before.is_empty()).then(|| query.address(&path, "", "")),
        next: found.next.map(|next| query.address(&path, &next, "")),
        detail,
        close: query.address(&path, &query.before, ""),
        export: query.address(&format!("{path}/export"), "", ""),
        plain: query.is_plain(),
        path,
    };
    Ok(render(context, StatusCode::OK, &page))
}

fn choice(word: &str, key: &'static str, chosen: &str) -> TrailChoice {
    TrailChoice {
        word: word.to_owned(),
        name: Words::new(key),
        chosen: word == chosen,
    }
}

/// Groups of types; an organization has nothing of the installation's own.
fn kinds(chosen: &str, own: bool) -> Vec<TrailChoice> {
    let key = |word: &str| match word {
        "sign-ins" => "desk-kind-sign-ins",
        "sessions" => "desk-kind-sessions",
        "people" => "desk-kind-people",
        "organizations" => "desk-kind-organizations",
        "providers" => "desk-kind-providers",
        _ => "desk-kind-installation",
    };
    let mut all = vec![choice("", "desk-kind-all", chosen)];
    all.extend(
        KINDS
            .iter()
            .filter(|(word, _)| !own || !matches!(*word, "providers" | "installation"))
            .map(|(word, _)| choice(word, key(word), chosen)),
    );
    if crate::audit::TYPES.contains(&chosen) {
        all.push(TrailChoice {
            word: chosen.to_owned(),
            name: Words::own(chosen),
            chosen: true,
        });
    }
    all
}

fn line(row: &TrailRow, query: &TrailQuery, path: &str) -> TrailLine {
    let event = &row.event;
    let hint = hint(event);
    TrailLine {
        href: query.address(path, &query.before, &event.id),
        at: event.at,
        clock: clock(event.at, false),
        kind: event.kind.clone(),
        about: if hint.is_empty() {
            target_name(row)
        } else {
            hint
        },
        who: who(row),
        outcome: words::of_outcome(&event.outcome),
        open: event.id == query.event,
    }
}

fn clock(at: i64, exact: bool) -> String {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(at / 1000) else {
        return String::new();
    };
    let (hour, minute, second) = (moment.hour(), moment.minute(), moment.second());
    if exact {
        format!("{hour:02}:{minute:02}:{second:02}.{:03}", at % 1000)
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

/// Method and reason of an event, where it has them.
pub(super) fn hint(event: &EventRow) -> String {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    let word = |name: &str| detail.get(name).and_then(Value::as_str);
    let words: Vec<&str> = ["method", "reason", "name"]
        .into_iter()
        .filter_map(word)
        .collect();
    words.join(", ")
}

/// Who did it.
pub(super) fn who(row: &TrailRow) -> Words {
    if let Some(name) = &row.actor_name {
        return Words::own(name);
    }
    match row.event.actor.split_once(':') {
        Some(("system", _)) => Words::new("desk-who-laneway"),
        Some(("token", _)) => Words::new("desk-who-token"),
        Some(("anonymous", _)) | None => Words::new("desk-who-nobody"),
        Some(_) => Words::own(&row.event.actor),
    }
}

/// Whom or what it is about.
fn target_name(row: &TrailRow) -> String {
    let name = row.target_name.clone();
    name.unwrap_or_else(|| row.event.target.replacen(':', " ", 1))
}

async fn detail(
    context: &Context,
    own: Option<&Organization>,
    row: &TrailRow,
) -> Result<TrailDetail, Problem> {
    let event = &row.event;
    // Operators' pages are not an organization's to open.
    let page_of = |principal: &str| page_of(principal).filter(|_| own.is_none());
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let org = match &event.org {
        Some(id) => orgs::find(db, tenant, id)
            .await?
            .map(|org| org.name)
            .or_else(|| Some(id.clone())),
        None => None,
    };
    Ok(TrailDetail {
        kind: event.kind.clone(),
        outcome: words::of_outcome(&event.outcome),
        at: event.at,
        exact: clock(event.at, true),
        who: (who(row), page_of(&event.actor)),
        target: (Words::own(target_name(row)), page_of(&event.target)),
        org,
        ip: event.ip.clone(),
        request: event.request_id.clone(),
        facts: desk::facts(event),
        trace: desk::trace(event),
        changes: changes(event.before.as_deref(), event.after.as_deref()),
        raw: serde_json::to_string_pretty(&shown::event(event)).unwrap_or_default(),
    })
}

/// The page of a principal or target that has one.
fn page_of(principal: &str) -> Option<String> {
    match principal.split_once(':') {
        Some(("user", id)) if !id.is_empty() => Some(format!("/admin/users/{id}")),
        Some(("organization", id)) => Some(format!("/admin/organizations/{id}")),
        Some(("upstream", _)) => Some("/admin/upstreams".to_owned()),
        _ => None,
    }
}

/// The members that differ.
fn changes(before: Option<&str>, after: Option<&str>) -> Vec<ChangedMember> {
    let members = |text: Option<&str>| -> Map<String, Value> {
        let value = text.and_then(|text| serde_json::from_str(text).ok());
        match value {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        }
    };
    let (before, after) = (members(before), members(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| ChangedMember {
            name: name.clone(),
            before: before.get(name).map(desk::plain).unwrap_or_default(),
            after: after.get(name).map(desk::plain).unwrap_or_default(),
        })
        .collect()
}

/// `GET /admin/audit/export`: the same search, one event per line, newest first.
pub async fn export(
    context: Context,
    here: Uri,
    Query(query): Query<TrailQuery>,
) -> Result<Response, Refused> {
    enter(&context, &here, Permission::AuditRead).await?;
    exported(&context, &query, None).await
}

/// `GET /org/{org}/audit/export`
pub async fn export_own(
    context: Context,
    here: Uri,
    Path(org): Path<String>,
    Query(query): Query<TrailQuery>,
) -> Result<Response, Refused> {
    let (_, org) = enter_org(&context, &here, &org, Permission::AuditRead).await?;
    exported(&context, &query, Some(&org)).await
}

async fn exported(
    context: &Context,
    query: &TrailQuery,
    own: Option<&Organization>,
) -> Result<Response, Refused> {
    let (core, tenant) = (&context.core, &context.site.tenant.id);
    let mut question = query.question(core.now(), own);
    let mut lines = String::new();
    let mut left = EXPORTED;
    while left > 0 {
        let found = desk::search(core, tenant, &question, left.min(500)).await?;
        left -= found.rows.len().min(left);
        for row in &found.rows {
            lines.push_str(&shown::event(&row.event).to_string());
            lines.push('\n');
        }
        let Some(next) = found.next else { break };
        question.before = next;
    }
    if left == 0 {
        let note = json!({ "note": "older events are not in this file", "events": EXPORTED });
        lines.push_str(&note.to_string());
        lines.push('\n');
    }
    let mut response = lines.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"audit.jsonl\""),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[test]
    fn only_what_differs_is_a_change() {
        let found = changes(
            Some(r#"{"name":"Ana","state":"active","gone":1}"#),
            Some(r#"{"name":"Ana","state":"disabled","roles":["a","b"]}"#),
        );
        let shown: Vec<_> = found
            .iter()
            .map(|change| {
                (
                    change.name.as_str(),
                    change.before.as_str(),
                    change.after.as_str(),
                )
            })
            .collect();
        let wanted = [
            ("gone", "1", ""),
            ("roles", "", "a b"),
            ("state", "active", "disabled"),
        ];
        assert_eq!(shown, wanted);
        assert!(changes(None, Some("[1]")).is_empty());
    }
}
