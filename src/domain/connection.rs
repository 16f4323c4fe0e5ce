//! An identity provider beside the tenant's own: a customer's, attached to its organization, or
//! one that anybody may have an account at, attached to the tenant itself.
//!
//! Owns: what can be set about one, its states and which follows which.
//! Must not know: how it is stored or spoken to.

mod config;

use serde::{Deserialize, Serialize};

use super::ids::{ConnectionId, OrgId, TenantId, UpstreamId};
use super::upstream::Trust;
use super::{Code, Problem};

pub use config::{ClientAuth, Config, LinkPolicy, Oidc, RequestBinding, ResponseMode, Saml};

/// What the customer's side speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// OpenID Connect.
    Oidc,
    /// SAML 2.0.
    Saml,
}

/// Who speaks to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Broker {
    /// Laneway itself.
    Direct,
    /// The tenant's upstream.
    Upstream,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Never live, and its draft has passed no test.
    Draft,
    /// Never live; its draft has passed a test.
    Tested,
    /// Signs people in.
    Active,
    /// Switched off.
    Disabled,
}

/// For whom it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rollout {
    /// For those who may set up the organization's single sign-on.
    Admins,
    /// For them and for picked addresses.
    Some,
    /// For everybody whom the mapping lets in.
    All,
}

macro_rules! words {
    ($($kind:ident { $($variant:ident $text:literal),+ })+) => {$(
        impl $kind {
            /// The stored word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads the stored word.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    )+};
}

words! {
    Protocol { Oidc "oidc", Saml "saml" }
    Broker { Direct "direct", Upstream "upstream" }
    State { Draft "draft", Tested "tested", Active "active", Disabled "disabled" }
    Rollout { Admins "admins", Some "some", All "all" }
}

/// The upstream that speaks to a customer's provider on our behalf. The connection is tied to it:
/// its addresses are the upstream's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Through {
    /// Which.
    pub upstream: UpstreamId,
    /// Where the metadata for the customer lies, for SAML.
    pub metadata_url: Option<String>,
}

/// One connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Id; part of the address that is registered at the customer's side.
    pub id: ConnectionId,
    /// Tenant.
    pub tenant: TenantId,
    /// Whose; `None` for one of the tenant itself.
    pub org: Option<OrgId>,
    /// In addresses.
    pub slug: String,
    /// On buttons and pages.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Who speaks to it.
    pub broker: Broker,
    /// Through which upstream, unless we do.
    pub through: Option<Through>,
    /// How far it has come.
    pub state: State,
    /// For whom.
    pub rollout: Rollout,
    /// Nobody of its domains gets in by another way.
    pub enforced: bool,
    /// Where answers go as registered there: data, so that it stays whatever our addresses do.
    pub redirect_uri: String,
    /// Where a SAML provider posts its answers.
    pub acs_url: Option<String>,
    /// Our entity id at a SAML provider.
    pub sp_entity_id: Option<String>,
    /// Number of the newest revision.
    pub draft: i64,
    /// Its hash.
    pub draft_hash: String,
    /// Number of the revision that is live, or was when it was switched off.
    pub active: Option<i64>,
    /// Hash of the newest revision that has passed a test.
    pub tested_hash: Option<String>,
    /// Epoch ms.
    pub last_login_at: Option<i64>,
    /// For `ETag`.
    pub version: i64,
    /// Epoch ms.
    pub created_at: i64,
}

/// What was set at one time; never changed afterwards.
#[derive(Debug, Clone)]
pub struct Revision {
    /// Id of the row.
    pub id: String,
    /// Of which connection.
    pub connection: ConnectionId,
    /// Counted from 1.
    pub number: i64,
    /// Over all of it.
    pub hash: String,
    /// What was set.
    pub config: Config,
    /// Sealed client secret.
    pub secret: Option<Vec<u8>>,
    /// Another with each new secret: stands for it in the hash.
    pub secret_id: Option<String>,
    /// Guard class of its addresses.
    pub trust: Trust,
    /// Epoch ms.
    pub created_at: i64,
    /// When it last went live, epoch ms.
    pub activated_at: Option<i64>,
}

impl Connection {
    /// The organization that it belongs to.
    ///
    /// # Errors
    /// `not_found` for one of the tenant itself.
    pub fn owner(&self) -> Result<&OrgId, Problem> {
        self.org.as_ref().ok_or_else(Problem::not_found)
    }

    /// Signs people in?
    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }

    /// A new draft: what is live stays live.
    pub fn edited(&mut self, number: i64, hash: String) {
        (self.draft, self.draft_hash) = (number, hash);
        if self.state == State::Tested {
            self.state = State::Draft;
        }
    }

    /// What was tested is what is activated.
    ///
    /// # Errors
    /// `conflict` unless this is the draft's hash and it has passed.
    pub fn activated(&mut self, hash: &str) -> Result<(), Problem> {
        if hash != self.draft_hash || self.tested_hash.as_deref() != Some(hash) {
            return Err(Problem::new(
                Code::Conflict,
                "Only a draft that has passed its test login can be activated. Test it as it is now.",
            ));
        }
        self.active = Some(self.draft);
        self.state = State::Active;
        Ok(())
    }

    /// On and off, for what was live once.
    ///
    /// # Errors
    /// `conflict` for what never was, `invalid_field` for a state that nobody sets.
    pub fn switched(&mut self, to: State) -> Result<(), Problem> {
        if !matches!(to, State::Active | State::Disabled) {
            return Err(Problem::field(
                "/state",
                "invalid",
                "Use active or disabled.",
            ));
        }
        if self.active.is_none() {
            return Err(Problem::new(
                Code::Conflict,
                "This connection has never been live. Test it and activate what was tested.",
            ));
        }
        self.state = to;
        Ok(())
    }
}

#[cfg(test)]
#[path = "connection/tests.rs"]
mod tests;
