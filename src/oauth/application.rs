//! What an access token of an app or a service account opens beside Laneway: the application that it was made for.

use std::sync::Arc;

use super::person::{self, Standing};
use super::token::{Desk, family_of};
use super::{account, machine};
use crate::core::hash_token;
use crate::domain::{AppId, Code, Problem};
use crate::sessions::{ByApp, Live, Shown};
use crate::tokens::{self, Actor, Confirmation, MachineClaims};

/// Who stands behind an access token at an application that is called by one of these names
/// (RFC 9068 §4). A person stands in the organization that the token names, and in no other.
///
/// # Errors
/// `invalid_token` for a token of another application, one that was taken back, one that takes the
/// proof of a key; `token_expired`, `store_unavailable`.
pub async fn opened(desk: Desk<'_>, token: &str, names: &[&str]) -> Result<Arc<Live>, Problem> {
    let (core, as_of) = (desk.core, desk.core.sessions.as_of());
    if tokens::says_machine(token) {
        let (keys, now) = (&core.keys, core.now());
        let claims = tokens::verify_machine(keys, desk.tenant, token, now).await?;
        is_for((&claims.aud, claims.cnf.as_ref()), names)?;
        if let Some(live) = account::shown(desk, &claims).await? {
            return Ok(live);
        }
        let app = machine::app_of(desk, &claims).await?.ok_or_else(over)?;
        let shown = by_machine(&app.id, &claims);
        return Ok(core.sessions.app_itself(&app, shown, as_of)?);
    }
    let standing = person::standing(desk, token).await?.ok_or_else(over)?;
    let claims = &standing.claims;
    is_for((&claims.aud, claims.cnf.as_ref()), names)?;
    let shown = by_person(&standing).ok_or_else(over)?;
    let ground = standing.ground;
    Ok(core
        .sessions
        .shown_by_app(&ground.live, ground.org, shown, as_of)?)
}

fn over() -> Problem {
    Problem::new(Code::InvalidToken, "This token does not count here.")
}

fn is_for((aud, cnf): (&str, Option<&Confirmation>), names: &[&str]) -> Result<(), Problem> {
    // The address of a host is written with its slash as well as without.
    let bare = |text: &str| text.strip_suffix('/').unwrap_or(text).to_owned();
    if !names.iter().any(|name| bare(name) == bare(aud)) {
        let detail = "This token is for another application.";
        return Err(Problem::new(Code::InvalidToken, detail));
    }
    // Whoever finds such a token has not the key: it takes a proof, which is not read here.
    if cnf.is_some() {
        let detail = "This token is bound to a key and counts with a proof only.";
        return Err(Problem::new(Code::InvalidToken, detail));
    }
    Ok(())
}

fn words(scope: &str) -> Vec<String> {
    scope.split_ascii_whitespace().map(str::to_owned).collect()
}

fn by_machine(app: &AppId, claims: &MachineClaims) -> Shown {
    let root = machine::root(claims);
    Shown {
        scopes: words(&claims.scope),
        app: ByApp {
            client_id: claims.client_id.clone(),
            apps: vec![app.clone()],
            family: root.to_owned(),
            noted_as: Some(hash_token(root)),
            acting: Vec::new(),
        },
        since: claims.iat * 1000,
        until: claims.exp * 1000,
    }
}

/// One that was exchanged hangs on the app it was given to first, and on the one that has it.
fn by_person(standing: &Standing) -> Option<Shown> {
    let claims = &standing.claims;
    let acting = claims.act.as_ref().map(Actor::chain).unwrap_or_default();
    let mut apps = vec![standing.app.clone()];
    apps.extend(acting.first().cloned().map(AppId));
    Some(Shown {
        scopes: words(&claims.scope),
        app: ByApp {
            client_id: claims.client_id.clone(),
            apps,
            family: family_of(&claims.jti)?.to_owned(),
            noted_as: None,
            acting,
        },
        since: claims.iat * 1000,
        until: claims.exp * 1000,
    })
}
