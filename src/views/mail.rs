//! Mails. They carry their styles inline, as mail programs drop linked sheets; nothing else
//! of ours does.

use askama::Template;

use super::{FluentArgs, filters, text};

/// A sign-in code with its link.
#[derive(Template)]
#[template(path = "mail/code.html")]
pub struct CodeMail {
    /// Name of the tenant.
    pub tenant_name: String,
    /// The digits.
    pub code: String,
    /// The page that does the same as the code.
    pub link: String,
    /// Life of both.
    pub minutes: u32,
}

#[derive(Template)]
#[template(path = "mail/code.txt")]
struct CodeText<'a>(&'a CodeMail);

impl CodeMail {
    /// Subject line.
    pub fn subject(&self) -> String {
        let mut args = FluentArgs::new();
        args.set("tenant", one_line(&self.tenant_name));
        args.set("code", self.code.as_str());
        text("mail-code-subject", &args)
    }

    /// HTML body.
    pub fn html(&self) -> String {
        rendered(self)
    }

    /// Text body.
    pub fn text(&self) -> String {
        rendered(&CodeText(self))
    }
}

/// Somebody tried to sign up with an address that has an account.
#[derive(Template)]
#[template(path = "mail/existing_account.html")]
pub struct ExistingAccountMail {
    /// Name of the tenant.
    pub tenant_name: String,
    /// The sign-in page.
    pub login_url: String,
}

#[derive(Template)]
#[template(path = "mail/existing_account.txt")]
struct ExistingAccountText<'a>(&'a ExistingAccountMail);

impl ExistingAccountMail {
    /// Subject line.
    pub fn subject(&self) -> String {
        let mut args = FluentArgs::new();
        args.set("tenant", one_line(&self.tenant_name));
        text("mail-existing-subject", &args)
    }

    /// HTML body.
    pub fn html(&self) -> String {
        rendered(self)
    }

    /// Text body.
    pub fn text(&self) -> String {
        rendered(&ExistingAccountText(self))
    }
}

// These templates have no fallible parts: they only format strings into a String.
fn rendered(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}

// A line break in a header would begin another header.
fn one_line(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
impl CodeMail {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            tenant_name: "Quay & Nine".into(),
            code: "482915".into(),
            link: "https://login.tidewell.example/login/link/abc".into(),
            minutes: 10,
        }]
    }
}

#[cfg(test)]
impl ExistingAccountMail {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            tenant_name: "Quay & Nine".into(),
            login_url: "https://login.tidewell.example/login".into(),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::{CodeMail, ExistingAccountMail};

    #[test]
    fn a_code_mail_says_the_code_everywhere() {
        let mail = CodeMail::samples().remove(0);
        assert_eq!(mail.subject(), "482915 is your Quay & Nine code");
        for body in [mail.html(), mail.text()] {
            assert!(
                body.contains("482915") && body.contains(&mail.link) && body.contains("10 minutes")
            );
            assert!(!body.contains('⟦'), "{body}");
        }
        assert!(mail.html().contains("Quay &#38; Nine"));
        assert!(mail.text().contains("Quay & Nine"));
    }

    #[test]
    fn a_name_cannot_break_a_header() {
        let mail = CodeMail {
            tenant_name: "a\r\nBcc: x".into(),
            ..CodeMail::samples().remove(0)
        };
        assert!(!mail.subject().contains(['\r', '\n']));
    }

    #[test]
    fn a_notice_about_an_account_has_the_way_in() {
        let mail = ExistingAccountMail::samples().remove(0);
        assert!(!mail.subject().contains('⟦'));
        for body in [mail.html(), mail.text()] {
            assert!(
                body.contains(&mail.login_url) && !body.contains('⟦'),
                "{body}"
            );
        }
    }
}
