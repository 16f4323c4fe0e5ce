//! A configured identity provider of a tenant.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ids::{TenantId, UpstreamId};

/// What a tenant uses an upstream for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everybody signs in here.
    Primary,
    /// Adds methods that the primary cannot do on our page.
    Companion,
    /// May be linked; not offered for sign-in.
    Secondary,
    /// Kept for its links only.
    Retired,
}

impl Role {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Companion => "companion",
            Self::Secondary => "secondary",
            Self::Retired => "retired",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "primary" => Some(Self::Primary),
            "companion" => Some(Self::Companion),
            "secondary" => Some(Self::Secondary),
            "retired" => Some(Self::Retired),
            _ => None,
        }
    }
}

/// How far the outbound guard trusts its addresses (DESIGN §11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// From configuration or an instance operator: a Keycloak next door is the main case.
    Operator,
    /// From a tenant: public https only.
    Tenant,
}

impl Trust {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Tenant => "tenant",
        }
    }

    /// Reads the stored word: only the exact one grants the wider trust.
    pub fn parse(text: &str) -> Self {
        if text == "operator" {
            Self::Operator
        } else {
            Self::Tenant
        }
    }
}

/// One row; its secret stays sealed until an adapter is built from it.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Id.
    pub id: UpstreamId,
    /// Whose.
    pub tenant: TenantId,
    /// In addresses.
    pub slug: String,
    /// Which adapter.
    pub kind: String,
    /// Issuer identifier.
    pub issuer: String,
    /// Our client there.
    pub client_id: String,
    /// Sealed client secret.
    pub secret: Option<Vec<u8>>,
    /// Adapter options.
    pub options: Value,
    /// Use.
    pub role: Role,
    /// Guard class.
    pub trust: Trust,
    /// Owned by configuration: read-only in the API.
    pub config_owned: bool,
    /// Moves with every change: adapters are rebuilt.
    pub version: i64,
    /// Epoch ms.
    pub created_at: i64,
}

impl Upstream {
    /// Is this its short name or its id?
    pub fn is_called(&self, name: &str) -> bool {
        self.slug == name || self.id.as_str() == name
    }

    /// The name on buttons and pages.
    pub fn label(&self) -> String {
        if let Some(label) = self.options.get("label").and_then(Value::as_str) {
            return label.to_owned();
        }
        let mut name = self.slug.replace(['-', '_'], " ");
        if let Some(first) = name.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        name
    }
}
