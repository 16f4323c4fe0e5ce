//! Where a person is signed in.

use super::super::{Visit, logout};
use crate::domain::session::Session;
use crate::domain::{Problem, Sid};
use crate::store::sessions::{self, Which};

/// A page of the person's live sessions with their hosts, newest first.
///
/// # Errors
/// `store_unavailable`.
pub async fn list_sessions(
    visit: &Visit<'_>,
    before: &str,
    limit: i64,
) -> Result<Vec<(Session, Vec<String>)>, Problem> {
    let live = visit.session()?;
    let (db, tenant) = (&visit.core.db, &visit.site.tenant.id);
    let now = visit.core.now();
    let found = sessions::list_of_user(db, tenant, &live.session.user, before, limit, now).await?;
    let mut all = Vec::with_capacity(found.len());
    for session in found {
        let hosts = sessions::hosts(db, tenant, &session.sid).await?;
        all.push((session, hosts));
    }
    Ok(all)
}

/// Ends one of the person's own sessions.
///
/// # Errors
/// `not_found` for sessions of others as for those that never were.
pub async fn end_session(visit: &Visit<'_>, sid: &Sid) -> Result<(), Problem> {
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let found = sessions::find(&core.db, tenant, sid).await?;
    if found.is_none_or(|session| session.user != live.session.user) {
        return Err(Problem::not_found());
    }
    let user = &live.session.user;
    let actor = ("user", user.as_str());
    logout::end_sessions(
        core,
        tenant,
        visit.meta,
        actor,
        user,
        Which::One(sid),
        "ended_by_user",
    )
    .await?;
    Ok(())
}

/// Ends all of the person's sessions but this one.
///
/// # Errors
/// `store_unavailable`.
pub async fn end_other_sessions(visit: &Visit<'_>) -> Result<(), Problem> {
    let live = visit.session()?;
    let user = &live.session.user;
    let which = Which::Others(user, &live.session.sid);
    let actor = ("user", user.as_str());
    let tenant = &visit.site.tenant.id;
    logout::end_sessions(
        visit.core,
        tenant,
        visit.meta,
        actor,
        user,
        which,
        "ended_by_user",
    )
    .await?;
    Ok(())
}
