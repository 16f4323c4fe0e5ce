//! What an administrator says about one provider, and the checks that need no network.
//!
//! Owns: [`OidcConfig`] and what makes it unusable.
//! Must not know: where it was read from.

use laneway_contract::ProviderError;
use secrecy::SecretString;
use url::Url;

use crate::options::ClientAuth;
use crate::{OidcOptions, fault};

/// Parameters that belong to the protocol; an extra parameter of this name would weaken it.
const RESERVED: &[&str] = &[
    "client_id",
    "client_secret",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "claims",
    "acr_values",
    "max_age",
    "prompt",
    "login_hint",
    "ui_locales",
    "id_token_hint",
];

/// One provider as configured.
#[derive(Debug, Clone)]
pub struct OidcConfig {
    /// Issuer identifier, compared byte by byte with what the provider says about itself
    /// (OIDC Discovery §4.3): a trailing slash is part of it.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Our secret there; `None` only with [`ClientAuth::None`].
    pub client_secret: Option<SecretString>,
    /// Scopes to ask for; `openid` is always added.
    pub scopes: Vec<String>,
    /// What this provider does differently.
    pub options: OidcOptions,
}

impl OidcConfig {
    /// All faults that can be seen without asking the provider.
    pub(crate) fn check(&self) -> Result<(), ProviderError> {
        let issuer = Url::parse(&self.issuer)
            .map_err(|_| fault::misconfigured("the issuer is not a URL"))?;
        if issuer.query().is_some() || issuer.fragment().is_some() {
            return Err(fault::misconfigured(
                "the issuer must have no query and no fragment",
            ));
        }
        self.check_url("issuer", &issuer)?;
        for (name, url) in self.options.overrides() {
            self.check_url(name, url)?;
        }
        if self.client_id.is_empty() {
            return Err(fault::misconfigured("the client id is empty"));
        }
        let public = self.options.token_endpoint_auth_method == Some(ClientAuth::None);
        if public != self.client_secret.is_none() {
            return Err(fault::misconfigured(
                "a client secret is needed, unless token_endpoint_auth_method is \"none\"",
            ));
        }
        if let Some(api) = &self.options.api {
            let by_hand = &self.options;
            let named = by_hand.authorization_endpoint.is_some()
                && by_hand.token_endpoint.is_some()
                && by_hand.userinfo_endpoint.is_some();
            if !named || api.subject.is_empty() {
                return Err(fault::misconfigured(
                    "without discovery, authorization_endpoint, token_endpoint and userinfo_endpoint are needed",
                ));
            }
        }
        // A key that cannot sign is found out here, not at the first sign-in.
        crate::signed_secret::secret(self, 0)?;
        if let Some(name) = self
            .options
            .authorization_params
            .keys()
            .find(|name| RESERVED.contains(&name.as_str()))
        {
            return Err(fault::misconfigured(format!(
                "authorization_params must not contain `{name}`"
            )));
        }
        Ok(())
    }

    /// Endpoints are https; plain http only where nobody can listen in between.
    pub(crate) fn check_url(&self, name: &str, url: &Url) -> Result<(), ProviderError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fault::misconfigured(format!(
                "{name} must not contain credentials"
            )));
        }
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.options.allow_http_loopback && is_loopback(url) => Ok(()),
            _ => Err(fault::misconfigured(format!(
                "{name} must be an https address"
            ))),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(issuer: &str) -> OidcConfig {
        OidcConfig {
            issuer: issuer.into(),
            client_id: "laneway".into(),
            client_secret: Some("s".into()),
            scopes: vec![],
            options: OidcOptions::default(),
        }
    }

    #[test]
    fn plain_http_only_on_loopback() {
        for (issuer, good) in [
            ("https://idp.example", true),
            ("http://localhost:8180/realms/r", true),
            ("http://127.0.0.1:8180", true),
            ("http://[::1]:8180", true),
            ("http://idp.localhost", true),
            ("http://idp.example", false),
            ("http://localhost.example", false),
            ("ftp://localhost", false),
            ("https://user@idp.example", false),
            ("https://idp.example?x=1", false),
            ("https://idp.example#x", false),
            ("idp.example", false),
        ] {
            assert_eq!(config(issuer).check().is_ok(), good, "{issuer}");
        }
        let mut strict = config("http://localhost");
        strict.options.allow_http_loopback = false;
        assert!(strict.check().is_err());
    }

    #[test]
    fn protocol_parameters_cannot_be_overridden() {
        let mut bad = config("https://idp.example");
        bad.options
            .authorization_params
            .insert("state".into(), "x".into());
        assert!(bad.check().is_err());
    }

    #[test]
    fn a_secret_goes_with_the_method() {
        let mut public = config("https://idp.example");
        public.client_secret = None;
        assert!(public.check().is_err());
        public.options.token_endpoint_auth_method = Some(ClientAuth::None);
        assert!(public.check().is_ok());
    }
}
