//! Step 1: paste, recognise, copy.

use askama::Template;

use super::SetupFrame;
use crate::views::{Chrome, filters};

/// What was understood of what was pasted.
#[derive(Debug, Clone, Default)]
pub struct FoundProvider {
    /// As people call the provider.
    pub vendor: String,
    /// `OpenID Connect` or `SAML 2.0`.
    pub protocol: String,
    /// SAML instead of OpenID Connect.
    pub saml: bool,
    /// Issuer or entity id.
    pub issuer: String,
    /// Way through the provider's menus.
    pub place: String,
    /// What to do there.
    pub steps: Vec<String>,
    /// What the provider calls the client id.
    pub client_id_label: String,
    /// What the provider calls the client secret.
    pub client_secret_label: String,
    /// A claim that should be demanded there, `hd` for instance; empty for none.
    pub required_claim: String,
}

/// A value for the provider.
#[derive(Debug, Clone)]
pub struct GiveRow {
    /// For the copy button.
    pub id: String,
    /// As the provider calls it.
    pub label: String,
    /// The value.
    pub value: String,
}

/// What the fields hold.
#[derive(Debug, Clone, Default)]
pub struct SetupValues {
    /// As it was pasted.
    pub paste: String,
    /// Without metadata: the provider's entity id.
    pub entity_id: String,
    /// Without metadata: where people sign in.
    pub sso_url: String,
    /// Without metadata: what the provider signs with.
    pub certificates: String,
    /// Name of the connection.
    pub name: String,
    /// Client id.
    pub client_id: String,
    /// A secret is kept already.
    pub has_secret: bool,
    /// The claim with groups.
    pub groups_claim: String,
    /// The value of the demanded claim.
    pub required_value: String,
    /// What happens when somebody who has an account attaches an identity.
    pub link_policy: String,
    /// Sign-ins that begin at the provider are taken.
    pub idp_initiated: bool,
}

impl SetupValues {
    /// Each link policy with the key of its words.
    fn policies(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> + '_ {
        let all = [
            ("refuse", "setup-policy-refuse"),
            ("link", "setup-policy-link"),
            ("add", "setup-policy-add"),
            ("replace", "setup-policy-replace"),
        ];
        let chosen = |word| self.link_policy == word;
        all.into_iter()
            .map(move |(word, key)| (word, key, chosen(word)))
    }

    /// The values are given by hand.
    pub fn by_hand(&self) -> bool {
        !self.sso_url.is_empty() || !self.certificates.is_empty()
    }
}

/// `GET {base}/connect`.
#[derive(Template)]
#[template(path = "pages/setup/connect.html")]
pub struct SetupConnectPage {
    /// Frame.
    pub chrome: Chrome,
    /// Frame of the set-up.
    pub frame: SetupFrame,
    /// What was understood.
    pub found: Option<FoundProvider>,
    /// What to give to the provider.
    pub give: Vec<GiveRow>,
    /// What the fields hold.
    pub values: SetupValues,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl SetupConnectPage {
    pub(in crate::views) fn samples() -> Vec<Self> {
        let page = |found: Option<FoundProvider>, error: Option<&str>| Self {
            chrome: Chrome::sample(),
            frame: SetupFrame::sample(1, if found.is_some() { 2 } else { 1 }),
            give: if found.is_some() {
                vec![GiveRow {
                    id: "redirect-uri".into(),
                    label: "Redirect URI (Web)".into(),
                    value: "https://login.tidewell.example/federation/callback/0199".into(),
                }]
            } else {
                Vec::new()
            },
            found,
            values: SetupValues {
                entity_id: String::new(),
                sso_url: String::new(),
                certificates: error.unwrap_or_default().into(),
                paste: "https://login.example/<tenant>".into(),
                name: "Pellworm & Labs".into(),
                client_id: "c1".into(),
                has_secret: true,
                groups_claim: "groups".into(),
                required_value: "acme.example".into(),
                link_policy: "link".into(),
                idp_initiated: true,
            },
            error: error.map(str::to_owned),
        };
        let found = |saml: bool| FoundProvider {
            vendor: "Microsoft Entra ID".into(),
            protocol: if saml { "SAML 2.0" } else { "OpenID Connect" }.into(),
            saml,
            issuer: "https://login.microsoftonline.com/7f3c/v2.0".into(),
            place: "App registrations → New registration".into(),
            steps: vec![
                "Register an application.".into(),
                "Copy <its> secret.".into(),
            ],
            client_id_label: "Application (client) ID".into(),
            client_secret_label: "Client secret (Value)".into(),
            required_claim: if saml { String::new() } else { "hd".into() },
        };
        vec![
            page(None, None),
            page(None, Some("Nothing could be read at this address.")),
            page(Some(found(false)), None),
            page(Some(found(true)), None),
        ]
    }
}
