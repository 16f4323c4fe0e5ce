//! The organization that a session acts in: by a switch into it, or by calling it by name.

use serde_json::json;

use super::super::{Visit, admission, emergency, operator, sign_in};
use super::require_fresh;
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::admission::Admission;
use crate::domain::session::Session;
use crate::domain::{Code, OrgId, Problem};
use crate::sessions::Live;
use crate::store::invalidations::{Change, Scope};
use crate::store::{break_glass, sessions};

/// The person leaves an organization: membership and all roles there end.
///
/// # Errors
/// `not_found` for one that they are no member of, `step_up_required`; `conflict` for the last owner
/// and for one of the last people for emergencies.
pub async fn leave_org(visit: &Visit<'_>, wanted: &str) -> Result<(), Problem> {
    require_fresh(visit, "/account").await?;
    let user = &visit.session()?.session.user;
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let all = crate::store::orgs::memberships(&core.db, &tenant.id, user).await?;
    let found = all.into_iter().find(|place| place.is_called(wanted));
    let org = found.ok_or_else(Problem::not_found)?.org;
    let by = core.authority_of(&tenant.id, user).await?;
    let act = operator::Act {
        core,
        tenant,
        meta: visit.meta,
        by: &by,
        lang: visit.lang,
    };
    operator::remove_member(&act, &org, user, None).await
}

/// Switches the active organization; the new cookie value.
///
/// # Errors
/// `not_found` when the person is no member of it; `sso_required`, `step_up_required` or
/// `not_supported_by_upstream` for what it asks of a session.
pub async fn switch_org(visit: &Visit<'_>, wanted: Option<&str>) -> Result<String, Problem> {
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let mut past = None;
    let org = match wanted {
        None => None,
        Some(wanted) => {
            let all = crate::store::orgs::memberships(&core.db, tenant, &live.session.user).await?;
            let found = all.into_iter().find(|m| m.is_called(wanted));
            let org = found.ok_or_else(Problem::not_found)?.org;
            if live.session.within().is_some_and(|own| *own != org) {
                return Err(Problem::new(
                    Code::SsoRequired,
                    "Your organization's own provider vouches for you there only. Sign in another way to enter this one.",
                )
                .with("start_url", "/login"));
            }
            let admission = admission::of_session(visit, &live.session, &org).await?;
            past = admission::require(visit, &live.session, admission, None).await?;
            Some(org)
        }
    };
    let mut write = core.begin().await?;
    let sid = live.session.sid.clone();
    if !sessions::set_org(&mut write.tx, tenant, &sid, org.as_ref()).await? {
        return Err(Problem::new(
            Code::Unauthenticated,
            "The session has ended. Sign in again.",
        ));
    }
    if let (Some(org), Some(past)) = (&org, &past) {
        let who = (&live.session.user, live.session.acr);
        admission::note_emergency(visit, &mut write, who, (org, past), "switch").await?;
        admission::shorten(&mut write, &live.session).await?;
    }
    write.invalidate(Change::Changed, Scope::Session, sid.as_str());
    let cookie = sign_in::rotate_cookie(visit, &mut write, &sid).await?;
    let event = Event::new(
        kind::SESSION_CHANGED,
        Outcome::Success,
        ("user", live.session.user.as_str()),
    )
    .by_user(&live.session.user)
    .detail(json!({ "org": org }));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    Ok(cookie)
}

/// Does an organization still let a session act in it? For what goes on while nobody is there.
///
/// # Errors
/// `store_unavailable`.
pub async fn admits(core: &Core, session: &Session, org: &OrgId) -> Result<bool, Problem> {
    let admission = admission::of(core, session, org).await?;
    Ok(matches!(
        admission,
        Admission::Open | Admission::Emergency(_)
    ))
}

/// Asks the same of the sign-in that an API token was made in. Nobody is there to say that it is
/// an emergency.
///
/// # Errors
/// `forbidden`, `store_unavailable`.
pub async fn enter_by_token(core: &Core, token: &Live, org: &OrgId) -> Result<(), Problem> {
    match admission::of(core, &token.sign_in(), org).await? {
        Admission::Open => Ok(()),
        Admission::Emergency(_) | Admission::Sso(_) | Admission::StepUp(_) => Err(Problem::new(
            Code::Forbidden,
            "The organization asks for more than the sign-in that this token was made in. Sign in as it asks, then make a new token.",
        )),
    }
}

/// Asks of whoever calls an organization by name what the switch into it would ask. `back` is
/// where the way to more proof ends.
///
/// # Errors
/// `sso_required`, `step_up_required` or `not_supported_by_upstream` as at the switch.
pub async fn enter_org(visit: &Visit<'_>, org: &OrgId, back: Option<&str>) -> Result<(), Problem> {
    let session = &visit.session()?.session;
    let admission = admission::of_session(visit, session, org).await?;
    let past = admission::require(visit, session, admission, back).await?;
    let Some(past) = past.filter(|_| session.org.as_ref() != Some(org)) else {
        return Ok(());
    };
    let (tenant, user) = (&visit.site.tenant.id, &session.user);
    let mut write = visit.core.begin().await?;
    let span = (write.now() - emergency::SESSION_MS, write.now());
    if break_glass::is_first_use(&mut write.tx, tenant, org, user, span).await? {
        let who = (user, session.acr);
        admission::note_emergency(visit, &mut write, who, (org, &past), "call").await?;
    }
    admission::shorten(&mut write, session).await?;
    visit.core.commit(write).await?;
    Ok(())
}
