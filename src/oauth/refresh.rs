//! Refresh tokens: each is used once, and leads to the next.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};

use super::family::Ground;
use super::token::{self, Desk, More};
use super::{Fault, Params, dpop, entry, family};
use crate::audit::{Event, Outcome, kind};
use crate::core::{Core, hash_token};
use crate::domain::Problem;
use crate::domain::app::App;
use crate::domain::scope::Scope;
use crate::domain::user::Membership;
use crate::store::Write;
use crate::store::refresh_families::{self as families, Family, Token};

/// How long a repeat of a use is taken for the same use: an answer got lost, or several
/// processes share a token.
const GRACE_MS: i64 = 10_000;

/// What is said to all that do not lead on.
fn unusable() -> Fault {
    Fault::grant("the refresh token is not valid, or was used before")
}

/// Uses the refresh token of a request.
///
/// # Errors
/// `invalid_grant`; one that was used before ends its whole family.
pub(super) async fn refresh(desk: Desk<'_>, app: &App, params: &Params) -> Result<Value, Fault> {
    let plain = params.need("refresh_token")?;
    let (hash, tenant) = (hash_token(plain), &desk.tenant.id);
    let next = successor(desk.core, plain);
    let found = families::find_token(&desk.core.db, tenant, &hash)
        .await
        .map_err(Problem::from)?;
    let found = found
        .filter(|token| token.family.app == app.id)
        .ok_or_else(unusable)?;
    let jkt = dpop::key_of_app(desk, app).await?;
    if found.family.jkt.is_some() && found.family.jkt != jkt {
        return Err(Fault::grant("the refresh token is bound to another key"));
    }
    if is_reuse(desk, &found, &next).await? {
        return Err(reused(desk, app, &found.family).await?);
    }
    let family = &found.family;
    let scope = narrowed(family, params)?;
    let audience = token::audience_of(desk, family, params)?;
    let mut ground = family::stand(desk.core, tenant, family).await?;
    if let Some(wanted) = params.get("organization").or_else(|| params.get("org")) {
        ground.org = Some(elsewhere(desk, app, &ground, wanted).await?);
    }
    if !rotate(desk, family, &hash, &next).await? {
        return Err(reused(desk, app, family).await?);
    }
    // A refresh is a use of the session.
    desk.core.sessions.used(&ground.live);
    let more = More {
        refresh_token: Some(next),
        nonce: None,
        jkt,
    };
    Ok(token::answer(desk, (app, family), &ground, (audience, &scope), more).await?)
}

/// Another organization for this one token. The tenant's own apps may change it; what others were
/// allowed, they were allowed in one.
async fn elsewhere(
    desk: Desk<'_>,
    app: &App,
    ground: &Ground,
    wanted: &str,
) -> Result<Membership, Fault> {
    let refused = || Fault::new("invalid_target", "the person is not in this organization");
    if let Some(own) = ground.org.as_ref().filter(|own| own.is_called(wanted)) {
        return Ok(own.clone());
    }
    if !app.registration.first_party {
        return Err(refused());
    }
    let found = entry::named(desk.core, &ground.live.session, wanted).await?;
    found.ok_or_else(refused)
}

/// The token that follows another: only we can tell, and we always say the same.
fn successor(core: &Core, plain: &str) -> String {
    let next = core.sealer.mac("refresh token", plain.as_bytes());
    format!("lw_rt_{}", B64.encode(next))
}

/// Was this one used too long ago to be a repeat, or has its successor been used already?
async fn is_reuse(desk: Desk<'_>, token: &Token, next: &str) -> Result<bool, Problem> {
    let Some(used_at) = token.used_at else {
        return Ok(false);
    };
    if token.family.revoked {
        return Ok(false);
    }
    if desk.core.now() - used_at > GRACE_MS {
        return Ok(true);
    }
    let (db, tenant) = (&desk.core.db, &desk.tenant.id);
    let next = families::find_token(db, tenant, &hash_token(next)).await?;
    Ok(next.is_none_or(|next| next.used_at.is_some()))
}

/// Uses the token and stores the next, or finds that somebody has just done the same. False:
/// that was too long ago, or the family has ended.
async fn rotate(desk: Desk<'_>, family: &Family, hash: &[u8], next: &str) -> Result<bool, Problem> {
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let mut write = core.begin().await?;
    let now = write.now();
    if families::use_token(&mut write.tx, tenant, hash, now).await? {
        let next = hash_token(next);
        families::add_token(&mut write.tx, tenant, &family.id, &next, now).await?;
        let used = (now, desk.meta.ip.as_str());
        families::note_use(&mut write.tx, tenant, &family.id, used).await?;
        core.commit(write).await?;
        return Ok(true);
    }
    let token = families::find_token(&mut write.tx, tenant, hash).await?;
    Ok(token.is_some_and(|token| {
        let recent = token
            .used_at
            .is_some_and(|used_at| now - used_at <= GRACE_MS);
        recent && !token.family.revoked
    }))
}

fn narrowed(family: &Family, params: &Params) -> Result<Scope, Fault> {
    let Some(text) = params.get("scope") else {
        return Ok(family.scope.clone());
    };
    let wanted = Scope::parse(text).filter(|scope| !scope.is_empty());
    wanted
        .filter(|scope| scope.is_within(&family.scope))
        .ok_or_else(|| Fault::new("invalid_scope", "scope is more than was granted"))
}

/// Two hold the same token: nobody keeps anything of the family (RFC 9700 §4.14.2).
async fn reused(desk: Desk<'_>, app: &App, family: &Family) -> Result<Fault, Problem> {
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let mut write: Write = core.begin().await?;
    if family::end(&mut write, tenant, &family.id, "reused").await? {
        let event = Event::new(
            kind::TOKEN_REUSED,
            Outcome::Denied,
            ("app", app.id.as_str()),
        )
        .by("app", app.id.as_str())
        .detail(json!({ "what": "refresh_token", "family": family.id, "user": family.user }));
        core.audit(&mut write, tenant, desk.meta, event).await?;
    }
    core.commit(write).await?;
    Ok(unusable())
}
