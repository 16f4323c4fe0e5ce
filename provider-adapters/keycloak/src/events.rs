//! What happened in the realm, read from its records: those of people and those of
//! administrators. There is no cursor in them; they are read from a little before the newest
//! that was told, and what was told is left out.
//!
//! Owns: which records end sessions. Must not know: our own sessions.

mod meaning;
mod place;

use async_trait::async_trait;
use laneway_contract::{Env, EventFeed, ProviderError, Told};
use serde_json::Value;

use self::place::{Place, Read};
use crate::Keycloak;
use crate::account::SignedIn;
use crate::admin::Admin;

pub(crate) use self::meaning::KINDS;

/// Records of one answer: an answer of these fits into what may be read at once.
const PAGE: usize = 100;
/// What is left then is told at the next time.
const PAGES: usize = 20;
#[async_trait]
impl EventFeed for Keycloak {
    async fn events(&self, cursor: Option<&str>) -> Result<Told, ProviderError> {
        match self.hear(cursor).await {
            // No account, no right, or a proxy in front of the administration: the diagnosis names
            // it, and people sign in all the same.
            Err(ProviderError::Misconfigured(reason) | ProviderError::InvalidResponse(reason)) => {
                Ok(Told::Deaf(reason))
            }
            other => other,
        }
    }
}

impl Keycloak {
    async fn hear(&self, cursor: Option<&str>) -> Result<Told, ProviderError> {
        let env = self.oidc.env();
        if let Some(kept) = self.account.kept(env.clock.now_ms()) {
            match read(&kept, cursor, env).await {
                // Whoever signs everybody out of the realm signs us out too.
                Err(ProviderError::Misconfigured(_)) => {}
                other => return other,
            }
        }
        read(&self.account.sign_in(env).await?, cursor, env).await
    }
}

async fn read(account: &SignedIn, cursor: Option<&str>, env: &Env) -> Result<Told, ProviderError> {
    let now = env.clock.now_ms() + account.ahead_ms;
    let place = Place::read(cursor, now);
    let from = place.from().to_string();
    let mut of_people: Vec<(&str, &str)> = KINDS.iter().map(|kind| ("type", *kind)).collect();
    of_people.push(("dateFrom", &from));
    let of_administrators = [
        ("resourceTypes", "USER"),
        ("resourceTypes", "USER_SESSION"),
        ("operationTypes", "ACTION"),
        ("operationTypes", "DELETE"),
        ("operationTypes", "UPDATE"),
        ("dateFrom", &from),
    ];
    let people = pages(&account.admin, "events", &of_people).await?;
    let administrators = pages(&account.admin, "admin-events", &of_administrators).await?;
    let (fresh, next) = place.go_on([people, administrators], now);
    let mut events: Vec<_> = fresh
        .iter()
        .filter_map(meaning::of)
        .map(|mut event| {
            event.at_ms -= account.ahead_ms;
            event
        })
        .collect();
    events.sort_by_key(|event| event.at_ms);
    Ok(Told::Events {
        events,
        cursor: next.write(),
    })
}

async fn pages(admin: &Admin, what: &str, filter: &[(&str, &str)]) -> Result<Read, ProviderError> {
    let mut records: Vec<Value> = Vec::new();
    let max = PAGE.to_string();
    for page in 0..PAGES {
        let first = (page * PAGE).to_string();
        let mut query = filter.to_vec();
        query.extend([("direction", "asc"), ("first", &first), ("max", &max)]);
        let answer = admin.query(&[what], &query).await?;
        let Some(Value::Array(some)) = answer else {
            let text = "the administration's answer is no list of events";
            return Err(ProviderError::InvalidResponse(text.to_owned()));
        };
        let last = some.len() < PAGE;
        records.extend(some);
        if last {
            return Ok(Read {
                records,
                whole: true,
            });
        }
    }
    Ok(Read {
        records,
        whole: false,
    })
}
