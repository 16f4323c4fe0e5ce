//! The verifier: how it is set up, and what it says of a token.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderMap, header};
use tokio::task::JoinHandle;

use crate::feed::{Feed, Followed};
use crate::fetch::{Issuer, Unusable};
use crate::keys::Keys;
use crate::{Claims, Refusal, jose};

type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Verifies access tokens of one issuer for one service. Cheap to clone; its work beside requests
/// ends with the last clone.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    issuer: String,
    audiences: Vec<String>,
    leeway: i64,
    clock: Clock,
    metadata: Option<String>,
    keys: Arc<Keys>,
    feed: Option<Arc<Followed>>,
    tasks: OnceLock<Vec<JoinHandle<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for task in self.tasks.get().into_iter().flatten() {
            task.abort();
        }
    }
}

/// What a verifier is made of.
pub struct Builder {
    issuer: String,
    audiences: Vec<String>,
    reached_at: Option<String>,
    leeway: Duration,
    keep_keys: Duration,
    clock: Clock,
    metadata: Option<String>,
    feed: Option<Feed>,
}

impl Builder {
    /// One more audience that this service answers to.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.audiences.push(audience.to_owned());
        self
    }

    /// The issuer is reached at this address, for example inside a cluster, instead of the one
    /// that stands in its tokens. Its name is sent as `Host`.
    #[must_use]
    pub fn reached_at(mut self, base: &str) -> Self {
        self.reached_at = Some(base.to_owned());
        self
    }

    /// How far clocks may differ: 30 s.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long keys are good that cannot be fetched again: an hour.
    #[must_use]
    pub fn keep_keys(mut self, keep: Duration) -> Self {
        self.keep_keys = keep;
        self
    }

    /// The address of this service's protected-resource metadata (RFC 9728), for challenges.
    #[must_use]
    pub fn resource_metadata(mut self, address: &str) -> Self {
        self.metadata = Some(address.to_owned());
        self
    }

    /// Follow the invalidation feed.
    #[must_use]
    pub fn feed(mut self, feed: Feed) -> Self {
        self.feed = Some(feed);
        self
    }

    /// Another clock, in epoch seconds; for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts fetching keys and following the feed; inside a tokio runtime. It does not wait for
    /// either: an issuer that is away does not keep a service from starting.
    ///
    /// # Errors
    /// When an address or a proof cannot be used.
    pub fn build(self) -> Result<Verifier, Unusable> {
        let issuer = Issuer::new(&self.issuer, self.reached_at.as_deref())?;
        let keys = Arc::new(Keys::new(issuer.clone(), self.keep_keys));
        let feed = self.feed.map(|feed| Followed::new(issuer.clone(), feed));
        let feed = feed.transpose()?.map(Arc::new);
        let mut tasks = vec![{
            let keys = Arc::clone(&keys);
            tokio::spawn(async move { keys.follow().await })
        }];
        if let Some(feed) = &feed {
            let (feed, keys) = (Arc::clone(feed), Arc::clone(&keys));
            let clock = Arc::clone(&self.clock);
            tasks.push(tokio::spawn(async move {
                feed.follow(&keys, clock.as_ref()).await;
            }));
        }
        Ok(Verifier(Arc::new(Inner {
            issuer: issuer.name().to_owned(),
            audiences: self.audiences,
            leeway: i64::try_from(self.leeway.as_secs()).unwrap_or(i64::MAX),
            clock: self.clock,
            metadata: self.metadata,
            keys,
            feed,
            tasks: OnceLock::from(tasks),
        })))
    }
}

impl Verifier {
    /// Begins: the issuer as it stands in `iss`, and the audience of this service.
    pub fn builder(issuer: &str, audience: &str) -> Builder {
        Builder {
            issuer: issuer.to_owned(),
            audiences: vec![audience.to_owned()],
            reached_at: None,
            leeway: Duration::from_secs(30),
            keep_keys: Duration::from_secs(3600),
            clock: Arc::new(now),
            metadata: None,
            feed: None,
        }
    }

    /// The claims of a token that counts here and now.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let inner = &self.0;
        let unproven = jose::parse(token, "at+jwt").ok_or(Refusal::InvalidToken)?;
        let key = inner.keys.find(unproven.kid()).await?;
        let claims: Claims = unproven.proven(&key).ok_or(Refusal::InvalidToken)?;
        inner.fits(&claims)?;
        if let Some(feed) = &inner.feed {
            feed.judge(&claims)?;
        }
        Ok(claims)
    }

    /// The same for the `Authorization` header of a request (RFC 6750 §2.1).
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Claims, Refusal> {
        let mut sent = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (sent.next(), sent.next()) else {
            let sent = headers.contains_key(header::AUTHORIZATION);
            return Err(if sent {
                Refusal::InvalidToken
            } else {
                Refusal::Missing
            });
        };
        let text = value.to_str().map_err(|_| Refusal::InvalidToken)?;
        match text.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                self.verify(token.trim()).await
            }
            _ => Err(Refusal::Missing),
        }
    }

    /// Has the feed been heard within its bound? True where none is followed. For readiness checks.
    pub fn is_current(&self) -> bool {
        self.0.feed.as_ref().is_none_or(|feed| feed.is_heard())
    }

    /// The address of this service's metadata, for challenges.
    pub fn metadata(&self) -> Option<&str> {
        self.0.metadata.as_deref()
    }
}

impl Inner {
    fn fits(&self, claims: &Claims) -> Result<(), Refusal> {
        let now = (self.clock)();
        let known = |aud: &String| self.audiences.contains(aud);
        let ahead = |at: i64| at > now.saturating_add(self.leeway);
        let early = ahead(claims.iat) || claims.nbf.is_some_and(ahead);
        let bound = claims.cnf.is_some();
        if claims.iss != self.issuer || !claims.aud.iter().any(known) || early || bound {
            return Err(Refusal::InvalidToken);
        }
        if claims.exp.saturating_add(self.leeway) <= now {
            return Err(Refusal::Expired);
        }
        Ok(())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one clock of this crate; tests bring another"
)]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}
