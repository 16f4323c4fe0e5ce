//! A customer's provider says that sessions have ended (SAML Profiles §4.4).
//!
//! Owns: which of our sessions that ends, once per request.
//! Must not know: what a request looks like (`laneway_saml`).

use std::sync::Arc;

use laneway_saml::{Fault, LogoutAsked, SamlProvider};
use serde_json::json;

use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::{Core, Site, hash_token};
use crate::domain::connection::Connection;
use crate::domain::{Code, Problem};
use crate::lane_a::{end_of_subject, limits};
use crate::store::assertions;

pub use laneway_saml::{LogoutAnswer, LogoutMessage};

/// Ends what a request names, and answers what the provider is told about it, where it says an
/// address for that.
///
/// # Errors
/// `not_found`, `denied` for a request that does not count or has counted before.
pub async fn end_asked(
    core: &Core,
    site: &Site,
    meta: &RequestMeta,
    name: &str,
    message: LogoutMessage,
) -> Result<Option<LogoutAnswer>, Problem> {
    limits::callback(core, &meta.ip).await?;
    let tenant = &site.tenant;
    let (one, provider) = core.providers.saml_live(tenant, name).await?;
    let judged = read(provider, message).await;
    let (asked, answer) = match judged {
        Ok(found) => found,
        Err(fault) => {
            let event = event(kind::LOGOUT_TOKEN_REFUSED, Outcome::Denied, &one)
                .detail(json!({ "reason": fault.received, "code": fault.code }));
            core.audit_alone(&tenant.id, meta, event).await;
            return Err(refused(
                "This sign-out request of the identity provider is not acceptable.",
            ));
        }
    };
    let mut write = core.begin().await?;
    let now = write.now();
    let id = hash_token(&asked.once);
    if !assertions::note(&mut write.tx, &tenant.id, &one.id, &id, now).await? {
        return Err(refused(
            "This sign-out request of the identity provider was used already.",
        ));
    }
    let (source, indexes) = (one.id.as_source(), &asked.session_indexes);
    let subject = (&source, asked.name_id.as_str());
    let ended = end_of_subject(&mut write, &tenant.id, subject, indexes, "upstream_logout").await?;
    let event = event(kind::SESSION_ENDED, Outcome::Success, &one)
        .by("connection", one.id.as_str())
        .detail(json!({ "reason": "upstream_logout", "sids": ended }));
    core.audit(&mut write, &tenant.id, meta, event).await?;
    core.commit(write).await?;
    Ok(answer)
}

/// Signatures are computed on a thread of their own, on which a panic of a library ends nothing
/// but itself. The answer is made there too: it is sent once everything has ended.
async fn read(
    provider: Arc<SamlProvider>,
    message: LogoutMessage,
) -> Result<(LogoutAsked, Option<LogoutAnswer>), Fault> {
    let work = tokio::task::spawn_blocking(move || {
        let asked = provider.read_logout(message)?;
        let answer = provider.answer_logout(&asked)?;
        Ok((asked, answer))
    });
    work.await
        .unwrap_or_else(|_| Err(laneway_saml::unreadable_logout()))
}

fn event(kind: &'static str, outcome: Outcome, one: &Connection) -> Event {
    let event = Event::new(kind, outcome, ("connection", one.id.as_str()));
    match &one.org {
        Some(org) => event.org(org.as_str()),
        None => event,
    }
}

fn refused(detail: &str) -> Problem {
    Problem::new(Code::Denied, detail)
}
