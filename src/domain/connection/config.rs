//! What can be set about a connection, by protocol, without its secret.
//!
//! Owns: members, their defaults and which can never work.
//! Must not know: what the other side says about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::Protocol;
use crate::domain::{Problem, mapping};

/// What happens when a signed-in person attaches an identity of this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkPolicy {
    /// It is refused.
    #[default]
    Refuse,
    /// It is added, whatever they have.
    Add,
    /// It is added if they have none of this connection.
    Link,
    /// It takes the place of what they have of this connection.
    Replace,
}

impl LinkPolicy {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Add => "add",
            Self::Link => "link",
            Self::Replace => "replace",
        }
    }
}

/// How the provider's answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of a GET.
    Query,
    /// In the body of a POST.
    FormPost,
}

/// How we prove who we are at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// HTTP Basic.
    ClientSecretBasic,
    /// In the request body.
    ClientSecretPost,
    /// A public client.
    None,
}

/// How our requests travel to a SAML provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestBinding {
    /// HTTP-Redirect (SAML Bindings §3.4).
    #[default]
    Redirect,
    /// HTTP-POST (SAML Bindings §3.5).
    Post,
}

impl RequestBinding {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the shape that serde wants"
    )]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// An OpenID Connect connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// A well-known provider: what it does differently is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Issuer identifier, byte by byte.
    #[serde(default)]
    pub issuer: String,
    /// Our client there.
    pub client_id: String,
    /// What is asked for; `openid` always is. A list, or a text with spaces.
    #[serde(
        default,
        deserialize_with = "words",
        skip_serializing_if = "Option::is_none"
    )]
    pub scopes: Option<Vec<String>>,
    /// Way of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_mode: Option<ResponseMode>,
    /// Replaces the discovered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<Url>,
    /// Replaces the discovered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<Url>,
    /// Replaces the discovered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// Replaces the discovered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_endpoint: Option<Url>,
    /// How we authenticate there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<ClientAuth>,
    /// The claim with the person's groups: a name, or a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_claim: Option<String>,
    /// Claims that must have exactly these values (a customer's tenant at a shared provider).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub required_claims: BTreeMap<String, Value>,
    /// The provider's customers whose people may come in, where one issuer stands for all of
    /// them; `*` for everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<String>,
    /// Who we are there, where the client secret is a key that signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// Which key that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// When a signed-in person attaches an identity of this connection.
    #[serde(default)]
    pub link_policy: LinkPolicy,
}

impl Oidc {
    /// A member by its name, where it is filled.
    pub fn named(&self, member: &str) -> Option<&str> {
        match member {
            "team_id" => self.team_id.as_deref(),
            "key_id" => self.key_id.as_deref(),
            _ => None,
        }
    }
}

/// A SAML 2.0 connection. What metadata states is stored as it was read: a revision never
/// changes by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saml {
    /// Where the provider publishes its metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<Url>,
    /// Its metadata as it was uploaded; read once, not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_xml: Option<String>,
    /// The provider's entity id.
    #[serde(default)]
    pub entity_id: String,
    /// Where browsers are sent.
    #[serde(default)]
    pub sso_url: String,
    /// How our requests get there.
    #[serde(default)]
    pub sso_binding: RequestBinding,
    /// Where the provider is told that sessions have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slo_url: Option<String>,
    /// How it is told.
    #[serde(default, skip_serializing_if = "RequestBinding::is_usual")]
    pub slo_binding: RequestBinding,
    /// What the provider signs with: PEM, or the base64 text between its lines. Two while one
    /// replaces the other.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// Our requests are signed.
    #[serde(default = "yes")]
    pub sign_requests: bool,
    /// Answers that nobody asked for are taken.
    #[serde(default)]
    pub allow_idp_initiated: bool,
    /// The attribute with the person's groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_claim: Option<String>,
    /// The attribute with the person's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_claim: Option<String>,
    /// The attribute with the person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_claim: Option<String>,
    /// Attributes that must have exactly these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub required_claims: BTreeMap<String, Value>,
    /// When a signed-in person attaches an identity of this connection.
    #[serde(default)]
    pub link_policy: LinkPolicy,
}

/// What was set, by protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(
    clippy::large_enum_variant,
    reason = "one for each connection at hand: a box would only stand in the way"
)]
pub enum Config {
    /// OpenID Connect.
    Oidc(Oidc),
    /// SAML 2.0.
    Saml(Saml),
}

fn yes() -> bool {
    true
}

fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        List(Vec<String>),
        Text(String),
    }
    Ok(
        Option::<Either>::deserialize(from)?.map(|either| match either {
            Either::List(list) => list,
            Either::Text(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        }),
    )
}

impl Config {
    /// Reads stored text.
    ///
    /// # Errors
    /// What does not fit the protocol.
    pub fn read(protocol: Protocol, text: &str) -> Result<Self, serde_json::Error> {
        Ok(match protocol {
            Protocol::Oidc => Self::Oidc(serde_json::from_str(text)?),
            Protocol::Saml => Self::Saml(serde_json::from_str(text)?),
        })
    }

    /// What it speaks.
    pub fn protocol(&self) -> Protocol {
        match self {
            Self::Oidc(_) => Protocol::Oidc,
            Self::Saml(_) => Protocol::Saml,
        }
    }

    /// Who asserts: issuer or entity id.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Oidc(oidc) => &oidc.issuer,
            Self::Saml(saml) => &saml.entity_id,
        }
    }

    /// When a signed-in person attaches an identity of this connection.
    pub fn link_policy(&self) -> LinkPolicy {
        match self {
            Self::Oidc(oidc) => oidc.link_policy,
            Self::Saml(saml) => saml.link_policy,
        }
    }

    /// Where a client secret is sent: the issuer, whose document names the token endpoint, or an
    /// endpoint of its own. Nowhere for SAML: our signing key never leaves us.
    pub fn receiver(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::Oidc(oidc) => Some((&oidc.issuer, oidc.token_endpoint.as_ref().map(Url::as_str))),
            Self::Saml(_) => None,
        }
    }

    /// Where browsers are sent, or at least whose address that is.
    pub fn front(&self) -> &str {
        match self {
            Self::Oidc(oidc) => &oidc.issuer,
            Self::Saml(saml) => &saml.sso_url,
        }
    }

    /// The claim or attribute with groups.
    pub fn groups_claim(&self) -> &str {
        let named = match self {
            Self::Oidc(oidc) => oidc.groups_claim.as_deref(),
            Self::Saml(saml) => saml.groups_claim.as_deref(),
        };
        named.unwrap_or("groups")
    }

    fn required_claims(&self) -> &BTreeMap<String, Value> {
        match self {
            Self::Oidc(oidc) => &oidc.required_claims,
            Self::Saml(saml) => &saml.required_claims,
        }
    }

    /// The first demanded claim that is not as demanded, with what was demanded.
    pub fn unmet<'a>(&'a self, claims: &Map<String, Value>) -> Option<(&'a str, &'a Value)> {
        let unmet =
            |(name, wanted): &(&String, &Value)| mapping::find(claims, name) != Some(*wanted);
        self.required_claims()
            .iter()
            .find(unmet)
            .map(|(name, wanted)| (name.as_str(), wanted))
    }

    /// Every address in it, by member.
    pub fn addresses(&self) -> Vec<(&'static str, Url)> {
        let parse = |text: &str| Url::parse(text).ok();
        let all = match self {
            Self::Oidc(oidc) => vec![
                ("issuer", parse(&oidc.issuer)),
                (
                    "authorization_endpoint",
                    oidc.authorization_endpoint.clone(),
                ),
                ("token_endpoint", oidc.token_endpoint.clone()),
                ("jwks_uri", oidc.jwks_uri.clone()),
                ("userinfo_endpoint", oidc.userinfo_endpoint.clone()),
            ],
            Self::Saml(saml) => vec![
                ("metadata_url", saml.metadata_url.clone()),
                ("sso_url", parse(&saml.sso_url)),
                ("slo_url", saml.slo_url.as_deref().and_then(parse)),
            ],
        };
        all.into_iter()
            .filter_map(|(member, url)| url.map(|url| (member, url)))
            .collect()
    }

    /// Refuses what can never work.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Problem> {
        if self.required_claims().len() > 20 || !self.required_claims().keys().all(|n| text(n)) {
            return bad("required_claims", "invalid", "Name at most 20 claims.");
        }
        match self {
            Self::Oidc(oidc) => oidc.check(),
            Self::Saml(saml) => saml.check(),
        }
    }
}

fn bad(member: &str, code: &'static str, detail: &str) -> Result<(), Problem> {
    Err(Problem::field(&format!("/config/{member}"), code, detail))
}

fn text(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 255 && !text.chars().any(char::is_control)
}

impl Oidc {
    fn check(&self) -> Result<(), Problem> {
        let issuer = Url::parse(&self.issuer).ok().filter(|url| {
            matches!(url.scheme(), "https" | "http")
                && url.query().is_none()
                && url.fragment().is_none()
                && self.issuer.len() <= 1024
        });
        if issuer.is_none() {
            let detail = "Give the issuer address, such as https://idp.example.com.";
            return bad("issuer", "invalid_url", detail);
        }
        if !text(&self.client_id) {
            return bad("client_id", "required", "Give the client id.");
        }
        let scopes = self.scopes.iter().flatten();
        let scope = |scope: &String| {
            text(scope)
                && scope
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        };
        if self.scopes.as_ref().is_some_and(|all| all.len() > 30) || !scopes.clone().all(scope) {
            return bad(
                "scopes",
                "invalid",
                "Give at most 30 scopes without spaces.",
            );
        }
        for (member, named) in [
            ("groups_claim", &self.groups_claim),
            ("team_id", &self.team_id),
            ("key_id", &self.key_id),
        ] {
            if named.as_deref().is_some_and(|name| !text(name)) {
                return bad(member, "invalid", "Give a short text, or leave it out.");
            }
        }
        if self.tenants.len() > 100 || !self.tenants.iter().all(|tenant| text(tenant)) {
            return bad("tenants", "invalid", "Name at most 100 directories.");
        }
        Ok(())
    }
}

impl Saml {
    fn check(&self) -> Result<(), Problem> {
        if self.entity_id.trim().is_empty() || self.entity_id.len() > 1024 {
            return bad("entity_id", "required", "Give the provider's entity id.");
        }
        let web = |text: &str| {
            let url = Url::parse(text).ok();
            url.is_some_and(|url| matches!(url.scheme(), "https" | "http"))
        };
        if self.slo_url.as_deref().is_some_and(|url| !web(url)) {
            let detail = "Give the address of the provider's single logout, or leave it out.";
            return bad("slo_url", "invalid_url", detail);
        }
        if !web(&self.sso_url) {
            let detail = "Give the address of the provider's single sign-on page.";
            return bad("sso_url", "invalid_url", detail);
        }
        if self.certificates.is_empty() || self.certificates.len() > 10 {
            let detail = "Give one to ten signing certificates of the provider.";
            return bad("certificates", "required", detail);
        }
        for (member, named) in [
            ("groups_claim", &self.groups_claim),
            ("email_claim", &self.email_claim),
            ("name_claim", &self.name_claim),
        ] {
            if named.as_deref().is_some_and(|name| !text(name)) {
                return bad(member, "invalid", "Name an attribute.");
            }
        }
        Ok(())
    }
}
