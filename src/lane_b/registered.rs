//! Addresses that a customer has registered before, elsewhere: a connection may take them over.
//!
//! Owns: who may ask for that, and which addresses can be answered here.
//! Must not know: how what arrives there is served.

use url::Url;

use super::home::Home;
use super::through::Given;
use crate::authz::{Permission, Scope};
use crate::core::Site;
use crate::domain::connection::Protocol;
use crate::domain::tenant::Purpose;
use crate::domain::{Code, Problem};
use crate::lane_a::operator::Act;

/// What paths begin with that login hosts answer themselves.
#[rustfmt::skip]
const OWN_PARTS: &[&str] = &[
    ".laneway", ".well-known", "account", "admin", "api", "assets", "auth/refresh", "authorize", "authz", "bff",
    "consent", "device", "docs", "federation", "healthz", "help", "invitations", "logged-out",
    "login", "oauth", "oauth2/auth", "oauth2/sign_in", "oauth2/sign_out", "oauth2/start", "oidc/v1",
    "openapi.json", "org", "owner", "recover", "saml", "scim", "setup", "signup", "token", "v1",
    "verify",
];

/// Does Laneway answer at this path of a login host itself?
pub fn is_own(path: &str) -> bool {
    let path = path.trim_start_matches('/');
    let under = |part: &str| {
        let rest = path.strip_prefix(part);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    path.is_empty() || OWN_PARTS.iter().any(|part| under(part))
}

/// Addresses to take over; `None` leaves ours.
#[derive(Debug, Clone, Default)]
pub struct Registered {
    /// Where an OpenID provider sends answers.
    pub redirect_uri: Option<String>,
    /// Where a SAML provider posts answers.
    pub acs_url: Option<String>,
    /// What a SAML provider calls us.
    pub sp_entity_id: Option<String>,
}

impl Registered {
    fn is_empty(&self) -> bool {
        self.redirect_uri.is_none() && self.acs_url.is_none() && self.sp_entity_id.is_none()
    }

    /// Which of them make no sense for a protocol.
    fn check_protocol(&self, protocol: Protocol) -> Result<(), Problem> {
        let odd = match protocol {
            Protocol::Oidc if self.acs_url.is_some() => Some("/acs_url"),
            Protocol::Oidc if self.sp_entity_id.is_some() => Some("/sp_entity_id"),
            Protocol::Saml if self.redirect_uri.is_some() => Some("/redirect_uri"),
            _ => None,
        };
        match odd {
            Some(pointer) => Err(Problem::field(
                pointer,
                "invalid",
                "A provider of this protocol has no such address registered.",
            )),
            None => Ok(()),
        }
    }
}

/// Puts what was registered before in the place of ours.
///
/// # Errors
/// `forbidden` for whoever does not administer connections of the whole tenant, `invalid_field`
/// for an address that cannot be answered here.
pub(super) async fn taken_over(
    act: &Act<'_>,
    home: Home<'_>,
    protocol: Protocol,
    (mut given, wanted): (Given, &Registered),
) -> Result<Given, Problem> {
    if wanted.is_empty() {
        return Ok(given);
    }
    let tenant = Scope::Tenant(act.tenant.id.clone());
    if !act.by.may(Permission::ConnectionsWrite, &tenant) {
        return Err(Problem::new(
            Code::Forbidden,
            "Only administrators of the whole tenant take over addresses.",
        ));
    }
    if home.org().is_none() || given.through.is_some() {
        let detail = "Only a connection of an organization that Laneway speaks to itself takes over addresses.";
        return Err(Problem::field("/broker", "invalid", detail));
    }
    wanted.check_protocol(protocol)?;
    let site = act.core.tenants.login_site(&act.tenant.id).await?;
    if let Some(address) = &wanted.redirect_uri {
        given.redirect_uri = answered("/redirect_uri", address, &site)?;
    }
    if let Some(address) = &wanted.acs_url {
        given.acs_url = Some(answered("/acs_url", address, &site)?);
    }
    if let Some(name) = &wanted.sp_entity_id {
        given.sp_entity_id = Some(entity_id(name)?);
    }
    Ok(given)
}

/// An address whose requests come to us and mean nothing else here.
fn answered(pointer: &str, text: &str, site: &Site) -> Result<String, Problem> {
    let refuse = |detail: &str| Problem::field(pointer, "invalid", detail);
    let url = Url::parse(text).ok().filter(|url| url.as_str() == text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    let url = url
        .filter(|url| url.query().is_none() && url.fragment().is_none())
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .filter(|url| text.len() <= 1024 && url.path().chars().all(plain))
        .ok_or_else(|| {
            refuse("Give a whole address as it is registered, of letters, digits and -._~, without a query.")
        })?;
    let host = site.own_host(&url);
    if host.is_none_or(|host| host.purpose != Purpose::Login) {
        return Err(refuse(
            "Nothing that is sent there arrives here. Add its host as a sign-in host of this tenant first.",
        ));
    }
    if is_own(url.path()) {
        return Err(refuse("Laneway has other pages at this path."));
    }
    Ok(text.to_owned())
}

/// A name, not a place: any URI (SAML core, section 8.3.6).
fn entity_id(text: &str) -> Result<String, Problem> {
    let fits = text.len() <= 1024 && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits && Url::parse(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err(Problem::field(
        "/sp_entity_id",
        "invalid",
        "Give the entity id as it is registered: a URI of at most 1024 characters.",
    ))
}
