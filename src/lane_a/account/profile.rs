//! Name and language of an account.

use serde_json::json;

use super::super::Visit;
use super::super::submit::check_name;
use crate::audit::{Event, Outcome, kind};
use crate::domain::user::User;
use crate::domain::{Code, Lang, Problem};
use crate::store::invalidations::{Change, Scope};
use crate::store::users;

/// Changes name and language, as far as they are given; an empty language leaves it to the
/// browser.
///
/// # Errors
/// `invalid_field`, `conflict`.
pub async fn change_profile(
    visit: &Visit<'_>,
    name: Option<&str>,
    locale: Option<&str>,
) -> Result<User, Problem> {
    let name = name.map(check_name).transpose()?;
    let locale = locale.map(check_locale).transpose()?;
    let live = visit.session()?;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let mut write = core.begin().await?;
    let mut user = users::find(&mut write.tx, tenant, &live.session.user)
        .await?
        .ok_or_else(Problem::not_found)?;
    let before = json!({ "name": user.name, "locale": user.locale });
    user.name = name.or(user.name);
    user.locale = locale.unwrap_or(user.locale);
    let now = write.now();
    if !users::update(&mut write.tx, tenant, &user, now).await? {
        return Err(Problem::new(
            Code::Conflict,
            "The account was changed meanwhile. Try again.",
        ));
    }
    write.invalidate(Change::Changed, Scope::User, user.id.as_str());
    let event = Event::new(
        kind::USER_UPDATED,
        Outcome::Success,
        ("user", user.id.as_str()),
    )
    .by_user(&user.id)
    .change(
        Some(before),
        Some(json!({ "name": user.name, "locale": user.locale })),
    );
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    Ok(user)
}

fn check_locale(tag: &str) -> Result<Option<Lang>, Problem> {
    if tag.is_empty() {
        return Ok(None);
    }
    Lang::parse(tag)
        .map(Some)
        .ok_or_else(|| Problem::field("/locale", "unknown", "Choose one of the listed languages."))
}
