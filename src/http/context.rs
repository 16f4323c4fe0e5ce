//! What every handler is given about its request.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use http::HeaderMap;

use super::router::AppState;
use crate::audit::RequestMeta;
use crate::authn::{self, Caller};
use crate::core::{Core, Site, hash_token};
use crate::domain::{Code, Problem};
use crate::lane_a::Visit;

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
    /// `invalid_token`, `token_expired`, `store_unavailable`.
    pub async fn caller(&self) -> Result<Caller, Problem> {
        authn::authenticate(&self.core, &self.site, &self.headers, true).await
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
        let caller = authn::authenticate(&self.core, &self.site, &self.headers, slide).await?;
        let live = match caller {
            Caller::Session(live) => Some(live),
            Caller::Anonymous | Caller::Operator(_) => None,
        };
        let cookie = authn::read_single(&self.headers, authn::SESSION).map(hash_token);
        Ok(Visit {
            core: &self.core,
            site: &self.site,
            meta: &self.meta,
            browser,
            cookie: live.as_ref().and(cookie),
            live,
        })
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
