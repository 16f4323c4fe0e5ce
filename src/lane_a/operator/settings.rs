//! What a tenant says about itself: its settings, its look, its picture.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::limits;
use super::super::submit::check_name;
use super::tenants::{begin_change, finish_change};
use super::{Act, check_version};
use crate::authz::{Permission, Scope as Where};
use crate::core::Core;
use crate::domain::png::{self, Fault};
use crate::domain::settings::SENDER_ADDRESS;
use crate::domain::tenant::{Brand, LOGO_PATH, OrgBrand, Tenant};
use crate::domain::{Code, Problem, TenantId};
use crate::store::logos;

/// Does the configuration file set this member of a tenant's settings?
pub fn set_in_file(core: &Core, tenant: &Tenant, name: &str) -> bool {
    let config = &core.config.tenant;
    config.slug == tenant.slug && config.settings.sets(name)
}

/// May they say what address a tenant's mails come from? The relay is the installation's,
/// and what leaves by it speaks for whoever runs it.
pub fn may_set_sender(act: &Act<'_>) -> bool {
    act.by.may(Permission::TenantsWrite, &Where::Instance)
}

/// Puts a merge patch on a tenant's settings; nothing is stored yet.
///
/// # Errors
/// `invalid_field`; `conflict` for what the configuration file sets; `forbidden` for the
/// sender's address.
pub fn patch_settings(
    act: &Act<'_>,
    tenant: &mut Tenant,
    patch: &Map<String, Value>,
) -> Result<(), Problem> {
    let settings = tenant.settings.patched(patch)?;
    // Who sends back what they have read changes nothing.
    for name in settings.changed_from(&tenant.settings) {
        if set_in_file(act.core, tenant, &name) {
            return Err(in_the_file());
        }
        if name == SENDER_ADDRESS && !may_set_sender(act) {
            return Err(Problem::new(
                Code::Forbidden,
                "Only operators of the whole installation choose the sender's address.",
            ));
        }
    }
    tenant.settings = settings;
    Ok(())
}

/// Puts a merge patch on a tenant's look; nothing is stored yet.
///
/// # Errors
/// `invalid_field`.
pub fn patch_brand(tenant: &mut Tenant, patch: &Map<String, Value>) -> Result<(), Problem> {
    let mut brand = tenant.brand.clone();
    for (name, value) in patch {
        let (pointer, text) = brand_member(name, value)?;
        match name.as_str() {
            "color" => brand.color = check_color(text)?,
            "logo_url" => brand.logo_url = check_logo_url(text)?,
            _ => return Err(no_member(&pointer)),
        }
    }
    tenant.brand = brand;
    Ok(())
}

/// The same for an organization's, which has a name besides.
///
/// # Errors
/// `invalid_field`.
pub(super) fn patched_brand(
    old: &OrgBrand,
    patch: &Map<String, Value>,
) -> Result<OrgBrand, Problem> {
    let mut brand = old.clone();
    for (name, value) in patch {
        let (pointer, text) = brand_member(name, value)?;
        match name.as_str() {
            "name" => brand.name = text.map(|text| check_shown_name(&text)).transpose()?,
            "color" => brand.color = check_color(text)?,
            "logo_url" => brand.logo_url = check_logo_url(text)?,
            _ => return Err(no_member(&pointer)),
        }
    }
    Ok(brand)
}

fn brand_member(name: &str, value: &Value) -> Result<(String, Option<String>), Problem> {
    let pointer = format!("/brand/{name}");
    let text = match value {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_owned()),
        _ => return Err(Problem::field(&pointer, "invalid_type", "Give a text.")),
    };
    Ok((pointer, text))
}

fn no_member(pointer: &str) -> Problem {
    Problem::field(pointer, "unknown", "There is no such member here.")
}

fn check_shown_name(text: &str) -> Result<String, Problem> {
    check_name(text).map_err(|mut problem| {
        for fault in &mut problem.errors {
            fault.pointer = "/brand/name".into();
        }
        problem
    })
}

/// A colour of the brand.
///
/// # Errors
/// `invalid_field`.
pub fn check_color(color: Option<String>) -> Result<Option<String>, Problem> {
    if color
        .as_deref()
        .is_some_and(|color| !Brand::is_color(color))
    {
        let detail = "Give a colour as #rrggbb.";
        return Err(Problem::field("/brand/color", "invalid", detail));
    }
    Ok(color)
}

fn check_logo_url(url: Option<String>) -> Result<Option<String>, Problem> {
    if url.as_deref().is_some_and(|url| !Brand::may_be_logo(url)) {
        let detail = "Give an https address or a path on your own host.";
        return Err(Problem::field("/brand/logo_url", "invalid_url", detail));
    }
    Ok(url)
}

fn in_the_file() -> Problem {
    Problem::new(
        Code::Conflict,
        "The configuration file sets this. Change it there.",
    )
}

/// Is it a picture that pages may show? Its hash, which its address carries.
///
/// # Errors
/// `invalid_field`, `too_large`.
pub(super) fn checked_picture(bytes: &[u8]) -> Result<String, Problem> {
    png::check(bytes).map_err(fault_problem)?;
    Ok(limits::hex(&Sha256::digest(bytes)))
}

/// Where a picture is served that was uploaded.
pub(super) fn address_of(hash: &str) -> String {
    format!("{LOGO_PATH}{hash}.png")
}

/// Without the address of an uploaded picture; one that somebody gave instead stays.
pub(super) fn without_picture(url: Option<String>) -> Option<String> {
    url.filter(|url| !url.starts_with(LOGO_PATH))
}

/// Keeps a picture for a tenant's pages.
///
/// # Errors
/// `not_found`, `version_mismatch`, `invalid_field`, `too_large`, `conflict`.
pub async fn put_logo(
    act: &Act<'_>,
    id: &TenantId,
    expected: Option<i64>,
    bytes: Vec<u8>,
) -> Result<Tenant, Problem> {
    let hash = checked_picture(&bytes)?;
    let (mut write, mut tenant) = begin_change(act, id).await?;
    check_version(expected, tenant.version)?;
    check_free(act, &tenant)?;
    let before = look(&tenant);
    let now = write.now();
    logos::put(&mut write.tx, id, &hash, bytes, now).await?;
    tenant.brand.logo_url = Some(address_of(&hash));
    finish_change(act, write, &mut tenant, before, look).await?;
    Ok(tenant)
}

/// Removes a tenant's picture.
///
/// # Errors
/// `not_found` where there is none; `version_mismatch`, `conflict`.
pub async fn remove_logo(
    act: &Act<'_>,
    id: &TenantId,
    expected: Option<i64>,
) -> Result<Tenant, Problem> {
    let (mut write, mut tenant) = begin_change(act, id).await?;
    check_version(expected, tenant.version)?;
    if !logos::remove(&mut write.tx, id).await? {
        return Err(Problem::not_found());
    }
    let before = look(&tenant);
    tenant.brand.logo_url = without_picture(tenant.brand.logo_url.take());
    finish_change(act, write, &mut tenant, before, look).await?;
    Ok(tenant)
}

fn check_free(act: &Act<'_>, tenant: &Tenant) -> Result<(), Problem> {
    let config = &act.core.config.tenant;
    if config.slug == tenant.slug && config.brand.logo_url.is_some() {
        return Err(in_the_file());
    }
    Ok(())
}

fn look(tenant: &Tenant) -> Value {
    json!({ "brand": tenant.brand })
}

fn fault_problem(fault: Fault) -> Problem {
    match fault {
        Fault::TooLarge => Problem::new(Code::TooLarge, "Send a picture of at most 64 KiB."),
        Fault::NotPng => Problem::field("", "invalid_png", "Send one whole PNG file."),
        Fault::Dimensions => Problem::field(
            "",
            "invalid_dimensions",
            "Send a picture whose sides have 16 to 1024 pixels.",
        ),
    }
}
