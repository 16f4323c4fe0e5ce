//! What the command line asks of a server: its document, its token endpoint, who somebody is.

use std::time::Duration;

use bytes::Bytes;
use laneway_contract::HttpClient as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::{CLIENT_ID, Failure};
use crate::config;
use crate::outbound::{GuardedClient, Trust};

/// Where everything is (RFC 8414).
#[derive(Deserialize)]
pub(super) struct Document {
    issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub revocation_endpoint: String,
    pub device_authorization_endpoint: String,
}

/// A server.
pub(super) struct Server {
    client: GuardedClient,
    /// Where everything is.
    pub document: Document,
}

/// What the token endpoint gives.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub access_token: String,
    pub expires_in: i64,
    #[serde(default)]
    pub scope: String,
    pub refresh_token: Option<String>,
}

/// What a device is given.
#[derive(Deserialize)]
pub(super) struct DeviceCodes {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    pub verification_uri_complete: String,
    pub expires_in: u64,
    pub interval: u64,
}

/// No, in the words of OAuth.
#[derive(Deserialize)]
pub(super) struct Refusal {
    pub error: String,
    #[serde(default)]
    error_description: String,
}

/// What a server says: yes, or no.
pub(super) type Said<T> = Result<T, Refusal>;

impl Refusal {
    /// The same for a person.
    pub(super) fn words(&self) -> String {
        match self.error_description.as_str() {
            "" => self.error.clone(),
            more => format!("{} ({})", more, self.error),
        }
    }
}

impl Server {
    /// Reads what a server says of itself.
    pub(super) async fn find(address: &str) -> Result<Self, Failure> {
        let bounds = config::Outbound {
            deadline: Duration::from_secs(20),
            max_bytes: 1 << 20,
        };
        let federation = config::Federation::default();
        let client = GuardedClient::new(Trust::Operator, bounds, federation)
            .map_err(|error| Failure::Local(error.to_string()))?;
        let address = address.trim_end_matches('/');
        let url = format!("{address}/.well-known/openid-configuration");
        let answer = send(&client, http::Request::get(url), Bytes::new()).await?;
        let strange =
            || Failure::Local(format!("{address} is not the address of a Laneway server"));
        if answer.status() != 200 {
            return Err(strange());
        }
        let document: Document = read(answer.body()).map_err(|_| strange())?;
        // RFC 8414 §3.3: whoever answers there speaks for this address and no other.
        if document.issuer != address {
            return Err(Failure::Local(format!(
                "this server's address is {}",
                document.issuer
            )));
        }
        Ok(Self { client, document })
    }

    /// Is this the issuer that an answer has to name?
    pub(super) fn is_from(&self, issuer: Option<&str>) -> bool {
        issuer == Some(self.document.issuer.as_str())
    }

    async fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        fields: &[(&str, &str)],
    ) -> Result<Said<T>, Failure> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("client_id", CLIENT_ID)
            .extend_pairs(fields);
        let request =
            http::Request::post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = send(&self.client, request, form.finish().into()).await?;
        match answer.status().as_u16() {
            200 if answer.body().is_empty() => read(b"null").map(Ok),
            200 => read(answer.body()).map(Ok),
            400 | 401 | 403 => read(answer.body()).map(Err),
            status => Err(unready(status)),
        }
    }

    /// Asks the token endpoint.
    pub(super) async fn tokens(&self, fields: &[(&str, &str)]) -> Result<Said<Tokens>, Failure> {
        self.post(&self.document.token_endpoint, fields).await
    }

    /// Asks for the codes of a device.
    pub(super) async fn device(
        &self,
        fields: &[(&str, &str)],
    ) -> Result<Said<DeviceCodes>, Failure> {
        self.post(&self.document.device_authorization_endpoint, fields)
            .await
    }

    /// Gives a token back.
    pub(super) async fn revoke(&self, token: &str) -> Result<Said<()>, Failure> {
        let fields = [("token", token), ("token_type_hint", "refresh_token")];
        self.post(&self.document.revocation_endpoint, &fields).await
    }

    /// Who stands behind a token.
    pub(super) async fn person(&self, token: &str) -> Result<Said<serde_json::Value>, Failure> {
        let request = http::Request::get(&self.document.userinfo_endpoint)
            .header("authorization", format!("Bearer {token}"));
        let answer = send(&self.client, request, Bytes::new()).await?;
        match answer.status().as_u16() {
            200 => read(answer.body()).map(Ok),
            401 | 403 => read(answer.body()).map(Err),
            status => Err(unready(status)),
        }
    }
}

fn unready(status: u16) -> Failure {
    Failure::Unreachable(format!("the server answers {status}; try again"))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let words = "the server's answer cannot be read";
    serde_json::from_slice(body).map_err(|_| Failure::Unreachable(words.into()))
}

async fn send(
    client: &GuardedClient,
    request: http::request::Builder,
    body: Bytes,
) -> Result<http::Response<Bytes>, Failure> {
    let request = request
        .header("accept", "application/json")
        .body(body)
        .map_err(|error| Failure::Local(error.to_string()))?;
    client
        .send(request)
        .await
        .map_err(|error| Failure::Unreachable(error.to_string()))
}

/// The address that a person means.
pub(super) fn address(text: &str) -> Result<String, Failure> {
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = Url::parse(&full).map_err(|error| Failure::Local(format!("{text}: {error}")))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
