//! One browser's request, as the flows see it.

use std::sync::Arc;

use url::Url;

use crate::audit::RequestMeta;
use crate::core::{Core, Site};
use crate::domain::{Code, Lang, Problem};
use crate::sessions::Live;

use laneway_contract::RelyingParty;

/// Who asks, from where, on which host.
pub struct Visit<'a> {
    /// The program.
    pub core: &'a Core,
    /// The host.
    pub site: &'a Site,
    /// Request id, address, browser.
    pub meta: &'a RequestMeta,
    /// Hash of this browser's flow cookie.
    pub browser: [u8; 32],
    /// Hash of this browser's device cookie, whoever's it is.
    pub device: Option<[u8; 32]>,
    /// The session this browser has on this host.
    pub live: Option<Arc<Live>>,
    /// Hash of the session cookie behind `live`.
    pub cookie: Option<[u8; 32]>,
    /// The language this browser is answered in.
    pub lang: Lang,
    /// The address of the page that is asked for, for links to it in other languages.
    pub here: Option<String>,
    /// The languages that were asked for, for a provider's own pages.
    pub ui_locales: Option<String>,
}

impl Visit<'_> {
    /// The session, or 401.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn session(&self) -> Result<&Arc<Live>, Problem> {
        self.live.as_ref().ok_or_else(|| {
            Problem::new(Code::Unauthenticated, "Sign in to use this.")
                .with("login_url", "/bff/login")
        })
    }

    /// Who we are to authenticators on this tenant.
    pub fn relying_party(&self) -> RelyingParty {
        relying_party(self.site)
    }
}

/// Who we are to authenticators: the tenant's RP ID and the origins of its login hosts.
pub fn relying_party(site: &Site) -> RelyingParty {
    let public = &site.tenant.public_url;
    let mut origins = vec![public.clone()];
    for host in site
        .hosts
        .iter()
        .filter(|host| host.purpose == crate::domain::tenant::Purpose::Login)
    {
        let on_rp = host.host == site.tenant.rp_id
            || host.host.ends_with(&format!(".{}", site.tenant.rp_id));
        if let Ok(url) = Url::parse(&format!("https://{}", host.host))
            && on_rp
            && !origins.contains(&url)
        {
            origins.push(url);
        }
    }
    RelyingParty {
        id: site.tenant.rp_id.clone(),
        name: site.tenant.name.clone(),
        origins,
    }
}
