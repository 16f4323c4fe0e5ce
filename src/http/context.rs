//! What every handler is given about its request.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use http::{HeaderMap, Uri};

use super::router::AppState;
use crate::audit::RequestMeta;
use crate::authn::{self, Caller};
use crate::core::{Core, Site, hash_token};
use crate::domain::{Code, Lang, Problem};
use crate::lane_a::{Visit, revalidation};

/// A request's host, caller address and headers; put there by the gate.
#[derive(Clone)]
pub struct Context {
    /// The program.
    pub core: Arc<Core>,
    /// The host.
    pub site: Arc<Site>,
    /// Request id, address, browser.
    pub meta: RequestMeta,
    /// `Host` as the browser wrote it.
    pub raw_host: String,
    /// The request's headers.
    pub headers: Arc<HeaderMap>,
    /// Whether a listed proxy sent it.
    pub by_proxy: bool,
    /// Path and query.
    pub uri: Uri,
    /// Nothing is changed by it: GET or HEAD.
    pub reading: bool,
    /// The language that the person behind it chose for themselves, once they are known.
    pub own_lang: Arc<OnceLock<Lang>>,
}

impl FromRequestParts<AppState> for Context {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::new(Code::Internal, "The request did not pass the gate."))
    }
}

/// This browser's flow cookie.
pub struct Browser {
    /// Its hash, as rows hold it.
    pub hash: [u8; 32],
    /// Its value, which form tokens are bound to.
    pub binding: String,
}

impl Context {
    /// The origin of this host as the browser sees it.
    pub fn origin(&self) -> String {
        self.site.origin(&self.raw_host)
    }

    /// Who is calling.
    ///
    /// # Errors
    /// `invalid_token`, `token_expired`, `store_unavailable`; `session_stale` where an account or
    /// anything else is managed and the provider has not stood behind the session for long.
    pub async fn caller(&self) -> Result<Caller, Problem> {
        self.caller_as(true).await
    }

    /// The same; `slide` counts as use of a session.
    ///
    /// # Errors
    /// As [`Context::caller`].
    pub async fn caller_as(&self, slide: bool) -> Result<Caller, Problem> {
        let caller = authn::authenticate(&self.core, &self.site, &self.headers, slide).await?;
        if let Some(token) = caller.token() {
            self.core.sessions.used_token(token, &self.meta.ip);
        }
        let path = self.uri.path();
        let manages = within(&ROOMS, path);
        if let Some(live) = caller.live()
            && (manages || within(&USES, path))
        {
            revalidation::confirm(&self.core, live, manages).await?;
        }
        Ok(caller)
    }

    /// The flow cookie's hash where the browser has one.
    pub fn browser(&self) -> Option<Browser> {
        let value = authn::read_single(&self.headers, authn::FLOW)?;
        Some(Browser {
            hash: hash_token(value),
            binding: value.to_owned(),
        })
    }

    /// The flow cookie, made now if there is none.
    pub fn browser_or_new(&self) -> Browser {
        self.browser().unwrap_or_else(|| {
            let (plain, hash) = self.core.new_token();
            Browser {
                hash,
                binding: plain.expose().to_owned(),
            }
        })
    }

    /// The flows' view of this request.
    ///
    /// # Errors
    /// `store_unavailable`.
    pub async fn visit(&self, browser: &Browser) -> Result<Visit<'_>, Problem> {
        self.visit_as(browser.hash, true).await
    }

    /// The flows' view of a request whose browser needs no flow cookie (account, BFF).
    ///
    /// # Errors
    /// `invalid_token`, `token_expired`, `store_unavailable`.
    pub async fn visit_as(&self, browser: [u8; 32], slide: bool) -> Result<Visit<'_>, Problem> {
        // A bearer value goes first and a bad one is refused, whatever cookie comes with it.
        let caller = self.caller_as(slide).await?;
        // A flow ends in a cookie, which may do more than an access token's scopes: such a
        // token begins and finishes none.
        let caller = if caller.by_cookie() {
            caller
        } else {
            Caller::Anonymous
        };
        Ok(self.visit_by(&caller, browser))
    }

    /// The flows' view of a request whose caller is known already.
    pub fn visit_by(&self, caller: &Caller, browser: [u8; 32]) -> Visit<'_> {
        if let Some(lang) = caller.live().and_then(|live| live.user.locale) {
            // Every request has one person at most.
            let _ = self.own_lang.set(lang);
        }
        let cookie = authn::read_single(&self.headers, authn::SESSION).map(hash_token);
        Visit {
            core: &self.core,
            site: &self.site,
            meta: &self.meta,
            browser,
            device: authn::read_single(&self.headers, authn::DEVICE).map(hash_token),
            // A cookie beside an access token is somebody's, but not this caller's.
            cookie: cookie.filter(|_| caller.by_cookie()),
            live: caller.live().cloned(),
            lang: self.lang(),
            here: self.reader().here,
            ui_locales: self.ui_locales(),
        }
    }

    /// Only on login hosts: an app's script must not administer or collect credentials.
    ///
    /// # Errors
    /// `not_found`.
    pub fn login_host_only(&self) -> Result<(), Problem> {
        if self.site.is_login() {
            Ok(())
        } else {
            Err(Problem::not_found())
        }
    }
}

impl Context {
    /// A cookie counts here only for our own pages; tokens count from anywhere.
    ///
    /// # Errors
    /// `origin_not_allowed`.
    pub fn own_page_only(&self) -> Result<(), Problem> {
        if authn::names_bearer(&self.headers) {
            return Ok(());
        }
        authn::check_own_page(&self.headers, &self.origin())
    }
}

/// Where somebody manages an account, an organization or the installation: there a provider's old
/// word is not enough.
const ROOMS: [&str; 6] = [
    "/account",
    "/v1/me",
    "/org",
    "/v1/organizations",
    "/admin",
    "/v1/admin",
];

/// Where a session is of use besides: the word is as old as the organization lets it be. To leave, and to
/// sign in another way, nobody is asked for it.
const USES: [&str; 3] = ["/bff/user", "/bff/token", "/oauth"];

fn within(rooms: &[&str], path: &str) -> bool {
    rooms.iter().any(|room| {
        path.strip_prefix(room)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Does an `Accept` header name HTML before anything else that we speak?
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(http::header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.contains("text/html"))
}

/// Reads the context that the gate put into a request.
pub fn of(request: &Request) -> Option<Context> {
    request.extensions().get::<Context>().cloned()
}
