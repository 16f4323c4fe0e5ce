//! The one HTTP client for calls that leave us.
//!
//! Owns deadline, size cap, and which addresses may be called: no redirects, no proxy, no
//! credentials in addresses, every peer checked before the connection and pinned.
//! Must not know who calls whom.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Request, Response, header};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use laneway_contract::{HttpClient, HttpError, Patience};
use url::{Host, Url};

use super::dns::Names;
use super::resolve::{self, GuardedResolver, Lookup, Reach, Refused};
use super::traced;
use crate::config::{Federation, Outbound};
use crate::domain::tenant::is_loopback_name;
use crate::domain::upstream::Trust;

const CONNECT_DEADLINE: Duration = Duration::from_secs(2);
const USER_AGENT: &str = concat!("laneway/", env!("CARGO_PKG_VERSION"));

/// The guarded client of one trust class. Cheap to clone.
#[derive(Debug, Clone)]
pub struct GuardedClient {
    client: reqwest::Client,
    reach: Reach,
    bounds: Outbound,
}

impl GuardedClient {
    /// Builds the client of a trust class: operators may name private addresses, and plain
    /// http on loopback names (the usual provider is next door); tenants public https only,
    /// unless `federation.allow_private` lifts them to the rules of operators.
    ///
    /// # Errors
    /// Where TLS cannot be set up on this machine.
    pub fn new(
        trust: Trust,
        bounds: Outbound,
        federation: Federation,
    ) -> Result<Self, reqwest::Error> {
        let reach = match trust {
            Trust::Tenant if !federation.allow_private => Reach::Public,
            Trust::Operator | Trust::Tenant => Reach::Private,
        };
        let lookup = match federation.dns_server {
            Some(server) => Names::at(server).lookup(),
            None => resolve::system_lookup(),
        };
        Self::build(reach, bounds, lookup)
    }

    fn build(reach: Reach, bounds: Outbound, lookup: Lookup) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(Arc::new(GuardedResolver { reach, lookup }))
            .connect_timeout(CONNECT_DEADLINE)
            .build()?;
        Ok(Self {
            client,
            reach,
            bounds,
        })
    }

    /// Refuses what can be seen without asking a name server. The checked [`Url`] is the
    /// one that is called, so both see the same host, however it was spelled.
    fn check(&self, url: &Url) -> Result<(), HttpError> {
        let refuse = |why| Err(HttpError::Forbidden(label(url), why));
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("it holds credentials");
        }
        let loopback = url.host_str().is_some_and(is_loopback_name);
        match url.scheme() {
            "https" => {}
            "http" if loopback && self.reach == Reach::Private => {}
            _ => return refuse("it is not https"),
        }
        // The resolver is never asked about literals.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return refuse("it has no host"),
        };
        match literal {
            Some(address) if !self.reach.allows(address) => refuse(NOT_ALLOWED),
            _ => Ok(()),
        }
    }

    async fn exchange(
        &self,
        url: Url,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, HttpError> {
        let label = label(&url);
        let (parts, body) = request.into_parts();
        let mut headers = parts.headers;
        // The host is that of the checked address, never the caller's.
        headers.remove(header::HOST);
        let request = self
            .client
            .request(parts.method, url)
            .headers(headers)
            .body(body);
        let mut answer = request
            .send()
            .await
            .map_err(|error| translate(&label, &error))?;
        let body = self.body(&label, &mut answer).await?;
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.version_mut() = answer.version();
        *response.headers_mut() = std::mem::take::<HeaderMap>(answer.headers_mut());
        Ok(response)
    }

    async fn body(&self, label: &str, answer: &mut reqwest::Response) -> Result<Bytes, HttpError> {
        let cap = self.bounds.max_bytes;
        if answer
            .content_length()
            .is_some_and(|declared| declared > cap as u64)
        {
            return Err(HttpError::TooLarge(label.to_owned()));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer
            .chunk()
            .await
            .map_err(|error| translate(label, &error))?
        {
            if body.len() + chunk.len() > cap {
                return Err(HttpError::TooLarge(label.to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

#[async_trait]
impl HttpClient for GuardedClient {
    fn judge(&self, url: &Url) -> Result<(), HttpError> {
        self.check(url)
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let url = Url::parse(&request.uri().to_string())
            .map_err(|_| HttpError::Forbidden("(garbled)".to_owned(), "it is no address"))?;
        self.check(&url)?;
        let late = HttpError::Timeout(label(&url));
        let patience = request.extensions().get::<Patience>();
        let deadline = patience.map_or(self.bounds.deadline, |patience| {
            patience.0.max(self.bounds.deadline)
        });
        let span = traced::begin(request.method(), &url);
        let answer = match tokio::time::timeout(deadline, self.exchange(url, request)).await {
            Ok(result) => result,
            Err(_) => Err(late),
        };
        traced::end(span, &answer);
        answer
    }
}

const NOT_ALLOWED: &str = "it leads to an address that may not be called";

/// How errors name an address: never with path or query, which may hold one-time values.
fn label(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// The kind of failure. The client's own text is dropped, since it quotes the address; the
/// innermost cause stays, since it tells an untrusted certificate from a closed port.
fn translate(label: &str, error: &reqwest::Error) -> HttpError {
    let mut innermost: &dyn Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
        if innermost.is::<Refused>() {
            return HttpError::Forbidden(label.to_owned(), NOT_ALLOWED);
        }
    }
    if error.is_timeout() && !error.is_connect() {
        return HttpError::Timeout(label.to_owned());
    }
    if error.source().is_none() {
        return HttpError::Unreachable(label.to_owned());
    }
    let cause: String = innermost.to_string().chars().take(100).collect();
    let said = format!("{label} ({cause})");
    // The library does not let its type through, only its words.
    let insecure = ["certificate", "fatal alert", "corrupt message", "handshake"];
    if insecure.iter().any(|word| cause.contains(word)) {
        return HttpError::Tls(said);
    }
    HttpError::Unreachable(said)
}

#[cfg(test)]
mod tests;
