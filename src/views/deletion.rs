//! The end of an account: what goes and what stays, and the word that it is over.

use askama::Template;

use super::{Chrome, filters};

/// `GET /account/delete`.
#[derive(Template)]
#[template(path = "pages/delete_account.html")]
pub struct DeleteAccountPage {
    /// Frame.
    pub chrome: Chrome,
    /// Hidden token.
    pub csrf: String,
    /// What must be typed: the address, or a word where there is none.
    pub word: String,
    /// Names of the organizations that the person leaves.
    pub organizations: String,
    /// Providers where an account of theirs stays.
    pub elsewhere: Vec<String>,
    /// Must stay: nobody else owns the installation.
    pub only_owner: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// `GET /account/deleted`.
#[derive(Template)]
#[template(path = "pages/account_deleted.html")]
pub struct AccountDeletedPage {
    /// Frame.
    pub chrome: Chrome,
}

#[cfg(test)]
impl DeleteAccountPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || Self {
            chrome: Chrome::sample(),
            csrf: "t0ken".into(),
            word: "ana.ferreira@brennankohl.example".into(),
            organizations: "Brennan & Kohl, Acme".into(),
            elsewhere: vec!["Keycloak".into()],
            only_owner: false,
            error: None,
        };
        vec![
            plain(),
            Self {
                organizations: String::new(),
                elsewhere: Vec::new(),
                error: Some("That is not your address.".into()),
                ..plain()
            },
            Self {
                only_owner: true,
                ..plain()
            },
        ]
    }
}

#[cfg(test)]
impl AccountDeletedPage {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            chrome: Chrome::sample(),
        }]
    }
}
