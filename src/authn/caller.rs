//! The caller of a request: the first credential present decides (CONTRACT §1).

use std::sync::Arc;

use http::{HeaderMap, header};

use super::cookies::{SESSION, read_single};
use crate::core::{Core, Site, hash_token};
use crate::domain::{Code, Problem};
use crate::sessions::Live;
use crate::store::api_tokens;

/// Who is calling.
#[derive(Clone)]
pub enum Caller {
    /// Nobody in particular.
    Anonymous,
    /// A person by their cookie.
    Session(Arc<Live>),
    /// An instance owner by a token of `laneway admin token`; its id.
    Operator(String),
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
        return operator(core, &token).await;
    }
    Ok(session_of(core, site, headers, slide)
        .await?
        .map_or(Caller::Anonymous, Caller::Session))
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
    let Some(value) = read_single(headers, SESSION) else {
        return Ok(None);
    };
    let found = core.sessions.find(&hash_token(value), slide).await?;
    // A cookie counts on the host it was set for and nowhere else.
    Ok(found.filter(|live| live.host == site.host.host && live.session.tenant == site.tenant.id))
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

async fn operator(core: &Core, token: &str) -> Result<Caller, Problem> {
    let invalid = || Problem::new(Code::InvalidToken, "This token is not known here.");
    if !token.starts_with("lw_adm_") || token.len() > 128 {
        return Err(invalid());
    }
    let found = api_tokens::find(&core.db, &hash_token(token))
        .await?
        .ok_or_else(invalid)?;
    if found.expires_at <= core.now() {
        return Err(Problem::new(
            Code::TokenExpired,
            "Make a new one with `laneway admin token`.",
        ));
    }
    Ok(Caller::Operator(found.id))
}

impl Caller {
    /// The session, or 401 with the way to one.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn session(&self) -> Result<&Arc<Live>, Problem> {
        match self {
            Self::Session(live) => Ok(live),
            _ => Err(Problem::new(Code::Unauthenticated, "Sign in to use this.")
                .with("login_url", "/bff/login")),
        }
    }
}
