//! Standard claims that operators keep of people.

use serde_json::json;

use super::Act;
use super::users::find_below;
use crate::audit::{Event, Outcome, kind};
use crate::domain::profile::Profile;
use crate::domain::{Problem, UserId};
use crate::store::profiles;

/// Keeps these claims of a person, and no others. The event names them without their values.
///
/// # Errors
/// `not_found`, `forbidden`, `invalid_field`.
pub async fn put_profile(act: &Act<'_>, id: &UserId, profile: &Profile) -> Result<(), Problem> {
    profile.check()?;
    let mut write = act.core.begin().await?;
    let user = find_below(act, &mut write, id).await?;
    let now = write.now();
    profiles::put(&mut write.tx, &act.tenant.id, &user.id, profile, now).await?;
    let names: Vec<String> = profile.members().keys().cloned().collect();
    let event = Event::new(kind::USER_UPDATED, Outcome::Success, ("user", id.as_str()))
        .detail(json!({ "claims": names }));
    act.audit(&mut write, event).await?;
    act.core.commit(write).await?;
    Ok(())
}
