//! Access tokens of providers on their way to routes that attach them.
//!
//! Owns: that a node looks for one once, however many wait for it, and which providers did not
//! answer a moment ago.
//! Must not know: how one is renewed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::cache::Sessions;
use super::flights::Flights;
use crate::domain::{Problem, Sid, TenantId, UpstreamId};

/// A provider's access token. No `Debug`: it is a secret.
#[derive(Clone)]
pub struct Given {
    /// As a backend gets it.
    pub token: Arc<str>,
    /// When to look again, epoch ms.
    pub until: i64,
}

/// Whose, which sign-in, of which provider.
type Key = (TenantId, Sid, UpstreamId);

/// Those under way, and the silent.
#[derive(Default)]
pub(super) struct UpstreamTokens {
    flights: Flights<Key, Result<Given, Problem>>,
    quiet: Mutex<HashMap<UpstreamId, i64>>,
}

impl Sessions {
    /// What is being looked for.
    pub fn upstream_tokens(&self) -> &Flights<Key, Result<Given, Problem>> {
        &self.upstream_tokens.flights
    }

    /// It did not answer: nobody asks it for tokens until then.
    pub fn quiet(&self, upstream: &UpstreamId, until: i64) {
        let quiet = &self.upstream_tokens.quiet;
        let mut all = quiet.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(upstream.clone(), until);
    }

    /// Did it not answer a moment ago?
    pub fn is_quiet(&self, upstream: &UpstreamId, now: i64) -> bool {
        let quiet = &self.upstream_tokens.quiet;
        let all = quiet.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(upstream).is_some_and(|until| now < *until)
    }
}
