//! A device asks whether somebody has allowed it, and gets its tokens once (RFC 8628 §3.4).

use serde_json::Value;

use super::device::{self, Details};
use super::family::{self, Ground};
use super::token::{self, Desk, More};
use super::{Fault, Params, dpop, redeem};
use crate::core::hash_token;
use crate::domain::Problem;
use crate::domain::app::App;
use crate::domain::wanted_claims::WantedClaims;
use crate::store::device_grants::{self as grants, Grant, State};
use crate::store::refresh_families::Family;

/// What `slow_down` adds (RFC 8628 §3.5), ms.
const SLOWER_MS: i64 = 5_000;
/// A device's clock, and the way here, are not exact.
const EARLY_MS: i64 = 500;

fn unusable() -> Fault {
    Fault::grant("the device code is not valid, or was used before")
}

/// Answers a device.
///
/// # Errors
/// `authorization_pending`, `slow_down`, `access_denied`, `expired_token`; `invalid_grant` for what
/// is no code of this app, or is used.
pub(super) async fn poll(desk: Desk<'_>, app: &App, params: &Params) -> Result<Value, Fault> {
    let hash = hash_token(params.need("device_code")?);
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let found = grants::find(&core.db, tenant, &app.id, &hash).await;
    let grant = found.map_err(Problem::from)?.ok_or_else(unusable)?;
    match grant.state {
        State::Used => Err(unusable()),
        State::Refused => Err(Fault::new("access_denied", "the person has refused")),
        _ if grant.expires_at <= core.now() => {
            Err(Fault::new("expired_token", "the device code is over"))
        }
        State::Pending => Err(wait(desk, &grant, &hash).await?),
        State::Allowed => redeem_grant(desk, app, (&grant, &hash), params).await,
    }
}

async fn wait(desk: Desk<'_>, grant: &Grant, hash: &[u8]) -> Result<Fault, Problem> {
    let mut write = desk.core.begin().await?;
    let now = write.now();
    let due = grant
        .polled_at
        .map_or(0, |last| last + grant.interval_ms - EARLY_MS);
    let (interval, fault) = if now < due {
        let words = "ask five seconds less often";
        (
            grant.interval_ms + SLOWER_MS,
            Fault::new("slow_down", words),
        )
    } else {
        let words = "nobody has answered yet";
        (
            grant.interval_ms,
            Fault::new("authorization_pending", words),
        )
    };
    grants::polled(&mut write.tx, &desk.tenant.id, hash, interval, now).await?;
    desk.core.commit(write).await?;
    Ok(fault)
}

async fn redeem_grant(
    desk: Desk<'_>,
    app: &App,
    (grant, hash): (&Grant, &[u8]),
    params: &Params,
) -> Result<Value, Fault> {
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let details = device::details(grant)?;
    // Judged before the code is consumed: whoever holds its row waits for no other connection.
    let jkt = dpop::key_of_app(desk, app).await?;
    let how = (&details, jkt.as_deref());
    let (mut family, ground, audience) = judge(desk, (app, grant), how, params).await?;
    let mut write = core.begin().await.map_err(Problem::from)?;
    let now = write.now();
    let consumed = grants::consume(&mut write.tx, tenant, &app.id, hash, now).await;
    if !consumed.map_err(Problem::from)? {
        return Err(unusable());
    }
    let more = redeem::establish(desk, &mut write, app, (&mut family, &ground)).await?;
    core.commit(write).await.map_err(Problem::from)?;
    let ground = redeem::settled(desk, &family, ground).await?;
    let more = More { jkt, ..more };
    let what = (audience, &details.scope);
    Ok(token::answer(desk, (app, &family), &ground, what, more).await?)
}

/// What comes of it, if the sign-in behind it lives.
async fn judge(
    desk: Desk<'_>,
    (app, grant): (&App, &Grant),
    (details, jkt): (&Details, Option<&str>),
    params: &Params,
) -> Result<(Family, Ground, String), Fault> {
    let (Some(user), Some(sid)) = (grant.user.clone(), grant.entered.clone()) else {
        return Err(unusable());
    };
    let mut family = Family {
        id: desk.core.new_id(),
        app: grant.app.clone(),
        user,
        sid,
        kept: None,
        org: grant.org.clone(),
        scope: details.scope.clone(),
        audiences: details.audiences.clone(),
        claims: WantedClaims::default(),
        jkt: jkt.filter(|_| app.is_public()).map(str::to_owned),
        created_at: desk.core.now(),
        expires_at: i64::MAX,
        revoked: false,
    };
    let audience = token::audience_of(desk, &family, params)?;
    let ground = family::stand(desk.core, &desk.tenant.id, &family).await?;
    family.expires_at = ground.live.session.expires_at;
    Ok((family, ground, audience))
}
