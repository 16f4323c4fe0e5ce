//! Which tenant and which host a request is for.

use std::sync::Arc;
use std::time::Duration;

use laneway_sqlkit::Db;
use moka::future::Cache;
use url::Url;

use crate::config::App;
use crate::domain::tenant::{
    Host, Purpose, Tenant, TenantState, host_key, is_loopback_name, split_host,
};
use crate::domain::{Code, Problem, TenantId};
use crate::sessions::InvalidationLog;
use crate::store::invalidations::Scope;
use crate::store::orgs::{OrgState, Organization};
use crate::store::{hosts, orgs, tenants};

/// A host that is served here, with everything that is configured for it.
pub struct Site {
    /// Whose.
    pub tenant: Arc<Tenant>,
    /// Which.
    pub host: Host,
    /// The organization whose own sign-in it is.
    pub org: Option<Organization>,
    /// All hosts of the tenant.
    pub hosts: Vec<Host>,
    /// Frontend and routes, for app hosts from configuration.
    pub app: Option<App>,
}

/// Hosts and tenants, cached.
pub struct Tenants {
    db: Db,
    log: Arc<InvalidationLog>,
    apps: Vec<App>,
    sites: Cache<String, Option<Arc<Site>>>,
}

impl Tenants {
    /// An empty cache that follows the log.
    pub fn new(db: Db, log: &Arc<InvalidationLog>, apps: Vec<App>) -> Self {
        let sites: Cache<String, Option<Arc<Site>>> = Cache::builder()
            .max_capacity(100_000)
            .time_to_live(Duration::from_secs(60))
            .build();
        let cache = sites.clone();
        log.subscribe(move |changes| {
            if changes.iter().any(|row| row.scope == Scope::Tenant) {
                cache.invalidate_all();
            }
        });
        Self {
            db,
            log: Arc::clone(log),
            apps,
            sites,
        }
    }

    /// The site behind a raw `Host` value.
    ///
    /// # Errors
    /// `unknown_host`, `store_unavailable`.
    pub async fn site(&self, raw_host: &str) -> Result<Arc<Site>, Problem> {
        let unknown = || Problem::new(Code::UnknownHost, "This host name is not set up here.");
        let key = host_key(raw_host).ok_or_else(unknown)?;
        if !self.log.is_fresh() {
            self.sites.invalidate(&key).await;
        } else if let Some(found) = self.sites.get(&key).await {
            return found.ok_or_else(unknown);
        }
        let epoch = self.log.epoch();
        let found = self
            .sites
            .try_get_with(key.clone(), self.load(&key))
            .await
            .map_err(|problem: Arc<Problem>| (*problem).clone())?;
        if self.log.epoch() != epoch {
            self.sites.invalidate(&key).await;
        }
        found.ok_or_else(unknown)
    }

    /// The canonical login site of a tenant.
    ///
    /// # Errors
    /// `not_found`, `store_unavailable`.
    pub async fn login_site(&self, tenant: &TenantId) -> Result<Arc<Site>, Problem> {
        let all = hosts::list(&self.db, tenant).await?;
        let canonical = all
            .iter()
            .find(|host| host.canonical)
            .ok_or_else(Problem::not_found)?;
        self.site(&canonical.host).await
    }

    async fn load(&self, key: &str) -> Result<Option<Arc<Site>>, Problem> {
        let Some((tenant_id, host)) = hosts::find(&self.db, key).await? else {
            return Ok(None);
        };
        let Some(tenant) = tenants::find(&self.db, &tenant_id).await? else {
            return Ok(None);
        };
        if tenant.state != TenantState::Active {
            return Ok(None);
        }
        let org = match &host.org {
            Some(org) => orgs::find(&self.db, &tenant_id, org.as_str()).await?,
            None => None,
        };
        // Nobody signs in where the organization is switched off.
        if host.org.is_some() && org.as_ref().is_none_or(|org| org.state != OrgState::Active) {
            return Ok(None);
        }
        let hosts = hosts::list(&self.db, &tenant_id).await?;
        let app = self.apps.iter().find(|app| app.host == host.host).cloned();
        Ok(Some(Arc::new(Site {
            tenant: Arc::new(tenant),
            host,
            org,
            hosts,
            app,
        })))
    }
}

impl Site {
    /// Is an address on one of the tenant's own hosts or listed origins? Loopback names
    /// match any port: cookies do not tell ports apart there either.
    pub fn lists(&self, url: &Url) -> bool {
        self.tenant
            .origins
            .iter()
            .any(|origin| origin.origin() == url.origin())
            || self.own_host(url).is_some()
    }

    /// The tenant's own host that an address is on, with the right scheme.
    pub fn own_host(&self, url: &Url) -> Option<&Host> {
        let raw = match (url.host_str()?, url.port()) {
            (name, Some(port)) => format!("{name}:{port}"),
            (name, None) => name.to_owned(),
        };
        let key = host_key(&raw)?;
        let loopback = is_loopback_name(split_host(&key).0);
        let scheme_ok = url.scheme() == "https" || (loopback && url.scheme() == "http");
        self.hosts.iter().find(|host| scheme_ok && host.host == key)
    }

    /// Is this a login host?
    pub fn is_login(&self) -> bool {
        self.host.purpose == Purpose::Login
    }

    /// Do providers answer to it, and sessions begin here? Elsewhere they arrive by a ticket.
    pub fn is_home(&self) -> bool {
        self.is_login() && self.org.is_none()
    }

    /// Do this tenant's passkeys work here? Browsers bind them to a domain.
    pub fn takes_passkeys(&self) -> bool {
        let (name, _) = split_host(&self.host.host);
        let rp = self.tenant.rp_id.as_str();
        name == rp || name.ends_with(&format!(".{rp}"))
    }

    /// The origin of this site as the browser wrote it in `Host`.
    pub fn origin(&self, raw_host: &str) -> String {
        let key = host_key(raw_host).unwrap_or_default();
        let loopback = is_loopback_name(split_host(&key).0);
        let scheme = if loopback {
            self.tenant.public_url.scheme()
        } else {
            "https"
        };
        format!("{scheme}://{}", raw_host.to_ascii_lowercase())
    }
}
