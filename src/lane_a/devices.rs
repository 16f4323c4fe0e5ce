//! Devices: recognised at sign-in, looked at and forgotten by their owner.
//!
//! Owns: what a sign-in does to the device it happens on, and the account's list of them.
//! Must not know: what being known is good for (`lane_a::throttle`).

use laneway_contract::MethodKind;
use serde_json::json;

use super::account::require_fresh;
use super::notices::{self, Notice};
use super::{Visit, sign_in};
use crate::audit::{Event, Outcome, kind};
use crate::config;
use crate::core::Core;
use crate::domain::device::{Device, Memory};
use crate::domain::flow::Flow;
use crate::domain::user::User;
use crate::domain::{DeviceId, Problem, UserId};
use crate::store::devices::{self, Listed};
use crate::store::sessions::Which;
use crate::store::{Write, sessions, setup_links, users};

/// What a sign-in found out about its browser.
pub(super) struct Seen {
    pub(super) id: DeviceId,
    /// New value of the device cookie.
    pub(super) cookie: String,
    /// Nobody has signed in to this account here, or not for long.
    pub(super) unknown: bool,
    /// The name that the person has shown to be theirs.
    pub(super) name: Option<String>,
}

/// How long devices are recognised.
pub(super) fn memory(core: &Core) -> Memory {
    let config::Devices { known, trusted } = core.config.devices;
    let ms = |life: std::time::Duration| i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    Memory {
        known_ms: ms(known),
        trusted_ms: ms(trusted),
    }
}

/// The device that this browser is, for a person who is known already.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn of_person(visit: &Visit<'_>, user: &UserId) -> Result<Option<Device>, Problem> {
    let Some(hash) = &visit.device else {
        return Ok(None);
    };
    let tenant = &visit.site.tenant.id;
    let found = devices::find_by_token(&visit.core.db, tenant, user, hash).await?;
    Ok(still_known(visit, found))
}

/// The device that this browser is, for whoever goes by a name. Nothing is proven by it.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn of_name(visit: &Visit<'_>, name: &str) -> Result<Option<Device>, Problem> {
    let Some(hash) = &visit.device else {
        return Ok(None);
    };
    let tenant = &visit.site.tenant.id;
    let mac = name_mac(visit, name);
    let found = devices::find_by_name(&visit.core.db, tenant, hash, &mac).await?;
    Ok(still_known(visit, found))
}

fn still_known(visit: &Visit<'_>, found: Option<Device>) -> Option<Device> {
    found.filter(|device| device.is_known(memory(visit.core), visit.core.now()))
}

fn name_mac(visit: &Visit<'_>, name: &str) -> [u8; 32] {
    visit.core.sealer.mac("device name", name.as_bytes())
}

/// The name under which a person is to be recognised here: the one they proved to be
/// theirs, or the address that somebody vouches for.
fn own_name(flow: &Flow, user: &User) -> Option<String> {
    let proven = flow
        .state
        .proofs
        .iter()
        .any(|proof| matches!(proof.method, MethodKind::Password | MethodKind::EmailCode));
    let typed = flow.state.username.clone().filter(|_| proven);
    typed.or_else(|| user.email.clone().filter(|_| user.email_verified))
}

/// A sign-in happens: the browser becomes a device of this person, or is one. Its cookie
/// gets a new value each time, so that one which was planted or copied is worth nothing
/// after the next sign-in.
pub(super) async fn sign_in(
    visit: &Visit<'_>,
    write: &mut Write,
    flow: &Flow,
    user: &UserId,
) -> Result<Seen, Problem> {
    let (core, tenant, now) = (visit.core, &visit.site.tenant.id, write.now());
    let (plain, hash) = core.new_token();
    let cookie = plain.expose().to_owned();
    let mut known = None;
    if let Some(old) = &visit.device {
        known = devices::find_by_token(&mut write.tx, tenant, user, old).await?;
        devices::rotate(&mut write.tx, tenant, old, &hash).await?;
        setup_links::rotate(&mut write.tx, tenant, old, &hash).await?;
    }
    let owner = users::find(&mut write.tx, tenant, user).await?;
    let name = owner.and_then(|owner| own_name(flow, &owner));
    let mac = name.as_ref().map(|name| name_mac(visit, name));
    let fresh = Device {
        id: DeviceId(core.new_id()),
        user: user.clone(),
        label: None,
        ip: visit.meta.ip.clone(),
        user_agent: visit.meta.user_agent.clone(),
        created_at: now,
        last_seen_at: now,
        trusted_at: None,
    };
    let Some(old) = known else {
        devices::create(&mut write.tx, tenant, &fresh, &hash, mac).await?;
        return Ok(Seen {
            id: fresh.id,
            cookie,
            unknown: true,
            name,
        });
    };
    let seen = Device {
        id: old.id.clone(),
        ..fresh
    };
    devices::seen(&mut write.tx, tenant, &seen, mac).await?;
    Ok(Seen {
        unknown: !old.is_known(memory(core), now),
        id: seen.id,
        cookie,
        name,
    })
}

/// Tells the owner of an account about a sign-in on a device that is new to it. The first
/// device of an account is no news.
pub(super) async fn tell(
    visit: &Visit<'_>,
    write: &mut Write,
    user: &UserId,
) -> Result<(), Problem> {
    let tenant = &visit.site.tenant.id;
    if !sessions::any_of_user(&mut write.tx, tenant, user).await? {
        return Ok(());
    }
    let Some(user) = users::find(&mut write.tx, tenant, user).await? else {
        return Ok(());
    };
    notices::tell(visit, write, &user, Notice::NewDevice).await
}

/// A page of the person's devices, the newest first, and the id of this one.
///
/// # Errors
/// `store_unavailable`.
pub async fn list(
    visit: &Visit<'_>,
    before: &str,
    limit: i64,
) -> Result<(Vec<Listed>, Option<DeviceId>), Problem> {
    let live = visit.session()?;
    let (db, tenant, now) = (&visit.core.db, &visit.site.tenant.id, visit.core.now());
    let all = devices::list_of_user(db, tenant, &live.session.user, before, limit, now).await?;
    Ok((all, live.session.device.clone()))
}

/// What may be changed about a device.
#[derive(Debug, Default)]
pub struct Change {
    /// Another name; empty for none.
    pub label: Option<String>,
    /// Trusted, or not any more.
    pub trusted: Option<bool>,
}

/// Names or trusts a device.
///
/// # Errors
/// `not_found`, `invalid_field`, `step_up_required` to trust it: that weakens a protection.
pub async fn change(visit: &Visit<'_>, id: &DeviceId, change: Change) -> Result<Device, Problem> {
    let live = visit.session()?;
    let (core, tenant, user) = (visit.core, &visit.site.tenant.id, &live.session.user);
    let mut device = devices::find(&core.db, tenant, user, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let before = state_of(&device);
    if change.trusted == Some(true) && device.trusted_at.is_none() {
        require_fresh(visit, "/account#devices").await?;
        device.trusted_at = Some(core.now());
    }
    if change.trusted == Some(false) {
        device.trusted_at = None;
    }
    if let Some(label) = &change.label {
        device.label = check_label(label)?;
    }
    let mut write = core.begin().await?;
    if !devices::update(&mut write.tx, tenant, &device).await? {
        return Err(Problem::not_found());
    }
    let event = Event::new(
        kind::DEVICE_UPDATED,
        Outcome::Success,
        ("device", id.as_str()),
    )
    .by_user(user)
    .change(Some(before), Some(state_of(&device)));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    Ok(device)
}

fn state_of(device: &Device) -> serde_json::Value {
    json!({ "label": device.label, "trusted": device.trusted_at.is_some() })
}

fn check_label(label: &str) -> Result<Option<String>, Problem> {
    let label = label.trim();
    if label.chars().count() > 80 || label.chars().any(char::is_control) {
        return Err(Problem::field(
            "/label",
            "invalid",
            "Use at most 80 ordinary characters.",
        ));
    }
    Ok((!label.is_empty()).then(|| label.to_owned()))
}

/// Forgets a device and signs it out: whoever holds it is a stranger again. True where it
/// is the one that asks.
///
/// # Errors
/// `not_found`.
pub async fn forget(visit: &Visit<'_>, id: &DeviceId) -> Result<bool, Problem> {
    let live = visit.session()?;
    let (core, tenant, user) = (visit.core, &visit.site.tenant.id, &live.session.user);
    let mut write = core.begin().await?;
    let now = write.now();
    if !devices::forget(&mut write.tx, tenant, user, id, now).await? {
        return Err(Problem::not_found());
    }
    let which = Which::OfDevice(user, id.as_str());
    let ended = sign_in::end(&mut write, tenant, which, "device_forgotten").await?;
    let event = Event::new(
        kind::DEVICE_FORGOTTEN,
        Outcome::Success,
        ("device", id.as_str()),
    )
    .by_user(user)
    .detail(json!({ "sessions": ended }));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    Ok(ended.contains(&live.session.sid))
}
