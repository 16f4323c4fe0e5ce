//! Tenants.

use serde_json::{Value, json};
use url::Url;

use super::{Act, check_slug, check_version, moved};
use crate::audit::{Event, Outcome, kind};
use crate::core::url_host_key;
use crate::domain::app::App;
use crate::domain::settings::Settings;
use crate::domain::tenant::{Brand, Host, Purpose, Signup, Tenant, TenantState};
use crate::domain::upstream::{Role, Trust, Upstream};
use crate::domain::{Code, Problem, TenantId, UpstreamId};
use crate::providers::EMBEDDED;
use crate::store::Write;
use crate::store::invalidations::{Change, Scope};
use crate::store::roles::{self, Role as OrgRole};
use crate::store::{apps, hosts, tenants, upstreams};

/// A tenant to create.
pub struct NewTenant<'a> {
    /// Short name.
    pub slug: &'a str,
    /// Name on pages.
    pub name: &'a str,
    /// Its canonical login host as an address.
    pub public_url: &'a str,
    /// Who may sign up.
    pub signup: Signup,
}

/// Creates a tenant with its canonical login host and the embedded provider as primary.
///
/// # Errors
/// `invalid_field`, `duplicate`.
pub async fn create_tenant(act: &Act<'_>, wanted: NewTenant<'_>) -> Result<Tenant, Problem> {
    check_slug("/slug", wanted.slug)?;
    let public_url = check_public_url(wanted.public_url)?;
    let core = act.core;
    let tenant = Tenant {
        id: TenantId(core.new_id()),
        slug: wanted.slug.to_owned(),
        name: check_tenant_name(wanted.name)?,
        rp_id: public_url.host_str().unwrap_or_default().to_owned(),
        public_url,
        signup: wanted.signup,
        jit: true,
        origins: Vec::new(),
        brand: Brand::default(),
        settings: Settings::default(),
        claims_format: false,
        registration_enabled: false,
        client_documents_enabled: false,
        state: TenantState::Active,
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
        org: None,
    };
    let now = write.now();
    hosts::create(&mut write.tx, &tenant.id, &host, now).await?;
    furnish(act, &mut write, &tenant).await?;
    write.invalidate(Change::Changed, Scope::Tenant, tenant.id.as_str());
    let event = Event::new(
        kind::TENANT_CREATED,
        Outcome::Success,
        ("tenant", tenant.id.as_str()),
    );
    act.audit_in(&mut write, &tenant.id, event).await?;
    core.commit(write).await?;
    Ok(tenant)
}

/// What every tenant starts with: a way to sign in, the command line as an app, and roles.
async fn furnish(act: &Act<'_>, write: &mut Write, tenant: &Tenant) -> Result<(), Problem> {
    let core = act.core;
    let embedded = Upstream {
        id: UpstreamId(core.new_id()),
        tenant: tenant.id.clone(),
        slug: EMBEDDED.into(),
        kind: EMBEDDED.into(),
        issuer: format!("urn:laneway:embedded:{}", tenant.slug),
        client_id: String::new(),
        secret: None,
        options: json!({}),
        role: Role::Primary,
        trust: Trust::Operator,
        config_owned: false,
        version: 1,
        created_at: write.now(),
    };
    upstreams::create(&mut write.tx, &embedded).await?;
    let command_line = App::command_line(tenant.id.clone(), write.now());
    apps::create(&mut write.tx, &command_line, None).await?;
    for one in crate::authz::BUILT_IN {
        let role = OrgRole::of_tenant(core.new_id(), one.slug, one.name, one.permissions);
        roles::define(&mut write.tx, &tenant.id, &role).await?;
    }
    Ok(())
}

/// A name for people.
///
/// # Errors
/// `invalid_field`.
pub fn check_tenant_name(name: &str) -> Result<String, Problem> {
    super::super::submit::check_name(name)
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

/// Changes a tenant: `apply` makes the new record, `show` what the audit event keeps of the
/// old and the new one.
///
/// # Errors
/// `not_found`, `version_mismatch`, `conflict`, and what `apply` refuses.
pub async fn change_tenant(
    act: &Act<'_>,
    id: &TenantId,
    expected: Option<i64>,
    apply: impl FnOnce(&mut Tenant) -> Result<(), Problem>,
    show: fn(&Tenant) -> Value,
) -> Result<Tenant, Problem> {
    let (write, mut tenant) = begin_change(act, id).await?;
    check_version(expected, tenant.version)?;
    let before = show(&tenant);
    apply(&mut tenant)?;
    finish_change(act, write, &mut tenant, before, show).await?;
    Ok(tenant)
}

/// A tenant about to be changed.
pub(super) async fn begin_change(act: &Act<'_>, id: &TenantId) -> Result<(Write, Tenant), Problem> {
    let mut write = act.core.begin().await?;
    let found = tenants::find(&mut write.tx, id).await?;
    Ok((write, found.ok_or_else(Problem::not_found)?))
}

/// Keeps a changed tenant, with the event that says what it was before.
pub(super) async fn finish_change(
    act: &Act<'_>,
    mut write: Write,
    tenant: &mut Tenant,
    before: Value,
    show: fn(&Tenant) -> Value,
) -> Result<(), Problem> {
    if tenant.state == TenantState::Disabled && tenant.id == act.tenant.id {
        return Err(Problem::new(
            Code::Conflict,
            "Nobody could switch this tenant on again from here. Do it from another tenant's host.",
        ));
    }
    if !tenants::update(&mut write.tx, tenant).await? {
        return Err(moved());
    }
    tenant.version += 1;
    write.invalidate(Change::Changed, Scope::Tenant, tenant.id.as_str());
    let event = Event::new(
        kind::TENANT_UPDATED,
        Outcome::Success,
        ("tenant", tenant.id.as_str()),
    )
    .change(Some(before), Some(show(tenant)));
    act.audit_in(&mut write, &tenant.id, event).await?;
    act.core.commit(write).await?;
    Ok(())
}
