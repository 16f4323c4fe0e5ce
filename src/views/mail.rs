//! Mails. They carry their styles inline, as mail programs drop linked sheets; nothing else
//! of ours does.

mod note;
mod notice;

pub use notice::{Notice, NoticeMail};

use askama::Template;

use super::words::Words;
use super::{FluentArgs, Reader, brand, filters, text, when};
use crate::domain::Lang;
use crate::domain::tenant::Tenant;

/// What stands around every mail of a tenant, beside its name. No picture: mail programs
/// block them, and loading one tells its host who reads what and when.
#[derive(Debug, Clone, Default)]
pub struct Letterhead {
    /// The tenant's colour, as it was typed.
    pub color: Option<String>,
    /// Whom the receiver can ask.
    pub support: Option<String>,
}

impl Letterhead {
    /// A tenant's.
    pub fn of(tenant: &Tenant) -> Self {
        Self {
            color: tenant.brand.color.clone(),
            support: tenant.settings.support_email.clone(),
        }
    }

    /// Background and ink of the tile in front of the tenant's name.
    fn tile(&self) -> (String, &'static str) {
        let own = self.color.as_deref().and_then(brand::pair);
        let (color, ink) = own.unwrap_or_else(|| ("0c5c66".to_owned(), "fff"));
        let ink = if ink == "fff" { "#ffffff" } else { "#101415" };
        (format!("#{color}"), ink)
    }

    /// "Questions? …"
    fn questions(&self) -> Option<Words> {
        let address = self.support.as_deref()?;
        Some(Words::new("mail-support").text("address", address))
    }
}

/// Who asked for a mail, from where, and who gets it: so that a receiver can tell whether
/// it was them.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Receiver.
    pub to: String,
    /// The host that sends it.
    pub host: String,
    /// Whose mail it is.
    pub head: Letterhead,
    /// Browser, in words.
    pub browser: String,
    /// Network address.
    pub network: String,
    /// Epoch ms.
    pub at: i64,
}

impl Asked {
    /// "Asked for from … (…), …"
    fn line(&self) -> Words {
        Words::new("mail-asked")
            .text("browser", self.browser.as_str())
            .text("network", self.network.as_str())
            .instant("when", self.at)
    }

    /// "Sent to … by …"
    fn sent(&self) -> Words {
        Words::new("mail-sent")
            .text("to", self.to.as_str())
            .text("host", self.host.as_str())
    }
}

pub use note::{Finding, NoteMail};

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
    /// Their end, epoch ms.
    pub until: i64,
    /// Where sign-ins are looked at.
    pub account_url: String,
    /// Who asked.
    pub asked: Asked,
}

#[derive(Template)]
#[template(path = "mail/code.txt")]
struct CodeText<'a>(&'a CodeMail);

impl CodeMail {
    fn head(&self) -> &Letterhead {
        &self.asked.head
    }

    /// The digits in two groups, which eyes keep better.
    fn groups(&self) -> (&str, &str) {
        self.code
            .split_at_checked(self.code.len() / 2)
            .unwrap_or((&self.code, ""))
    }

    fn until(&self) -> String {
        when::clock(self.until)
    }

    /// Subject line.
    pub fn subject(&self, lang: Lang) -> String {
        let mut args = FluentArgs::new();
        args.set("tenant", one_line(&self.tenant_name));
        args.set("code", self.code.as_str());
        text(lang, "mail-code-subject", &args)
    }

    /// HTML body.
    pub fn html(&self, lang: Lang) -> String {
        rendered(lang, self)
    }

    /// Text body.
    pub fn text(&self, lang: Lang) -> String {
        rendered(lang, &CodeText(self))
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
    /// Who asked.
    pub asked: Asked,
}

#[derive(Template)]
#[template(path = "mail/existing_account.txt")]
struct ExistingAccountText<'a>(&'a ExistingAccountMail);

impl ExistingAccountMail {
    fn head(&self) -> &Letterhead {
        &self.asked.head
    }

    /// Subject line.
    pub fn subject(&self, lang: Lang) -> String {
        let mut args = FluentArgs::new();
        args.set("tenant", one_line(&self.tenant_name));
        text(lang, "mail-existing-subject", &args)
    }

    /// HTML body.
    pub fn html(&self, lang: Lang) -> String {
        rendered(lang, self)
    }

    /// Text body.
    pub fn text(&self, lang: Lang) -> String {
        rendered(lang, &ExistingAccountText(self))
    }
}

// These templates have no fallible parts: they only format strings into a String.
fn rendered(lang: Lang, template: &impl Template) -> String {
    Reader::of(lang).render(template).unwrap_or_default()
}

// A line break in a header would begin another header.
fn one_line(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
impl Letterhead {
    pub(super) fn sample() -> Self {
        Self {
            color: Some("#7B2D5B".into()),
            support: Some("help@quay.example".into()),
        }
    }
}

#[cfg(test)]
impl Asked {
    pub(super) fn sample() -> Self {
        Self {
            to: "ana.ferreira@brennankohl.example".into(),
            host: "login.tidewell.example".into(),
            head: Letterhead::sample(),
            browser: "Firefox on macOS".into(),
            network: "203.0.113.24".into(),
            at: 1_773_306_840_000,
        }
    }
}

#[cfg(test)]
impl CodeMail {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            tenant_name: "Quay & Nine".into(),
            code: "482915".into(),
            link: "https://login.tidewell.example/login/link/abc".into(),
            minutes: 10,
            until: 1_773_307_440_000,
            account_url: "https://login.tidewell.example/account".into(),
            asked: Asked::sample(),
        }]
    }
}

#[cfg(test)]
impl ExistingAccountMail {
    pub(super) fn samples() -> Vec<Self> {
        vec![Self {
            tenant_name: "Quay & Nine".into(),
            login_url: "https://login.tidewell.example/login".into(),
            asked: Asked::sample(),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::{CodeMail, ExistingAccountMail};
    use crate::domain::Lang;

    #[test]
    fn a_code_mail_says_the_code_everywhere() {
        let mail = CodeMail::samples().remove(0);
        assert_eq!(mail.subject(Lang::En), "482915 is your Quay & Nine code");
        for body in [mail.html(Lang::En), mail.text(Lang::En)] {
            assert!(body.contains(&mail.link) && body.contains("10 minutes"));
            assert!(body.contains("09:24 UTC") && body.contains("Firefox on macOS (203.0.113.24)"));
            assert!(body.contains("Sent to ana.ferreira@brennankohl.example"));
            assert!(!body.contains('⟦'), "{body}");
        }
        assert!(mail.text(Lang::En).contains("482915"));
        assert!(mail.html(Lang::En).contains("Quay &#38; Nine"));
        assert!(mail.text(Lang::En).contains("Quay & Nine"));
    }

    #[test]
    fn a_name_cannot_break_a_header() {
        let mail = CodeMail {
            tenant_name: "a\r\nBcc: x".into(),
            ..CodeMail::samples().remove(0)
        };
        assert!(!mail.subject(Lang::En).contains(['\r', '\n']));
    }

    #[test]
    fn a_notice_about_an_account_has_the_way_in() {
        let mail = ExistingAccountMail::samples().remove(0);
        assert!(!mail.subject(Lang::En).contains('⟦'));
        for body in [mail.html(Lang::En), mail.text(Lang::En)] {
            assert!(
                body.contains(&mail.login_url) && !body.contains('⟦'),
                "{body}"
            );
        }
    }
}
