//! `/v1/me/export`: everything about a person as one JSON file, streamed page by page.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures::stream;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::super::bff::rfc3339;
use super::super::context::Context;
use super::super::shown;
use super::{credential_json, device_json, identity_json, reading, session_json, user_json};
use crate::core::{Core, Site};
use crate::domain::{Problem, Sid, UserId};
use crate::lane_a::account::{self, ExportAt, ExportPiece};

/// `GET /v1/me/export`
pub async fn export(context: Context) -> Result<Response, Problem> {
    context.login_host_only()?;
    let visit = reading(&context).await?;
    let user = account::begin_export(&visit).await?;
    let writer = Writer {
        core: Arc::clone(&context.core),
        site: Arc::clone(&context.site),
        current: visit.session()?.session.sid.clone(),
        user,
        open: None,
    };
    // The first piece before the status: what fails at once is told as any other failure.
    // Later the body breaks off, and a file that is cut short is no JSON.
    let (first, next) = writer.write(ExportAt::Profile).await?;
    let rest = stream::try_unfold(next, |state| async move {
        let Some((writer, at)) = state else {
            return Ok::<_, std::io::Error>(None);
        };
        let written = writer.write(at).await;
        written.map(Some).map_err(|problem| {
            tracing::warn!(source = problem.source, "an export broke off");
            std::io::Error::other("the export broke off")
        })
    });
    let begin = stream::once(async move { Ok(first) });
    let body = Body::from_stream(futures::StreamExt::chain(begin, rest));
    let mut response = Response::new(body);
    let day = rfc3339(context.core.now());
    let day = day.split('T').next().unwrap_or_default();
    let name = format!(
        "attachment; filename=\"{}-account-{day}.json\"",
        context.site.tenant.slug
    );
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

struct Writer {
    core: Arc<Core>,
    site: Arc<Site>,
    current: Sid,
    user: UserId,
    /// The list that is being written.
    open: Option<&'static str>,
}

type Next = Option<(Writer, ExportAt)>;

impl Writer {
    async fn write(mut self, at: ExportAt) -> Result<(Bytes, Next), Problem> {
        let (core, tenant) = (Arc::clone(&self.core), &self.site.tenant);
        let (piece, next) = account::export_piece(&core, tenant, &self.user, at).await?;
        let mut text = String::new();
        match piece {
            ExportPiece::Profile(user, claims) => {
                let issuer = json!(self.site.tenant.issuer());
                let at = rfc3339(core.now());
                let mut profile = user_json(&user);
                profile["claims"] = Value::Object(claims.members());
                text.push_str(&format!(
                    "{{\"exported_at\":\"{at}\",\"issuer\":{issuer},\"profile\":{profile}"
                ));
            }
            ExportPiece::Identities(all) => {
                self.list(&mut text, "identities", all.iter().map(identity_json));
            }
            ExportPiece::Sessions(all) => {
                let current = self.current.clone();
                let rows = all
                    .iter()
                    .map(|(session, hosts)| session_json(session, hosts, Some(&current)));
                self.list(&mut text, "sessions", rows);
            }
            ExportPiece::Devices(all) => {
                let rows = all.iter().map(|one| device_json(&one.device, None));
                self.list(&mut text, "devices", rows);
            }
            ExportPiece::Factors(all) => {
                self.list(&mut text, "factors", all.iter().map(credential_json));
            }
            ExportPiece::Organizations(all) => {
                let rows = all.iter().map(
                    |m| json!({ "id": m.org, "slug": m.slug, "name": m.name, "roles": m.roles }),
                );
                self.list(&mut text, "organizations", rows);
            }
            ExportPiece::Tokens(all) => {
                let rows = all.iter().map(|token| shown::api_token(token, None));
                self.list(&mut text, "api_tokens", rows);
            }
            ExportPiece::Events(all) => {
                let user = self.user.clone();
                let rows = all.iter().map(|event| {
                    let mut shown = account::shown_event(event, &user);
                    shown["at"] = json!(rfc3339(event.at));
                    shown
                });
                self.list(&mut text, "events", rows);
            }
        }
        let next = next.map(|at| (self, at));
        if next.is_none() {
            text.push_str("\n]}\n");
        }
        Ok((Bytes::from(text), next))
    }

    /// Goes on with a list, or ends the one before and begins this one.
    fn list(&mut self, text: &mut String, name: &'static str, rows: impl Iterator<Item = Value>) {
        let begun = self.open == Some(name);
        if !begun {
            text.push_str(match self.open {
                Some(_) => "\n],",
                None => ",",
            });
            text.push_str(&format!("\"{name}\":["));
            self.open = Some(name);
        }
        for (number, row) in rows.enumerate() {
            if begun || number > 0 {
                text.push(',');
            }
            text.push('\n');
            text.push_str(&row.to_string());
        }
    }
}
