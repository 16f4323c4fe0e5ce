//! The provider's description of itself (OIDC Discovery 1.0).
//!
//! Owns: reading and checking the document, endpoint overrides.
//! Must not know: keys, tokens.

use std::sync::Arc;

use laneway_contract::ProviderError;
use serde_json::{Map, Value};
use url::Url;

use crate::issuer::Issuer;
use crate::{OidcConfig, OidcProvider, fault, outbound};

/// Who is about to be sent to the provider must not rely on an older sign of life.
const SIGN_OF_LIFE_MS: i64 = 2_000;

/// What we use of the discovery document, after overrides.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// Where browsers go.
    pub authorization_endpoint: Url,
    /// Where codes become tokens.
    pub token_endpoint: Url,
    /// Where the signing keys are; nowhere where nothing is signed.
    pub jwks_uri: Option<Url>,
    /// How issuers of tokens are judged.
    pub(crate) issuer: Issuer,
    /// Where claims can be asked for.
    pub userinfo_endpoint: Option<Url>,
    /// Where a session ends (RP-Initiated Logout 1.0 §2.1).
    pub end_session_endpoint: Option<Url>,
    /// Where tokens can be asked about (RFC 7662).
    pub introspection_endpoint: Option<Url>,
    /// Where tokens are given back (RFC 7009).
    pub revocation_endpoint: Option<Url>,
    /// Algorithms of ID tokens; empty when no document was read.
    pub id_token_algs: Vec<String>,
    /// Answers carry `iss` (RFC 9207 §3).
    pub sends_iss: bool,
    /// Ways to authenticate at the token endpoint.
    pub token_auth_methods: Vec<String>,
    /// PKCE methods.
    pub code_challenge_methods: Vec<String>,
    /// It calls us when a session ends (Back-Channel Logout 1.0 §2.1).
    pub backchannel_logout: bool,
    /// Single claims can be demanded (OIDC Core §5.5).
    pub claims_parameter: bool,
}

impl OidcProvider {
    /// The provider's metadata, from the cache or the network.
    ///
    /// # Errors
    /// `Unreachable` in silence, `Misconfigured` where the document says that this is another
    /// issuer or is not there, `InvalidResponse` where it is none.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        self.discovery.get(&*self.env.clock, self.discover()).await
    }

    /// The same, with the provider known to be there: it has answered just now.
    ///
    /// # Errors
    /// As [`OidcProvider::metadata`], and `Unreachable` although an older document is held.
    pub(crate) async fn live_metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        let fetch = self.discover();
        self.discovery
            .recent(&*self.env.clock, SIGN_OF_LIFE_MS, fetch)
            .await
    }

    async fn discover(&self) -> Result<Metadata, ProviderError> {
        let options = &self.config.options;
        if let (Some(authorization), Some(token)) =
            (&options.authorization_endpoint, &options.token_endpoint)
            && (options.jwks_uri.is_some() || options.api.is_some())
        {
            return Ok(by_hand(&self.config, authorization, token));
        }
        let url = document_url(&self.config.issuer)?;
        let document = outbound::get_json(&*self.env.http, &url).await?;
        read(&self.config, &document)
    }
}

/// OIDC Discovery §4.1: a terminating slash of the issuer is removed before the path is added.
fn document_url(issuer: &str) -> Result<Url, ProviderError> {
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    Url::parse(&format!("{base}/.well-known/openid-configuration"))
        .map_err(|_| fault::misconfigured("the issuer is not a URL"))
}

fn by_hand(config: &OidcConfig, authorization: &Url, token: &Url) -> Metadata {
    Metadata {
        authorization_endpoint: authorization.clone(),
        token_endpoint: token.clone(),
        jwks_uri: config.options.jwks_uri.clone(),
        issuer: Issuer::Exact(config.issuer.clone()),
        userinfo_endpoint: config.options.userinfo_endpoint.clone(),
        end_session_endpoint: config.options.end_session_endpoint.clone(),
        introspection_endpoint: None,
        revocation_endpoint: None,
        id_token_algs: Vec::new(),
        sends_iss: false,
        token_auth_methods: Vec::new(),
        code_challenge_methods: Vec::new(),
        backchannel_logout: false,
        claims_parameter: false,
    }
}

fn read(config: &OidcConfig, document: &Map<String, Value>) -> Result<Metadata, ProviderError> {
    // OIDC Discovery §4.3: exactly equal, or anybody's document would do.
    let issuer = document
        .get("issuer")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let issuer = Issuer::of_document(config, issuer)?;
    let options = &config.options;
    let endpoint = |name: &str, by_hand: &Option<Url>| -> Result<Option<Url>, ProviderError> {
        if by_hand.is_some() {
            return Ok(by_hand.clone());
        }
        let Some(text) = document.get(name) else {
            return Ok(None);
        };
        let url = text
            .as_str()
            .and_then(|text| Url::parse(text).ok())
            .ok_or_else(|| incomplete(format!("{name} in discovery is not a URL")))?;
        config.check_url(name, &url)?;
        Ok(Some(url))
    };
    let required = |name: &str, by_hand: &Option<Url>| -> Result<Url, ProviderError> {
        endpoint(name, by_hand)?.ok_or_else(|| incomplete(format!("discovery has no {name}")))
    };
    Ok(Metadata {
        authorization_endpoint: required(
            "authorization_endpoint",
            &options.authorization_endpoint,
        )?,
        token_endpoint: required("token_endpoint", &options.token_endpoint)?,
        jwks_uri: Some(required("jwks_uri", &options.jwks_uri)?),
        issuer,
        userinfo_endpoint: endpoint("userinfo_endpoint", &options.userinfo_endpoint)?,
        end_session_endpoint: endpoint("end_session_endpoint", &options.end_session_endpoint)?,
        introspection_endpoint: endpoint("introspection_endpoint", &None)?,
        revocation_endpoint: endpoint("revocation_endpoint", &None)?,
        id_token_algs: strings(document, "id_token_signing_alg_values_supported"),
        sends_iss: flag(document, "authorization_response_iss_parameter_supported"),
        token_auth_methods: strings(document, "token_endpoint_auth_methods_supported"),
        code_challenge_methods: strings(document, "code_challenge_methods_supported"),
        backchannel_logout: flag(document, "backchannel_logout_supported"),
        claims_parameter: flag(document, "claims_parameter_supported"),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "made for the error alone")]
fn incomplete(text: String) -> ProviderError {
    fault::invalid_as("discovery_incomplete", &text)
}

fn flag(document: &Map<String, Value>, name: &str) -> bool {
    document.get(name) == Some(&Value::Bool(true))
}

fn strings(document: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = document.get(name).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}
