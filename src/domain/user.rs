//! A person as we know them, and what providers assert about them.

use serde::{Deserialize, Serialize};

use super::Lang;
use super::ids::{OrgId, UpstreamId, UserId};

/// May they use anything?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserState {
    /// Yes.
    Active,
    /// No, until switched on again.
    Disabled,
    /// No; anonymised, the id is never reused.
    Deleted,
}

impl UserState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the stored word; anything unknown is the strictest.
    pub fn parse(text: &str) -> Self {
        match text {
            "active" => Self::Active,
            "disabled" => Self::Disabled,
            _ => Self::Deleted,
        }
    }
}

/// Our record of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The only `sub` downstream.
    pub id: UserId,
    /// An attribute, never an identifier.
    pub email: Option<String>,
    /// Proven by us or by a provider whose word counts.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// The language they chose for themselves.
    pub locale: Option<Lang>,
    /// May they use anything?
    pub state: UserState,
    /// For `ETag`.
    pub version: i64,
    /// Epoch ms.
    pub created_at: i64,
}

/// What a link's subject belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// A person at an upstream.
    Upstream,
    /// A person at a customer's own IdP.
    Connection,
    /// An address that we verified ourselves.
    Email,
}

impl LinkKind {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Connection => "connection",
            Self::Email => "email",
        }
    }
}

/// The pair of a user and what somebody asserts about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityLink {
    /// Id.
    pub id: String,
    /// Whose.
    pub user: UserId,
    /// Of what kind.
    pub kind: LinkKind,
    /// The upstream that asserted it last, where one did.
    pub source: Option<UpstreamId>,
    /// Who asserts.
    pub issuer: String,
    /// About whom.
    pub subject: String,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms.
    pub last_used_at: Option<i64>,
}

/// A person's place in an organization, with effective roles.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Membership {
    /// Organization.
    pub org: OrgId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Union of all grants, sorted.
    pub roles: Vec<String>,
    /// Union of what the roles permit, sorted.
    pub permissions: Vec<String>,
    /// How old a provider's word on a session that acts in it may be, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_staleness: Option<i64>,
}

impl Membership {
    /// Is this the organization that an id or a short name means? What has the form of an id is
    /// one.
    pub fn is_called(&self, id_or_slug: &str) -> bool {
        self.org.as_str() == id_or_slug
            || (self.slug == id_or_slug && !super::ids::is_uuid(id_or_slug))
    }
}
