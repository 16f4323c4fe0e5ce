//! A service that was called with somebody's token gets one for the next service (RFC 8693): for
//! less, not for longer, and with its own name on it.

use serde_json::{Map, Value, json};

use super::person::{self, Standing};
use super::token::{self, Desk, family_of};
use super::{Fault, Params, dpop, machine};
use crate::audit::{Event, Outcome, kind};
use crate::domain::app::App;
use crate::domain::scope::Scope;
use crate::domain::{Code, Problem};
use crate::store::refresh_families::{self as families, Family};
use crate::tokens::{Actor, Alg, Confirmation};

/// What we give out, and what we take.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// So many services may stand behind one another.
const LONGEST_CHAIN: usize = 5;

/// Exchanges the token of a request.
///
/// # Errors
/// [`Fault`].
pub(super) async fn exchange(desk: Desk<'_>, app: &App, params: &Params) -> Result<Value, Fault> {
    let key = dpop::key_of_app(desk, app).await?;
    kinds(params)?;
    actor(desk, app, params).await?;
    let subject = subject(desk, app, params).await?;
    let scope = scope(app, &subject, params)?;
    let audience = target(app, params)?;
    let family = family(desk, &subject).await?;
    let what = (audience, &scope);
    let mut claims = token::access_claims(desk, (app, &family), &subject.ground, what);
    // Whoever has the one for a minute more has this one for a minute more.
    claims.exp = claims.exp.min(subject.claims.exp);
    claims.cnf = key.map(|jkt| Confirmation { jkt });
    claims.act = Some(chain(app, subject.claims.act)?);
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let token = core
        .keys
        .sign(tenant, (Alg::Es256, "at+jwt"), &claims)
        .await?;
    note(desk, app, &claims.aud, &family).await?;
    let mut out = Map::new();
    out.insert("access_token".into(), json!(token));
    out.insert("issued_token_type".into(), json!(ACCESS_TOKEN));
    let kind = token::kind(claims.cnf.as_ref());
    out.insert("token_type".into(), json!(kind));
    out.insert("expires_in".into(), json!(claims.exp - claims.iat));
    out.insert("scope".into(), json!(claims.scope));
    Ok(Value::Object(out))
}

fn kinds(params: &Params) -> Result<(), Fault> {
    if ![ACCESS_TOKEN, JWT].contains(&params.need("subject_token_type")?) {
        return Err(Fault::request("subject_token_type is not known"));
    }
    let wanted = params.get("requested_token_type");
    if wanted.is_some_and(|kind| ![ACCESS_TOKEN, JWT].contains(&kind)) {
        return Err(Fault::request("requested_token_type is not known"));
    }
    Ok(())
}

/// Nobody acts in the name of another: an actor's token is the app's own.
async fn actor(desk: Desk<'_>, app: &App, params: &Params) -> Result<(), Fault> {
    let Some(token) = params.get("actor_token") else {
        return match params.get("actor_token_type") {
            Some(_) => Err(Fault::request("actor_token is missing")),
            None => Ok(()),
        };
    };
    let kind = params.need("actor_token_type")?;
    let own = machine::standing(desk, token).await?;
    let own = own.filter(|claims| claims.client_id == app.client_id());
    if own.is_none() || ![ACCESS_TOKEN, JWT].contains(&kind) {
        return Err(Fault::request("actor_token is not one of this app"));
    }
    Ok(())
}

/// Who is meant: a token that counts now, and that was made for this service.
async fn subject(desk: Desk<'_>, app: &App, params: &Params) -> Result<Standing, Fault> {
    let bad = || Fault::request("subject_token does not count here");
    let found = match person::standing(desk, params.need("subject_token")?).await {
        Ok(found) => found.ok_or_else(bad)?,
        Err(problem) if matches!(problem.code, Code::InvalidToken | Code::TokenExpired) => {
            return Err(bad());
        }
        Err(problem) => return Err(problem.into()),
    };
    // One that is bound to a key is worth nothing to whoever has not the key.
    let ours = app.registration.audiences.contains(&found.claims.aud);
    if ours && found.claims.cnf.is_none() {
        Ok(found)
    } else {
        Err(bad())
    }
}

fn scope(app: &App, subject: &Standing, params: &Params) -> Result<Scope, Fault> {
    let bad = || Fault::new("invalid_scope", "scope is more than there is to give on");
    let held = Scope::parse(&subject.claims.scope).ok_or_else(bad)?;
    let wanted = match params.get("scope") {
        None => held.clone(),
        Some(text) => Scope::parse(text)
            .filter(|wanted| wanted.is_within(&held))
            .ok_or_else(bad)?,
    };
    let scope = wanted.and(&app.registration.scope);
    let scope = scope.without("offline_access");
    if scope.is_empty() {
        return Err(bad());
    }
    Ok(scope)
}

/// Whom it is for: one of those that an operator has listed for this app.
fn target(app: &App, params: &Params) -> Result<String, Fault> {
    let mut all = params.all("resource").chain(params.get("audience"));
    match (all.next(), all.next()) {
        (Some(one), None) if app.registration.audiences.iter().any(|known| known == one) => {
            Ok(one.to_owned())
        }
        (Some(_), None) => Err(super::request::unknown_target()),
        _ => Err(Fault::new("invalid_target", "name one resource")),
    }
}

/// It hangs on what the first one hangs on, and ends with it.
async fn family(desk: Desk<'_>, subject: &Standing) -> Result<Family, Fault> {
    let over = || Fault::request("subject_token does not count here");
    let id = family_of(&subject.claims.jti).ok_or_else(over)?;
    let found = families::find(&desk.core.db, &desk.tenant.id, id).await;
    found.map_err(Problem::from)?.ok_or_else(over)
}

/// Who acts, and who acted before (RFC 8693 §4.1).
fn chain(app: &App, before: Option<Actor>) -> Result<Actor, Fault> {
    let mut length = 1;
    let mut last = before.as_ref();
    while let Some(actor) = last {
        length += 1;
        last = actor.act.as_deref();
    }
    if length > LONGEST_CHAIN {
        return Err(Fault::request("too many services stand behind one another"));
    }
    Ok(Actor {
        sub: app.client_id().to_owned(),
        act: before.map(Box::new),
    })
}

async fn note(desk: Desk<'_>, app: &App, audience: &str, family: &Family) -> Result<(), Problem> {
    let event = Event::new(
        kind::TOKEN_EXCHANGED,
        Outcome::Success,
        ("app", app.id.as_str()),
    )
    .by("app", app.id.as_str())
    .detail(json!({ "family": family.id, "user": family.user, "audience": audience }));
    let mut write = desk.core.begin().await?;
    desk.core
        .audit(&mut write, &desk.tenant.id, desk.meta, event)
        .await?;
    desk.core.commit(write).await?;
    Ok(())
}
