//! Tokens that an app or a service account gets in its own name: nobody has signed in, and no
//! person is meant.

use serde_json::{Map, Value, json};

use super::token::{self, Desk};
use super::{Fault, Params, account, dpop};
use crate::audit::{Event, Outcome, kind};
use crate::core::hash_token;
use crate::domain::app::{App, AppState, GrantType};
use crate::domain::scope::Scope;
use crate::domain::{AppId, Code, Problem};
use crate::store::apps;
use crate::store::invalidations::{Change, Scope as Invalidated};
use crate::store::noted_ids::{self, Noted};
use crate::tokens::{self, Alg, Confirmation, MachineClaims, USE_MACHINE};

/// What speaks of a person, or leads to tokens in the name of one.
const OF_PEOPLE: &[&str] = &[
    "openid",
    "profile",
    "email",
    "organization",
    "offline_access",
];

/// Gives an app a token in its own name (RFC 6749 §4.4): no refresh token, no ID token, no session
/// behind it.
///
/// # Errors
/// [`Fault`].
pub(super) async fn grant(desk: Desk<'_>, app: &App, params: &Params) -> Result<Value, Fault> {
    let (key, seen) = (dpop::key_of_app(desk, app).await?, desk.core.log.position());
    let scope = scope(app, params)?;
    // Without a registered one it is for the app itself, which may ask what it is worth.
    let audiences = &app.registration.audiences;
    let audience = token::audience(audiences, app.id.as_str(), params)?;
    let now = desk.core.now() / 1000;
    let claims = MachineClaims {
        iss: desk.tenant.issuer(),
        sub: app.id.0.clone(),
        aud: audience,
        client_id: app.id.0.clone(),
        jti: new_id(desk),
        iat: now,
        exp: now + app.registration.access_token_lifetime,
        scope: scope.to_string(),
        token_use: USE_MACHINE.into(),
        account: None,
        seen,
        cnf: key.map(|jkt| Confirmation { jkt }),
    };
    answer(desk, &claims).await
}

/// An id for a token.
pub(super) fn new_id(desk: Desk<'_>) -> String {
    let (plain, _) = desk.core.new_token();
    plain.expose()[..22].to_owned()
}

/// The answer of the token endpoint.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn answer(desk: Desk<'_>, claims: &MachineClaims) -> Result<Value, Fault> {
    let (keys, tenant) = (&desk.core.keys, &desk.tenant.id);
    let signed = keys.sign(tenant, (Alg::Es256, "at+jwt"), claims).await?;
    let mut out = Map::new();
    out.insert("access_token".into(), json!(signed));
    out.insert("token_type".into(), json!(token::kind(claims.cnf.as_ref())));
    out.insert("expires_in".into(), json!(claims.exp - claims.iat));
    out.insert("scope".into(), json!(claims.scope));
    Ok(Value::Object(out))
}

/// What is asked for of what the app is registered for; without a wish all of it.
fn scope(app: &App, params: &Params) -> Result<Scope, Fault> {
    let bad = |detail: &str| Fault::new("invalid_scope", detail);
    let own = OF_PEOPLE
        .iter()
        .fold(app.registration.scope.clone(), |scope, word| {
            scope.without(word)
        });
    let Some(text) = params.get("scope") else {
        return Ok(own);
    };
    let wanted = Scope::parse(text).ok_or_else(|| bad("scope cannot be read"))?;
    let scope = wanted.and(&own);
    if scope.is_empty() {
        return Err(bad(
            "this app may have none of these scopes in its own name",
        ));
    }
    Ok(scope)
}

/// What a token in an app's or a service account's own name says, while it counts; `None` for other tokens too.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn standing(
    desk: Desk<'_>,
    token: &str,
) -> Result<Option<MachineClaims>, Problem> {
    let (core, tenant) = (desk.core, desk.tenant);
    let claims = match tokens::verify_machine(&core.keys, tenant, token, core.now()).await {
        Ok(claims) => claims,
        Err(problem) if matches!(problem.code, Code::InvalidToken | Code::TokenExpired) => {
            return Ok(None);
        }
        Err(problem) => return Err(problem),
    };
    // What we made of an app's token for an application says of itself all that an account's does.
    let by_account = match &claims.account {
        Some(said) => account::stands(desk, &claims.sub, said).await?,
        None => false,
    };
    let stands = if by_account {
        !is_taken_back(desk, &claims).await?
    } else {
        app_of(desk, &claims).await?.is_some()
    };
    Ok(stands.then_some(claims))
}

/// The app that such a token still counts for.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn app_of(desk: Desk<'_>, claims: &MachineClaims) -> Result<Option<App>, Problem> {
    let (db, tenant) = (&desk.core.db, &desk.tenant.id);
    let found = apps::find(db, tenant, &claims.client_id).await?;
    let stands = found.filter(|app| {
        app.state == AppState::Active
            && app.may_use(GrantType::Client)
            && claims.iat * 1000 >= app.tokens_from
    });
    if is_taken_back(desk, claims).await? {
        return Ok(None);
    }
    Ok(stands)
}

/// Was it given back, or what it was made of?
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn is_taken_back(desk: Desk<'_>, claims: &MachineClaims) -> Result<bool, Problem> {
    let hash = hash_token(root(claims));
    let what = (Noted::TakenBack, hash.as_slice());
    Ok(noted_ids::is_noted(&desk.core.db, &desk.tenant.id, what).await?)
}

/// What it is taken back by. What we made of it for an application goes with it.
pub(super) fn root(claims: &MachineClaims) -> &str {
    token::family_of(&claims.jti).unwrap_or(&claims.jti)
}

/// Takes a token back that somebody (kind and id) had in their own name.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn take_back(
    desk: Desk<'_>,
    whose: (&'static str, &str),
    claims: &MachineClaims,
) -> Result<(), Problem> {
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let mut write = core.begin().await?;
    let what = (Noted::TakenBack, hash_token(root(claims)));
    let what = (what.0, what.1.as_slice());
    // To the second, so that it is remembered for as long as it could count.
    let until = (claims.exp + 1) * 1000;
    if noted_ids::note(&mut write.tx, tenant, what, until).await? {
        let event = Event::new(kind::TOKEN_REVOKED, Outcome::Success, whose)
            .by(whose.0, whose.1)
            .detail(json!({ "what": USE_MACHINE }));
        core.audit(&mut write, tenant, desk.meta, event).await?;
        write.invalidate_in(tenant, Change::Ended, Invalidated::Family, root(claims));
    }
    core.commit(write).await?;
    Ok(())
}

/// The app behind a token that it got in its own name for our own API.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn caller(desk: Desk<'_>, token: &str) -> Result<Option<(AppId, Scope)>, Problem> {
    let claims = standing(desk, token).await?;
    // One that is bound to a key takes a proof, which is not read here.
    // A service account is a caller like others.
    let claims = claims.filter(|one| {
        one.aud == desk.tenant.issuer() && one.cnf.is_none() && one.account.is_none()
    });
    Ok(claims.and_then(|one| Some((AppId(one.client_id), Scope::parse(&one.scope)?))))
}
