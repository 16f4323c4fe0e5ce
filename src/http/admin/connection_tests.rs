//! Test logins of a connection, and what came of each.

use axum::extract::{Path, Query};
use axum::response::Response;
use axum::{Json, response::IntoResponse};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::me::{Page, page, plausible};
use super::Operator;
use super::body::Body;
use super::connections::{Named, NoMembers};
use crate::domain::Problem;
use crate::domain::advance::Refusal;
use crate::domain::connection::{Config, Connection};
use crate::domain::entry::Entry;
use crate::domain::tenant::Signup;
use crate::lane_a::operator::Act;
use crate::lane_b::connections::{get, get_revision};
use crate::lane_b::test_logins;
use crate::lane_b::trace::{Reading, Trace, shown_claims};
use crate::store::test_logins::{self as rows, TestLogin};
use serde::Deserialize;

/// The name of a test in an address.
#[derive(Deserialize)]
pub struct NamedTest {
    test: String,
}

/// `POST …/connections/{connection}/tests`: the link is shown once.
pub async fn create_test(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
    Body(_): Body<NoMembers>,
) -> Result<Response, Problem> {
    let (act, name) = (by.act(&context), named.plausible()?);
    let (test, token) = test_logins::create(&act, by.home(), &name).await?;
    let url = context
        .site
        .tenant
        .address(&format!("/federation/tests/{token}"));
    let body = json!({
        "id": test.id, "url": url, "state": test.state.as_str(), "hash": test.hash,
        "expires_at": rfc3339(test.expires_at),
    });
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    let (path, connection) = (by.connections_path(), &test.connection);
    let location = format!("{path}/{connection}/tests/{}", test.id);
    if let Ok(value) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

/// `GET …/connections/{connection}/tests/{test}`
pub async fn read_test(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
    Path(NamedTest { test }): Path<NamedTest>,
) -> Result<Json<Value>, Problem> {
    let act = by.act(&context);
    let one = get(&act, by.home(), &named.plausible()?).await?;
    let test = test_logins::find(&act, &one, &plausible(test)?).await?;
    let config = get_revision(&act, &one, one.draft).await?.config;
    Ok(Json(told(&act, &one, &config, &test).await?))
}

/// `GET …/connections/{connection}/tests`: all, and the newest in full.
pub async fn tests(
    by: Operator,
    context: Context,
    Path(named): Path<Named>,
    Query(paging): Query<Page>,
) -> Result<Response, Problem> {
    let act = by.act(&context);
    let one = get(&act, by.home(), &named.plausible()?).await?;
    let path = format!("{}/{}/tests", by.connections_path(), one.id);
    let (limit, before) = (paging.limit()?, paging.after(&context, &path)?);
    let (db, tenant) = (&context.core.db, &context.site.tenant.id);
    let all = rows::list(db, tenant, &one.id, &before, limit).await?;
    let config = get_revision(&act, &one, one.draft).await?.config;
    let last = all.last().map(|test| test.id.clone());
    let mut items = Vec::with_capacity(all.len());
    for test in &all {
        items.push(told(&act, &one, &config, test).await?);
    }
    Ok(page(&context, &path, limit, items, last))
}

/// A test as the outside sees it.
pub async fn told(
    act: &Act<'_>,
    one: &Connection,
    config: &Config,
    test: &TestLogin,
) -> Result<Value, Problem> {
    let mut body = json!({
        "id": test.id, "state": test.state.as_str(), "hash": test.hash,
        "current": test.hash == one.draft_hash, "checks": [], "claims": {}, "rules": [],
        "result": null, "timeline": [], "created_at": rfc3339(test.created_at),
        "finished_at": test.finished_at.map(rfc3339), "expires_at": rfc3339(test.expires_at),
    });
    let Some(trace) = Trace::open(act.core, &act.tenant.id, test)? else {
        return Ok(body);
    };
    let reading = trace.read(act.core, act.tenant, one, config).await?;
    // By the rules of today, as the page and activation judge it.
    body["state"] = json!(reading.state().as_str());
    body["checks"] = json!(reading.checks);
    body["timeline"] = trace
        .timeline
        .iter()
        .map(|moment| json!({ "at": rfc3339(moment.at), "what": moment.what }))
        .collect();
    if let Some(identity) = &trace.identity {
        body["claims"] = shown_claims(&identity.claims);
        body["identity"] = json!({
            "issuer": identity.origin().0, "subject": identity.origin().1, "email": identity.email,
            "email_verified": identity.email_verified, "name": identity.name,
        });
    }
    if let Some(entry) = &reading.entry {
        body["rules"] = json!(entry.mapped.rules);
        body["result"] = result(entry, &reading, &trace);
    } else if reading.proven {
        // Without an organization: an account, or none.
        let known = reading.user.is_some() || act.tenant.signup == Signup::Open;
        let refused = (!known).then_some(Refusal::UnknownPerson.as_str());
        let user = person(&reading, &trace);
        body["result"] = json!({ "user": user, "membership": null, "refused": refused });
    }
    Ok(body)
}

fn result(entry: &Entry, reading: &Reading, trace: &Trace) -> Value {
    outcome(entry, &person(reading, trace))
}

fn person(reading: &Reading, trace: &Trace) -> Value {
    let identity = trace.identity.as_ref();
    json!({
        "id": reading.user, "new": reading.user.is_none(),
        "email": identity.and_then(|one| one.email.clone()),
        "name": identity.and_then(|one| one.name.clone()),
    })
}

/// What a sign-in would come to.
pub fn outcome(entry: &Entry, user: &Value) -> Value {
    let membership = json!({
        "roles": entry.roles, "gained": entry.mapped.gained, "lost": entry.mapped.lost,
        "undefined": entry.mapped.undefined, "groups": entry.mapped.groups,
    });
    json!({
        "user": user,
        "membership": if entry.bar.is_none() { membership } else { Value::Null },
        "refused": entry.bar.map(Refusal::as_str),
    })
}
