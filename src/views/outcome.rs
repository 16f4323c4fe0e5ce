//! Pages for when it did not work: what happened, what to do, who can fix it.

use askama::Template;

use super::{Chrome, filters};

/// Somebody proved who they are and still may not enter.
#[derive(Template)]
#[template(path = "pages/denied.html")]
pub struct DeniedPage {
    /// Frame.
    pub chrome: Chrome,
    /// One line.
    pub title: String,
    /// Why, and what to do.
    pub detail: String,
    /// The key of what to do.
    pub ask: &'static str,
    /// Where it goes on, and the key of the words for it.
    pub next: Option<(String, &'static str)>,
}

/// The provider behind the sign-in does not answer.
#[derive(Template)]
#[template(path = "pages/upstream_down.html")]
pub struct UpstreamDownPage {
    /// Frame.
    pub chrome: Chrome,
    /// Name of the provider; empty where it is not known.
    pub upstream_label: String,
    /// Where another try begins.
    pub retry_href: String,
    /// It is an organization's only way in: where people for emergencies begin.
    pub emergency_href: Option<String>,
}

/// Anything else.
#[derive(Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    /// Frame.
    pub chrome: Chrome,
    /// HTTP status.
    pub status: u16,
    /// One line.
    pub title: String,
    /// What to do.
    pub detail: String,
}

/// There is another way, and it is the organization's own.
#[derive(Template)]
#[template(path = "pages/sso_required.html")]
pub struct SsoRequiredPage {
    /// Frame.
    pub chrome: Chrome,
    /// One line.
    pub title: String,
    /// Why.
    pub detail: String,
    /// Where that way begins.
    pub start_href: String,
    /// Somebody is signed in whom that provider does not know.
    pub unlinked: bool,
}

#[cfg(test)]
impl SsoRequiredPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |unlinked| Self {
            chrome: Chrome::sample(),
            title: "Sign in with your organization".into(),
            detail: "Your organization wants you to sign in with its own provider.".into(),
            start_href: "https://login.tidewell.example/federation/0199/start".into(),
            unlinked,
        };
        vec![plain(false), plain(true)]
    }
}

#[cfg(test)]
impl DeniedPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |ask, next: Option<(&str, &'static str)>| Self {
            chrome: Chrome::sample(),
            title: "You don’t have access to Tidewell yet".into(),
            detail: "Your account is not in a group that may use <Tidewell>.".into(),
            ask,
            next: next.map(|(href, words)| (href.into(), words)),
        };
        vec![
            plain("denied-ask", Some(("/login", "denied-retry"))),
            plain("denied-ask-link", Some(("/account", "leave-step"))),
            plain("denied-ask", None),
        ]
    }
}

#[cfg(test)]
impl UpstreamDownPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |label: &str| Self {
            chrome: Chrome::branded_sample(),
            upstream_label: label.into(),
            retry_href: "/login".into(),
            emergency_href: label.is_empty().then(|| "/login".into()),
        };
        vec![plain("Keycloak"), plain("")]
    }
}

#[cfg(test)]
impl ErrorPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |status, title: &str| Self {
            chrome: Chrome::sample(),
            status,
            title: title.into(),
            detail: "Nothing is known under this address.".into(),
        };
        let nobody = Chrome {
            reference: "x1".into(),
            ..Chrome::default()
        };
        vec![
            plain(404, "There is nothing here"),
            Self {
                chrome: nobody,
                ..plain(421, "This host is not served here")
            },
        ]
    }
}
