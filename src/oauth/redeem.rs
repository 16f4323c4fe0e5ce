//! A code becomes tokens, once.

use std::time::Duration;

use serde_json::{Value, json};

use super::authorize::Details;
use super::family::{self, Ground};
use super::token::{self, Desk, More};
use super::{Fault, Params, dpop, pkce};
use crate::audit::{Event, Outcome, kind};
use crate::core::hash_token;
use crate::domain::app::{App, GrantType};
use crate::domain::session::{Session, SessionApp};
use crate::domain::{Code, Problem, Sid};
use crate::store::authorization_codes::{self as codes, Code as Stored};
use crate::store::refresh_families::{self as families, Family};
use crate::store::{Write, admissions, sessions};

/// Redeems the code of a request.
///
/// # Errors
/// `invalid_grant` for whatever is not a live code of this app; one that is brought again takes
/// back what came of it.
pub(super) async fn redeem(desk: Desk<'_>, app: &App, params: &Params) -> Result<Value, Fault> {
    let hash = hash_token(params.need("code")?);
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let found = codes::find(&core.db, tenant, &app.id, &hash, core.now()).await;
    let Some(code) = found.map_err(Problem::from)? else {
        return Err(again(desk, app, &hash).await?);
    };
    let details: Details = serde_json::from_str(&code.details)
        .map_err(|error| Problem::new(Code::Internal, "code").because(error))?;
    let jkt = dpop::key_of_app(desk, app).await?;
    // Judged before the code is consumed: whoever holds its row waits for no other connection.
    let judged = judge(desk, (app, &code), (&details, jkt.as_deref()), params).await;
    if let Err(Fault::Broken(problem)) = judged {
        return Err(Fault::Broken(problem));
    }
    let mut write = core.begin().await.map_err(Problem::from)?;
    let now = write.now();
    let consumed = codes::consume(&mut write.tx, tenant, &app.id, &hash, now).await;
    if consumed.map_err(Problem::from)?.is_none() {
        drop(write);
        return Err(again(desk, app, &hash).await?);
    }
    let (mut family, ground, audience) = match judged {
        Ok(judged) => judged,
        // Spent all the same: a code that went astray is not tried again.
        Err(fault) => {
            core.commit(write).await.map_err(Problem::from)?;
            return Err(fault);
        }
    };
    let more = establish(desk, &mut write, app, (&mut family, &ground)).await?;
    core.commit(write).await.map_err(Problem::from)?;
    let ground = settled(desk, &family, ground).await?;
    let more = More {
        nonce: details.nonce.as_deref(),
        jkt,
        ..more
    };
    let what = (audience, &details.scope);
    Ok(token::answer(desk, (app, &family), &ground, what, more).await?)
}

/// What comes of a code, if the request fits it and the sign-in behind it lives.
async fn judge(
    desk: Desk<'_>,
    (app, code): (&App, &Stored),
    (details, jkt): (&Details, Option<&str>),
    params: &Params,
) -> Result<(Family, Ground, String), Fault> {
    fits(details, params)?;
    // RFC 9449 §10: a code that was asked for with a key is for that key.
    if details.jkt.is_some() && details.jkt.as_deref() != jkt {
        return Err(Fault::grant("the code is bound to another key"));
    }
    let now = desk.core.now();
    let mut family = Family {
        id: code.family.clone(),
        app: code.app.clone(),
        user: code.user.clone(),
        sid: code.sid.clone(),
        kept: None,
        org: code.org.clone(),
        scope: details.scope.clone(),
        audiences: details.audiences.clone(),
        claims: details.claims.clone(),
        // Whoever has no secret shows by the key that the refresh token is still theirs.
        jkt: jkt.filter(|_| app.is_public()).map(str::to_owned),
        created_at: now,
        expires_at: i64::MAX,
        revoked: false,
    };
    let audience = token::audience_of(desk, &family, params)?;
    let ground = family::stand(desk.core, &desk.tenant.id, &family).await?;
    family.expires_at = ground.live.session.expires_at;
    Ok((family, ground, audience))
}

fn fits(details: &Details, params: &Params) -> Result<(), Fault> {
    if params.need("redirect_uri")? != details.redirect_uri {
        return Err(Fault::grant("redirect_uri is not the one of the request"));
    }
    pkce::verify(details.challenge.as_deref(), params.get("code_verifier"))
}

/// Founds a family, with a refresh token where one may be had.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn establish<'a>(
    desk: Desk<'_>,
    write: &mut Write,
    app: &App,
    (family, ground): (&mut Family, &Ground),
) -> Result<More<'a>, Problem> {
    if has_refresh(app, family) && family.scope.has("offline_access") {
        keep(desk, write, app, (family, ground)).await?;
    }
    families::create(&mut write.tx, &desk.tenant.id, family).await?;
    let refresh_token = if has_refresh(app, family) {
        Some(first_token(desk, write, family).await?)
    } else {
        None
    };
    Ok(More {
        refresh_token,
        ..More::default()
    })
}

/// Makes the session that goes on without the browser (OpenID Connect Core §11).
async fn keep(
    desk: Desk<'_>,
    write: &mut Write,
    app: &App,
    (family, ground): (&mut Family, &Ground),
) -> Result<(), Problem> {
    let (core, now) = (desk.core, write.now());
    let limits = &core.config.sessions;
    let ms = |life: Duration| i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    let named = SessionApp {
        id: app.id.clone(),
        name: app.name.clone(),
    };
    let sid = Sid(core.new_id());
    let live = &ground.live.session;
    let Some(session) = live.kept_for(named, sid.clone(), ms(limits.absolute)) else {
        return Ok(());
    };
    let session = Session {
        org: family.org.clone(),
        ip: desk.meta.ip.clone(),
        user_agent: desk.meta.user_agent.clone(),
        created_at: now,
        last_seen_at: now,
        idle_ms: ms(limits.offline_idle),
        expires_at: now.saturating_add(ms(limits.offline_absolute)),
        ..session
    };
    sessions::create(&mut write.tx, &session).await?;
    // What an organization's provider has said in the sign-in holds for what came of it.
    admissions::pass_on(&mut write.tx, &desk.tenant.id, &live.sid, &sid).await?;
    family.expires_at = session.expires_at;
    family.kept = Some(sid);
    Ok(())
}

/// What a family stands on once it is there. Whoever brought the same code at the same time may
/// have ended it already: the one success is a success all the same, of tokens that are over.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn settled(
    desk: Desk<'_>,
    family: &Family,
    before: Ground,
) -> Result<Ground, Problem> {
    match family.kept {
        Some(_) => {
            let found = family::ground(desk.core, &desk.tenant.id, family).await?;
            Ok(found.unwrap_or(before))
        }
        None => Ok(before),
    }
}

/// Access while somebody is away is for those who may ask for it, and for the tenant's own.
fn has_refresh(app: &App, family: &Family) -> bool {
    app.may_use(GrantType::Refresh)
        && (app.registration.first_party || family.scope.has("offline_access"))
}

async fn first_token(
    desk: Desk<'_>,
    write: &mut Write,
    family: &Family,
) -> Result<String, Problem> {
    let (plain, _) = desk.core.new_token();
    let token = format!("lw_rt_{}", plain.expose());
    let (hash, now) = (hash_token(&token), write.now());
    families::add_token(&mut write.tx, &desk.tenant.id, &family.id, &hash, now).await?;
    Ok(token)
}

/// What is said to a code that is not there to be redeemed. Brought a second time, it may have
/// been stolen: nobody keeps what came of it (RFC 9700 §2.1.1).
async fn again(desk: Desk<'_>, app: &App, hash: &[u8]) -> Result<Fault, Problem> {
    let fault = Fault::grant("the code is not valid, or was used before");
    let tenant = &desk.tenant.id;
    let mut write = desk.core.begin().await?;
    let Some(code) = codes::used(&mut write.tx, tenant, &app.id, hash).await? else {
        return Ok(fault);
    };
    if family::end(&mut write, tenant, &code.family, "code_reused").await? {
        let target = ("app", app.id.as_str());
        let event = Event::new(kind::TOKEN_REUSED, Outcome::Denied, target)
            .by("app", app.id.as_str())
            .detail(json!({ "what": "code", "family": code.family, "user": code.user }));
        desk.core
            .audit(&mut write, tenant, desk.meta, event)
            .await?;
    }
    desk.core.commit(write).await?;
    Ok(fault)
}
