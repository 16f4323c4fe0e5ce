//! Connecting the team's own identity provider: addresses to give, settings to take,
//! checks to read, one switch.

use askama::Template;

use super::{Chrome, filters};

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

/// One finding about the provider.
#[derive(Debug, Clone)]
pub struct CheckRow {
    /// Stable name in `snake_case`.
    pub name: String,
    /// Passed.
    pub ok: bool,
    /// What was found.
    pub received: String,
    /// What was wanted.
    pub expected: String,
    /// Who acts: `provider`, `us` or `customer`.
    pub who: String,
    /// What to do.
    pub fix: String,
}

impl CheckRow {
    /// The key of the words for its name, where there are some.
    pub(super) fn title_key(&self) -> String {
        format!("check-{}", self.name.replace('_', "-"))
    }

    pub(super) fn who_key(&self) -> &'static str {
        match self.who.as_str() {
            "us" => "who-us",
            "customer" => "who-customer",
            _ => "who-provider",
        }
    }
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
    pub checks: Vec<CheckRow>,
    /// Set once it is saved.
    pub upstream_id: Option<String>,
    /// May be activated now.
    pub can_activate: bool,
    /// What people sign in with at present.
    pub active_label: String,
}

impl ConnectUpstreamPage {
    fn failed(&self) -> Vec<&CheckRow> {
        self.checks.iter().filter(|check| !check.ok).collect()
    }

    fn passed(&self) -> Vec<&CheckRow> {
        self.checks.iter().filter(|check| check.ok).collect()
    }

    fn count(&self, ok: bool) -> u32 {
        let rows = self.checks.iter().filter(|check| check.ok == ok).count();
        u32::try_from(rows).unwrap_or(u32::MAX)
    }

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
        let check = CheckRow::sample;
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
                checks: vec![
                    check("discovery", true),
                    check("signature_algorithm", false),
                    check("odd_one", false),
                ],
                ..saved()
            },
            Self {
                checks: vec![check("discovery", true), check("signing_keys", true)],
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
            checks: Vec::new(),
            upstream_id: None,
            can_activate: false,
            active_label: "Accounts kept by Laneway".into(),
        }
    }
}

#[cfg(test)]
impl CheckRow {
    pub(super) fn sample(name: &str, ok: bool) -> Self {
        let (expected, fix) = if ok {
            ("", "")
        } else {
            (
                "RS256, ES256",
                "Set the signature algorithm of the client to RS256.",
            )
        };
        Self {
            name: name.into(),
            ok,
            received: "rsa-sha1 <x>".into(),
            expected: expected.into(),
            who: "provider".into(),
            fix: fix.into(),
        }
    }
}
