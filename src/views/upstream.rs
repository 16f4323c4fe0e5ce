//! Connecting the team's own identity provider: addresses to give, settings to take,
//! checks to read, one switch.

use askama::Template;

use super::{Checks, Chrome, filters};

/// What the form holds.
#[derive(Debug, Clone, Default)]
pub struct UpstreamValues {
    /// `keycloak` or `oidc`.
    pub kind: String,
    /// Short name.
    pub name: String,
    /// Issuer address.
    pub issuer: String,
    /// Client id.
    pub client_id: String,
}

/// `GET /admin/upstream`.
#[derive(Template)]
#[template(path = "pages/connect_upstream.html")]
pub struct ConnectUpstreamPage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token.
    pub csrf: String,
    /// "Save and check" posts here, "Activate" to `{action}/activate`.
    pub action: String,
    /// To be registered at the provider: where sign-ins come back.
    pub redirect_uri: String,
    /// Likewise: where sign-outs come back.
    pub post_logout_uri: String,
    /// Likewise: where the provider tells of ended sessions.
    pub backchannel_uri: String,
    /// What the form holds.
    pub values: UpstreamValues,
    /// What went wrong.
    pub error: Option<String>,
    /// What the checks found; empty before the first.
    pub checks: Checks,
    /// Set once it is saved.
    pub upstream_id: Option<String>,
    /// May be activated now.
    pub can_activate: bool,
    /// What people sign in with at present.
    pub active_label: String,
}

impl ConnectUpstreamPage {
    /// Where in the lane of steps this page stands: 1, 2 or 3.
    fn step(&self) -> u8 {
        match (&self.upstream_id, self.can_activate) {
            (None, _) => 1,
            (Some(_), false) => 2,
            (Some(_), true) => 3,
        }
    }
}

#[cfg(test)]
impl ConnectUpstreamPage {
    pub(super) fn samples() -> Vec<Self> {
        let saved = || Self {
            values: UpstreamValues {
                kind: "oidc".into(),
                name: "corp".into(),
                issuer: "https://kc.example/realms/main".into(),
                client_id: "laneway".into(),
            },
            upstream_id: Some("u1".into()),
            ..Self::start_sample()
        };
        vec![
            Self::start_sample(),
            Self {
                error: Some("Give the issuer address.".into()),
                ..Self::start_sample()
            },
            Self {
                checks: Checks::sample(&[
                    ("discovery", true),
                    ("signature_algorithm", false),
                    ("odd_one", false),
                ]),
                ..saved()
            },
            Self {
                checks: Checks::sample(&[("discovery", true), ("signing_keys", true)]),
                can_activate: true,
                ..saved()
            },
        ]
    }

    fn start_sample() -> Self {
        Self {
            chrome: Chrome::sample(),
            csrf: "t0ken".into(),
            action: "/admin/upstream".into(),
            redirect_uri: "https://login.tidewell.example/federation/callback/keycloak".into(),
            post_logout_uri: "https://login.tidewell.example/logged-out".into(),
            backchannel_uri: "https://login.tidewell.example/bff/backchannel/keycloak".into(),
            values: UpstreamValues {
                kind: "keycloak".into(),
                ..UpstreamValues::default()
            },
            error: None,
            checks: Checks::default(),
            upstream_id: None,
            can_activate: false,
            active_label: "Accounts kept by Laneway".into(),
        }
    }
}
