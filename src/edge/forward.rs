//! Forward-auth: which address a proxy asks about, and what it is told to pass on.
//!
//! Owns: reading the original address from a proxy's headers, the headers of a yes.
//! Must not know: how it is answered. Calls no provider and writes nothing.

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use super::identity;
use crate::authn;
use crate::config::HeaderSet;
use crate::core::{Core, Site};
use crate::domain::forward::{Original, Rule, Who, known_rules, rules};
use crate::domain::{Code, Problem};
use crate::sessions::{Glance, Live};

/// In which form a proxy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `/authz/auth-request`: nginx.
    AuthRequest,
    /// `/authz/forward-auth`: Traefik, Caddy.
    ForwardAuth,
    /// `/authz/ext-authz/…`: Envoy.
    ExtAuthz,
    /// `/oauth2/auth`: as nginx, for what was set up for oauth2-proxy.
    OAuth2,
}

const EXT_AUTHZ: &str = "/authz/ext-authz";
/// Where the filters of an Envoy stand: its query is the browser's.
const REQUIRE: &str = "x-laneway-require";

impl Endpoint {
    /// Where questions are asked, as routes are written. The front answers them before any
    /// router is asked.
    pub const PATHS: [&str; 4] = [
        "/authz/auth-request",
        "/authz/forward-auth",
        "/authz/ext-authz/{*path}",
        "/oauth2/auth",
    ];

    /// The endpoint at a path of ours.
    pub fn at(path: &str) -> Option<Self> {
        match path {
            "/authz/auth-request" => Some(Self::AuthRequest),
            "/authz/forward-auth" => Some(Self::ForwardAuth),
            "/oauth2/auth" => Some(Self::OAuth2),
            _ => {
                let rest = path.strip_prefix(EXT_AUTHZ)?;
                (rest.is_empty() || rest.starts_with('/')).then_some(Self::ExtAuthz)
            }
        }
    }

    /// Which of them it is.
    pub fn route(self) -> &'static str {
        Self::PATHS[self as usize]
    }

    /// Does it send browsers to the login itself?
    pub fn redirects(self) -> bool {
        matches!(self, Self::ForwardAuth | Self::ExtAuthz)
    }
}

/// The question of a proxy.
#[derive(Debug, Clone)]
pub struct Question {
    /// In which form.
    pub endpoint: Endpoint,
    /// About which address.
    pub original: Original,
    /// What is demanded.
    pub rules: Vec<Rule>,
}

/// Reads a question. Only for requests of listed proxies: from anybody else these headers
/// are a forgery.
///
/// # Errors
/// `forbidden`, with what is wrong with the headers or the filters.
pub fn question(
    endpoint: Endpoint,
    method: &str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Question, Problem> {
    let read = || -> Result<(Original, Vec<Rule>), String> {
        let original = match endpoint {
            Endpoint::AuthRequest | Endpoint::OAuth2 => {
                let url = single(headers, "x-original-url")?;
                let method = optional(headers, "x-original-method")?.unwrap_or("GET");
                Original::parse(method, url)?
            }
            Endpoint::ForwardAuth => Original::of(
                single(headers, "x-forwarded-method")?,
                single(headers, "x-forwarded-proto")?,
                single(headers, "x-forwarded-host")?,
                single(headers, "x-forwarded-uri")?,
            )?,
            Endpoint::ExtAuthz => {
                let whole = uri
                    .path_and_query()
                    .map_or("/", http::uri::PathAndQuery::as_str);
                let path = whole.strip_prefix(EXT_AUTHZ).unwrap_or(whole);
                Original::of(
                    method,
                    single(headers, "x-forwarded-proto")?,
                    single(headers, "host")?,
                    path,
                )?
            }
        };
        let query = uri.query().unwrap_or_default();
        let own = original.path.split_once('?').map(|(_, query)| query);
        let rules = match endpoint {
            Endpoint::ExtAuthz => rules(optional(headers, REQUIRE)?.unwrap_or_default())?,
            // Caddy puts the browser's query behind an address that has none of its own.
            Endpoint::ForwardAuth if own == Some(query) => known_rules(query)?,
            _ => rules(query)?,
        };
        Ok((original, rules))
    };
    match read() {
        Ok((original, rules)) => Ok(Question {
            endpoint,
            original,
            rules,
        }),
        Err(why) => Err(refused(&format!(
            "The proxy's question is not usable: {why}."
        ))),
    }
}

/// The only refusal that proxies know besides "sign in".
pub fn refused(detail: &str) -> Problem {
    Problem::new(Code::Forbidden, detail)
}

/// A proxy understands 401, 403 and 503; whatever else went wrong is a no.
pub fn only_known(problem: Problem) -> Problem {
    match problem.code.status() {
        401 | 403 | 503 => problem,
        _ => Problem {
            code: Code::Forbidden,
            retry_after: None,
            ..problem
        },
    }
}

/// Two of one kind would let the proxy and us read different ones.
fn optional<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, String> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| format!("{name} holds bytes that are not ASCII")),
        (Some(_), Some(_)) => Err(format!("{name} is there twice")),
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, String> {
    optional(headers, name)?.ok_or_else(|| format!("{name} is missing"))
}

/// What a live session is to the rule.
pub fn who<'a>(live: &'a Live, seen: &Glance<'a>) -> Who<'a> {
    let held = live.token().filter(|held| held.app.is_some());
    Who {
        acr: seen.acr,
        email: seen.email,
        org: seen.org,
        scopes: held.and_then(|held| held.scopes.as_deref()),
        alone: held.is_some_and(|held| held.service),
    }
}

/// The header sets of a host: what the file says, else our own.
pub fn header_sets(site: &Site) -> &[HeaderSet] {
    site.app
        .as_ref()
        .map_or(&[HeaderSet::Laneway], |app| app.header_sets.as_slice())
}

/// The headers of a yes: every one of every chosen set, empty where nothing is known, so
/// that a proxy that copies them leaves none of the client's.
///
/// # Errors
/// `store_unavailable` when a token has to be signed and no key can be read.
pub async fn identity(
    core: &Core,
    site: &Site,
    (live, seen): (&Live, &Glance<'_>),
    original: &Original,
    request: &HeaderMap,
) -> Result<HeaderMap, Problem> {
    let mut answer = HeaderMap::with_capacity(16);
    let roles = seen.org.map(|org| org.roles.join(","));
    let roles = roles.as_deref().unwrap_or_default();
    let sub = seen.user.as_str();
    let email = seen.email.unwrap_or_default();
    let name = seen.name.unwrap_or_default();
    let mut put = |header: &'static str, text: &str| {
        answer.insert(HeaderName::from_static(header), encoded(text));
    };
    for set in header_sets(site) {
        match set {
            HeaderSet::XAuthRequest => {
                put("x-auth-request-user", sub);
                put("x-auth-request-email", email);
                put("x-auth-request-preferred-username", email);
                put("x-auth-request-groups", roles);
            }
            HeaderSet::Remote => {
                put("remote-user", sub);
                put("remote-email", email);
                put("remote-name", name);
                put("remote-groups", roles);
            }
            HeaderSet::Laneway => {
                let org = seen.org.map_or("", |org| org.org.as_str());
                put("x-laneway-user", sub);
                put("x-laneway-email", email);
                put("x-laneway-name", name);
                put("x-laneway-org", org);
                put("x-laneway-roles", roles);
                put("x-laneway-acr", seen.acr.as_str());
                put("x-laneway-sid", seen.sid.as_str());
                let token =
                    identity::access_token(core, &site.tenant, live, &original.origin).await?;
                put("x-laneway-jwt", &token);
            }
        }
    }
    // What the application may see of the browser's cookies: all but ours.
    let cookies = authn::strip_ours(request).unwrap_or_else(|| HeaderValue::from_static(""));
    answer.insert(header::COOKIE, cookies);
    // The same of what stood for the caller: an application could go on with it at our own API.
    let (credentials, key) = (header::AUTHORIZATION, HeaderName::from_static("x-api-key"));
    let theirs = request
        .get(&credentials)
        .filter(|value| !authn::is_bearer(value));
    let nothing = HeaderValue::from_static("");
    answer.insert(credentials, theirs.cloned().unwrap_or(nothing.clone()));
    answer.insert(key, nothing);
    Ok(answer)
}

/// ASCII as it is; what a header cannot carry, and the sign that says so, as percent and
/// two digits of its UTF-8.
fn encoded(text: &str) -> HeaderValue {
    let carried = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'%';
    if text.bytes().all(carried) {
        let value = HeaderValue::from_str(text.trim());
        return value.unwrap_or_else(|_| HeaderValue::from_static(""));
    }
    let mut plain = String::with_capacity(text.len());
    for byte in text.bytes() {
        if carried(byte) {
            plain.push(char::from(byte));
        } else {
            plain.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::from_str(plain.trim()).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_exact() {
        for (path, want) in [
            ("/authz/auth-request", Some(Endpoint::AuthRequest)),
            ("/authz/auth-request/", None),
            ("/authz/ext-authz", Some(Endpoint::ExtAuthz)),
            ("/authz/ext-authz/a/b", Some(Endpoint::ExtAuthz)),
            ("/authz/ext-authzz", None),
            ("/oauth2/auth", Some(Endpoint::OAuth2)),
            ("/oauth2/authx", None),
            ("/AUTHZ/auth-request", None),
        ] {
            assert_eq!(Endpoint::at(path), want, "{path}");
        }
        assert!(
            Endpoint::PATHS
                .iter()
                .all(|path| Endpoint::at(path).is_some())
        );
    }

    #[test]
    fn values_that_a_header_cannot_carry_are_encoded() {
        for (text, want) in [
            ("Zoë Ø", "Zo%C3%AB %C3%98"),
            ("100%", "100%25"),
            ("a\r\nX: y", "a%0D%0AX: y"),
            ("", ""),
            ("日本", "%E6%97%A5%E6%9C%AC"),
        ] {
            assert_eq!(encoded(text), want, "{text:?}");
        }
    }

    #[test]
    fn a_header_given_twice_is_no_question() {
        let mut headers = HeaderMap::new();
        let uri = Uri::from_static("/authz/auth-request");
        let ask = |headers: &HeaderMap| question(Endpoint::AuthRequest, "GET", &uri, headers);
        assert!(ask(&headers).is_err());
        headers.append(
            "x-original-url",
            HeaderValue::from_static("https://a.test/"),
        );
        assert_eq!(ask(&headers).expect("one").original.host, "a.test");
        headers.append(
            "x-original-url",
            HeaderValue::from_static("https://b.test/"),
        );
        assert!(ask(&headers).is_err());
    }
}
