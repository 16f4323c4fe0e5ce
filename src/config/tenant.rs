//! The default tenant.

use std::cell::Cell;

use url::Url;

use super::section::Section;
use super::values;
use crate::domain::settings::{AuthMethod, Settings};
use crate::domain::tenant::{Brand, Signup};
use crate::domain::{Email, Lang};

/// What the first start makes the default tenant from, and every start keeps it at.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Short name.
    pub slug: String,
    /// Name on pages and in mails.
    pub name: String,
    /// Who may create an account.
    pub signup: Signup,
    /// Whether the primary upstream creates users on first sight.
    pub jit: bool,
    /// Origins for CORS and return addresses, beside its own hosts.
    pub origins: Vec<Url>,
    /// Look.
    pub brand: Brand,
    /// Language, help, support, sender; what is set here cannot be changed by the API.
    pub settings: Settings,
}

const SIGNUPS: [(&str, Signup); 3] = [
    ("open", Signup::Open),
    ("invite", Signup::Invite),
    ("closed", Signup::Closed),
];

pub(super) fn read(root: &mut Section<'_>) -> Tenant {
    let mut section = root.section("tenant");
    let tenant = Tenant {
        slug: section
            .parsed("slug", values::slug)
            .unwrap_or_else(|| "main".to_owned()),
        name: section
            .parsed("name", |text| values::label(text, 80))
            .unwrap_or_else(|| "Laneway".to_owned()),
        signup: section.choice("signup", Signup::Invite, &SIGNUPS),
        jit: section.choice("jit", true, &[("create", true), ("deny", false)]),
        origins: section.list("origins", values::origin),
        brand: brand(&mut section),
        settings: settings(&mut section),
    };
    section.finish();
    tenant
}

fn brand(tenant: &mut Section<'_>) -> Brand {
    let mut section = tenant.section("brand");
    let brand = Brand {
        color: section.parsed("color", color),
        logo_url: section.parsed("logo_url", logo),
    };
    section.finish();
    brand
}

fn settings(tenant: &mut Section<'_>) -> Settings {
    let email = |text: &str| {
        let fix = || "write a full email address".to_owned();
        Email::parse(text).map(|_| text.to_owned()).ok_or_else(fix)
    };
    let web = |text: &str| {
        let url = values::address(text)?;
        let fix = || "write an https:// address".to_owned();
        if url.scheme() == "https" {
            Ok(url)
        } else {
            Err(fix())
        }
    };
    let mut section = tenant.section("settings");
    let auth_methods = methods(&mut section);
    let settings = Settings {
        locale: section.parsed("locale", |text| {
            Lang::parse(text).ok_or_else(|| "write one of: en, de".to_owned())
        }),
        help_url: section.parsed("help_url", web),
        privacy_url: section.parsed("privacy_url", web),
        support_email: section.parsed("support_email", email),
        mail_from_name: section.parsed("mail_from_name", |text| values::label(text, 100)),
        mail_from_address: section.parsed("mail_from_address", email),
        auth_methods,
        default_method: section.parsed("default_method", |text| {
            values::choice(text, &AuthMethod::ALL)
        }),
    };
    if !settings.has_default() {
        let fix = "write one of the methods in auth_methods";
        section.fault("default_method", "another", fix);
    }
    section.finish();
    settings
}

/// Which callers are taken; an empty list would be nobody.
fn methods(section: &mut Section<'_>) -> Option<Vec<AuthMethod>> {
    if !section.has("auth_methods") {
        return None;
    }
    let given = Cell::new(false);
    let methods = section.list("auth_methods", |text| {
        given.set(true);
        values::choice(text, &AuthMethod::ALL)
    });
    if !given.get() {
        section.fault(
            "auth_methods",
            "none",
            "write at least one, or leave it out",
        );
    }
    Some(methods)
}

fn color(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    match digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        Some(_) => Ok(text.to_ascii_lowercase()),
        None => Err("write a colour like #1f6feb".to_owned()),
    }
}

/// A path of our own or an https address.
fn logo(text: &str) -> Result<String, String> {
    let fix = || "write an https:// address or a path like /assets/logo.svg".to_owned();
    if text.starts_with('/') && !text.starts_with("//") && !text.contains(['\\', '"', ' ']) {
        return Ok(text.to_owned());
    }
    let url = values::address(text).map_err(|_| fix())?;
    if url.scheme() == "https" {
        Ok(url.into())
    } else {
        Err(fix())
    }
}
