//! The token endpoint: what an app brings, and what it gets.

use serde_json::{Map, Value, json};

use super::family::Ground;
use super::{Fault, Params, dpop, exchange, machine, person, poll, redeem, refresh};
use crate::audit::RequestMeta;
use crate::core::{Core, PlainToken, hash_token};
use crate::domain::Problem;
use crate::domain::app::{App, GrantType, IdTokenAlg, covering};
use crate::domain::scope::Scope;
use crate::domain::tenant::Tenant;
use crate::store::apps;
use crate::store::refresh_families::{self as families, Family};
use crate::tokens::{AccessClaims, Alg, Confirmation, IdClaims, USE_OAUTH};

/// How long an ID token may be looked at, s.
const ID_TOKEN_S: i64 = 900;

/// Where an app calls.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The program.
    pub core: &'a Core,
    /// The tenant of the host.
    pub tenant: &'a Tenant,
    /// Request id and address.
    pub meta: &'a RequestMeta,
    /// The proof of a key, and what it has to be for.
    pub sent: dpop::Sent<'a>,
}

/// Gives an app what it brings the right for.
///
/// # Errors
/// [`Fault`].
pub async fn exchange(desk: Desk<'_>, app: &App, params: &Params) -> Result<Value, Fault> {
    params.check()?;
    let Some(grant) = GrantType::parse(params.need("grant_type")?) else {
        let words = "grant_type is none of those in grant_types_supported";
        return Err(Fault::new("unsupported_grant_type", words));
    };
    if !app.may_use(grant) {
        let words = format!("this app is not registered for {}", grant.as_str());
        return Err(Fault::new("unauthorized_client", words));
    }
    // What is given out reckons with all that was committed before, on whichever node: else those
    // who follow the feed would refuse a token for a change that it knows of.
    desk.core.log.catch_up().await.map_err(Problem::from)?;
    match grant {
        GrantType::Code => Box::pin(redeem::redeem(desk, app, params)).await,
        GrantType::Refresh => Box::pin(refresh::refresh(desk, app, params)).await,
        GrantType::Device => Box::pin(poll::poll(desk, app, params)).await,
        GrantType::Client => Box::pin(machine::grant(desk, app, params)).await,
        GrantType::Exchange => Box::pin(exchange::exchange(desk, app, params)).await,
    }
}

/// Names the app that a refresh token was given to, if it is one that keeps no secret.
///
/// # Errors
/// [`Fault`].
pub async fn name_by_token(desk: Desk<'_>, params: &mut Params) -> Result<(), Fault> {
    let (db, tenant) = (&desk.core.db, &desk.tenant.id);
    let hash = hash_token(params.need("refresh_token")?);
    let found = families::find_token(db, tenant, &hash).await;
    let Some(token) = found.map_err(Problem::from)? else {
        return Ok(());
    };
    let app = apps::find(db, tenant, token.family.app.as_str()).await;
    if let Some(app) = app.map_err(Problem::from)?.filter(App::is_public) {
        params.set("client_id", app.id.as_str());
    }
    Ok(())
}

/// Whom an access token is for: one of those that were granted (RFC 8707 §2.2).
/// Where none is registered, it is for `usual`.
pub(super) fn audience(granted: &[String], usual: &str, params: &Params) -> Result<String, Fault> {
    let mut wanted = params.all("resource");
    match (wanted.next(), wanted.next()) {
        (_, Some(_)) => Err(Fault::new(
            "invalid_target",
            "ask for one resource at a time",
        )),
        (Some(one), None) => covering(granted, one).cloned().ok_or_else(not_granted),
        (None, None) => Ok(granted.first().map_or(usual, String::as_str).to_owned()),
    }
}

fn not_granted() -> Fault {
    let detail = "resource was not granted; if it is registered for this app by now, sign in again";
    Fault::new("invalid_target", detail)
}

/// The same for a token in the name of somebody: without a registered one it is good at the
/// userinfo endpoint and nowhere else.
pub(super) fn audience_of(
    desk: Desk<'_>,
    family: &Family,
    params: &Params,
) -> Result<String, Fault> {
    let usual = desk.tenant.address("/oauth/userinfo");
    audience(&family.audiences, &usual, params)
}

/// How a token is to be sent (RFC 9449 §5).
pub(super) fn kind(cnf: Option<&Confirmation>) -> &'static str {
    if cnf.is_some() { "DPoP" } else { "Bearer" }
}

/// What goes into the answer beside the access token.
#[derive(Default)]
pub(super) struct More<'a> {
    pub refresh_token: Option<String>,
    pub nonce: Option<&'a str>,
    pub jkt: Option<String>,
}

/// The answer of the token endpoint.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn answer(
    desk: Desk<'_>,
    (app, family): (&App, &Family),
    ground: &Ground,
    (audience, scope): (String, &Scope),
    more: More<'_>,
) -> Result<Value, Problem> {
    let mut access = access_claims(desk, (app, family), ground, (audience, scope));
    access.cnf = more.jkt.map(|jkt| Confirmation { jkt });
    let seconds = access.exp - access.iat;
    let (core, tenant) = (desk.core, &desk.tenant.id);
    let token = core
        .keys
        .sign(tenant, (Alg::Es256, "at+jwt"), &access)
        .await?;
    let mut out = Map::new();
    out.insert("access_token".into(), json!(token));
    out.insert("token_type".into(), json!(kind(access.cnf.as_ref())));
    out.insert("expires_in".into(), json!(seconds));
    out.insert("scope".into(), json!(scope));
    if let Some(token) = more.refresh_token {
        out.insert("refresh_token".into(), json!(token));
    }
    if scope.has("openid") {
        let named = &family.claims.id_token;
        let mut claims = id_claims(desk, (app, family), ground, scope, more.nonce);
        claims.more = person::named(desk, ground, named).await?;
        let token = core
            .keys
            .sign(tenant, (alg_of(app), "JWT"), &claims)
            .await?;
        out.insert("id_token".into(), json!(token));
    }
    Ok(Value::Object(out))
}

/// What an app wants its ID tokens signed with, and all else that speaks of a sign-in.
pub(super) fn alg_of(app: &App) -> Alg {
    match app.registration.id_token_signed_response_alg {
        IdTokenAlg::Rs256 => Alg::Rs256,
        IdTokenAlg::Es256 => Alg::Es256,
    }
}

pub(super) fn access_claims(
    desk: Desk<'_>,
    (app, family): (&App, &Family),
    ground: &Ground,
    (aud, scope): (String, &Scope),
) -> AccessClaims {
    let now = desk.core.now() / 1000;
    let (session, org) = (&ground.live.session, ground.org.as_ref());
    AccessClaims {
        iss: desk.tenant.issuer(),
        sub: session.user.0.clone(),
        aud,
        client_id: app.client_id().to_owned(),
        sid: session.sid.0.clone(),
        jti: new_jti(desk.core, &family.id),
        iat: now,
        // Never beyond the session that it stands for.
        exp: (now + app.registration.access_token_lifetime).min(session.expires_at / 1000),
        scope: scope.to_string(),
        org_id: org.map(|org| org.org.0.clone()),
        org_slug: org.map(|org| org.slug.clone()),
        org_roles: org.map(|org| org.roles.clone()).unwrap_or_default(),
        org_permissions: org.map(|org| org.permissions.clone()).unwrap_or_default(),
        acr: session.acr.as_str().into(),
        amr: session.amr.clone(),
        auth_time: session.auth_time / 1000,
        token_use: USE_OAUTH.into(),
        cnf: None,
        act: None,
        seen: ground.seen,
    }
}

/// The family stands in front: whoever gets the token back knows what it hangs on.
fn new_jti(core: &Core, family: &str) -> String {
    let (plain, _): (PlainToken, _) = core.new_token();
    format!("{family}.{}", &plain.expose()[..22])
}

/// The family that an access token names.
pub(super) fn family_of(jti: &str) -> Option<&str> {
    jti.split_once('.').map(|(family, _)| family)
}

fn id_claims(
    desk: Desk<'_>,
    (app, family): (&App, &Family),
    ground: &Ground,
    scope: &Scope,
    nonce: Option<&str>,
) -> IdClaims {
    let now = desk.core.now() / 1000;
    let session = &ground.live.session;
    let org = ground.org.as_ref().filter(|_| scope.has("organization"));
    IdClaims {
        iss: desk.tenant.issuer(),
        sub: session.user.0.clone(),
        aud: app.client_id().to_owned(),
        iat: now,
        exp: now + ID_TOKEN_S,
        auth_time: session.auth_time / 1000,
        acr: session.acr.as_str().into(),
        amr: session.amr.clone(),
        // The sign-in that the app is told the end of; what an access token hangs on is in that.
        sid: family.sid.0.clone(),
        nonce: nonce.map(str::to_owned),
        org_id: org.map(|org| org.org.0.clone()),
        org_slug: org.map(|org| org.slug.clone()),
        more: Map::new(),
    }
}
