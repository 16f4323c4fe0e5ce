//! Following the issuer's invalidation feed.

use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use tokio::time::Instant;

use crate::fetch::{Issuer, Unusable};
use crate::keys::Keys;
use crate::revoked::{Event, Revoked};
use crate::{Claims, Refusal, jose};

const PATH: &str = "/v1/invalidations";
/// The first pause after a failure; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How the feed is followed.
#[derive(Clone)]
pub struct Feed {
    authorization: Result<HeaderValue, ()>,
    bound: Duration,
    accepts: bool,
}

impl Feed {
    /// As a registered app, by its secret. It needs the scope `invalidations:read`.
    pub fn by_app(id: &str, secret: &str) -> Self {
        let pair = format!("{}:{}", encoded(id), encoded(secret));
        Self::with(&format!("Basic {}", STANDARD.encode(pair)))
    }

    /// By a token with the permission `invalidations:read`.
    pub fn by_token(token: &str) -> Self {
        Self::with(&format!("Bearer {token}"))
    }

    fn with(value: &str) -> Self {
        let value = HeaderValue::try_from(value).map_err(|_| ());
        Self {
            authorization: value.map(|mut value| {
                value.set_sensitive(true);
                value
            }),
            bound: Duration::from_secs(10),
            accepts: false,
        }
    }

    /// For so long the feed may be silent before it counts as lost. At least 2 s.
    #[must_use]
    pub fn bound(mut self, bound: Duration) -> Self {
        self.bound = bound.max(Duration::from_secs(2));
        self
    }

    /// While the feed is lost, tokens count by signature and `exp` alone, instead of 503 for all.
    #[must_use]
    pub fn or_accept(mut self) -> Self {
        self.accepts = true;
        self
    }
}

/// Both halves of Basic are encoded like a form (RFC 6749 §2.3.1).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A feed that is followed, and what it has said.
pub(crate) struct Followed {
    issuer: Issuer,
    authorization: HeaderValue,
    bound: Duration,
    accepts: bool,
    revoked: RwLock<Revoked>,
    heard_at: Mutex<Option<Instant>>,
}

/// Why an answer was of no use.
enum Lost {
    /// Something may have been missed.
    Expired,
    Other(String),
}

#[derive(Deserialize)]
struct Page {
    items: Vec<String>,
    next_cursor: String,
    more: bool,
}

impl Followed {
    pub(crate) fn new(issuer: Issuer, feed: Feed) -> Result<Self, Unusable> {
        let authorization = feed.authorization;
        let authorization =
            authorization.map_err(|()| Unusable::new("the proof for the feed cannot be sent"))?;
        Ok(Self {
            issuer,
            authorization,
            bound: feed.bound,
            accepts: feed.accepts,
            revoked: RwLock::default(),
            heard_at: Mutex::new(None),
        })
    }

    /// Does a token still count, by what the feed has said?
    pub(crate) fn judge(&self, claims: &Claims) -> Result<(), Refusal> {
        let revoked = self.revoked.read().unwrap_or_else(PoisonError::into_inner);
        if revoked.concerns(claims) {
            return Err(Refusal::InvalidToken);
        }
        if self.accepts || self.is_heard() {
            Ok(())
        } else {
            Err(Refusal::Unavailable)
        }
    }

    /// Has the feed been heard within the bound?
    pub(crate) fn is_heard(&self) -> bool {
        let heard_at = *self.heard_at.lock().unwrap_or_else(PoisonError::into_inner);
        heard_at.is_some_and(|at| at.elapsed() <= self.bound)
    }

    fn set_heard(&self, at: Option<Instant>) {
        *self.heard_at.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Follows for ever.
    pub(crate) async fn follow(&self, keys: &Keys, clock: &(dyn Fn() -> i64 + Send + Sync)) {
        let (mut cursor, mut pause) = (None, PAUSE);
        // Until it has caught up there is no reason to wait for news.
        let mut waits = false;
        loop {
            match self.page(cursor.as_deref(), waits, keys, clock).await {
                Ok(page) => {
                    if !page.more {
                        self.set_heard(Some(Instant::now()));
                    }
                    (waits, pause) = (!page.more, PAUSE);
                    cursor = Some(page.next_cursor);
                    continue;
                }
                Err(Lost::Expired) => {
                    tracing::warn!("the invalidation feed begins again: something was missed");
                    // What has been said is true for good; how much was missed is not known.
                    self.set_heard(None);
                    cursor = None;
                }
                Err(Lost::Other(error)) => {
                    tracing::warn!(error, "the invalidation feed cannot be read");
                }
            }
            waits = false;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE).min(self.bound / 2);
        }
    }

    async fn page(
        &self,
        cursor: Option<&str>,
        waits: bool,
        keys: &Keys,
        clock: &(dyn Fn() -> i64 + Send + Sync),
    ) -> Result<Page, Lost> {
        // An answer at least twice within the bound: silence proves nothing.
        let wait = if waits {
            (self.bound.as_secs() / 3).clamp(1, 20)
        } else {
            0
        };
        let since = cursor.map(|cursor| format!("&since={cursor}"));
        let path = format!("{PATH}?wait={wait}{}", since.unwrap_or_default());
        let (more, proof) = (Duration::from_secs(wait), Some(&self.authorization));
        let answer = self.issuer.get(&path, proof, more).await;
        let answer = answer.map_err(Lost::Other)?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::GONE | StatusCode::BAD_REQUEST if cursor.is_some() => {
                return Err(Lost::Expired);
            }
            status => return Err(Lost::Other(format!("it answers {status}"))),
        }
        let page: Page = serde_json::from_slice(&answer.body)
            .map_err(|_| Lost::Other("its answer cannot be read".into()))?;
        self.apply(&page, keys, clock()).await?;
        Ok(page)
    }

    /// All of a page or nothing: an event that cannot be verified is not skipped.
    async fn apply(&self, page: &Page, keys: &Keys, now: i64) -> Result<(), Lost> {
        let mut events = Vec::with_capacity(page.items.len());
        for item in &page.items {
            let event = self.event(item, keys).await;
            events.push(event.ok_or_else(|| Lost::Other("an event is not genuine".into()))?);
        }
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        for event in &events {
            revoked.note(event, now);
        }
        revoked.prune(now);
        Ok(())
    }

    async fn event(&self, item: &str, keys: &Keys) -> Option<Event> {
        let unproven = jose::parse(item, "secevent+jwt")?;
        let key = keys.find(unproven.kid()).await.ok()?;
        let event: Event = unproven.proven(&key)?;
        let issuer = self.issuer.name();
        let own = event.iss == issuer && event.aud == format!("{issuer}{PATH}");
        own.then_some(event)
    }
}
