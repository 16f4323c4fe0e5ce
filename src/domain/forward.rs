//! The rule of forward-auth: which address was asked for, what is demanded of the caller,
//! and whether this session serves it.
//!
//! Owns: reading the original address, the filters of a query, the verdict. The enforcer and
//! `laneway explain` call these same functions.
//! Must not know: headers, cookies, answers.

use laneway_contract::Acr;
use url::form_urlencoded;

use super::tenant::{host_key, is_loopback_name, split_host};
use super::user::Membership;

/// Longest address that is judged: beyond, some proxy on the way has cut it already.
const LONGEST: usize = 8 * 1024;
/// Longest address that a sign-in carries back (as `ReturnTo` takes it).
const LONGEST_RETURN: usize = 2048;

/// The address that a browser asked a proxy for, in exactly the bytes that are forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Method.
    pub method: String,
    /// `name[:port]` as the browser wrote it.
    pub host: String,
    /// `scheme://name[:port]`, lower case.
    pub origin: String,
    /// Path and query.
    pub path: String,
}

impl Original {
    /// Reads an absolute address.
    ///
    /// # Errors
    /// Why it is not usable; on doubt it is not.
    pub fn parse(method: &str, address: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = address
            .split_once("://")
            .ok_or("the original address has no scheme")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        Self::of(method, scheme, &rest[..end], &rest[end..])
    }

    /// Puts it together from the parts that a proxy names.
    ///
    /// # Errors
    /// Why it is not usable.
    pub fn of(method: &str, scheme: &str, host: &str, path: &str) -> Result<Self, &'static str> {
        if method.is_empty() || !method.bytes().all(is_token) {
            return Err("the original method is not a method");
        }
        let key = host_key(host).ok_or("the original host is not a host name")?;
        let loopback = is_loopback_name(split_host(&key).0);
        // What a proxy says of a WebSocket before it is one.
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" | "wss" => "https",
            "http" | "ws" if loopback => "http",
            "http" | "ws" => {
                return Err("the proxy says that the browser came by plain http");
            }
            _ => return Err("the original scheme is neither http nor https"),
        };
        let path = if path.is_empty() { "/" } else { path };
        if path.len() > LONGEST {
            return Err("the original address is too long");
        }
        unambiguous(path)?;
        Ok(Self {
            method: method.to_owned(),
            host: host.to_owned(),
            origin: format!("{scheme}://{}", host.to_ascii_lowercase()),
            path: path.to_owned(),
        })
    }

    /// The whole address.
    pub fn address(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// The address to come back to after signing in: the whole one, or as much as a sign-in
    /// carries.
    pub fn return_address(&self) -> String {
        let whole = self.address();
        if whole.len() <= LONGEST_RETURN {
            return whole;
        }
        let path = self.path.split('?').next().unwrap_or("/");
        let short = format!("{}{path}", self.origin);
        if short.len() <= LONGEST_RETURN {
            short
        } else {
            format!("{}/", self.origin)
        }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Refuses what two readers may read differently: the one who judges and the one who serves.
///
/// # Errors
/// What is ambiguous about it.
pub fn unambiguous(path_and_query: &str) -> Result<(), &'static str> {
    if !path_and_query.starts_with('/') {
        return Err("the path does not begin with a slash");
    }
    if !path_and_query.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the path holds blanks, control characters or bytes that are not ASCII");
    }
    if path_and_query.contains(['\\', '#']) {
        return Err("the path holds a backslash or a fragment");
    }
    let path = path_and_query.split('?').next().unwrap_or_default();
    if !well_escaped(path) {
        return Err("the path holds a percent sign without two digits, or an escaped control");
    }
    if climbs(path) {
        return Err("the path holds dot segments");
    }
    Ok(())
}

fn well_escaped(path: &str) -> bool {
    path.split('%').skip(1).all(|after| {
        let byte = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|byte| byte > 0x1f && byte != 0x7f && byte != b'\\')
    })
}

/// Dot segments in any spelling: whoever resolves them arrives elsewhere than whoever does
/// not.
pub fn climbs(path: &str) -> bool {
    // Most paths have no dot, written or escaped, and nothing to look for.
    if !path.contains(['.', '%']) {
        return false;
    }
    let mut decoded = path.to_ascii_lowercase();
    // Twice: "%252e" becomes "%2e" becomes ".".
    for _ in 0..2 {
        decoded = decoded
            .replace("%25", "%")
            .replace("%2e", ".")
            .replace("%2f", "/")
            .replace("%5c", "/");
    }
    decoded
        .replace('\\', "/")
        .split('/')
        .any(|segment| matches!(segment.split(';').next(), Some("." | "..")))
}

/// One demand on the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The active organization is one of these (id or short name).
    Org(Vec<String>),
    /// One of these roles in it.
    Role(Vec<String>),
    /// All of these permissions in it, and within the scope of a token.
    Scope(Vec<String>),
    /// At least this proof.
    Acr(Acr),
    /// A verified address that is one of these.
    Email(Vec<String>),
    /// A verified address in one of these domains.
    EmailDomain(Vec<String>),
}

/// Who calls, with a session that counts on this host.
#[derive(Clone, Copy)]
pub struct Who<'a> {
    /// Rung reached.
    pub acr: Acr,
    /// Their address, if it is proven.
    pub email: Option<&'a str>,
    /// The active organization.
    pub org: Option<&'a Membership>,
    /// What an app's token is limited to; `None` without one.
    pub scopes: Option<&'a [String]>,
    /// Does an app call in its own name? Then it may what its scopes say.
    pub alone: bool,
}

impl Who<'_> {
    fn may(&self, word: &String) -> bool {
        let within = self.scopes.is_none_or(|scopes| scopes.contains(word));
        within && (self.alone || self.org.is_some_and(|org| org.permissions.contains(word)))
    }
}

impl Rule {
    /// Does the caller serve it?
    pub fn holds(&self, who: &Who<'_>) -> bool {
        let org = who.org;
        match self {
            Self::Org(any) => org.is_some_and(|org| any.iter().any(|o| org.is_called(o))),
            Self::Role(any) => org.is_some_and(|org| any.iter().any(|r| org.roles.contains(r))),
            Self::Scope(all) => all.iter().all(|word| who.may(word)),
            Self::Acr(least) => who.acr >= *least,
            Self::Email(any) => who
                .email
                .is_some_and(|email| any.iter().any(|e| e.eq_ignore_ascii_case(email))),
            Self::EmailDomain(any) => who
                .email
                .and_then(|email| email.rsplit_once('@'))
                .is_some_and(|(_, domain)| any.iter().any(|d| d.eq_ignore_ascii_case(domain))),
        }
    }

    /// In words.
    pub fn text(&self) -> String {
        let any = |what: &str, values: &[String]| format!("{what} {}", values.join(" or "));
        match self {
            Self::Org(values) => any("active organization", values),
            Self::Role(values) => any("role", values),
            Self::Scope(values) => format!("permissions {}", values.join(" and ")),
            Self::Acr(least) => format!("proof of at least {}", least.as_str()),
            Self::Email(values) => any("verified address", values),
            Self::EmailDomain(values) => any("verified address in", values),
        }
    }
}

/// Reads the filters of a query. A name given twice demands twice.
///
/// # Errors
/// The name that is unknown or empty: a filter with a typing error must not let everybody in.
pub fn rules(query: &str) -> Result<Vec<Rule>, String> {
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| rule(&name, &value))
        .collect()
}

/// Reads the filters of a query that may be the browser's own, passed on by a proxy: what is
/// no filter of ours is not looked at, what is one is demanded.
///
/// # Errors
/// The filter that is empty or not understood.
pub fn known_rules(query: &str) -> Result<Vec<Rule>, String> {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| NAMES.contains(&name.as_ref()))
        .map(|(name, value)| rule(&name, &value))
        .collect()
}

const NAMES: &[&str] = &[
    "org",
    "role",
    "allowed_groups",
    "scope",
    "acr",
    "allowed_emails",
    "allowed_email_domains",
];

fn rule(name: &str, value: &str) -> Result<Rule, String> {
    let list: Vec<String> = value
        .split([',', ' '])
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    if list.is_empty() {
        return Err(format!("the filter {name} is empty"));
    }
    match name {
        "org" => Ok(Rule::Org(list)),
        "role" | "allowed_groups" => Ok(Rule::Role(list)),
        "scope" => Ok(Rule::Scope(list)),
        "acr" => Acr::parse_list(&list.join(" "))
            .map(Rule::Acr)
            .ok_or_else(|| "the filter acr takes aal1, aal2 or phr".to_owned()),
        "allowed_emails" => Ok(Rule::Email(list)),
        "allowed_email_domains" => Ok(Rule::EmailDomain(list)),
        _ => Err(format!("there is no filter {name}")),
    }
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Let them through.
    Yes,
    /// Nobody is signed in.
    SignIn,
    /// Signed in, but not proven well enough.
    StepUp(Acr),
    /// Signed in, but the rule with this number does not hold.
    Refused(usize),
}

/// Judges a caller. What cannot be mended by more proof is said first.
pub fn judge(rules: &[Rule], who: Option<&Who<'_>>) -> Verdict {
    let Some(who) = who else {
        return Verdict::SignIn;
    };
    let mut weak = None;
    for (number, rule) in rules.iter().enumerate() {
        if rule.holds(who) {
            continue;
        }
        match rule {
            Rule::Acr(least) => weak = weak.max(Some(*least)),
            _ => return Verdict::Refused(number),
        }
    }
    weak.map_or(Verdict::Yes, Verdict::StepUp)
}

/// The address that signs a browser in and brings it back.
pub fn login_address(login: &str, original: &Original, acr: Option<Acr>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("rd", &original.return_address());
    if let Some(acr) = acr {
        query.append_pair("acr_values", acr.as_str());
    }
    format!("{login}/bff/login?{}", query.finish())
}

#[cfg(test)]
#[path = "forward_tests.rs"]
mod tests;
