//! What is wrong with a provider's set-up, in words that say who must do what.
//!
//! Owns: the checks that every provider allows. Must not know: any vendor's pages.

use async_trait::async_trait;
use http::StatusCode;
use laneway_contract::{Addresses, Check, Diagnose, ProviderError, Who};
use serde_json::Value;

use crate::ClientAuth;
use crate::{Metadata, OidcProvider, fault, jwt, outbound};

#[async_trait]
impl Diagnose for OidcProvider {
    async fn diagnose(&self, addresses: &Addresses) -> Vec<Check> {
        let mut checks = self.diagnose_protocol().await;
        if let Ok(metadata) = self.live_metadata().await {
            checks.push(self.check_redirect_uri(&metadata, addresses).await);
        }
        checks
    }
}

impl OidcProvider {
    /// The checks that need no address of ours.
    pub async fn diagnose_protocol(&self) -> Vec<Check> {
        let metadata = match self.live_metadata().await {
            Ok(metadata) => metadata,
            Err(error) => return vec![self.no_discovery(&error)],
        };
        let mut checks = vec![Check::pass("discovery", &self.config.issuer)];
        if metadata.jwks_uri.is_some() {
            checks.push(self.check_algorithms(&metadata));
            checks.push(self.check_keys(&metadata).await);
        }
        match self.check_client_auth(&metadata) {
            Some(check) => checks.push(check),
            None => checks.push(self.check_client(&metadata).await),
        }
        checks
    }

    /// A provider must not lead to an address that it does not know (RFC 6749 §4.1.2.1): it
    /// shows an error page instead. Anything but such a page says nothing against us.
    async fn check_redirect_uri(&self, metadata: &Metadata, addresses: &Addresses) -> Check {
        let name = "redirect_uri";
        let ours = addresses.redirect_uri.as_str();
        let mut url = metadata.authorization_endpoint.clone();
        url.query_pairs_mut().extend_pairs([
            ("client_id", self.config.client_id.as_str()),
            ("redirect_uri", ours),
            ("response_type", "code"),
            ("scope", "openid"),
            ("prompt", "none"),
            ("state", "laneway-configuration-check"),
            ("code_challenge_method", "S256"),
            // SHA-256 of nothing: no code can come of this request.
            (
                "code_challenge",
                "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            ),
        ]);
        let received = match outbound::get_page(&*self.env.http, &url).await {
            Ok(response) if !response.status().is_client_error() => return Check::pass(name, ours),
            Ok(response) => format!("HTTP {}", response.status().as_u16()),
            Err(error) => error.to_string(),
        };
        let fix = format!(
            "At the provider, add exactly this line to the redirect URIs of the client {}: {ours}",
            self.config.client_id
        );
        Check::fail(name, received, ours, Who::Provider, fix)
    }

    fn no_discovery(&self, error: &ProviderError) -> Check {
        let (who, fix) = match error {
            ProviderError::Unreachable(_) | ProviderError::RateLimited { .. } => (
                Who::Provider,
                "Start the provider and make its address reachable from the machine that Laneway runs on.",
            ),
            _ if error.code() == Some("tenants_missing") => (
                Who::Us,
                "Name the directories whose people may come in, or an asterisk for everybody.",
            ),
            ProviderError::Misconfigured(_) => (
                Who::Us,
                "Set the issuer to exactly the `issuer` value of the provider's discovery document, with or without a slash at the end as it stands there.",
            ),
            _ => (
                Who::Provider,
                "Make the issuer address serve a discovery document with the required endpoints.",
            ),
        };
        let expected = format!("a discovery document of {}", self.config.issuer);
        Check::fail("discovery", error.to_string(), expected, who, fix).because(error)
    }

    fn check_algorithms(&self, metadata: &Metadata) -> Check {
        let announced = metadata.id_token_algs.join(" ");
        let pinned = self.config.options.id_token_signed_response_alg.as_deref();
        let usable = self.algorithms(metadata);
        let offered = pinned.is_none_or(|alg| {
            metadata.id_token_algs.is_empty() || metadata.id_token_algs.iter().any(|a| a == alg)
        });
        if usable.is_empty() || !offered {
            return Check::fail(
                "signature_algorithm",
                announced,
                pinned.unwrap_or("RS256, PS256, ES256, ES384 or EdDSA"),
                Who::Provider,
                "Let the provider sign ID tokens with an asymmetric algorithm, RS256 or ES256 for instance.",
            );
        }
        Check::pass("signature_algorithm", announced)
    }

    async fn check_keys(&self, metadata: &Metadata) -> Check {
        let fail = |received: String, fix: &str| {
            Check::fail(
                "signing_keys",
                received,
                "a key that verifies ID tokens",
                Who::Provider,
                fix,
            )
        };
        match self.fetch_keys(metadata).await {
            Err(error) => fail(
                error.to_string(),
                "Make the provider's jwks_uri reachable from the machine that Laneway runs on.",
            )
            .because(&error),
            Ok(keys) => {
                let algs = self.algorithms(metadata);
                let usable = keys
                    .iter()
                    .filter(|key| algs.iter().any(|alg| jwt::fits(&key.jwk, *alg)))
                    .count();
                if usable == 0 {
                    let fix =
                        "Let the provider publish the public key that it signs ID tokens with.";
                    return fail(format!("{} keys, none usable", keys.len()), fix);
                }
                Check::pass("signing_keys", format!("{usable} usable"))
            }
        }
    }

    /// A provider that names its ways, and not ours.
    fn check_client_auth(&self, metadata: &Metadata) -> Option<Check> {
        let ours = match self.client_auth(metadata) {
            ClientAuth::ClientSecretBasic => "client_secret_basic",
            ClientAuth::ClientSecretPost => "client_secret_post",
            ClientAuth::None => "none",
        };
        let announced = &metadata.token_auth_methods;
        if announced.is_empty() || announced.iter().any(|one| one == ours) {
            return None;
        }
        let set = self.config.options.token_endpoint_auth_method.is_some();
        let expected = if set {
            ours
        } else {
            "client_secret_basic or client_secret_post"
        };
        Some(Check::fail(
            "client_authentication",
            announced.join(" "),
            expected,
            Who::Provider,
            "Let the provider take the client's secret at its token endpoint, by HTTP Basic or in the form.",
        ))
    }

    /// A code that never was: whoever answers "bad code" has accepted our credentials.
    async fn check_client(&self, metadata: &Metadata) -> Check {
        let received = match self.probe_client(metadata).await {
            Ok(code) if code == "invalid_grant" => {
                return Check::pass("client_credentials", "accepted");
            }
            Ok(code) => code,
            Err(error) => error.to_string(),
        };
        let refused = matches!(received.as_str(), "invalid_client" | "unauthorized_client");
        let fix = if refused {
            "Copy the client id and the client secret from the provider again, and allow this client the authorization code flow."
        } else {
            "Look at the provider's log for the reason; its token endpoint did not judge a test code as expected."
        };
        let who = if refused { Who::Us } else { Who::Provider };
        Check::fail(
            "client_credentials",
            received,
            "the client is accepted",
            who,
            fix,
        )
    }

    /// The error code with which the token endpoint refuses a made-up code:
    /// `invalid_grant` if our client id and secret are right.
    ///
    /// # Errors
    /// Where the endpoint cannot be reached or answers something else.
    pub async fn probe_client(&self, metadata: &Metadata) -> Result<String, ProviderError> {
        let secret = self.client_secret()?;
        let (authorization, mut fields) = self.client_credentials(metadata, secret.as_ref());
        fields.extend([
            ("grant_type", "authorization_code"),
            ("code", "laneway-configuration-check"),
            ("redirect_uri", "https://laneway.invalid/"),
            (
                "code_verifier",
                "laneway-configuration-check-laneway-configuration",
            ),
        ]);
        let url = &metadata.token_endpoint;
        let response =
            outbound::post_form(&*self.env.http, url, authorization.as_deref(), &fields).await?;
        let response = self.in_words(response);
        if response.status() == StatusCode::OK {
            return Err(fault::invalid("the token endpoint accepted a made-up code"));
        }
        outbound::object(response.body())
            .as_ref()
            .and_then(|answer| answer.get("error"))
            .and_then(Value::as_str)
            .map(|code| fault::error_code(code).to_owned())
            .ok_or_else(|| fault::invalid("the token endpoint's answer is unreadable"))
    }
}
