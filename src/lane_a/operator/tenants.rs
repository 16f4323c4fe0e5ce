//! Tenants and their hosts.

use serde_json::json;
use url::Url;

use super::{Actor, check_slug};
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::{Core, url_host_key};
use crate::domain::tenant::{Brand, Host, Purpose, Signup, Tenant, host_key};
use crate::domain::upstream::{Role, Trust, Upstream};
use crate::domain::{Problem, TenantId, UpstreamId};
use crate::providers::EMBEDDED;
use crate::store::invalidations::{Change, Scope};
use crate::store::{hosts, orgs, tenants, upstreams};

/// Creates a tenant with its canonical login host and the embedded provider as primary.
///
/// # Errors
/// `invalid_field`, `duplicate`.
pub async fn create_tenant(
    core: &Core,
    meta: &RequestMeta,
    actor: Actor<'_>,
    slug: &str,
    name: &str,
    public_url: &str,
    signup: Signup,
) -> Result<Tenant, Problem> {
    check_slug("/slug", slug)?;
    let public_url = check_public_url(public_url)?;
    let tenant = Tenant {
        id: TenantId(core.new_id()),
        slug: slug.to_owned(),
        name: super::super::submit::check_name(name)?,
        rp_id: public_url.host_str().unwrap_or_default().to_owned(),
        public_url,
        signup,
        jit: true,
        origins: Vec::new(),
        brand: Brand::default(),
        claims_format: false,
        version: 1,
        created_at: core.now(),
    };
    let mut write = core.begin().await?;
    tenants::create(&mut write.tx, &tenant).await?;
    let host = Host {
        id: core.new_id(),
        host: url_host_key(&tenant.public_url),
        purpose: Purpose::Login,
        canonical: true,
        config_owned: false,
    };
    let now = write.now();
    hosts::create(&mut write.tx, &tenant.id, &host, now).await?;
    let embedded = Upstream {
        id: UpstreamId(core.new_id()),
        tenant: tenant.id.clone(),
        slug: EMBEDDED.into(),
        kind: EMBEDDED.into(),
        issuer: format!("urn:laneway:embedded:{slug}"),
        client_id: String::new(),
        secret: None,
        options: json!({}),
        role: Role::Primary,
        trust: Trust::Operator,
        config_owned: false,
        version: 1,
        created_at: now,
    };
    upstreams::create(&mut write.tx, &embedded).await?;
    for (slug, permissions) in crate::authz::DEFAULT_ROLES {
        orgs::define_role(&mut write.tx, &tenant.id, &core.new_id(), slug, permissions).await?;
    }
    write.invalidate(Change::Changed, Scope::Tenant, tenant.id.as_str());
    let event = Event::new(
        kind::TENANT_CREATED,
        Outcome::Success,
        ("tenant", tenant.id.as_str()),
    );
    core.audit(&mut write, &tenant.id, meta, event.by(actor.0, actor.1))
        .await?;
    core.commit(write).await?;
    Ok(tenant)
}

fn check_public_url(text: &str) -> Result<Url, Problem> {
    let bad = |detail: &str| Problem::field("/public_url", "invalid_url", detail);
    let url = Url::parse(text)
        .map_err(|_| bad("Give a full address such as https://login.example.com."))?;
    let host = url
        .host_str()
        .ok_or_else(|| bad("The address needs a host name."))?;
    let loopback = crate::domain::tenant::is_loopback_name(host);
    if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
        return Err(bad("Use https; plain http is for localhost only."));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(bad("Give only scheme, host and port."));
    }
    Ok(url)
}

/// Adds a host name to a tenant.
///
/// # Errors
/// `invalid_field`, `duplicate`.
pub async fn add_host(
    core: &Core,
    meta: &RequestMeta,
    actor: Actor<'_>,
    tenant: &TenantId,
    name: &str,
    purpose: Purpose,
) -> Result<Host, Problem> {
    let key = host_key(name).ok_or_else(|| {
        Problem::field(
            "/host",
            "invalid_host",
            "Give a host name, with a port if it is not 443.",
        )
    })?;
    let host = Host {
        id: core.new_id(),
        host: key,
        purpose,
        canonical: false,
        config_owned: false,
    };
    let mut write = core.begin().await?;
    let now = write.now();
    hosts::create(&mut write.tx, tenant, &host, now).await?;
    write.invalidate(Change::Changed, Scope::Tenant, tenant.as_str());
    let event = Event::new(kind::HOST_ADDED, Outcome::Success, ("host", &host.host));
    core.audit(&mut write, tenant, meta, event.by(actor.0, actor.1))
        .await?;
    core.commit(write).await?;
    Ok(host)
}
