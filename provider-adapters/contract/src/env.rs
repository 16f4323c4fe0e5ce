//! What an adapter may touch of the outside: time, randomness and HTTP, all handed in.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

/// The wall clock, and one that runs evenly beside it.
pub trait Clock: Send + Sync {
    /// The current instant in milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
    /// Milliseconds since an instant of its own choice. Nobody sets it: what must not last
    /// longer than it may, although somebody corrects the wall clock, is measured by it.
    fn steady_ms(&self) -> i64;
}

/// A source of cryptographically strong random bytes.
pub trait Random: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// How long a provider may take to renew tokens: longer than for any other answer, because whoever
/// breaks that call off may lose the tokens that come of it.
pub const REFRESH_PATIENCE: Duration = Duration::from_secs(15);

/// Put on a request that is waited for longer than on others.
#[derive(Debug, Clone, Copy)]
pub struct Patience(pub Duration);

/// The guarded outbound client: total deadline, size cap, no redirects, no proxy,
/// address checks by trust class. Adapters never build their own.
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Refuses what can be seen without asking a name server: scheme, credentials, addresses
    /// that may never be called.
    ///
    /// # Errors
    /// [`HttpError::Forbidden`].
    fn judge(&self, url: &Url) -> Result<(), HttpError>;

    /// Sends one request and reads the whole answer; redirects are answers.
    ///
    /// # Errors
    /// [`HttpError`] where no complete answer arrived within deadline and size cap.
    async fn send(&self, request: http::Request<Bytes>)
    -> Result<http::Response<Bytes>, HttpError>;
}

/// Why an outbound call brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Connection refused or reset, name not resolvable.
    #[error("could not reach {0}")]
    Unreachable(String),
    /// No secure connection: a certificate that is not trusted, or not for this name.
    #[error("no secure connection to {0}")]
    Tls(String),
    /// The total deadline passed.
    #[error("no answer from {0} in time")]
    Timeout(String),
    /// The answer was larger than the cap.
    #[error("the answer of {0} is too large")]
    TooLarge(String),
    /// The guard refused the address (scheme, private range, credentials in the URL).
    #[error("the address {0} may not be called: {1}")]
    Forbidden(String, &'static str),
}

/// Everything an adapter is given besides its configuration.
#[derive(Clone)]
pub struct Env {
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub random: Arc<dyn Random>,
    /// The guarded client in the trust class of this upstream.
    pub http: Arc<dyn HttpClient>,
}

impl Env {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        self.random.fill(&mut buffer);
        buffer
    }
}
