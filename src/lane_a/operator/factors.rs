//! Second factors of others: taken off whoever has lost theirs.

use laneway_contract::MethodKind;

use super::super::mail::{self, NoteMail};
use super::super::{factors, sign_in};
use super::Act;
use super::users::find_below;
use crate::audit::{Event, Outcome, kind};
use crate::domain::{Code, Problem, UserId};
use crate::store::sessions::Which;

/// Takes the authenticator app with its recovery codes off somebody. Their sessions end, they
/// are told by mail, and sign in by what is left.
///
/// # Errors
/// `not_found` also where there is no app, `forbidden` for somebody above the caller, `conflict`
/// for oneself, `last_factor` where a short password would be left alone,
/// `not_supported_by_upstream`.
pub async fn reset_second_factor(act: &Act<'_>, id: &UserId) -> Result<(), Problem> {
    let (core, tenant) = (act.core, act.tenant);
    let mut look = core.begin().await?;
    find_below(act, &mut look, id).await?;
    drop(look);
    if act.by.actor() == ("user", id.as_str()) {
        let text = "This is your own account: remove your app on your account page.";
        return Err(Problem::new(Code::Conflict, text));
    }
    remove_apps(act, id).await?;
    let mut write = core.begin().await?;
    let user = find_below(act, &mut write, id).await?;
    sign_in::end(&mut write, &tenant.id, Which::OfUser(id), "factor_reset").await?;
    let target = ("user", id.as_str());
    let event = Event::new(kind::SECOND_FACTOR_RESET, Outcome::Success, target);
    act.audit(&mut write, event).await?;
    let vouched = user.email.filter(|_| user.email_verified);
    if let Some(to) = vouched.filter(|_| core.mailer.from().is_some()) {
        let note = NoteMail::factor_reset(&tenant.name, write.now(), &act.meta.request_id);
        let message = mail::note(tenant, user.locale.unwrap_or(act.lang), &to, note);
        mail::enqueue(core, &mut write, tenant, &message, true).await?;
    }
    core.commit(write).await?;
    Ok(())
}

async fn remove_apps(act: &Act<'_>, id: &UserId) -> Result<(), Problem> {
    let home = factors::apps_home(act.core, act.tenant).await?;
    let (providers, admin) = (&act.core.providers, factors::admin(&home)?);
    let list = admin.list(id.as_str());
    let mut apps = providers.call(&home, "list", list).await?;
    apps.retain(|one| one.kind == MethodKind::Totp);
    if apps.is_empty() {
        return Err(Problem::not_found());
    }
    for app in &apps {
        let work = admin.remove(id.as_str(), &app.id);
        match providers.call(&home, "remove", work).await {
            Err(problem) if problem.code == Code::Duplicate => {
                let text = "Their password is too short to stand alone. They have to set one of \
                            15 characters or more first.";
                return Err(Problem::new(Code::LastFactor, text));
            }
            other => other?,
        }
    }
    Ok(())
}
