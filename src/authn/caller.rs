//! The caller of a request: the first credential present decides (CONTRACT §1).

use std::sync::Arc;

use http::{HeaderMap, header};

use super::cookies::{SESSION, Sent, read_sent};
use super::token;
use crate::authz::{Authority, Permission, Scope};
use crate::core::{Core, Site, hash_token};
use crate::domain::api_token::API;
use crate::domain::settings::AuthMethod;
use crate::domain::{Code, Problem};
use crate::sessions::Live;
use crate::store::api_tokens::AdminToken;
use crate::tokens;

/// Who is calling.
#[derive(Clone)]
pub enum Caller {
    /// Nobody in particular.
    Anonymous,
    /// A person by their cookie.
    Session(Arc<Live>),
    /// A person by our own access token, limited to its scopes.
    Bearer(Arc<Live>, Vec<String>),
    /// An operator by a token of `laneway admin token`.
    Operator(Box<AdminToken>),
    /// A person or a service account by an API token.
    Token(Arc<Live>),
}

/// Reads the caller's credential. `slide` counts as use of a session.
///
/// # Errors
/// `invalid_token`, `token_expired` for a bad bearer value (a bad one never falls back to
/// the next kind), `store_unavailable`.
pub async fn authenticate(
    core: &Core,
    site: &Site,
    headers: &HeaderMap,
    slide: bool,
) -> Result<Caller, Problem> {
    if let Some(token) = bearer(headers)? {
        return token::bearer(core, site, &token).await;
    }
    if !site.tenant.settings.accepts(AuthMethod::Cookie) {
        return Ok(Caller::Anonymous);
    }
    Ok(session_of(core, site, headers, slide)
        .await?
        .map_or(Caller::Anonymous, Caller::Session))
}

/// What a session cookie comes to on a host.
pub enum CookieState {
    /// None was sent.
    Absent,
    /// Two were sent.
    Twice,
    /// It has a form that we never set.
    Malformed,
    /// No live session hangs on it.
    Unknown,
    /// It was set for this other host.
    OtherHost(String),
    /// Its session is another tenant's.
    OtherTenant,
    /// It counts.
    Live(Arc<Live>),
}

/// Judges the session cookie of a request to a host.
///
/// # Errors
/// `store_unavailable`.
pub async fn judge_cookie(
    core: &Core,
    site: &Site,
    headers: &HeaderMap,
    slide: bool,
) -> Result<CookieState, Problem> {
    let value = match read_sent(headers, SESSION) {
        Sent::Absent => return Ok(CookieState::Absent),
        Sent::Twice => return Ok(CookieState::Twice),
        Sent::Malformed => return Ok(CookieState::Malformed),
        Sent::Once(value) => value,
    };
    Ok(match core.sessions.find(&hash_token(value), slide).await? {
        None => CookieState::Unknown,
        Some(live) if *live.tenant() != site.tenant.id => CookieState::OtherTenant,
        // A cookie counts on the host it was set for and nowhere else.
        Some(live) if live.host() != site.host.host => {
            CookieState::OtherHost(live.host().to_owned())
        }
        Some(live) => CookieState::Live(live),
    })
}

/// The session behind the cookie of this host, if any.
///
/// # Errors
/// `store_unavailable`.
pub async fn session_of(
    core: &Core,
    site: &Site,
    headers: &HeaderMap,
    slide: bool,
) -> Result<Option<Arc<Live>>, Problem> {
    Ok(match judge_cookie(core, site, headers, slide).await? {
        CookieState::Live(live) => Some(live),
        _ => None,
    })
}

/// The access token that a request comes with, where it says that the tenant gave it to an app for
/// somewhere else than Laneway itself. Nothing of it is verified yet.
///
/// # Errors
/// `invalid_token` for what cannot be a token, and where the tenant accepts none of this kind.
pub fn for_elsewhere(site: &Site, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let found = bearer(headers)?.filter(|token| tokens::says_elsewhere(&site.tenant, token));
    if found.is_some() {
        token::require(site, AuthMethod::AccessToken)?;
    }
    Ok(found)
}

/// Does a request come with a value that stands for somebody, whatever it is worth?
pub fn names_bearer(headers: &HeaderMap) -> bool {
    !matches!(bearer(headers), Ok(None))
}

/// Is this a token, and not what another scheme shows?
pub fn is_bearer(value: &http::HeaderValue) -> bool {
    let scheme = value.as_bytes().split(|byte| *byte == b' ').next();
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}

fn bearer(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let invalid = || Problem::new(Code::InvalidToken, "The token is malformed.");
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().map_err(|_| invalid())?;
        if let Some((scheme, token)) = text.split_once(' ')
            && scheme.eq_ignore_ascii_case("bearer")
        {
            return Ok(Some(token.trim().to_owned()));
        }
        // Other schemes are not ours: a Basic header for a backend must not break us.
    }
    match headers.get("x-api-key") {
        Some(value) => Ok(Some(
            value.to_str().map_err(|_| invalid())?.trim().to_owned(),
        )),
        None => Ok(None),
    }
}

impl Caller {
    /// The session that this caller has, by cookie or by our own access token.
    pub fn live(&self) -> Option<&Arc<Live>> {
        match self {
            Self::Session(live) | Self::Bearer(live, _) => Some(live),
            Self::Anonymous | Self::Operator(_) | Self::Token(_) => None,
        }
    }

    /// The API token that was shown.
    pub fn token(&self) -> Option<&Arc<Live>> {
        match self {
            Self::Token(token) => Some(token),
            _ => None,
        }
    }

    /// Who may be shown to an application: a session by its cookie, or an API token whose scopes
    /// include applications. What goes on to them says all that its owner may do, so nothing
    /// that is limited to less is turned into it.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn for_applications(&self) -> Result<Option<&Arc<Live>>, Problem> {
        let text = match self {
            Self::Anonymous => return Ok(None),
            Self::Session(live) => return Ok(Some(live)),
            Self::Token(live) if live.token().is_some_and(|held| held.includes(API)) => {
                return Ok(Some(live));
            }
            Self::Token(_) => "The token's scopes do not include applications.",
            Self::Bearer(..) | Self::Operator(_) => {
                "Tokens for Laneway itself open no applications."
            }
        };
        Err(Problem::new(Code::Forbidden, text))
    }

    /// Did a cookie decide? Only then can a foreign page have made the request.
    pub fn by_cookie(&self) -> bool {
        matches!(self, Self::Session(_))
    }

    /// Does a person call, by themselves or by a token of theirs?
    pub fn is_somebody(&self) -> bool {
        match self {
            Self::Session(_) | Self::Bearer(..) => true,
            Self::Token(live) => live.token().is_some_and(|held| !held.service),
            Self::Anonymous | Self::Operator(_) => false,
        }
    }

    /// Only where a token includes this; callers without a token pass.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn needs_scope(&self, permission: Permission) -> Result<(), Problem> {
        let refused = |detail: &str| Problem::new(Code::Forbidden, detail);
        match self {
            Self::Operator(_) => Err(refused("Operator tokens have no account.")),
            Self::Token(_) => Err(refused("API tokens cannot do this.")),
            Self::Bearer(_, scopes) if !scopes.iter().any(|s| s == permission.as_str()) => {
                Err(refused("The token's scope does not include this.")
                    .because(permission.as_str()))
            }
            Self::Bearer(..) | Self::Session(_) | Self::Anonymous => Ok(()),
        }
    }

    /// What this caller may do; `None` for nobody in particular.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn authority(&self, core: &Core) -> Result<Option<Authority>, Problem> {
        Ok(match self {
            Self::Anonymous => None,
            Self::Session(live) => Some(of_session(core, live).await?),
            Self::Bearer(live, scopes) => {
                Some(of_session(core, live).await?.limited_to(scopes.clone()))
            }
            Self::Operator(token) => Some(core.authority_of_admin(token)),
            Self::Token(live) => Some(core.authority_of_token(live).await?),
        })
    }
}

async fn of_session(core: &Core, live: &Live) -> Result<Authority, Problem> {
    let session = &live.session;
    let authority = core.authority_of(&session.tenant, &session.user).await?;
    // Whoever runs an organization's provider can be anybody there, and nobody elsewhere.
    Ok(match session.within() {
        Some(org) => authority.within(&Scope::Org(session.tenant.clone(), org.clone())),
        None => authority,
    })
}
