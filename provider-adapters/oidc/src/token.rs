//! The token endpoint: codes and refresh tokens become tokens (RFC 6749 §4.1.3, §6).
//!
//! Owns: client authentication, the endpoint's errors by reaction.
//! Must not know: what is inside a token.

use std::borrow::Cow;
use std::pin::Pin;

use bytes::Bytes;
use laneway_contract::{Patience, ProviderError, REFRESH_PATIENCE, UpstreamSession};
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, StandardRevocableToken, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::authorize::Begun;
use crate::{ClientAuth, Metadata, OidcProvider, fault, outbound};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IdTokenField {
    id_token: Option<String>,
}

impl ExtraTokenFields for IdTokenField {}

type Response = StandardTokenResponse<IdTokenField, BasicTokenType>;
type TokenClient = Client<
    BasicErrorResponse,
    Response,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;
type Failure = RequestTokenError<Carried, BasicErrorResponse>;

/// Tokens as received; nothing is checked yet. No `Debug`: all of it is secret.
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) expires_at_ms: Option<i64>,
}

impl Tokens {
    pub(crate) fn into_session(self) -> UpstreamSession {
        UpstreamSession {
            sid: None,
            id_token: self.id_token,
            access_token: Some(self.access_token),
            refresh_token: self.refresh_token,
            expires_at_ms: self.expires_at_ms,
        }
    }
}

/// Outcome of a code exchange.
pub(crate) enum Exchange {
    Tokens(Tokens),
    /// The code is not (or no longer) good: the browser's fault, not the provider's.
    Refused(String),
}

impl OidcProvider {
    pub(crate) async fn exchange(
        &self,
        metadata: &Metadata,
        code: &str,
        begun: &Begun,
    ) -> Result<Exchange, ProviderError> {
        let client = self.token_client(metadata)?;
        let redirect = RedirectUrl::from_url(begun.redirect_uri.clone());
        let sending = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .set_redirect_uri(Cow::Owned(redirect));
        match sending.request_async(&self.carrier(None)).await {
            Ok(response) => self.read_tokens(&response).map(Exchange::Tokens),
            Err(failure) => match refusal(&failure) {
                Some(BasicErrorResponseType::InvalidGrant) => {
                    Ok(Exchange::Refused("invalid_grant".to_owned()))
                }
                _ => Err(reaction(failure)),
            },
        }
    }

    /// New tokens for a refresh token; `GrantRevoked` if the grant is over.
    pub(crate) async fn exchange_refresh(
        &self,
        metadata: &Metadata,
        refresh_token: &str,
    ) -> Result<Tokens, ProviderError> {
        let client = self.token_client(metadata)?;
        let token = RefreshToken::new(refresh_token.to_owned());
        let sending = client.exchange_refresh_token(&token);
        let carrier = self.carrier(Some(Patience(REFRESH_PATIENCE)));
        match sending.request_async(&carrier).await {
            Ok(response) => self.read_tokens(&response),
            Err(failure) => match refusal(&failure) {
                Some(BasicErrorResponseType::InvalidGrant) => Err(ProviderError::GrantRevoked),
                _ => Err(reaction(failure)),
            },
        }
    }

    fn read_tokens(&self, response: &Response) -> Result<Tokens, ProviderError> {
        // RFC 6749 §7.1: a token of a type that we do not understand must not be used.
        if !matches!(response.token_type(), BasicTokenType::Bearer) {
            return Err(fault::invalid("token_type is not Bearer"));
        }
        let now_ms = self.env.clock.now_ms();
        let life_ms = response
            .expires_in()
            .and_then(|life| i64::try_from(life.as_millis()).ok());
        Ok(Tokens {
            access_token: response.access_token().secret().clone(),
            id_token: response.extra_fields().id_token.clone(),
            refresh_token: response.refresh_token().map(|token| token.secret().clone()),
            expires_at_ms: life_ms.map(|life| now_ms.saturating_add(life)),
        })
    }

    fn token_client(&self, metadata: &Metadata) -> Result<TokenClient, ProviderError> {
        let method = match self.client_auth(metadata) {
            ClientAuth::ClientSecretBasic => AuthType::BasicAuth,
            ClientAuth::ClientSecretPost | ClientAuth::None => AuthType::RequestBody,
        };
        let client = Client::new(ClientId::new(self.config.client_id.clone()))
            .set_auth_type(method)
            .set_token_uri(TokenUrl::from_url(metadata.token_endpoint.clone()));
        Ok(match self.client_secret()? {
            Some(secret) => {
                client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            }
            None => client,
        })
    }

    /// The library's requests over the guarded client.
    fn carrier(&self, patience: Option<Patience>) -> Carrier<'_> {
        Carrier(self, patience)
    }

    /// An answer of the token endpoint with the provider's own error codes read as those of
    /// RFC 6749; some send a refusal with the status of a success.
    pub(crate) fn in_words(&self, response: http::Response<Bytes>) -> http::Response<Bytes> {
        let Some(mut said) = outbound::object(response.body()) else {
            return response;
        };
        let Some(code) = said.get("error").and_then(Value::as_str) else {
            return response;
        };
        let word = self.config.options.error_word(code).to_owned();
        if response.status().is_client_error() && word == code {
            return response;
        }
        said.insert("error".into(), word.into());
        let (mut head, _) = response.into_parts();
        head.status = http::StatusCode::BAD_REQUEST;
        http::Response::from_parts(head, Bytes::from(Value::Object(said).to_string()))
    }

    /// How we prove who we are: as it is set, or as the provider announces (OIDC Discovery §3).
    pub fn client_auth(&self, metadata: &Metadata) -> ClientAuth {
        let announced = |name: &str| metadata.token_auth_methods.iter().any(|one| one == name);
        match self.config.options.token_endpoint_auth_method {
            Some(method) => method,
            None if announced("client_secret_basic") => ClientAuth::ClientSecretBasic,
            None if announced("client_secret_post") => ClientAuth::ClientSecretPost,
            None => ClientAuth::ClientSecretBasic,
        }
    }

    /// `Authorization` header and form fields that authenticate us where the library has no
    /// call of its own (introspection, probes).
    pub fn client_credentials<'a>(
        &'a self,
        metadata: &Metadata,
        secret: Option<&'a SecretString>,
    ) -> (Option<String>, Vec<(&'a str, &'a str)>) {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let id = self.config.client_id.as_str();
        let secret = secret.map(ExposeSecret::expose_secret);
        match (self.client_auth(metadata), secret) {
            (ClientAuth::ClientSecretBasic, Some(secret)) => {
                // RFC 6749 §2.3.1: both are form-encoded before they are joined.
                let encode = |text: &str| {
                    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
                (Some(format!("Basic {pair}")), Vec::new())
            }
            (_, Some(secret)) => (None, vec![("client_id", id), ("client_secret", secret)]),
            (_, None) => (None, vec![("client_id", id)]),
        }
    }
}

struct Carrier<'p>(&'p OidcProvider, Option<Patience>);

impl<'c> AsyncHttpClient<'c> for Carrier<'_> {
    type Error = Carried;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Carried>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut request = request.map(Bytes::from);
            if let Some(patience) = self.1 {
                request.extensions_mut().insert(patience);
            }
            let sent = outbound::send(&*self.0.env.http, request).await;
            Ok(self.0.in_words(sent.map_err(Carried)?).map(Vec::from))
        })
    }
}

/// Our own error on its way through the library.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Carried(ProviderError);

fn refusal(failure: &Failure) -> Option<&BasicErrorResponseType> {
    match failure {
        RequestTokenError::ServerResponse(response) => Some(response.error()),
        _ => None,
    }
}

/// Every failure but `invalid_grant`, by what has to be done about it. The body of an answer
/// may hold tokens: none of it is repeated, except a proper error's code and description.
fn reaction(failure: Failure) -> ProviderError {
    match failure {
        RequestTokenError::Request(Carried(error)) => error,
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            fault::invalid("the token endpoint's answer is unreadable")
        }
        RequestTokenError::ServerResponse(response) => {
            let code = response.error().to_string();
            let said = response.error_description().map_or("", String::as_str);
            let said = fault::description(said);
            let text = format!(
                "the token endpoint says {}: {said}",
                fault::error_code(&code)
            );
            match response.error() {
                BasicErrorResponseType::Extension(_) => fault::invalid(text),
                BasicErrorResponseType::InvalidClient
                | BasicErrorResponseType::UnauthorizedClient => {
                    fault::misconfigured_as("client_refused", &text)
                }
                _ => fault::misconfigured_as("token_refused", &text),
            }
        }
    }
}
