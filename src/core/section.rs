//! The configuration file's tenant, at the start of a node.

use serde_json::json;
use url::Url;

use super::Core;
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::config;
use crate::domain::app::App;
use crate::domain::settings::Settings;
use crate::domain::tenant::{LOGO_PATH, Tenant, TenantState};
use crate::domain::{Code, Problem, TenantId};
use crate::store::invalidations::{Change, Scope};
use crate::store::{Write, apps, tenants};

/// The section as it is compared with the one that was applied before.
fn section_of(wanted: &config::Tenant, public_url: &Url) -> String {
    let mut section = json!({
        "name": wanted.name, "signup": wanted.signup, "jit": wanted.jit,
        "origins": wanted.origins, "brand": wanted.brand, "public_url": public_url,
    });
    // A file without this part reads as it did before there was one.
    if wanted.settings != Settings::default() {
        section["settings"] = json!(wanted.settings);
    }
    section.to_string()
}

/// Makes the tenant, or brings it to what the file says where the file has changed.
///
/// # Errors
/// `store_unavailable`, `conflict`.
pub(super) async fn apply_tenant(core: &Core, write: &mut Write) -> Result<Tenant, Problem> {
    let wanted = &core.config.tenant;
    let public_url = core.config.server.public_url.clone();
    let section = section_of(wanted, &public_url);
    if let Some(mut tenant) = tenants::find_by_slug(&mut write.tx, &wanted.slug).await? {
        if tenants::applied(&mut write.tx, &tenant.id).await? != section {
            // What was set by the API since stays until the file itself changes.
            tenant.name.clone_from(&wanted.name);
            tenant.public_url = public_url;
            tenant.signup = wanted.signup;
            tenant.jit = wanted.jit;
            tenant.origins.clone_from(&wanted.origins);
            let uploaded = tenant
                .brand
                .logo_url
                .take()
                .filter(|url| url.starts_with(LOGO_PATH));
            tenant.brand.clone_from(&wanted.brand);
            tenant.brand.logo_url = tenant.brand.logo_url.take().or(uploaded);
            tenant.settings = wanted.settings.over(&tenant.settings);
            if !tenants::update(&mut write.tx, &tenant).await? {
                return Err(Problem::new(Code::Conflict, "another node was faster"));
            }
            tenants::set_applied(&mut write.tx, &tenant.id, &section).await?;
            write.invalidate(Change::Changed, Scope::Tenant, tenant.id.as_str());
            let event = Event::new(
                kind::CONFIGURATION_APPLIED,
                Outcome::Success,
                ("tenant", tenant.id.as_str()),
            );
            core.audit(
                write,
                &tenant.id,
                &RequestMeta::default(),
                event.by("system", ""),
            )
            .await?;
        }
        return Ok(tenant);
    }
    let rp_id = public_url.host_str().unwrap_or("localhost").to_owned();
    let tenant = Tenant {
        id: TenantId(core.new_id()),
        slug: wanted.slug.clone(),
        name: wanted.name.clone(),
        public_url,
        rp_id,
        signup: wanted.signup,
        jit: wanted.jit,
        origins: wanted.origins.clone(),
        brand: wanted.brand.clone(),
        settings: wanted.settings.clone(),
        claims_format: false,
        registration_enabled: false,
        client_documents_enabled: false,
        state: TenantState::Active,
        version: 1,
        created_at: core.now(),
    };
    tenants::create(&mut write.tx, &tenant).await?;
    let command_line = App::command_line(tenant.id.clone(), tenant.created_at);
    apps::create(&mut write.tx, &command_line, None).await?;
    tenants::set_applied(&mut write.tx, &tenant.id, &section).await?;
    let event = Event::new(
        kind::TENANT_CREATED,
        Outcome::Success,
        ("tenant", tenant.id.as_str()),
    );
    core.audit(
        write,
        &tenant.id,
        &RequestMeta::default(),
        event.by("system", ""),
    )
    .await?;
    Ok(tenant)
}
