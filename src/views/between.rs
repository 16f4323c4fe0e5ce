//! Between us and a provider: going on to it, signing out, asking before, having left.

use askama::Template;

use super::{Chrome, filters};

/// After the end.
#[derive(Template)]
#[template(path = "pages/logged_out.html")]
pub struct LoggedOutPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where signing in begins.
    pub login_href: String,
}

/// The session here is over; the one at the provider ends when this form arrives there.
/// Its values travel in a body, never in an address.
#[derive(Template)]
#[template(path = "pages/continue_logout.html")]
pub struct ContinueLogoutPage {
    /// Frame.
    pub chrome: Chrome,
    /// Address at the provider.
    pub action: String,
    /// Names and values to send.
    pub fields: Vec<(String, String)>,
}

/// A sign-in goes on at a provider that takes requests by POST only.
#[derive(Template)]
#[template(path = "pages/continue_sign_in.html")]
pub struct ContinueSignInPage {
    /// Frame.
    pub chrome: Chrome,
    /// Address at the provider.
    pub action: String,
    /// Names and values to send.
    pub fields: Vec<(String, String)>,
}

/// Asks before ending a session that a link from elsewhere wants to end.
#[derive(Template)]
#[template(path = "pages/confirm_logout.html")]
pub struct ConfirmLogoutPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the button posts to.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// What is to be ended and where it goes on, sealed.
    pub request: String,
}

#[cfg(test)]
impl LoggedOutPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            chrome: Chrome::sample(),
            login_href: "/login".into(),
        }]
    }
}

#[cfg(test)]
impl ContinueLogoutPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            chrome: Chrome::sample(),
            action: "https://kc.example/realms/main/protocol/openid-connect/logout".into(),
            fields: vec![
                ("id_token_hint".into(), "a.b.c".into()),
                ("client_id".into(), "lw\"".into()),
            ],
        }]
    }
}

#[cfg(test)]
impl ContinueSignInPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            chrome: Chrome::sample(),
            action: "https://idp.example/saml/sso".into(),
            fields: vec![
                ("SAMLRequest".into(), "PHNhbWw+".into()),
                ("RelayState".into(), "t.1\"".into()),
            ],
        }]
    }
}

#[cfg(test)]
impl ConfirmLogoutPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            chrome: Chrome::sample(),
            action: "/oauth/end_session".into(),
            csrf: "t0ken".into(),
            request: "s3aled".into(),
        }]
    }
}
