//! The organization that an app's tokens are for.

use crate::core::Core;
use crate::domain::session::Session;
use crate::domain::user::Membership;
use crate::domain::{Code, OrgId, Problem};
use crate::lane_a::{Visit, account};
use crate::sessions::Live;
use crate::store::orgs;

/// What became of the wish for an organization.
pub(super) enum Entry {
    /// In this one, or in none.
    In(Option<OrgId>),
    /// The organization asks for something else first; `step_up_required` and `sso_required`
    /// say what and where.
    Wants(Problem),
    /// Not theirs.
    NotTheirs,
}

/// Enters the organization that was asked for, else the one that is active. A session that an
/// organization's own provider vouches for is good there and nowhere else.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn enter(
    visit: &Visit<'_>,
    live: &Live,
    wanted: Option<&str>,
) -> Result<Entry, Problem> {
    let session = &live.session;
    let found = match wanted {
        Some(wanted) => {
            let (db, tenant) = (&visit.core.db, &session.tenant);
            let all = orgs::memberships(db, tenant, &session.user).await?;
            all.into_iter().find(|held| held.is_called(wanted))
        }
        None => live.org.clone(),
    };
    let Some(org) = found.map(|held| held.org) else {
        let nowhere = wanted.is_none() && session.within().is_none();
        return Ok(if nowhere {
            Entry::In(None)
        } else {
            Entry::NotTheirs
        });
    };
    if session.within().is_some_and(|own| *own != org) {
        return Ok(Entry::NotTheirs);
    }
    match account::enter_org(visit, &org, None).await {
        Ok(()) => Ok(Entry::In(Some(org))),
        Err(problem) => match problem.code {
            Code::SsoRequired | Code::StepUpRequired => Ok(Entry::Wants(problem)),
            Code::Forbidden | Code::NotSupportedByUpstream => Ok(Entry::NotTheirs),
            _ => Err(problem),
        },
    }
}

/// The membership that a token speaks of, as it is now; `None` also when the organization asks
/// for more than the sign-in has shown.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn membership(
    core: &Core,
    session: &Session,
    org: &OrgId,
) -> Result<Option<Membership>, Problem> {
    if session.within().is_some_and(|own| own != org) {
        return Ok(None);
    }
    let all = orgs::memberships(&core.db, &session.tenant, &session.user).await?;
    let found = all.into_iter().find(|held| held.org == *org);
    Ok(match found {
        Some(held) if account::admits(core, session, org).await? => Some(held),
        _ => None,
    })
}

/// The same for an organization that is named by id or short name.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn named(
    core: &Core,
    session: &Session,
    wanted: &str,
) -> Result<Option<Membership>, Problem> {
    let all = orgs::memberships(&core.db, &session.tenant, &session.user).await?;
    match all.into_iter().find(|held| held.is_called(wanted)) {
        Some(held) => membership(core, session, &held.org).await,
        None => Ok(None),
    }
}
