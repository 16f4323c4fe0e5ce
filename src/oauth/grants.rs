//! What people have let apps do, as they see it and take it back (OAuth 2.0 Security: consent is
//! shown, reviewable, revocable).

use serde_json::json;

use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::{AppId, Problem, TenantId, UserId};
use crate::lane_a::{Visit, end_in};
use crate::store::consents::{self, Held};
use crate::store::refresh_families::{self as families, Listed};
use crate::store::sessions::Which;

/// So many families of one app are shown.
const MOST: i64 = 20;

/// An app that has something of somebody, and how it uses it.
pub struct Access {
    /// Which app, and what it may.
    pub held: Held,
    /// What it got in each sign-in, the newest first.
    pub tokens: Vec<Listed>,
}

/// A page of the apps that somebody has let in, or that are in without asking.
///
/// # Errors
/// `unauthenticated`, `store_unavailable`.
pub async fn list(visit: &Visit<'_>, after: &str, limit: i64) -> Result<Vec<Access>, Problem> {
    let session = &visit.session()?.session;
    let whose = (&session.tenant, &session.user);
    of_user(visit.core, whose, after, limit).await
}

/// The same for whoever may see it of somebody else.
///
/// # Errors
/// `store_unavailable`.
pub async fn of_user(
    core: &Core,
    whose: (&TenantId, &UserId),
    after: &str,
    limit: i64,
) -> Result<Vec<Access>, Problem> {
    let now = core.now();
    let all = consents::list_of_user(&core.db, whose, after, limit, now).await?;
    let Some(last) = all.last() else {
        return Ok(Vec::new());
    };
    let range = (after, last.app.as_str());
    let listed = families::list_of_user(&core.db, whose, range, (now, MOST)).await?;
    let of_app = |app: &AppId| -> Vec<Listed> {
        let own = listed.iter().filter(|one| one.app == *app);
        own.cloned().collect()
    };
    Ok(all
        .into_iter()
        .map(|held| Access {
            tokens: of_app(&held.app),
            held,
        })
        .collect())
}

/// Takes everything back from an app: what was allowed, and all that came of it.
///
/// # Errors
/// `not_found` for an app that has nothing of this person.
pub async fn withdraw(visit: &Visit<'_>, app: &str) -> Result<(), Problem> {
    let session = &visit.session()?.session;
    let (core, tenant, user) = (visit.core, &session.tenant, &session.user);
    let app = AppId(app.to_owned());
    let mut write = core.begin().await?;
    let now = write.now();
    let allowed = consents::delete(&mut write.tx, tenant, (user, &app)).await?;
    let ended = families::revoke_of_user(&mut write, tenant, (user, &app), now).await?;
    end_in(
        &mut write,
        tenant,
        Which::OfAppAndUser(&app, user),
        "consent_withdrawn",
    )
    .await?;
    if !allowed && ended == 0 {
        return Err(Problem::not_found());
    }
    let target = ("app", app.as_str());
    let event = Event::new(kind::CONSENT_WITHDRAWN, Outcome::Success, target)
        .by_user(user)
        .detail(json!({ "families": ended }));
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    Ok(())
}
