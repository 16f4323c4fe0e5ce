//! What is fetched from the issuer, and from nowhere else.

use std::fmt;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use reqwest::{Client, Url};

/// Longer answers are none of ours.
const LARGEST: usize = 4 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// What a verifier cannot be built from.
#[derive(Debug)]
pub struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

impl Unusable {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

/// The issuer, and where it is reached.
#[derive(Clone)]
pub(crate) struct Issuer {
    name: String,
    base: String,
    /// `Host` where it is reached by another address than its own.
    host: Option<HeaderValue>,
    client: Client,
}

/// An answer that was read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
}

impl Issuer {
    pub(crate) fn new(name: &str, reached_at: Option<&str>) -> Result<Self, Unusable> {
        let name = name.trim_end_matches('/').to_owned();
        let own = address(&name)?;
        let base = reached_at.unwrap_or(&name).trim_end_matches('/').to_owned();
        let (host, plain) = match reached_at {
            None => (None, own.scheme() == "http"),
            Some(other) => {
                address(other)?;
                let port = own.port().map(|port| format!(":{port}"));
                let host = own.host_str().unwrap_or_default();
                let host = format!("{host}{}", port.unwrap_or_default());
                let host = HeaderValue::try_from(host);
                let host = host.map_err(|_| Unusable::new("the issuer's host is no host"))?;
                (Some(host), false)
            }
        };
        if plain && !is_loopback(&own) {
            let words = "an issuer on http is only good on a loopback address";
            return Err(Unusable::new(words));
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(2))
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Unusable::new(format!("no client: {error}")))?;
        Ok(Self {
            name,
            base,
            host,
            client,
        })
    }

    /// As tokens name it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Gets what is there; `more` is how long it may take beyond the ordinary.
    pub(crate) async fn get(
        &self,
        path: &str,
        authorization: Option<&HeaderValue>,
        more: Duration,
    ) -> Result<Answer, String> {
        let url = format!("{}{path}", self.base);
        let mut request = self.client.get(url).timeout(PATIENCE + more);
        if let Some(host) = &self.host {
            request = request.header(header::HOST, host);
        }
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let words = |error: reqwest::Error| error.without_url().to_string();
        let mut response = request.send().await.map_err(words)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(words)? {
            if body.len() + chunk.len() > LARGEST {
                return Err("the answer is too long".into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            body,
        })
    }
}

fn address(text: &str) -> Result<Url, Unusable> {
    let url = Url::parse(text).map_err(|_| Unusable::new(format!("{text} is no address")))?;
    let fits = matches!(url.scheme(), "https" | "http") && url.has_host();
    if fits && url.query().is_none() && url.username().is_empty() {
        Ok(url)
    } else {
        Err(Unusable::new(format!("{text} is no address of an issuer")))
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
