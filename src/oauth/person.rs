//! What an app may know of a person: the userinfo endpoint, and who stands behind a token.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::dpop;
use super::family::{self, Ground};
use super::token::{Desk, family_of};
use crate::domain::app::{AppState, GrantType};
use crate::domain::profile::scope_of;
use crate::domain::scope::Scope;
use crate::domain::wanted_claims::WantedClaims;
use crate::domain::{AppId, Code, Problem};
use crate::store::refresh_families as families;
use crate::store::{apps, profiles};
use crate::tokens::{self, AccessClaims, USE_OAUTH};

/// An access token of an app that counts now.
pub(super) struct Standing {
    pub claims: AccessClaims,
    /// The app that it was given to first.
    pub app: AppId,
    /// Claims that the app has asked for by name.
    pub claims_named: WantedClaims,
    pub ground: Ground,
}

/// Who stands behind an access token; `None` when that is nobody any more.
///
/// # Errors
/// `invalid_token`, `token_expired`, `store_unavailable`.
pub(super) async fn standing(desk: Desk<'_>, token: &str) -> Result<Option<Standing>, Problem> {
    let (core, tenant) = (desk.core, desk.tenant);
    let claims = tokens::verify_access(&core.keys, tenant, token, core.now()).await?;
    if claims.token_use != USE_OAUTH {
        return Ok(None);
    }
    let Some(id) = family_of(&claims.jti) else {
        return Ok(None);
    };
    let Some(family) = families::find(&core.db, &tenant.id, id).await? else {
        return Ok(None);
    };
    let app = apps::find(&core.db, &tenant.id, family.app.as_str()).await?;
    if app.is_none_or(|app| app.state != AppState::Active) {
        return Ok(None);
    }
    if claims.act.is_some() && !acts(desk, &claims).await? {
        return Ok(None);
    }
    let ground = family::ground(core, &tenant.id, &family).await?;
    Ok(ground.map(|ground| Standing {
        claims,
        app: family.app,
        claims_named: family.claims,
        ground,
    }))
}

/// Is the service that a token was exchanged for still there?
async fn acts(desk: Desk<'_>, claims: &AccessClaims) -> Result<bool, Problem> {
    let found = apps::find(&desk.core.db, &desk.tenant.id, &claims.client_id).await?;
    Ok(found.is_some_and(|app| app.state == AppState::Active && app.may_use(GrantType::Exchange)))
}

/// How an access token was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// By itself.
    Bearer,
    /// With the proof of a key.
    Dpop,
}

/// What whoever has an access token may know (OpenID Connect Core §5.3).
///
/// # Errors
/// `invalid_token`, `token_expired`, `forbidden` without the scope `openid`.
pub async fn userinfo(desk: Desk<'_>, scheme: Scheme, token: &str) -> Result<Value, super::Fault> {
    let over = || Problem::new(Code::InvalidToken, "This token does not count here.");
    let standing = standing(desk, token).await?.ok_or_else(over)?;
    // A token that is bound to a key is worth nothing without it, and one that is not bound is not
    // sent as if it were (RFC 9449 §7).
    let bound = standing.claims.cnf.as_ref().map(|cnf| cnf.jkt.as_str());
    match (scheme, bound) {
        (Scheme::Bearer, None) => {}
        (Scheme::Dpop, Some(jkt)) => {
            if dpop::key(desk, Some(token)).await?.as_deref() != Some(jkt) {
                return Err(over().into());
            }
        }
        (Scheme::Bearer, Some(_)) | (Scheme::Dpop, None) => return Err(over().into()),
    }
    let scope = Scope::parse(&standing.claims.scope).ok_or_else(over)?;
    if !scope.has("openid") {
        return Err(
            Problem::new(Code::Forbidden, "The token's scope does not include this.").into(),
        );
    }
    let (ground, named) = (&standing.ground, &standing.claims_named.userinfo);
    let mut out = standard(desk, ground).await?;
    out.retain(|name, _| named.contains(name) || scope_of(name).is_some_and(|own| scope.has(own)));
    out.insert("sub".into(), json!(ground.live.user.id));
    add_organization(&mut out, ground, &scope);
    Ok(Value::Object(out))
}

/// Standard claims that an app has asked for by name.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn named(
    desk: Desk<'_>,
    ground: &Ground,
    names: &BTreeSet<String>,
) -> Result<Map<String, Value>, Problem> {
    if names.is_empty() {
        return Ok(Map::new());
    }
    let mut out = standard(desk, ground).await?;
    out.retain(|name, _| names.contains(name));
    Ok(out)
}

/// All that we know of a person, under the registered names.
async fn standard(desk: Desk<'_>, ground: &Ground) -> Result<Map<String, Value>, Problem> {
    let user = &ground.live.user;
    let found = profiles::find(&desk.core.db, &desk.tenant.id, &user.id).await?;
    let (mut out, updated_at) = match found {
        Some((profile, at)) => (profile.members(), at),
        None => (Map::new(), user.created_at),
    };
    out.insert("updated_at".into(), json!(updated_at / 1000));
    if let Some(name) = &user.name {
        out.insert("name".into(), json!(name));
    }
    if let Some(lang) = user.locale {
        out.insert("locale".into(), json!(lang));
    }
    if let Some(email) = &user.email {
        out.insert("email".into(), json!(email));
        out.insert("email_verified".into(), json!(user.email_verified));
    }
    Ok(out)
}

fn add_organization(out: &mut Map<String, Value>, ground: &Ground, scope: &Scope) {
    if let Some(org) = ground.org.as_ref().filter(|_| scope.has("organization")) {
        out.insert("org_id".into(), json!(org.org));
        out.insert("org_slug".into(), json!(org.slug));
        out.insert("org_name".into(), json!(org.name));
        out.insert("org_roles".into(), json!(org.roles));
    }
}
