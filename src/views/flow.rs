//! The choice between ways to prove who you are: at sign-in and at step-up.

use askama::Template;

use super::{Chrome, filters};

/// One open way.
#[derive(Debug, Clone)]
pub struct MethodChoice {
    /// `passkey`, `email-code`, `password`, `redirect`, `totp`, `recovery-code`.
    pub kind: String,
    /// Words on the button, such as "Continue with Keycloak"; empty for the ordinary words.
    pub label: String,
    /// Sent as `connection`.
    pub connection: Option<String>,
}

impl MethodChoice {
    fn icon(&self) -> &'static str {
        match self.kind.as_str() {
            "passkey" => "key",
            "email-code" => "envelope",
            "redirect" => "building",
            _ => "lock",
        }
    }

    fn words_key(&self) -> &'static str {
        match self.kind.as_str() {
            "passkey" => "method-passkey",
            "email-code" => "method-email-code",
            "password" => "method-password",
            "totp" => "method-totp",
            "recovery-code" => "method-recovery-code",
            _ => "method-other",
        }
    }
}

/// The choose step.
#[derive(Template)]
#[template(path = "pages/choose.html")]
pub struct ChoosePage {
    /// Frame.
    pub chrome: Chrome,
    /// Where the forms post to; `kind` is the method's.
    pub action: String,
    /// Hidden token.
    pub csrf: String,
    /// Open flow.
    pub flow: Option<String>,
    /// In the order to offer them; the first is the main one.
    pub methods: Vec<MethodChoice>,
    /// What this is about; empty for the ordinary words.
    pub heading: String,
    /// What went wrong.
    pub error: Option<String>,
}

#[cfg(test)]
impl ChoosePage {
    pub(super) fn samples() -> Vec<Self> {
        let method = |kind: &str| MethodChoice {
            kind: kind.into(),
            label: String::new(),
            connection: None,
        };
        let plain = || Self {
            chrome: Chrome::sample(),
            action: "/login".into(),
            csrf: "t0ken".into(),
            flow: Some("f1".into()),
            methods: vec![
                method("passkey"),
                method("email-code"),
                method("password"),
                method("totp"),
                method("recovery-code"),
                MethodChoice {
                    kind: "redirect".into(),
                    label: "Continue with Brennan & Kohl".into(),
                    connection: Some("corp".into()),
                },
            ],
            heading: String::new(),
            error: None,
        };
        let step_up = Self {
            chrome: Chrome::branded_sample(),
            methods: vec![method("passkey")],
            heading: "Confirm that it is you".into(),
            error: Some("That passkey did not work here.".into()),
            ..plain()
        };
        vec![plain(), step_up]
    }
}
