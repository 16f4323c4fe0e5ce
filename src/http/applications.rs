//! Who is shown to an application, at the question of a proxy and at `/api`.

use std::sync::Arc;

use http::HeaderMap;

use crate::audit::RequestMeta;
use crate::authn;
use crate::core::{Core, Site};
use crate::domain::Problem;
use crate::lane_a::revalidation;
use crate::oauth::application::opened;
use crate::oauth::dpop::Sent;
use crate::oauth::token::Desk;
use crate::sessions::Live;

/// Who calls, as the application will see them.
pub struct Caller {
    /// The session or token, if any.
    pub live: Option<Arc<Live>>,
    /// Did a token decide? No page can make a browser send one.
    pub by_token: bool,
}

/// Reads the caller of an application that access tokens call by one of these names. `meta` is
/// asked for where a token came.
///
/// # Errors
/// `invalid_token`, `token_expired`, `forbidden`, `store_unavailable`.
pub async fn caller(
    core: &Core,
    site: &Site,
    headers: &HeaderMap,
    names: &[&str],
    meta: impl Fn() -> RequestMeta,
) -> Result<Caller, Problem> {
    if let Some(token) = authn::for_elsewhere(site, headers)? {
        let meta = meta();
        let sent = Sent {
            proof: None,
            method: "",
            path: "",
        };
        let desk = Desk {
            core,
            tenant: &site.tenant,
            meta: &meta,
            sent,
        };
        return Ok(Caller {
            live: Some(opened(desk, &token, names).await?),
            by_token: true,
        });
    }
    let caller = authn::authenticate(core, site, headers, true).await?;
    if let Some(token) = caller.token() {
        core.sessions.used_token(token, &meta().ip);
    }
    let live = caller.for_applications()?.cloned();
    if let Some(live) = &live {
        revalidation::confirm(core, live, false).await?;
    }
    Ok(Caller {
        live,
        by_token: caller.token().is_some(),
    })
}
