//! Tokens that come back to be ended or judged (RFC 7009, RFC 7662).

use serde_json::{Value, json};

use super::person::{self, Standing};
use super::token::{self, Desk, family_of};
use super::{Fault, Params, family, machine};
use crate::audit::{Event, Outcome, kind};
use crate::core::hash_token;
use crate::domain::app::App;
use crate::domain::{Code, Problem};
use crate::store::refresh_families::{self as families, Family};
use crate::tokens;

/// Ends what an app gives back: a refresh token or an access token with all of its family. What is
/// not known, or another app's, is left alone, and nothing is said about it.
///
/// # Errors
/// [`Fault`]; never 200 when it could not be ended.
pub async fn revoke(desk: Desk<'_>, app: &App, params: &Params) -> Result<(), Fault> {
    let token = params.need("token")?;
    if let Some(claims) = machine::standing(desk, token).await? {
        if claims.client_id == app.id.as_str() {
            machine::take_back(desk, ("app", app.id.as_str()), &claims).await?;
        }
        return Ok(());
    }
    let found = family_behind(desk, token).await?;
    let Some(family) = found.filter(|family| family.app == app.id) else {
        return Ok(());
    };
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let mut write = core.begin().await.map_err(Problem::from)?;
    if family::end(&mut write, tenant, &family.id, "revoked").await? {
        let event = Event::new(
            kind::TOKEN_REVOKED,
            Outcome::Success,
            ("app", app.id.as_str()),
        )
        .by("app", app.id.as_str())
        .detail(json!({ "family": family.id, "user": family.user }));
        let noted = core.audit(&mut write, tenant, desk.meta, event).await;
        noted.map_err(Problem::from)?;
    }
    core.commit(write).await.map_err(Problem::from)?;
    Ok(())
}

/// The family of a token of either kind, as far as it is one of ours.
async fn family_behind(desk: Desk<'_>, token: &str) -> Result<Option<Family>, Problem> {
    let (core, tenant) = (desk.core, desk.tenant);
    if token.starts_with("lw_rt_") {
        let found = families::find_token(&core.db, &tenant.id, &hash_token(token)).await?;
        return Ok(found.map(|token| token.family));
    }
    let claims = match tokens::verify_access(&core.keys, tenant, token, core.now()).await {
        Ok(claims) => claims,
        Err(problem) if is_verdict(&problem) => return Ok(None),
        Err(problem) => return Err(problem),
    };
    match family_of(&claims.jti) {
        Some(id) => Ok(families::find(&core.db, &tenant.id, id).await?),
        None => Ok(None),
    }
}

fn is_verdict(problem: &Problem) -> bool {
    matches!(problem.code, Code::InvalidToken | Code::TokenExpired)
}

/// Says whether a token counts now: to the app that it was made for, and to whoever registered its
/// audience. To all others nothing counts.
///
/// # Errors
/// `invalid_client` for an app that cannot prove who it is.
pub async fn introspect(desk: Desk<'_>, app: &App, params: &Params) -> Result<Value, Fault> {
    if app.is_public() {
        return Err(Fault::client("this app cannot prove who it is"));
    }
    let token = params.need("token")?;
    let found = if token.starts_with("lw_rt_") {
        refresh_token(desk, app, token).await?
    } else {
        access_token(desk, app, token).await?
    };
    Ok(found.unwrap_or_else(|| json!({ "active": false })))
}

async fn access_token(desk: Desk<'_>, app: &App, token: &str) -> Result<Option<Value>, Problem> {
    if let Some(claims) = machine::standing(desk, token).await? {
        let said = (claims.client_id.as_str(), claims.aud.as_str());
        return told(app, said, (&claims, claims.cnf.as_ref()));
    }
    let Standing { claims, .. } = match person::standing(desk, token).await {
        Ok(Some(standing)) => standing,
        Ok(None) => return Ok(None),
        Err(problem) if is_verdict(&problem) => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let said = (claims.client_id.as_str(), claims.aud.as_str());
    told(app, said, (&claims, claims.cnf.as_ref()))
}

/// What a token says, to those whom it concerns.
fn told(
    app: &App,
    (client, aud): (&str, &str),
    (claims, cnf): (&impl serde::Serialize, Option<&tokens::Confirmation>),
) -> Result<Option<Value>, Problem> {
    let known = |audience: &String| audience == aud;
    if client != app.client_id() && !app.registration.audiences.iter().any(known) {
        return Ok(None);
    }
    let mut said = serde_json::to_value(claims)
        .map_err(|error| Problem::new(Code::Internal, "claims").because(error))?;
    said["active"] = json!(true);
    said["token_type"] = json!(token::kind(cnf));
    Ok(Some(said))
}

async fn refresh_token(desk: Desk<'_>, app: &App, token: &str) -> Result<Option<Value>, Problem> {
    let (core, tenant) = (desk.core, desk.tenant);
    let found = families::find_token(&core.db, &tenant.id, &hash_token(token)).await?;
    let found = found.filter(|token| token.used_at.is_none() && token.family.app == app.id);
    let Some(family) = found.map(|token| token.family) else {
        return Ok(None);
    };
    if family::ground(core, &tenant.id, &family).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(json!({
        "active": true, "client_id": app.client_id(), "sub": family.user, "iss": tenant.issuer(),
        "scope": family.scope, "sid": family.sid, "exp": family.expires_at / 1000,
    })))
}
