//! A document that is fetched when first needed, kept for a while, and fetched once however
//! many ask for it.
//!
//! Owns: freshness and single flight. Must not know: what the document is.

use std::sync::{Arc, PoisonError, RwLock};

use laneway_contract::ProviderError;
use tokio::sync::Mutex;

/// A failed fetch is not repeated sooner, so that a queue of callers behind a dead provider
/// does not wait for one timeout each.
const PAUSE_AFTER_FAILURE_MS: i64 = 2_000;

pub(crate) struct Cached<T> {
    fresh_ms: i64,
    stale_ms: i64,
    now: RwLock<State<T>>,
    flight: Mutex<()>,
}

struct State<T> {
    document: Option<(i64, Arc<T>)>,
    failure: Option<(i64, ProviderError)>,
}

impl<T> Cached<T> {
    /// `fresh_ms`: no question asked. `stale_ms`: usable while a new one cannot be had.
    pub(crate) fn new(fresh_ms: i64, stale_ms: i64) -> Self {
        let state = State {
            document: None,
            failure: None,
        };
        Self {
            fresh_ms,
            stale_ms,
            now: RwLock::new(state),
            flight: Mutex::new(()),
        }
    }

    /// The document, fetched if it is not fresh. `clock` is asked again after waiting.
    pub(crate) async fn get(
        &self,
        clock: &dyn laneway_contract::Clock,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        if let Some(document) = self.younger_than(self.fresh_ms, clock.now_ms()) {
            return Ok(document);
        }
        let _flight = self.flight.lock().await;
        // Another caller may have fetched, or failed, while this one waited.
        if let Some(document) = self.younger_than(self.fresh_ms, clock.now_ms()) {
            return Ok(document);
        }
        if let Some(error) = self.recent_failure(clock.now_ms()) {
            return self
                .younger_than(self.stale_ms, clock.now_ms())
                .ok_or(error);
        }
        self.fetch(clock, fetch).await
    }

    /// A document that was fetched within `age_ms`; silence is an error here, whatever is
    /// held. For callers that would send somebody to a provider that is gone.
    pub(crate) async fn recent(
        &self,
        clock: &dyn laneway_contract::Clock,
        age_ms: i64,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        if let Some(document) = self.younger_than(age_ms, clock.now_ms()) {
            return Ok(document);
        }
        let _flight = self.flight.lock().await;
        if let Some(document) = self.younger_than(age_ms, clock.now_ms()) {
            return Ok(document);
        }
        match self.recent_failure(clock.now_ms()) {
            Some(error) => Err(error),
            None => self.ask(clock, fetch).await,
        }
    }

    /// Fetches again unless the held document is not older than `seen`.
    pub(crate) async fn replace(
        &self,
        clock: &dyn laneway_contract::Clock,
        seen: &Arc<T>,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        let _flight = self.flight.lock().await;
        let held = self.younger_than(self.stale_ms, clock.now_ms());
        match held {
            Some(held) if !Arc::ptr_eq(&held, seen) => Ok(held),
            _ => self.fetch(clock, fetch).await,
        }
    }

    async fn fetch(
        &self,
        clock: &dyn laneway_contract::Clock,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        match self.ask(clock, fetch).await {
            Ok(document) => Ok(document),
            Err(error) => {
                // Only silence is bridged: an answer that is wrong must not go unnoticed.
                let silence = matches!(
                    error,
                    ProviderError::Unreachable(_) | ProviderError::RateLimited { .. }
                );
                match self.younger_than(self.stale_ms, clock.now_ms()) {
                    Some(document) if silence => Ok(document),
                    _ => Err(error),
                }
            }
        }
    }

    async fn ask(
        &self,
        clock: &dyn laneway_contract::Clock,
        fetch: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<T>, ProviderError> {
        let document = match fetch.await {
            Ok(document) => Arc::new(document),
            Err(error) => {
                self.note_failure(clock.now_ms(), &error);
                return Err(error);
            }
        };
        let mut state = self.now.write().unwrap_or_else(PoisonError::into_inner);
        *state = State {
            document: Some((clock.now_ms(), Arc::clone(&document))),
            failure: None,
        };
        Ok(document)
    }

    fn younger_than(&self, age_ms: i64, now_ms: i64) -> Option<Arc<T>> {
        let state = self.now.read().unwrap_or_else(PoisonError::into_inner);
        let (at, document) = state.document.as_ref()?;
        (now_ms - at < age_ms).then(|| Arc::clone(document))
    }

    fn recent_failure(&self, now_ms: i64) -> Option<ProviderError> {
        let state = self.now.read().unwrap_or_else(PoisonError::into_inner);
        let (at, error) = state.failure.as_ref()?;
        (now_ms - at < PAUSE_AFTER_FAILURE_MS).then(|| error.clone())
    }

    fn note_failure(&self, now_ms: i64, error: &ProviderError) {
        let mut state = self.now.write().unwrap_or_else(PoisonError::into_inner);
        state.failure = Some((now_ms, error.clone()));
    }
}
