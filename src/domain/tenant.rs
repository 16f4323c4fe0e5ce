//! A tenant and its hosts.

use serde::{Deserialize, Serialize};
use url::Url;

use super::ids::{OrgId, TenantId};
use super::settings::Settings;

/// Who may create an account by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signup {
    /// Anybody.
    Open,
    /// Only with an invitation.
    Invite,
    /// Nobody.
    Closed,
}

impl Signup {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invite => "invite",
            Self::Closed => "closed",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "open" => Some(Self::Open),
            "invite" => Some(Self::Invite),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }
}

/// Is a tenant served?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantState {
    /// Yes.
    Active,
    /// No: its hosts answer like hosts that nobody set up.
    Disabled,
}

impl TenantState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the stored word; anything unknown is the strictest.
    pub fn parse(text: &str) -> Self {
        if text == "active" {
            Self::Active
        } else {
            Self::Disabled
        }
    }
}

/// How a tenant's pages look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// `#rrggbb`
    pub color: Option<String>,
    /// Own asset path or https address.
    pub logo_url: Option<String>,
}

/// How the sign-in of an organization looks, where it does not look like the tenant's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgBrand {
    /// As people know it; without one the organization's name.
    pub name: Option<String>,
    /// `#rrggbb`; without one the tenant's.
    pub color: Option<String>,
    /// Own asset path or https address; without one a letter.
    pub logo_url: Option<String>,
}

/// Where pictures are served that a tenant uploaded.
pub const LOGO_PATH: &str = "/assets/logo/";

impl Brand {
    /// Six hexadecimal digits, with or without the `#`, and nothing that could become a rule.
    pub fn is_color(text: &str) -> bool {
        let digits = text.strip_prefix('#').unwrap_or(text);
        digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// May pages show a picture from there?
    pub fn may_be_logo(url: &str) -> bool {
        if let Some(rest) = url.strip_prefix('/') {
            return !rest.starts_with(['/', '\\']) && !url.contains(char::is_control);
        }
        Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.has_host())
    }
}

/// An isolated application space with its own hosts, people and keys.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Id.
    pub id: TenantId,
    /// Short name.
    pub slug: String,
    /// Name on pages and in mails.
    pub name: String,
    /// Canonical login host as an address; also the issuer.
    pub public_url: Url,
    /// WebAuthn RP ID, fixed for the life of its passkeys.
    pub rp_id: String,
    /// Self-signup.
    pub signup: Signup,
    /// Whether the primary upstream creates users on first sight.
    pub jit: bool,
    /// Origins allowed for CORS and return addresses, beside the tenant's own hosts.
    pub origins: Vec<Url>,
    /// Look.
    pub brand: Brand,
    /// Language, help, support, sender.
    pub settings: Settings,
    /// `/bff/user` answers claim objects by default.
    pub claims_format: bool,
    /// Apps may register themselves, with a token that an operator hands out.
    pub registration_enabled: bool,
    /// Apps may be known by a document at their address.
    pub client_documents_enabled: bool,
    /// Is it served?
    pub state: TenantState,
    /// For `ETag`.
    pub version: i64,
    /// Creation, epoch ms.
    pub created_at: i64,
}

impl Tenant {
    /// The issuer identifier: the public address without a trailing slash.
    pub fn issuer(&self) -> String {
        self.public_url.as_str().trim_end_matches('/').to_owned()
    }

    /// An absolute address on the canonical login host.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }
}

/// What a host is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Pages, issuer, passkeys.
    Login,
    /// A frontend that only knows its cookie.
    App,
}

impl Purpose {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::App => "app",
        }
    }
}

/// One host name of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Id.
    pub id: String,
    /// `name[:port]`, lower case, no port where it is the scheme's default.
    pub host: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The login host that others redirect to.
    pub canonical: bool,
    /// Read-only in the API.
    pub config_owned: bool,
    /// The organization whose own sign-in it is.
    pub org: Option<OrgId>,
}

impl Host {
    /// As a browser's address begins there. On this machine it is as the tenant's own.
    pub fn origin(&self, public_url: &Url) -> String {
        let (name, port) = split_host(&self.host);
        if !is_loopback_name(name) {
            return format!("https://{}", self.host);
        }
        let scheme = public_url.scheme();
        match (port, public_url.port()) {
            (None, Some(port)) => format!("{scheme}://{name}:{port}"),
            _ => format!("{scheme}://{}", self.host),
        }
    }
}

/// Whether a name means this machine itself: plain http is allowed only there.
pub fn is_loopback_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost") || name == "127.0.0.1" || name == "[::1]"
}

/// Splits `name[:port]`; the name keeps its brackets when it is an IPv6 literal.
pub fn split_host(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

/// The key a host is stored and looked up under: lower case, a trailing default port cut,
/// and any port cut from loopback names (cookies ignore ports there anyway).
/// `None` for what cannot be a host.
pub fn host_key(raw: &str) -> Option<String> {
    let host = raw.to_ascii_lowercase();
    if host.is_empty() || host.len() > 255 {
        return None;
    }
    let (name, port) = split_host(&host);
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'[' | b']' | b':');
    let name_ok = !name.is_empty() && name.bytes().all(plain) && !name.starts_with('.');
    let port_ok = port.is_none_or(|p| !p.is_empty() && p.parse::<u16>().is_ok());
    if !name_ok || !port_ok {
        return None;
    }
    if is_loopback_name(name) {
        return Some(name.to_owned());
    }
    match port {
        None | Some("443") => Some(name.to_owned()),
        Some(port) => Some(format!("{name}:{port}")),
    }
}

#[cfg(test)]
mod tests {
    use super::host_key;

    #[test]
    fn host_keys() {
        let table = [
            ("Login.Example", Some("login.example")),
            ("login.example:443", Some("login.example")),
            ("login.example:8443", Some("login.example:8443")),
            ("localhost:8080", Some("localhost")),
            ("demo.localhost:1", Some("demo.localhost")),
            ("[::1]:80", Some("[::1]")),
            ("", None),
            ("a b", None),
            ("a/b", None),
            ("a@b", None),
            ("x:99999", None),
            ("x:", None),
        ];
        for (raw, want) in table {
            assert_eq!(host_key(raw).as_deref(), want, "{raw}");
        }
    }
}
