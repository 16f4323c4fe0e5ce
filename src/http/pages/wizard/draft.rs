//! What was understood so far of the other side, and the config that comes of it.
//!
//! Owns: what a link keeps between its pages.
//! Must not know: pages.

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::super::super::admin::read_config;
use super::connect::ConnectForm;
use super::guard::Setup;
use crate::domain::Problem;
use crate::domain::connection::{Config, Protocol};
use crate::lane_b::drafts::Secret;
use crate::lane_b::paste::Understood;
use crate::lane_b::vendors;

/// What was understood so far, kept with the link; no secret is in it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// As it was pasted.
    pub paste: String,
    /// Whose it is.
    pub vendor: String,
    /// SAML instead of OpenID Connect.
    pub saml: bool,
    /// Issuer or entity id.
    pub issuer: String,
    /// Where metadata came from.
    metadata_url: Option<String>,
    /// Metadata as it was read or pasted.
    metadata_xml: Option<String>,
    /// Without metadata: an entity id that cannot be taken as it is.
    #[serde(skip)]
    pub entity_id: String,
    /// Without metadata: where people sign in.
    pub sso_url: String,
    /// Without metadata: what the provider signs with, as it was typed.
    pub certificates: String,
}

impl Draft {
    /// What a link keeps; nothing where it cannot be read.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// What there is already, for a link that begins with a connection.
    pub fn of_config(config: &Config) -> Self {
        let issuer = config.issuer().to_owned();
        let vendor = Url::parse(&issuer).map_or(vendors::GENERIC, |url| vendors::of_address(&url));
        let mut draft = Self {
            paste: issuer.clone(),
            vendor: vendor.to_owned(),
            saml: config.protocol() == Protocol::Saml,
            issuer,
            ..Self::default()
        };
        if let Config::Saml(saml) = config
            && saml.metadata_url.is_none()
        {
            draft.sso_url.clone_from(&saml.sso_url);
            let all = saml.certificates.iter().map(|base64| pem(base64));
            draft.certificates = all.collect();
        }
        draft
    }

    /// Nothing was understood so far.
    pub fn is_empty(&self) -> bool {
        self.issuer.is_empty()
    }

    /// What came of a text.
    pub fn of(found: Understood, paste: &str) -> Self {
        Self {
            // Metadata itself is kept once.
            paste: if paste.trim_start().starts_with('<') {
                String::new()
            } else {
                paste.trim().chars().take(2000).collect()
            },
            vendor: found.vendor.to_owned(),
            saml: found.protocol == Protocol::Saml,
            issuer: found.issuer,
            metadata_url: found.metadata_url.map(String::from),
            metadata_xml: found.metadata_xml,
            ..Self::default()
        }
    }

    /// What was typed in, where a provider has no metadata.
    pub fn typed(form: &ConnectForm) -> Self {
        let text = |typed: &str, most: usize| typed.trim().chars().take(most).collect::<String>();
        let issuer = text(&form.entity_id, 1024);
        let sso_url = text(&form.sso_url, 2000);
        let named = [issuer.as_str(), sso_url.as_str()];
        let known = named
            .into_iter()
            .filter_map(|text| Url::parse(text).ok())
            .map(|url| vendors::of_address(&url))
            .find(|vendor| *vendor != vendors::GENERIC);
        Self {
            vendor: known.unwrap_or(vendors::GENERIC).to_owned(),
            saml: true,
            issuer,
            sso_url,
            certificates: text(&form.certificates, 40_000),
            ..Self::default()
        }
    }

    /// What was typed, back in its fields: nothing is understood of it yet.
    pub fn into_typed(mut self) -> Self {
        self.entity_id = std::mem::take(&mut self.issuer);
        self
    }

    /// The protocol that was recognised.
    pub fn protocol(&self) -> Protocol {
        if self.saml {
            Protocol::Saml
        } else {
            Protocol::Oidc
        }
    }

    /// What was pasted or typed is taken; where nothing was, what there is stays.
    fn give_metadata(&self, all: &mut Value) {
        let Some(members) = all.as_object_mut() else {
            return;
        };
        if self.metadata_url.is_some() || self.metadata_xml.is_some() {
            members.remove("certificates");
            members.insert("metadata_url".into(), json!(self.metadata_url));
            members.insert("metadata_xml".into(), json!(self.metadata_xml));
        } else if !self.sso_url.is_empty() {
            members.remove("metadata_url");
            members.insert("entity_id".into(), json!(self.issuer));
            members.insert("sso_url".into(), json!(self.sso_url));
            let certificates = separate(&self.certificates);
            members.insert("certificates".into(), json!(certificates));
        }
    }
}

fn pem(base64: &str) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}

/// The certificates of a text: one after the other in PEM, or the base64 text of one.
pub fn separate(text: &str) -> Vec<String> {
    const END: &str = "-----END CERTIFICATE-----";
    text.split_inclusive(END)
        .map(|one| one.trim().to_owned())
        .filter(|one| !one.is_empty())
        .collect()
}

/// What only the API sets stays as it is, as long as the provider is the same.
fn kept_of(setup: &Setup) -> Value {
    match &setup.made {
        Some((_, revision)) if revision.config.issuer() == setup.draft.issuer => {
            json!(revision.config)
        }
        _ => json!({}),
    }
}

fn scopes(draft: &Draft, groups: Option<&str>) -> Vec<&'static str> {
    let mut scopes = vec!["openid", "profile", "email"];
    // Asked for where the provider knows such a scope by its claim's name.
    if groups == Some("groups") && draft.vendor == vendors::GENERIC {
        scopes.push("groups");
    }
    scopes
}

/// The config that draft and form make, and its secret.
///
/// # Errors
/// `invalid_field`.
pub fn config(setup: &Setup, form: &ConnectForm) -> Result<(Config, Secret), Problem> {
    let draft = &setup.draft;
    let groups = Some(form.groups_claim.trim()).filter(|text| !text.is_empty());
    let mut all = kept_of(setup);
    if draft.saml {
        draft.give_metadata(&mut all);
    } else {
        all["issuer"] = json!(draft.issuer);
        all["client_id"] = json!(form.client_id.trim());
        if all.get("scopes").is_none() {
            all["scopes"] = json!(scopes(draft, groups));
        }
        let vendor = vendors::get(&draft.vendor);
        if let Some(claim) = vendor.required_claim(Protocol::Oidc) {
            all["required_claims"][claim] = json!(form.required_value.trim());
        }
    }
    // The page always names a policy: a form without one is not the page's.
    if let Some(policy) = &form.link_policy {
        all["link_policy"] = json!(policy);
        if draft.saml {
            all["allow_idp_initiated"] = json!(form.idp_initiated.is_some());
        }
    }
    match (groups, all.as_object_mut()) {
        (Some(groups), _) => all["groups_claim"] = json!(groups),
        (None, Some(members)) => drop(members.remove("groups_claim")),
        (None, None) => {}
    }
    let typed = form.client_secret.as_ref();
    let typed = typed.filter(|secret| !secret.expose_secret().trim().is_empty());
    if let Some(secret) = typed.filter(|_| !draft.saml) {
        all["client_secret"] = json!(secret.expose_secret().trim());
    }
    let Value::Object(members) = all else {
        return Err(Problem::not_found());
    };
    read_config(draft.protocol(), members, Secret::Keep)
}
