//! What happened in the realm, read from its records: those of people and those of
//! administrators. There is no cursor in them; they are read from a little before the newest
//! that was told, and what was told is left out.
//!
//! Owns: which records end sessions, and the account that reads them.
//! Must not know: our own sessions.

mod meaning;
mod place;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use laneway_contract::{Env, EventFeed, ProviderError, Told};
use serde_json::Value;

use self::place::{Place, Read};
use crate::admin::{Admin, Seen};
use crate::realm::Realm;
use crate::{AdminCredential, Keycloak, KeycloakConfig};

pub(crate) use self::meaning::KINDS;

/// Records of one answer: an answer of these fits into what may be read at once.
const PAGE: usize = 100;
/// What is left then is told at the next time.
const PAGES: usize = 20;
/// Clocks that differ by no more are taken for the same: Keycloak tells its own in seconds.
const SAME_MS: i64 = 2_000;

/// Our account in the realm, and what it was told last.
pub(crate) struct Listener {
    realm: Realm,
    credential: AdminCredential,
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    admin: Admin,
    until_ms: i64,
    /// By how much Keycloak's clock is ahead of ours.
    ahead_ms: i64,
}

impl Listener {
    pub(crate) fn new(config: &KeycloakConfig) -> Result<Self, ProviderError> {
        let realm = Realm::of_issuer(&config.issuer)?;
        Ok(Self {
            credential: AdminCredential::Client {
                realm: realm.name.clone(),
                client_id: config.client_id.clone(),
                client_secret: config.client_secret.clone(),
            },
            realm,
            kept: Mutex::default(),
        })
    }

    /// Our client's own account, signed in anew.
    pub(crate) async fn admin(&self, env: &Env) -> Result<Admin, ProviderError> {
        Admin::sign_in(&self.realm, &self.credential, env).await
    }

    fn kept(&self, now: i64) -> Option<Kept> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone().filter(|kept| kept.until_ms > now)
    }

    fn keep(&self, kept: Option<Kept>) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// What the administration says of a person.
    pub(crate) async fn seen(&self, subject: &str, env: &Env) -> Result<Seen, ProviderError> {
        let unseen = |error| match error {
            // No account, or a proxy in front of the administration.
            ProviderError::Misconfigured(_)
            | ProviderError::InvalidResponse(_)
            | ProviderError::GrantRevoked => Ok(Seen::Not),
            other => Err(other),
        };
        if let Some(kept) = self.kept(env.clock.now_ms()) {
            match kept.admin.seen(subject).await {
                Err(ProviderError::GrantRevoked) => self.keep(None),
                other => return other.or_else(unseen),
            }
        }
        let kept = match self.sign_in(env).await {
            Ok(kept) => kept,
            Err(error) => return unseen(error),
        };
        kept.admin.seen(subject).await.or_else(unseen)
    }

    async fn sign_in(&self, env: &Env) -> Result<Kept, ProviderError> {
        let asked = env.clock.now_ms();
        let admin = self.admin(env).await?;
        let ahead = admin.issued_ms().map_or(0, |at| at + 500 - asked);
        let kept = Kept {
            // Half of its life: the other half is for a slow call.
            until_ms: asked + admin.lives_ms() / 2,
            ahead_ms: if ahead.abs() > SAME_MS { ahead } else { 0 },
            admin,
        };
        self.keep(Some(kept.clone()));
        Ok(kept)
    }

    async fn hear(&self, cursor: Option<&str>, env: &Env) -> Result<Told, ProviderError> {
        if let Some(kept) = self.kept(env.clock.now_ms()) {
            match read(&kept, cursor, env).await {
                // Whoever signs everybody out of the realm signs us out too.
                Err(ProviderError::Misconfigured(_)) => self.keep(None),
                other => return other,
            }
        }
        read(&self.sign_in(env).await?, cursor, env).await
    }
}

#[async_trait]
impl EventFeed for Keycloak {
    async fn events(&self, cursor: Option<&str>) -> Result<Told, ProviderError> {
        match self.listener.hear(cursor, self.oidc.env()).await {
            // No account, no right, or a proxy in front of the administration: the diagnosis names
            // it, and people sign in all the same.
            Err(ProviderError::Misconfigured(reason) | ProviderError::InvalidResponse(reason)) => {
                Ok(Told::Deaf(reason))
            }
            other => other,
        }
    }
}

async fn read(kept: &Kept, cursor: Option<&str>, env: &Env) -> Result<Told, ProviderError> {
    let now = env.clock.now_ms() + kept.ahead_ms;
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
    let people = pages(&kept.admin, "events", &of_people).await?;
    let administrators = pages(&kept.admin, "admin-events", &of_administrators).await?;
    let (fresh, next) = place.go_on([people, administrators], now);
    let mut events: Vec<_> = fresh
        .iter()
        .filter_map(meaning::of)
        .map(|mut event| {
            event.at_ms -= kept.ahead_ms;
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
