//! Bearer values: operators' tokens, API tokens, access tokens of ours and of upstreams.

use super::{Caller, upstream};
use crate::core::{Core, Site, hash_token};
use crate::domain::app::AppState;
use crate::domain::settings::AuthMethod;
use crate::domain::{Code, Problem, Sid, UserId, api_token};
use crate::sessions::ByAccount;
use crate::store::api_tokens::{self, Token};
use crate::store::noted_ids::{self, Noted};
use crate::store::{apps, refresh_families};
use crate::tokens::{self, AccessClaims, Confirmation, USE_OAUTH};

const LONGEST_ADMIN: usize = 128;
const LONGEST_FOREIGN: usize = 512;

/// Whoever this value stands for. It is judged by its form alone which kind it is; a bad one
/// is refused and nothing else is tried.
pub(super) async fn bearer(core: &Core, site: &Site, value: &str) -> Result<Caller, Problem> {
    if value.starts_with("lw_") {
        stored(core, site, value).await
    } else if is_jwt(value) {
        if let Some(caller) = upstream::signed(core, site, value).await? {
            return Ok(caller);
        }
        require(site, AuthMethod::AccessToken)?;
        if tokens::says_machine(value) {
            account(core, site, value).await
        } else {
            access_token(core, site, value).await
        }
    } else {
        others(core, site, value).await
    }
}

/// One that was in use elsewhere, and whose hash was imported; or one that an upstream knows.
async fn others(core: &Core, site: &Site, value: &str) -> Result<Caller, Problem> {
    let short = !value.is_empty() && value.len() <= LONGEST_FOREIGN;
    if short
        && core
            .sessions
            .find_token(&hash_token(value))
            .await?
            .is_some()
    {
        return api(core, site, value).await;
    }
    let found = upstream::opaque(core, site, value).await?;
    found.ok_or_else(unknown)
}

/// Has it the form of a signed token?
fn is_jwt(value: &str) -> bool {
    value.starts_with("eyJ") && value.split('.').count() >= 3
}

/// Only what the tenant accepts.
pub(super) fn require(site: &Site, method: AuthMethod) -> Result<(), Problem> {
    if site.tenant.settings.accepts(method) {
        return Ok(());
    }
    let text = "Tokens of this kind are not accepted here.";
    Err(Problem::new(Code::InvalidToken, text))
}

async fn stored(core: &Core, site: &Site, value: &str) -> Result<Caller, Problem> {
    if value.starts_with("lw_adm_") {
        return operators(core, site, value).await;
    }
    // A slip of the pen costs no look into the database.
    if !api_token::is_well_formed(value) {
        return Err(unknown());
    }
    api(core, site, value).await
}

async fn operators(core: &Core, site: &Site, value: &str) -> Result<Caller, Problem> {
    if value.len() > LONGEST_ADMIN {
        return Err(unknown());
    }
    let found = api_tokens::find(&core.db, &hash_token(value)).await?;
    let Some(Token::Admin(token)) = found else {
        return Err(unknown());
    };
    // A token of another tenant is no more known here than one that never was.
    if token
        .tenant
        .as_ref()
        .is_some_and(|own| *own != site.tenant.id)
    {
        return Err(unknown());
    }
    if token.expires_at <= core.now() {
        return Err(expired("Make a new one with `laneway admin token`."));
    }
    Ok(Caller::Operator(Box::new(token)))
}

async fn api(core: &Core, site: &Site, value: &str) -> Result<Caller, Problem> {
    require(site, AuthMethod::ApiToken)?;
    let found = core.sessions.find_token(&hash_token(value)).await?;
    let live = found
        .filter(|live| *live.tenant() == site.tenant.id)
        .ok_or_else(unknown)?;
    if live.session.expires_at <= core.now() {
        return Err(expired("Make a new token."));
    }
    if !live.token().is_some_and(|held| held.admitted) {
        return Err(Problem::new(
            Code::Forbidden,
            "The organization asks for more than the sign-in that this token was made in. Sign in as it asks, then make a new token.",
        ));
    }
    Ok(Caller::Token(live))
}

/// A token that a service account got in its own name for our own API: the same caller as by its
/// key, for less. One of an app is nobody here.
async fn account(core: &Core, site: &Site, value: &str) -> Result<Caller, Problem> {
    let tenant = &site.tenant;
    let claims = tokens::verify_machine(&core.keys, tenant, value, core.now()).await?;
    let Some(said) = claims.account.filter(|_| claims.aud == tenant.issuer()) else {
        return Err(unknown());
    };
    require_bearer(claims.cnf.as_ref())?;
    let hash = hash_token(&claims.jti);
    if noted_ids::is_noted(&core.db, &tenant.id, (Noted::TakenBack, &hash)).await? {
        return Err(taken_back());
    }
    let scopes = claims.scope.split_ascii_whitespace();
    let shown = ByAccount {
        account: &claims.sub,
        proof: &said.sid,
        scopes: scopes.map(str::to_owned).collect(),
        issued_at: claims.iat * 1000,
        expires_at: claims.exp * 1000,
    };
    let found = core.sessions.account_shown(&tenant.id, shown).await?;
    found.map(Caller::Token).ok_or_else(taken_back)
}

/// Whoever finds a token that is bound to a key has not the key: it takes a proof, which is not
/// read here.
fn require_bearer(cnf: Option<&Confirmation>) -> Result<(), Problem> {
    if cnf.is_none() {
        return Ok(());
    }
    let detail = "This token is bound to a key and counts with a proof only.";
    Err(Problem::new(Code::InvalidToken, detail))
}

fn taken_back() -> Problem {
    Problem::new(Code::InvalidToken, "This token was taken back.")
}

fn expired(detail: &str) -> Problem {
    Problem::new(Code::TokenExpired, detail)
}

/// Our own JWT stands for a session: when that is over, so is the token.
async fn access_token(core: &Core, site: &Site, value: &str) -> Result<Caller, Problem> {
    let claims = tokens::verify_own(&core.keys, &site.tenant, value, core.now()).await?;
    if claims.token_use == USE_OAUTH && !app_still_has(core, site, &claims).await? {
        return Err(taken_back());
    }
    require_bearer(claims.cnf.as_ref())?;
    let sid = Sid(claims.sid);
    let found = core.sessions.find_by_sid(&site.tenant.id, &sid).await?;
    let live = found
        .filter(|live| live.session.user == UserId(claims.sub))
        .ok_or_else(|| Problem::new(Code::InvalidToken, "The session of this token is over."))?;
    let scopes = claims.scope.split_ascii_whitespace();
    Ok(Caller::Bearer(live, scopes.map(str::to_owned).collect()))
}

/// Does the family that a token of an app belongs to still live? It goes with its app, and with
/// whatever takes the app's tokens back.
async fn app_still_has(core: &Core, site: &Site, claims: &AccessClaims) -> Result<bool, Problem> {
    // One that was exchanged hangs on the service that has it too.
    if claims.act.is_some() {
        let app = apps::find(&core.db, &site.tenant.id, &claims.client_id).await?;
        if app.is_none_or(|app| app.state != AppState::Active) {
            return Ok(false);
        }
    }
    let Some((family, _)) = claims.jti.split_once('.') else {
        return Ok(false);
    };
    let found = refresh_families::find(&core.db, &site.tenant.id, family).await?;
    Ok(found.is_some_and(|family| !family.revoked))
}

fn unknown() -> Problem {
    Problem::new(Code::InvalidToken, "This token is not known here.")
}
