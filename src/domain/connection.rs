//! A customer's own identity provider, attached to an organization.
//!
//! Owns: what can be set about one, its states and which follows which.
//! Must not know: how it is stored or spoken to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::ids::{ConnectionId, OrgId, TenantId};
use super::upstream::Trust;
use super::{Code, Problem};

/// What the customer's side speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// OpenID Connect.
    Oidc,
}

/// Who speaks to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Broker {
    /// Laneway itself.
    Direct,
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
    Protocol { Oidc "oidc" }
    Broker { Direct "direct" }
    State { Draft "draft", Tested "tested", Active "active", Disabled "disabled" }
    Rollout { Admins "admins", Some "some", All "all" }
}

/// One connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Id; part of the address that is registered at the customer's side.
    pub id: ConnectionId,
    /// Tenant.
    pub tenant: TenantId,
    /// Whose.
    pub org: OrgId,
    /// In addresses.
    pub slug: String,
    /// On buttons and pages.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Who speaks to it.
    pub broker: Broker,
    /// How far it has come.
    pub state: State,
    /// For whom.
    pub rollout: Rollout,
    /// Our callback as registered there: data, so that it stays whatever our addresses do.
    pub redirect_uri: String,
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
    pub settings: Settings,
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

/// What can be set about an OpenID Connect connection, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Issuer identifier, byte by byte.
    pub issuer: String,
    /// Our client there.
    pub client_id: String,
    /// What is asked for; `openid` always is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
    /// When a signed-in person attaches an identity of this connection.
    #[serde(default)]
    pub link_policy: LinkPolicy,
}

impl Settings {
    /// Refuses what can never work.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Problem> {
        let bad = |member: &str, code, detail: &str| {
            Err(Problem::field(&format!("/config/{member}"), code, detail))
        };
        let text = |text: &str| {
            !text.trim().is_empty() && text.len() <= 255 && !text.chars().any(char::is_control)
        };
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
        if self
            .groups_claim
            .as_deref()
            .is_some_and(|claim| !text(claim))
        {
            return bad("groups_claim", "invalid", "Name a claim.");
        }
        if self.required_claims.len() > 20 || !self.required_claims.keys().all(|name| text(name)) {
            return bad("required_claims", "invalid", "Name at most 20 claims.");
        }
        Ok(())
    }

    /// The claim with groups.
    pub fn groups_claim(&self) -> &str {
        self.groups_claim.as_deref().unwrap_or("groups")
    }

    /// The first demanded claim that is not as demanded.
    pub fn unmet<'a>(&'a self, claims: &serde_json::Map<String, Value>) -> Option<&'a str> {
        let unmet = |(name, wanted): &(&String, &Value)| {
            super::mapping::find(claims, name) != Some(*wanted)
        };
        self.required_claims
            .iter()
            .find(unmet)
            .map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn connection(state: State) -> Connection {
        Connection {
            id: ConnectionId("c".into()),
            tenant: TenantId("t".into()),
            org: OrgId("o".into()),
            slug: "acme".into(),
            name: "Acme".into(),
            protocol: Protocol::Oidc,
            broker: Broker::Direct,
            state,
            rollout: Rollout::All,
            redirect_uri: "https://login.test/federation/callback/c".into(),
            draft: 3,
            draft_hash: "new".into(),
            active: None,
            tested_hash: None,
            last_login_at: None,
            version: 1,
            created_at: 0,
        }
    }

    #[test]
    fn only_the_tested_draft_goes_live() {
        let mut one = connection(State::Draft);
        assert!(one.activated("new").is_err(), "not tested");
        one.tested_hash = Some("old".into());
        assert!(one.activated("old").is_err(), "tested, but edited since");
        assert!(one.activated("new").is_err());
        one.tested_hash = Some("new".into());
        one.activated("new").expect("tested");
        assert_eq!((one.state, one.active), (State::Active, Some(3)));
        one.edited(4, "newer".into());
        assert_eq!(
            (one.state, one.active),
            (State::Active, Some(3)),
            "what is live stays"
        );
        assert!(one.activated("new").is_err(), "no longer the draft");
    }

    #[test]
    fn an_edit_undoes_the_test_and_nothing_is_switched_on_that_never_was() {
        let mut one = connection(State::Tested);
        assert!(one.switched(State::Active).is_err());
        assert!(one.switched(State::Draft).is_err());
        one.edited(4, "newer".into());
        assert_eq!(one.state, State::Draft);
        one.active = Some(2);
        one.switched(State::Disabled).expect("off");
        one.switched(State::Active).expect("on");
    }

    #[test]
    fn settings_are_checked_and_unknown_members_refused() {
        let with = |more: Value| {
            let mut all = json!({ "issuer": "https://idp.example", "client_id": "c" });
            let members = all.as_object_mut().expect("an object");
            members.extend(more.as_object().expect("members").clone());
            serde_json::from_value::<Settings>(all)
        };
        with(json!({})).expect("reads").check().expect("good");
        for bad in [
            json!({ "issuer": "javascript:1" }),
            json!({ "issuer": "https://idp.example?x=1" }),
            json!({ "client_id": " " }),
            json!({ "scopes": ["a b"] }),
            json!({ "groups_claim": "" }),
        ] {
            assert!(with(bad.clone()).expect("reads").check().is_err(), "{bad}");
        }
        with(json!({ "isuer": "x" })).expect_err("unknown");
    }

    #[test]
    fn a_demanded_claim_must_be_exactly_so() {
        let settings: Settings = serde_json::from_value(json!({
            "issuer": "https://idp.example", "client_id": "c", "required_claims": { "hd": "acme.test" },
        }))
        .expect("reads");
        let unmet = |claims: Value| {
            let claims = serde_json::from_value(claims).expect("claims");
            settings.unmet(&claims).map(str::to_owned)
        };
        assert_eq!(unmet(json!({ "hd": "acme.test" })), None);
        for bad in [
            json!({}),
            json!({ "hd": "acme.test.evil" }),
            json!({ "hd": ["acme.test"] }),
        ] {
            assert_eq!(unmet(bad).as_deref(), Some("hd"));
        }
    }
}
