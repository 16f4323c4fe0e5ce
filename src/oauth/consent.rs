//! What people have allowed an app, and whether it has to be asked.

use super::request::Asked;
use crate::core::Core;
use crate::domain::app::App;
use crate::domain::scope::Scope;
use crate::domain::{Problem, UserId};
use crate::store::Write;
use crate::store::consents::{self, Consent};

/// Does somebody have to be asked before this app gets what it wants?
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn is_open(
    core: &Core,
    app: &App,
    user: &UserId,
    asked: &Asked,
) -> Result<bool, Problem> {
    if app.registration.first_party {
        return Ok(false);
    }
    // Anything on a machine can take a loopback port or a private scheme: what was allowed once
    // does not show who asks now (RFC 8252 §8.6).
    let proven = !app.is_public() || asked.back.redirect_uri.starts_with("https:");
    if asked.prompts.consent || !proven {
        return Ok(true);
    }
    let given = consents::find(&core.db, &app.tenant, user, &app.id).await?;
    Ok(given.is_none_or(|given| {
        let known = |audience| given.audiences.contains(audience);
        !asked.whole().is_within(&given.scope) || !asked.audiences.iter().all(known)
    }))
}

/// Notes that somebody has allowed what is asked for, beside what they allowed before.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn give(
    write: &mut Write,
    app: &App,
    user: &UserId,
    (scope, audiences): (&Scope, &[String]),
) -> Result<(), Problem> {
    let old = consents::find(&mut write.tx, &app.tenant, user, &app.id).await?;
    let (scope, mut known) = match old {
        Some(old) => (scope.or(&old.scope), old.audiences),
        None => (scope.clone(), Vec::new()),
    };
    for one in audiences {
        // What the app is not registered for any more is no longer allowed either.
        if !known.contains(one) {
            known.push(one.clone());
        }
    }
    known.retain(|one| app.registration.audiences.contains(one));
    let scope = scope.and(&app.registration.scope);
    let (consent, now) = (
        Consent {
            scope,
            audiences: known,
        },
        write.now(),
    );
    consents::put(&mut write.tx, &app.tenant, (user, &app.id), &consent, now).await?;
    Ok(())
}
