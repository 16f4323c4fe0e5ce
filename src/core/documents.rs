//! JSON that apps publish at addresses of their own: fetched with the guarded client, kept, and
//! asked for again at most once a minute.
//!
//! Owns: when to ask. Must not know: what stands in it.

use std::sync::Arc;

use bytes::Bytes;
use moka::future::Cache;
use serde_json::Value;
use url::Url;

use super::Core;
use crate::domain::upstream::Trust;

/// How long one is good, ms.
const KEPT_MS: i64 = 300_000;
/// How long one that could not be had is not asked for again, ms.
const FAILED_MS: i64 = 30_000;
/// Whoever can send us unknown names could otherwise make us ask as often as they like.
const PAUSE_MS: i64 = 60_000;
/// Larger ones are none.
const LARGEST: usize = 64 * 1024;

/// One that was asked for.
pub struct Document {
    /// What stands there; `None` if it could not be had.
    pub value: Option<Value>,
    asked_at: i64,
}

/// Those that were asked for lately.
pub struct Documents(Cache<String, Arc<Document>>);

impl Documents {
    /// None yet.
    pub fn new() -> Self {
        let hour = std::time::Duration::from_secs(3600);
        Self(
            Cache::builder()
                .max_capacity(1_000)
                .time_to_live(hour)
                .build(),
        )
    }
}

impl Default for Documents {
    fn default() -> Self {
        Self::new()
    }
}

impl Core {
    /// The document at an address that somebody who is not the operator has named.
    pub async fn document(&self, url: &Url) -> Arc<Document> {
        let key = url.as_str();
        if let Some(kept) = self.documents.0.get(key).await {
            let life = match kept.value {
                Some(_) => KEPT_MS,
                None => FAILED_MS,
            };
            if self.now() - kept.asked_at < life {
                return kept;
            }
            self.forget(key, &kept).await;
        }
        self.ask(url).await
    }

    /// The same, asked for again, if the one that was seen is old enough for that.
    pub async fn newer_document(&self, url: &Url, seen: &Document) -> Option<Arc<Document>> {
        if self.now() - seen.asked_at < PAUSE_MS {
            return None;
        }
        self.forget(url.as_str(), seen).await;
        Some(self.ask(url).await)
    }

    /// Many callers make one request.
    async fn ask(&self, url: &Url) -> Arc<Document> {
        let asked = async {
            Arc::new(Document {
                value: self.fetch_document(url).await,
                asked_at: self.now(),
            })
        };
        self.documents
            .0
            .get_with(url.as_str().to_owned(), asked)
            .await
    }

    async fn forget(&self, key: &str, old: &Document) {
        let kept = self.documents.0.get(key).await;
        if kept.is_some_and(|kept| kept.asked_at == old.asked_at) {
            self.documents.0.invalidate(key).await;
        }
    }

    async fn fetch_document(&self, url: &Url) -> Option<Value> {
        let request = http::Request::get(url.as_str())
            .header(http::header::ACCEPT, "application/json")
            .body(Bytes::new())
            .ok()?;
        let answer = self.providers.fetch(Trust::Tenant, request).await;
        let answer = answer
            .inspect_err(|error| tracing::info!(%error, "a document of an app cannot be had"))
            .ok()?;
        let good = answer.status() == http::StatusCode::OK && answer.body().len() <= LARGEST;
        good.then(|| serde_json::from_slice(answer.body()).ok())?
    }
}
