//! All that is kept about a person, piece by piece: however much there is, only one page of
//! it is in memory. No secrets: of ways to sign in only what the account page shows.

use laneway_contract::Credential;
use serde_json::json;

use super::super::{Visit, limits};
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::profile::Profile;
use crate::domain::session::Session;
use crate::domain::tenant::Tenant;
use crate::domain::user::{IdentityLink, Membership, User};
use crate::domain::{Problem, UserId};
use crate::providers::EMBEDDED;
use crate::store::api_tokens::{self, ApiToken, Principal};
use crate::store::audit::{self, EventRow};
use crate::store::devices::{self, Listed};
use crate::store::{links, orgs, profiles, sessions, users};

/// Exports per person and hour.
const PER_HOUR: u32 = 30;
const PAGE: i64 = 100;

/// One page of one kind.
pub enum ExportPiece {
    /// The record itself; always first.
    Profile(Box<User>, Box<Profile>),
    /// Links.
    Identities(Vec<IdentityLink>),
    /// Live sessions with their hosts.
    Sessions(Vec<(Session, Vec<String>)>),
    /// Browsers that they signed in with.
    Devices(Vec<Listed>),
    /// Ways to sign in that are kept here: metadata.
    Factors(Vec<Credential>),
    /// Memberships.
    Organizations(Vec<Membership>),
    /// API tokens, without their values.
    Tokens(Vec<ApiToken>),
    /// What happened.
    Events(Vec<EventRow>),
}

/// Where the next piece begins.
pub enum ExportAt {
    /// The record.
    Profile,
    /// Links.
    Identities,
    /// Sessions older than this id.
    Sessions(String),
    /// Devices older than this id.
    Devices(String),
    /// Ways to sign in.
    Factors,
    /// Memberships.
    Organizations,
    /// API tokens older than this id.
    Tokens(String),
    /// Events older than this id.
    Events(String),
}

/// Notes that an export begins.
///
/// # Errors
/// `rate_limited`.
pub async fn begin_export(visit: &Visit<'_>) -> Result<UserId, Problem> {
    super::require_own_way(visit)?;
    let user = visit.session()?.session.user.clone();
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    limits::person(core, "export", &user, PER_HOUR).await?;
    let event = Event::new(
        kind::USER_EXPORTED,
        Outcome::Success,
        ("user", user.as_str()),
    );
    let mut write = core.begin().await?;
    core.audit(&mut write, tenant, visit.meta, event.by_user(&user))
        .await?;
    core.commit(write).await?;
    Ok(user)
}

/// The next piece, and where to go on.
///
/// # Errors
/// `store_unavailable`, `upstream_unavailable`; `not_found` once the person is gone.
pub async fn export_piece(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
    at: ExportAt,
) -> Result<(ExportPiece, Option<ExportAt>), Problem> {
    let db = &core.db;
    Ok(match at {
        ExportAt::Profile => {
            let found = users::find(db, &tenant.id, user).await?;
            let found = found.ok_or_else(Problem::not_found)?;
            let claims = profiles::find(db, &tenant.id, user).await?;
            let claims = claims.map(|(profile, _)| profile).unwrap_or_default();
            let piece = ExportPiece::Profile(Box::new(found), Box::new(claims));
            (piece, Some(ExportAt::Identities))
        }
        ExportAt::Identities => {
            let all = links::list(db, &tenant.id, user).await?;
            let next = ExportAt::Sessions(String::new());
            (ExportPiece::Identities(all), Some(next))
        }
        ExportAt::Sessions(before) => {
            let page = session_page(core, tenant, user, &before).await?;
            let next = match page.last().filter(|_| is_full(page.len())) {
                Some((last, _)) => ExportAt::Sessions(last.sid.0.clone()),
                None => ExportAt::Devices(String::new()),
            };
            (ExportPiece::Sessions(page), Some(next))
        }
        ExportAt::Devices(before) => {
            let (tenant, now) = (&tenant.id, core.now());
            let page = devices::list_of_user(db, tenant, user, &before, PAGE, now).await?;
            let next = match page.last().filter(|_| is_full(page.len())) {
                Some(last) => ExportAt::Devices(last.device.id.0.clone()),
                None => ExportAt::Factors,
            };
            (ExportPiece::Devices(page), Some(next))
        }
        ExportAt::Factors => {
            let all = factors(core, tenant, user).await?;
            (ExportPiece::Factors(all), Some(ExportAt::Organizations))
        }
        ExportAt::Organizations => {
            let all = orgs::memberships(db, &tenant.id, user).await?;
            let next = ExportAt::Tokens(String::new());
            (ExportPiece::Organizations(all), Some(next))
        }
        ExportAt::Tokens(before) => {
            let owner = Principal::User(user.clone());
            let page = api_tokens::list(db, &tenant.id, &owner, &before, PAGE).await?;
            let next = match page.last().filter(|_| is_full(page.len())) {
                Some(last) => ExportAt::Tokens(last.id.clone()),
                None => ExportAt::Events(String::new()),
            };
            (ExportPiece::Tokens(page), Some(next))
        }
        ExportAt::Events(before) => {
            let page = audit::list_about(db, &tenant.id, user, &before, PAGE).await?;
            let last = page.last().filter(|_| is_full(page.len()));
            let next = last.map(|event| ExportAt::Events(event.id.clone()));
            (ExportPiece::Events(page), next)
        }
    })
}

fn is_full(length: usize) -> bool {
    i64::try_from(length).is_ok_and(|length| length == PAGE)
}

async fn session_page(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
    before: &str,
) -> Result<Vec<(Session, Vec<String>)>, Problem> {
    let (db, now) = (&core.db, core.now());
    let found = sessions::list_of_user(db, &tenant.id, user, before, PAGE, now).await?;
    let mut page = Vec::with_capacity(found.len());
    for session in found {
        let hosts = sessions::hosts(db, &tenant.id, &session.sid).await?;
        page.push((session, hosts));
    }
    Ok(page)
}

/// What the embedded provider keeps; others keep theirs to themselves.
async fn factors(core: &Core, tenant: &Tenant, user: &UserId) -> Result<Vec<Credential>, Problem> {
    let mut all = Vec::new();
    for upstream in core.providers.of_tenant(tenant).await?.iter() {
        if upstream.row.kind == EMBEDDED
            && let Some(admin) = upstream.provider()?.credential_admin()
        {
            let work = admin.list(user.as_str());
            all.extend(core.providers.call(upstream, "list", work).await?);
        }
    }
    Ok(all)
}

/// What an export may say of an event: the network address of somebody else is theirs.
pub fn shown_event(event: &EventRow, user: &UserId) -> serde_json::Value {
    let parse = |text: Option<&str>| {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(serde_json::Value::Null)
    };
    let own = event.actor == format!("user:{user}") || event.actor.starts_with("anonymous:");
    json!({
        "id": event.id, "type": event.kind, "outcome": event.outcome,
        "actor": event.actor, "target": event.target, "org_id": event.org,
        "request_id": event.request_id, "ip": own.then_some(&event.ip),
        "detail": parse(Some(&event.detail)),
        "before": parse(event.before.as_deref()), "after": parse(event.after.as_deref()),
    })
}
