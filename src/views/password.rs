//! Asking for a password, and for a new one.

use askama::Template;

use super::{Chrome, filters};

/// The password step.
#[derive(Template)]
#[template(path = "pages/password.html")]
pub struct PasswordPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form posts to; `kind` is `password`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow.
    pub flow: Option<String>,
    /// As whom.
    pub username: String,
    /// Somebody signed in confirms that it is them.
    pub confirm: bool,
    /// Where a lost password is replaced, if it can be.
    pub recover_href: Option<String>,
    /// There is another way.
    pub can_choose: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// A new password, in a flow or on the account.
#[derive(Template)]
#[template(path = "pages/new_password.html")]
pub struct NewPasswordPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form posts to.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow; none on the account page.
    pub flow: Option<String>,
    /// Which words: `signup`, `recover`, `set` or `change`.
    pub occasion: String,
    /// For whom, so that password managers know.
    pub username: String,
    /// The least number of characters.
    pub min: u32,
    /// The old one is asked for.
    pub asks_current: bool,
    /// May be left out.
    pub skippable: bool,
    /// What went wrong.
    pub error: Option<String>,
}

impl NewPasswordPage {
    fn title_key(&self) -> &'static str {
        match self.occasion.as_str() {
            "recover" => "new-password-recover-title",
            "change" => "account-password-title",
            "set" => "account-password-set-title",
            _ => "new-password-title",
        }
    }

    fn lead_key(&self) -> &'static str {
        match self.occasion.as_str() {
            "recover" => "new-password-recover-lead",
            "change" | "set" => "account-password-lead",
            _ => "new-password-lead",
        }
    }
}

/// The start of a recovery: the address.
#[derive(Template)]
#[template(path = "pages/recover.html")]
pub struct RecoverPage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the form posts to; `kind` is `identify`.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// The flow that is open already, if one is.
    pub flow: Option<String>,
    /// Where to go afterwards.
    pub return_to: String,
    /// What was typed.
    pub email: String,
    /// What went wrong.
    pub error: Option<String>,
    /// The sign-in page.
    pub login_href: String,
}

#[cfg(test)]
impl PasswordPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: Some("f1".into()),
            username: "ana@a.test".into(),
            confirm: false,
            recover_href: Some("/recover".into()),
            can_choose: true,
            error: None,
        };
        vec![
            plain(),
            Self {
                username: "<ana>".into(),
                confirm: true,
                recover_href: None,
                can_choose: false,
                error: Some("The address or the password is not right.".into()),
                ..plain()
            },
        ]
    }
}

#[cfg(test)]
impl NewPasswordPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = |occasion: &str| Self {
            chrome: Chrome::sample(),
            action: "/signup".into(),
            csrf: "t0ken".into(),
            flow: Some("f1".into()),
            occasion: occasion.into(),
            username: "ana@a.test".into(),
            min: 15,
            asks_current: false,
            skippable: false,
            error: None,
        };
        vec![
            plain("recover"),
            Self {
                skippable: true,
                ..plain("signup")
            },
            Self {
                flow: None,
                min: 8,
                asks_current: true,
                error: Some("This is guessed too soon. Add a few unrelated words.".into()),
                ..plain("change")
            },
            Self {
                flow: None,
                ..plain("set")
            },
        ]
    }
}

#[cfg(test)]
impl RecoverPage {
    pub(super) fn samples() -> Vec<Self> {
        let plain = || Self {
            chrome: Chrome::sample(),
            action: "/recover".into(),
            csrf: "t0ken".into(),
            flow: None,
            return_to: "/account".into(),
            email: String::new(),
            error: None,
            login_href: "/login".into(),
        };
        vec![
            plain(),
            Self {
                flow: Some("f1".into()),
                email: "x".into(),
                error: Some("Enter a full email address.".into()),
                ..plain()
            },
        ]
    }
}
