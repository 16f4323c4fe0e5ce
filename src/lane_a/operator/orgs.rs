//! Organizations.

use laneway_contract::Acr;
use serde_json::{Map, Value, json};

use super::super::broker;
use super::members::above;
use super::settings::{address_of, checked_picture, patched_brand, without_picture};
use super::{Act, check_slug, check_version, moved};
use crate::audit::{Event, Outcome, kind};
use crate::authz::{Permission, Scope as Place};
use crate::domain::tenant::OrgBrand;
use crate::domain::{OrgId, Problem};
use crate::lane_a::end_in;
use crate::store::invalidations::{Change, Scope};
use crate::store::orgs::{self, OrgState, Organization};
use crate::store::sessions::Which;
use crate::store::{Write, admissions, connections, hosts, logos};

/// Creates an organization.
///
/// # Errors
/// `invalid_field`, `duplicate`.
pub async fn create_org(act: &Act<'_>, slug: &str, name: &str) -> Result<Organization, Problem> {
    check_slug("/slug", slug)?;
    let core = act.core;
    let org = Organization {
        id: OrgId(core.new_id()),
        slug: slug.to_owned(),
        name: super::super::submit::check_name(name)?,
        state: OrgState::Active,
        required_acr: None,
        max_staleness: None,
        social_login: true,
        brand: OrgBrand::default(),
        version: 1,
        created_at: core.now(),
    };
    let mut write = core.begin().await?;
    orgs::create(&mut write.tx, &act.tenant.id, &org).await?;
    act.audit(&mut write, event(kind::ORGANIZATION_CREATED, &org))
        .await?;
    core.commit(write).await?;
    Ok(org)
}

/// What is changed about an organization; `None` keeps.
#[derive(Default)]
pub struct OrgChange {
    /// Short name.
    pub slug: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// On or off.
    pub state: Option<OrgState>,
    /// The rung that a session must have reached to act in it.
    pub required_acr: Option<Option<Acr>>,
    /// How old a provider's word on a session that acts in it may be, in seconds.
    pub max_staleness: Option<Option<i64>>,
    /// Whether its sign-in takes what the tenant has attached for everybody.
    pub social_login: Option<bool>,
    /// A merge patch on how its sign-in looks; `Some(None)` takes all of it away.
    pub brand: Option<Option<Map<String, Value>>>,
}

/// Shorter, a provider that is away for a moment keeps everybody out; longer than a session lives it
/// says nothing.
fn checked_staleness(wanted: Option<i64>) -> Result<Option<i64>, Problem> {
    const BOUNDS: std::ops::RangeInclusive<i64> = 60..=30 * 24 * 3600;
    match wanted {
        Some(seconds) if !BOUNDS.contains(&seconds) => Err(Problem::field(
            "/max_staleness",
            "out_of_range",
            "Choose from one minute to 30 days, in seconds.",
        )),
        kept => Ok(kept),
    }
}

/// Changes an organization. Switched off, it is nobody's active one any more.
///
/// # Errors
/// `not_found`, `invalid_field`, `version_mismatch`, `duplicate`; `forbidden` for whoever would
/// switch it off or on and may not dismiss its owners.
pub async fn change_org(
    act: &Act<'_>,
    id: &OrgId,
    change: OrgChange,
    expected: Option<i64>,
) -> Result<Organization, Problem> {
    let (mut write, mut org) = begin_change(act, id, expected).await?;
    let before = shown(&org);
    if change.state.is_some_and(|state| state != org.state) {
        let there = Place::Org(act.tenant.id.clone(), id.clone());
        if !act.by.may(Permission::OwnersWrite, &there) {
            return Err(above());
        }
    }
    if let Some(slug) = change.slug {
        check_slug("/slug", &slug)?;
        org.slug = slug;
    }
    if let Some(name) = change.name {
        org.name = super::super::submit::check_name(&name)?;
    }
    org.state = change.state.unwrap_or(org.state);
    org.required_acr = change.required_acr.unwrap_or(org.required_acr);
    org.max_staleness = match change.max_staleness {
        None => org.max_staleness,
        Some(wanted) => checked_staleness(wanted)?,
    };
    org.social_login = change.social_login.unwrap_or(org.social_login);
    org.brand = match change.brand {
        None => org.brand,
        Some(None) => OrgBrand::default(),
        Some(Some(patch)) => patched_brand(&org.brand, &patch)?,
    };
    if let Some(Some(acr)) = change.required_acr {
        for sid in admissions::leave_below(&mut write.tx, &act.tenant.id, id, acr).await? {
            write.invalidate(Change::Changed, Scope::Session, sid.as_str());
        }
    }
    finish_change(act, write, org, before).await
}

/// Keeps a picture for an organization's sign-in and its pages.
///
/// # Errors
/// `not_found`, `version_mismatch`, `invalid_field`, `too_large`.
pub async fn put_org_logo(
    act: &Act<'_>,
    id: &OrgId,
    expected: Option<i64>,
    bytes: Vec<u8>,
) -> Result<Organization, Problem> {
    let hash = checked_picture(&bytes)?;
    let (mut write, mut org) = begin_change(act, id, expected).await?;
    let (before, now) = (shown(&org), write.now());
    logos::put_of_org(&mut write.tx, (&act.tenant.id, id), &hash, bytes, now).await?;
    org.brand.logo_url = Some(address_of(&hash));
    finish_change(act, write, org, before).await
}

/// Removes an organization's picture.
///
/// # Errors
/// `not_found` where there is none; `version_mismatch`.
pub async fn remove_org_logo(
    act: &Act<'_>,
    id: &OrgId,
    expected: Option<i64>,
) -> Result<Organization, Problem> {
    let (mut write, mut org) = begin_change(act, id, expected).await?;
    let before = shown(&org);
    if !logos::remove_of_org(&mut write.tx, &act.tenant.id, id).await? {
        return Err(Problem::not_found());
    }
    org.brand.logo_url = without_picture(org.brand.logo_url.take());
    finish_change(act, write, org, before).await
}

async fn begin_change(
    act: &Act<'_>,
    id: &OrgId,
    expected: Option<i64>,
) -> Result<(Write, Organization), Problem> {
    let mut write = act.core.begin().await?;
    let found = orgs::find(&mut write.tx, &act.tenant.id, id.as_str()).await?;
    let org = found.ok_or_else(Problem::not_found)?;
    check_version(expected, org.version)?;
    Ok((write, org))
}

async fn finish_change(
    act: &Act<'_>,
    mut write: Write,
    mut org: Organization,
    before: Value,
) -> Result<Organization, Problem> {
    if !orgs::update(&mut write.tx, &act.tenant.id, &org).await? {
        return Err(moved());
    }
    org.version += 1;
    write.invalidate(Change::Changed, Scope::Org, org.id.as_str());
    tell_hosts(act, &mut write, &org.id).await?;
    let after = shown(&org);
    let event = event(kind::ORGANIZATION_UPDATED, &org).change(Some(before), Some(after));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(org)
}

/// Deletes an organization with its memberships, roles, grants and tokens. People stay.
///
/// # Errors
/// `not_found`, `version_mismatch`.
pub async fn delete_org(act: &Act<'_>, id: &OrgId, expected: Option<i64>) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    let brokered = broker::of_org(act.core, tenant, id).await?;
    let (mut write, org) = begin_change(act, id, expected).await?;
    // What its providers vouched for is over with it; nothing would confine those sessions any more.
    for one in connections::shut_all(&mut write.tx, tenant, id).await? {
        let source = one.as_source();
        let which = Which::OfUpstream(&source);
        end_in(&mut write, tenant, which, "organization_deleted").await?;
    }
    tell_hosts(act, &mut write, id).await?;
    if !orgs::delete(&mut write.tx, tenant, id).await? {
        return Err(moved());
    }
    write.invalidate_in(tenant, Change::Ended, Scope::Org, id.as_str());
    let event = event(kind::ORGANIZATION_DELETED, &org).change(Some(shown(&org)), None);
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    broker::abandon(act.core, act.tenant, &brokered).await;
    Ok(())
}

/// What a login host of its own shows is kept with the tenant's hosts.
async fn tell_hosts(act: &Act<'_>, write: &mut Write, org: &OrgId) -> Result<(), Problem> {
    let tenant = &act.tenant.id;
    if hosts::any_of_org(&mut write.tx, tenant, org).await? {
        write.invalidate(Change::Changed, Scope::Tenant, tenant.as_str());
    }
    Ok(())
}

fn shown(org: &Organization) -> Value {
    json!({
        "slug": org.slug, "name": org.name, "state": org.state, "required_acr": org.required_acr,
        "max_staleness": org.max_staleness,
        "social_login": org.social_login, "brand": org.brand,
    })
}

fn event(kind: &'static str, org: &Organization) -> Event {
    let id = org.id.as_str();
    Event::new(kind, Outcome::Success, ("organization", id)).org(id)
}
