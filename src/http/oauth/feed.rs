//! `GET /v1/invalidations`: the feed as pages, as pages that wait, and as an event stream.
//!
//! Owns: who may read it, how many at once, its formats.
//! Must not know: what is said of what.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::stream;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::super::context::Context;
use super::discovery::home;
use super::token::desk;
use crate::authz::{Permission, Scope, require};
use crate::domain::scope::Scope as Granted;
use crate::domain::{AppId, Code, Problem, TenantId};
use crate::oauth::feed::{Feed, Page, app_of};
use crate::oauth::{Fault, Params, client};
use crate::sessions::{Lease, Live};

/// The longest wait for news, s: below what proxies in between take for a dead backend.
const LONGEST_WAIT_S: u64 = 55;
/// How often a waiting node asks itself whether it hears of changes, and a stream proves that it
/// lives and that its reader still may read.
const BEAT: Duration = Duration::from_secs(2);
/// Who waits at once on a node: so many of a tenant, and of them so many of one reader.
const OF_TENANT: usize = 64;
const OF_READER: usize = 8;
/// Behind the limit, or with the node about to stop: come back after so many seconds.
const LATER_S: u64 = 2;

/// Who reads at the moment, for the route.
pub fn readers() -> Extension<Arc<Readers>> {
    Extension(Arc::new(Readers::default()))
}

/// `?since=&wait=`
#[derive(Deserialize)]
pub struct Asked {
    since: Option<String>,
    wait: Option<u64>,
}

/// `GET /v1/invalidations`
pub async fn read(
    context: Context,
    Extension(readers): Extension<Arc<Readers>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    home(&context)?;
    let epoch = context.core.log.epoch();
    let reader = reader(&context).await?;
    let streams = wants_stream(&context.headers);
    let wait = Duration::from_secs(asked.wait.unwrap_or(0));
    if wait.as_secs() > LONGEST_WAIT_S {
        let detail = format!("wait is at most {LONGEST_WAIT_S} seconds.");
        return Err(Problem::new(Code::InvalidRequest, detail));
    }
    let feed = feed(&context);
    let since = last_event(&context.headers)
        .filter(|_| streams)
        .or(asked.since);
    let position = match since {
        Some(cursor) => feed.open(&cursor)?,
        None => feed.beginning().await?,
    };
    let slot = readers.enter(&context.site.tenant.id, &reader.name)?;
    let mut lease = context.core.sessions.lease(reader.live, epoch);
    let moved = context.core.log.positions();
    if streams {
        let page = feed.after(position).await?;
        lease.becomes_stream();
        return Ok(stream_of(Streamed {
            context,
            moved,
            lease,
            page: Some(page),
            position,
            _slot: slot,
        }));
    }
    if !wait.is_zero() {
        lease.becomes_stream();
    }
    let until = Instant::now() + wait;
    let page = waited(feed, position, (moved, lease), until).await?;
    Ok(Json(json!({
        "items": page.events,
        "next_cursor": feed.cursor(page.position),
        "more": page.more,
    }))
    .into_response())
}

fn feed(context: &Context) -> Feed<'_> {
    Feed {
        core: &context.core,
        tenant: &context.site.tenant,
    }
}

/// The first page that says something, or the empty one after the wait.
async fn waited(
    feed: Feed<'_>,
    position: i64,
    (mut moved, mut lease): (watch::Receiver<i64>, Lease),
    until: Instant,
) -> Result<Page, Problem> {
    moved.mark_unchanged();
    let mut page = feed.after(position).await?;
    loop {
        let over = Instant::now() >= until;
        if !page.events.is_empty() || (over && !page.more) {
            return Ok(page);
        }
        if !page.more {
            tokio::select! {
                _ = moved.changed() => {}
                () = sleep_until(until) => {}
                () = sleep(BEAT) => {}
                // This node stops: the reader goes on at another.
                _ = lease.ended() => return Ok(page),
            }
        }
        page = feed.next(page.position).await?;
    }
}

struct Streamed {
    context: Context,
    moved: watch::Receiver<i64>,
    lease: Lease,
    page: Option<Page>,
    position: i64,
    _slot: Slot,
}

fn stream_of(streamed: Streamed) -> Response {
    let body = stream::unfold(streamed, |mut streamed| async move {
        let text = streamed.piece().await?;
        Some((Ok::<_, Infallible>(Bytes::from(text)), streamed))
    });
    let mut response = Body::from_stream(body).into_response();
    let headers = response.headers_mut();
    let mut put = |name, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    put(header::CONTENT_TYPE, "text/event-stream");
    // nginx would collect it.
    put(header::HeaderName::from_static("x-accel-buffering"), "no");
    response
}

impl Streamed {
    /// The next piece of the stream; `None` ends it, and the reader comes back with its cursor.
    async fn piece(&mut self) -> Option<String> {
        let first = self.page.take();
        let mut say = first.is_some();
        let mut page = match first {
            Some(page) => page,
            None => self.next().await?,
        };
        loop {
            self.position = page.position;
            if say || !page.events.is_empty() {
                return Some(self.text(&page));
            }
            if !page.more {
                tokio::select! {
                    _ = self.moved.changed() => {}
                    _ = self.lease.ended() => return None,
                    () = sleep(BEAT) => {
                        // Its reader must still be one, and silence must mean something.
                        reader(&self.context).await.ok()?;
                        say = true;
                    }
                }
            }
            page = self.next().await?;
        }
    }

    async fn next(&self) -> Option<Page> {
        feed(&self.context).next(self.position).await.ok()
    }

    fn text(&self, page: &Page) -> String {
        let mut text = String::new();
        for event in &page.events {
            text.push_str(&format!("event: invalidation\ndata: {event}\n\n"));
        }
        let cursor = feed(&self.context).cursor(page.position);
        text.push_str(&format!("id: {cursor}\n\n"));
        text
    }
}

/// Somebody who may read.
struct Reader {
    name: String,
    live: Option<Arc<Live>>,
}

/// An app by its own proof, with the scope; or whoever has the permission in this tenant.
async fn reader(context: &Context) -> Result<Reader, Problem> {
    let permission = Permission::InvalidationsRead;
    if let Some(proof) = basic(&context.headers) {
        let (core, tenant) = (&context.core, &context.site.tenant);
        let nothing = Params::default();
        let app = client::authenticate(core, tenant, &context.meta.ip, Some(proof), &nothing).await;
        let app = app.map_err(|fault| match fault {
            Fault::Broken(problem) => problem,
            Fault::Refused { description, .. } => {
                Problem::new(Code::InvalidToken, "The app could not prove who it is.")
                    .because(description)
            }
        })?;
        return of_app(&app.id, &app.registration.scope);
    }
    if let Some(token) = bearer(&context.headers)
        && let Some((app, scope)) = app_of(desk(context), token).await?
    {
        return of_app(&app, &scope);
    }
    context.own_page_only()?;
    let caller = context.caller().await?;
    let authority = caller.authority(&context.core).await?.ok_or_else(|| {
        let detail = "Send the proof of an app, or a token, that may read this.";
        Problem::new(Code::Unauthenticated, detail).with("login_url", "/bff/login")
    })?;
    let there = Scope::Tenant(context.site.tenant.id.clone());
    require(&authority, permission, &there)?;
    let (kind, id) = authority.actor();
    Ok(Reader {
        name: format!("{kind} {id}"),
        live: caller.live().cloned(),
    })
}

fn of_app(app: &AppId, scope: &Granted) -> Result<Reader, Problem> {
    if !scope.has(Permission::InvalidationsRead.as_str()) {
        let detail = "The app, or its token, is not for the scope invalidations:read.";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    Ok(Reader {
        name: format!("app {app}"),
        live: None,
    })
}

/// The whole header where an app proves itself by its secret.
fn basic(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, _) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(text)
}

/// A bearer value that may be a JWT.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.starts_with("lw_")).then(|| token.trim())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|text| text.contains("text/event-stream"))
}

/// Where a browser's or library's event source goes on by itself.
fn last_event(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("last-event-id")?.to_str().ok()?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Who reads at the moment, per tenant and reader.
#[derive(Default)]
pub struct Readers(Mutex<HashMap<TenantId, HashMap<String, usize>>>);

struct Slot {
    readers: Arc<Readers>,
    tenant: TenantId,
    name: String,
}

impl Readers {
    fn enter(self: &Arc<Self>, tenant: &TenantId, name: &str) -> Result<Slot, Problem> {
        // A poisoned lock: whoever panicked held it for a count, so the map is whole.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = all.entry(tenant.clone()).or_default();
        let own = of_tenant.get(name).copied().unwrap_or_default();
        if own >= OF_READER || of_tenant.values().sum::<usize>() >= OF_TENANT {
            let detail = "Too many read the feed at once. Keep one connection per process.";
            return Err(Problem::new(Code::RateLimited, detail).retry_in(LATER_S));
        }
        of_tenant.insert(name.to_owned(), own + 1);
        Ok(Slot {
            readers: Arc::clone(self),
            tenant: tenant.clone(),
            name: name.to_owned(),
        })
    }

    fn leave(&self, tenant: &TenantId, name: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(of_tenant) = all.get_mut(tenant) else {
            return;
        };
        if let Some(count) = of_tenant.get_mut(name) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                of_tenant.remove(name);
            }
        }
        if of_tenant.is_empty() {
            all.remove(tenant);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.readers.leave(&self.tenant, &self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_so_many_and_a_tenant_too_and_places_come_back() {
        let readers = Arc::new(Readers::default());
        let (one, two) = (TenantId("t1".into()), TenantId("t2".into()));
        let mut held = Vec::new();
        for _ in 0..OF_READER {
            held.push(readers.enter(&one, "app a").expect("a place"));
        }
        let refused = readers.enter(&one, "app a").err().expect("no place");
        assert_eq!(refused.code, Code::RateLimited);
        while held.len() < OF_TENANT {
            let name = format!("app {}", held.len());
            held.push(readers.enter(&one, &name).expect("a place"));
        }
        assert!(readers.enter(&one, "app new").is_err());
        assert!(readers.enter(&two, "app new").is_ok());
        held.clear();
        assert!(readers.0.lock().expect("a lock").is_empty());
    }
}
