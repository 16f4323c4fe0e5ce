//! The sign-in page: who are you, or which other way do you take?

use askama::Template;

use super::{Chrome, filters};

/// A way that leads to another provider.
#[derive(Debug, Clone)]
pub struct RedirectChoice {
    /// Sent as `connection`.
    pub connection: String,
    /// Name of the provider.
    pub label: String,
    /// Anybody may have an account there: its first letter stands for it.
    pub social: bool,
}

/// `GET /login`. Says the same to known and unknown people.
#[derive(Template)]
#[template(path = "pages/login.html")]
pub struct LoginPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the forms post to; field `kind` is `identify`, `password`, `passkey` or `redirect`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// The flow that is open already, if one is.
    pub flow: Option<String>,
    /// Where to go afterwards.
    pub return_to: String,
    /// What was typed.
    pub username: String,
    /// What went wrong.
    pub error: Option<String>,
    /// Passkeys are accepted.
    pub passkey: bool,
    /// Codes by mail are sent.
    pub email_code: bool,
    /// Passwords are accepted on this page.
    pub password: bool,
    /// Where a lost password is replaced, if it can be.
    pub recover_href: Option<String>,
    /// Providers of the organization whose page it is: they come first.
    pub theirs: Vec<RedirectChoice>,
    /// Other providers.
    pub redirects: Vec<RedirectChoice>,
    /// An address may lead to a provider of its organization at once: the other ways can be asked for.
    pub leads: bool,
    /// Where an account is made, if people may.
    pub signup_href: Option<String>,
    /// Something to know that is no error.
    pub notice: Option<String>,
}

impl LoginPage {
    /// Is there something to do with a typed name?
    fn asks_name(&self) -> bool {
        self.passkey
            || self.email_code
            || self.password
            || (self.redirects.is_empty() && self.theirs.is_empty())
    }
}

#[cfg(test)]
impl LoginPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |username: &str| Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: None,
            return_to: "/account?a=1&b=\"2\"".into(),
            username: username.into(),
            error: None,
            passkey: true,
            email_code: true,
            password: false,
            recover_href: None,
            theirs: Vec::new(),
            leads: false,
            redirects: vec![
                RedirectChoice {
                    connection: "kc".into(),
                    label: "Keycloak".into(),
                    social: false,
                },
                RedirectChoice {
                    connection: "corp".into(),
                    label: "Brennan & Kohl".into(),
                    social: false,
                },
                RedirectChoice {
                    connection: "hub".into(),
                    label: "<GitHub>".into(),
                    social: true,
                },
            ],
            signup_href: Some("/signup".into()),
            notice: None,
        };
        vec![
            plain(""),
            Self {
                error: Some("Enter your email address.".into()),
                flow: Some("f1".into()),
                ..plain("<ana>")
            },
            Self {
                chrome: Chrome::branded_sample(),
                passkey: false,
                email_code: false,
                signup_href: None,
                notice: Some("You are signed out.".into()),
                ..plain("")
            },
            Self {
                passkey: false,
                password: true,
                recover_href: Some("/recover?return_to=%2Faccount".into()),
                redirects: Vec::new(),
                ..plain("ana@a.test")
            },
            Self {
                chrome: Chrome::branded_sample(),
                theirs: vec![RedirectChoice {
                    connection: "acme".into(),
                    label: "Acme".into(),
                    social: false,
                }],
                leads: true,
                redirects: Vec::new(),
                signup_href: None,
                ..plain("")
            },
        ]
    }
}
