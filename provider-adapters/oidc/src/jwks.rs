//! The provider's signing keys: fetched, kept, fetched again when a token names a new one.
//!
//! Owns: when to ask for keys. Must not know: claims.

use std::sync::atomic::{AtomicI64, Ordering};

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::Jwk;
use laneway_contract::ProviderError;
use serde_json::{Map, Value};

use crate::jwt::{self, Unverified};
use crate::{Metadata, OidcProvider, fault, outbound};

/// Whoever can send us tokens could otherwise make us ask the provider as often as they like.
const REFETCH_PAUSE_MS: i64 = 60_000;
const MAX_KEYS: usize = 100;

/// When an unknown key id last made us ask again.
pub(crate) struct Refetch(AtomicI64);

impl Refetch {
    pub(crate) fn never() -> Self {
        Self(AtomicI64::new(i64::MIN / 2))
    }

    /// True for one caller per pause.
    fn claim(&self, now_ms: i64) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        now_ms - last >= REFETCH_PAUSE_MS
            && self
                .0
                .compare_exchange(last, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

/// A key as it is published.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) jwk: Jwk,
    /// The issuer that it signs for, where a provider with many says so.
    pub(crate) issuer: Option<String>,
}

impl Published {
    fn read(value: &Value) -> Option<Self> {
        let issuer = value.get("issuer").and_then(Value::as_str);
        Some(Self {
            jwk: serde_json::from_value(value.clone()).ok()?,
            issuer: issuer.map(str::to_owned),
        })
    }
}

/// A token whose signature is right; nothing else is known about it yet.
pub(crate) struct Signed {
    pub(crate) alg: Algorithm,
    pub(crate) key_issuer: Option<String>,
    pub(crate) claims: Map<String, Value>,
}

impl OidcProvider {
    /// Checks algorithm, `typ` and signature. `types`: acceptable header types, lower case;
    /// a token without a type is acceptable (older providers send none).
    pub(crate) async fn verify_signature(
        &self,
        metadata: &Metadata,
        token: &str,
        types: &'static [&'static str],
    ) -> Result<Signed, ProviderError> {
        let unverified = Unverified::parse(token, &self.algorithms(metadata))?;
        check_type(unverified.typ.as_deref(), types)?;
        let key = self.key_of(metadata, &unverified).await??;
        Ok(Signed {
            alg: unverified.alg,
            claims: unverified.verify(&key.jwk)?,
            key_issuer: key.issuer,
        })
    }

    /// The key that a token names, or why none fits; an error where the provider could not be
    /// asked for its keys.
    pub(crate) async fn key_of(
        &self,
        metadata: &Metadata,
        token: &Unverified<'_>,
    ) -> Result<Result<Published, ProviderError>, ProviderError> {
        let clock = &*self.env.clock;
        let keys = self.keys.get(clock, self.fetch_keys(metadata)).await?;
        let reason = match choose(token, &keys) {
            Ok(key) => return Ok(Ok(key.clone())),
            Err(reason) => reason,
        };
        if !self.refetch.claim(clock.now_ms()) {
            return Ok(Err(reason));
        }
        let newer = self.keys.replace(clock, &keys, self.fetch_keys(metadata));
        let newer = newer.await?;
        Ok(choose(token, &newer).cloned())
    }

    /// The keys as the provider publishes them now; one that we cannot read is skipped, the
    /// others still count.
    pub(crate) async fn fetch_keys(
        &self,
        metadata: &Metadata,
    ) -> Result<Vec<Published>, ProviderError> {
        let url = metadata
            .jwks_uri
            .as_ref()
            .ok_or_else(|| fault::invalid("this provider signs nothing"))?;
        let document = outbound::get_json(&*self.env.http, url).await?;
        let keys = document
            .get("keys")
            .and_then(Value::as_array)
            .filter(|keys| keys.len() <= MAX_KEYS)
            .ok_or_else(|| fault::invalid("the provider's key set (jwks_uri) is unreadable"))?;
        Ok(keys.iter().filter_map(Published::read).collect())
    }

    /// What this provider may sign with: the pinned algorithm, else what it announces as far
    /// as we allow it, else the default of OIDC Core §15.1.
    pub(crate) fn algorithms(&self, metadata: &Metadata) -> Vec<Algorithm> {
        if let Some(pinned) = &self.config.options.id_token_signed_response_alg {
            return jwt::allowed(pinned).into_iter().collect();
        }
        if metadata.id_token_algs.is_empty() {
            return vec![Algorithm::RS256];
        }
        metadata
            .id_token_algs
            .iter()
            .filter_map(|name| jwt::allowed(name))
            .collect()
    }
}

/// Exactly one key must fit: with several, "some key verified it" is not a check of the one
/// that the token names (OIDC Core §10.1 demands `kid` then).
fn choose<'k>(
    token: &Unverified<'_>,
    keys: &'k [Published],
) -> Result<&'k Published, ProviderError> {
    match token.candidates(keys)[..] {
        [key] => Ok(key),
        [] => Err(fault::invalid_as(
            "unknown_key",
            "no key of the provider fits the token's kid and alg",
        )),
        _ => Err(fault::invalid_as(
            "unknown_key",
            "several keys of the provider fit: the token's kid is ambiguous",
        )),
    }
}

/// RFC 8725 §3.11: a token of one kind must not pass for another.
pub(crate) fn check_type(typ: Option<&str>, types: &[&str]) -> Result<(), ProviderError> {
    if typ.is_none_or(|typ| types.contains(&plain_type(typ).as_str())) {
        return Ok(());
    }
    Err(fault::invalid("the token is of another kind (typ)"))
}

/// A media type as headers of tokens shorten it (RFC 7515 §4.1.9).
pub(crate) fn plain_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ).to_owned()
}
