//! The short JWT that a backend gets instead of our cookie.

use std::sync::Arc;

use crate::core::Core;
use crate::domain::Problem;
use crate::domain::tenant::Tenant;
use crate::sessions::Live;
use crate::tokens::{AccessClaims, Actor, Alg, CLIENT_BFF, USE_MACHINE, USE_OAUTH};

const LIFETIME_S: i64 = 300;

/// The access token of one session for one audience (CONTRACT §4): the proxy's `Bearer`,
/// forward-auth's `X-Laneway-Jwt`. The same one until half its life; what invalidates the
/// session drops it too.
///
/// # Errors
/// `store_unavailable` when signing keys have to be read and cannot be.
pub(super) async fn access_token(
    core: &Core,
    tenant: &Tenant,
    live: &Live,
    audience: &str,
) -> Result<Arc<str>, Problem> {
    let now = core.now();
    if let Some(kept) = live.rendered().get(audience, now) {
        return Ok(kept);
    }
    let claims = claims(core, tenant, live, audience);
    let half = claims.iat + (claims.exp - claims.iat) / 2;
    let token: Arc<str> = core
        .keys
        .sign(&tenant.id, (Alg::Es256, "at+jwt"), &claims)
        .await?
        .into();
    live.rendered().keep(audience, &token, half * 1000);
    Ok(token)
}

/// A cookie is limited to nothing; a token says what it is limited to.
fn scope(live: &Live) -> String {
    let scopes = live.token().and_then(|held| held.scopes.as_ref());
    scopes.map(|scopes| scopes.join(" ")).unwrap_or_default()
}

fn claims(core: &Core, tenant: &Tenant, live: &Live, audience: &str) -> AccessClaims {
    let now = core.now() / 1000;
    let session = &live.session;
    let org = live.org.as_ref();
    let held = live.token();
    let app = held.and_then(|held| held.app.as_ref());
    let id = core.new_id();
    AccessClaims {
        iss: tenant.issuer(),
        sub: session.user.0.clone(),
        aud: audience.to_owned(),
        client_id: app.map_or(CLIENT_BFF, |app| app.client_id.as_str()).into(),
        sid: session.sid.0.clone(),
        // What takes the app's token back takes this one back too.
        jti: match app {
            Some(app) => format!("{}.{id}", app.family),
            None => id,
        },
        iat: now,
        // Never beyond the session that it stands for.
        exp: (now + LIFETIME_S).min(session.expires_at / 1000),
        scope: scope(live),
        org_id: org.map(|org| org.org.0.clone()),
        org_slug: org.map(|org| org.slug.clone()),
        org_roles: org.map(|org| org.roles.clone()).unwrap_or_default(),
        org_permissions: org.map(|org| org.permissions.clone()).unwrap_or_default(),
        acr: session.acr.as_str().into(),
        amr: session.amr.clone(),
        auth_time: session.auth_time / 1000,
        token_use: match app {
            None => CLIENT_BFF,
            Some(_) if held.is_some_and(|held| held.service) => USE_MACHINE,
            Some(_) => USE_OAUTH,
        }
        .into(),
        cnf: None,
        act: app.and_then(|app| Actor::of(&app.acting)),
        seen: live.seen(),
    }
}
