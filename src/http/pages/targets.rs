//! Where forms may lead: browsers hold a page to it at every redirect that follows.
//!
//! Must not know: which page has which form.

use url::Url;

use crate::core::Site;
use crate::lane_a::Visit;
use crate::oauth::waiting;
use crate::store::connections;

/// Where a form of ours may lead by redirects: the tenant's own hosts and listed origins.
/// Browsers apply `form-action` to every hop.
pub(super) fn form_targets(site: &Site) -> String {
    let mut targets = String::new();
    for host in &site.hosts {
        let name = crate::domain::tenant::split_host(&host.host).0;
        if crate::domain::tenant::is_loopback_name(name) {
            targets.push_str(&format!(" http://{name}:* https://{name}:*"));
        } else {
            targets.push_str(&format!(" https://{}", host.host));
        }
    }
    for origin in &site.tenant.origins {
        targets.push_str(&format!(" {}", origin.origin().ascii_serialization()));
    }
    targets
}

/// The same, plus the providers that this tenant redirects to.
pub(super) async fn flow_targets(visit: &Visit<'_>) -> String {
    let mut targets = form_targets(visit.site);
    if let Ok(all) = visit.core.providers.of_tenant(&visit.site.tenant).await {
        for upstream in all.iter().filter(|upstream| upstream.redirects()) {
            if let Ok(url) = Url::parse(&upstream.row.issuer) {
                targets.push_str(&format!(" {}", url.origin().ascii_serialization()));
            }
            // Its authorization endpoint may be elsewhere, and it may itself delegate:
            // browsers apply the rule to every hop.
            if !targets.contains(" https: ") {
                targets.push_str(" https: ");
            }
        }
    }
    let tenant = &visit.site.tenant.id;
    // Whoever types an address of an organization goes to its provider, wherever that is.
    let db = &visit.core.db;
    if connections::any_of_organizations(db, tenant)
        .await
        .unwrap_or(true)
    {
        targets.push_str(" https: ");
        if visit.core.config.server.is_loopback() {
            targets.push_str(" http://127.0.0.1:* http://localhost:* ");
        }
    }
    // A sign-in that an app has asked for leads back to it.
    if let Ok(all) = waiting::targets(visit.core, tenant, &visit.browser).await {
        for target in all {
            targets.push_str(&format!(" {target}"));
        }
    }
    if let Ok(all) = visit.core.providers.social(&visit.site.tenant).await {
        for offer in &all {
            if let Ok(url) = Url::parse(&offer.upstream.row.issuer) {
                targets.push_str(&format!(" {} https: ", url.origin().ascii_serialization()));
            }
        }
    }
    targets
}
