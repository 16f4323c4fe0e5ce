//! A customer's identity provider to which another provider speaks on our behalf.
//!
//! Owns: what that provider is told about the customer's, and what it brings back.
//! Must not know: how either of them is spoken to.

use std::fmt;

use secrecy::SecretString;
use url::Url;

use crate::{Check, Denial, ProviderError};

/// What the customer's provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Speech {
    /// OpenID Connect.
    Oidc,
    /// SAML 2.0.
    Saml,
}

/// The addresses that the customer registers on their side. They name the provider in the
/// middle, not us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Where answers go: redirect URI, or assertion consumer service.
    pub answers_to: Url,
    /// Entity id, for SAML.
    pub entity_id: Option<String>,
    /// Where the metadata for the customer lies, for SAML.
    pub metadata_url: Option<Url>,
}

/// How a client authenticates at a token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretIn {
    /// HTTP Basic.
    Header,
    /// The request body.
    Body,
}

/// A customer's OpenID Connect provider, with every address read.
#[derive(Debug, Clone)]
pub struct CustomerOidc {
    /// Issuer identifier, byte by byte.
    pub issuer: String,
    /// Where browsers are sent.
    pub authorization_endpoint: Url,
    /// Where codes are exchanged.
    pub token_endpoint: Url,
    /// Where its keys are.
    pub jwks_uri: Url,
    /// More about the person, where it is to be asked.
    pub userinfo_endpoint: Option<Url>,
    /// The client there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// How it is sent.
    pub secret_in: SecretIn,
    /// What is asked for, `openid` included.
    pub scopes: Vec<String>,
}

/// A customer's SAML provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerSaml {
    /// Entity id, byte by byte.
    pub entity_id: String,
    /// Where browsers are sent.
    pub sso_url: Url,
    /// Requests are posted there, not in the address.
    pub by_post: bool,
    /// What it signs with: the base64 text of each certificate.
    pub certificates: Vec<String>,
    /// Requests are signed.
    pub sign_requests: bool,
    /// The entity id that the customer has registered.
    pub sp_entity_id: String,
}

/// What has to be known to speak to a customer's provider.
#[derive(Debug, Clone)]
pub enum CustomerSettings {
    /// OpenID Connect.
    Oidc(Box<CustomerOidc>),
    /// SAML 2.0.
    Saml(CustomerSaml),
}

impl CustomerSettings {
    /// Every address that the provider in the middle would call or send browsers to.
    pub fn addresses(&self) -> Vec<&Url> {
        match self {
            Self::Oidc(oidc) => [
                Some(&oidc.authorization_endpoint),
                Some(&oidc.token_endpoint),
                Some(&oidc.jwks_uri),
                oidc.userinfo_endpoint.as_ref(),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Self::Saml(saml) => vec![&saml.sso_url],
        }
    }
}

/// A connection as it shall be.
#[derive(Debug, Clone)]
pub struct WantedConnection {
    /// Its name in the middle: opaque, and never another one.
    pub name: String,
    /// For people.
    pub label: String,
    /// Whom it leads to.
    pub settings: CustomerSettings,
}

/// Somebody who came through a connection, as the provider in the middle tells it.
#[derive(Clone)]
pub struct Brought {
    /// The connection that was used, from a signed claim.
    pub connection: String,
    /// Issuer of the provider in the middle.
    pub issuer: String,
    /// The person there.
    pub subject: String,
    /// The address that it knows of them.
    pub email: Option<String>,
    /// Their name there.
    pub name: Option<String>,
    /// What the customer's provider said, word for word: an ID token, or a SAML response in
    /// base64. It is judged again, by the customer's own keys.
    pub answer: SecretString,
}

impl fmt::Debug for Brought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brought")
            .field("connection", &self.connection)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// What has become of a sign-in through a connection.
#[derive(Debug, Clone)]
pub enum Passage {
    /// Somebody came.
    Brought(Box<Brought>),
    /// Refused.
    Denied(Denial),
}

/// The same with what was looked at on the way.
#[derive(Debug, Clone)]
pub struct PassageTrial {
    /// Findings about the middle; the customer can do nothing about them.
    pub checks: Vec<Check>,
    /// What came of it.
    pub outcome: Result<Passage, ProviderError>,
}
