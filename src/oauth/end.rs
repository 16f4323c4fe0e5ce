//! An app ends the sign-in of whoever sits at the browser (OpenID RP-Initiated Logout 1.0).
//!
//! An ID token of that person shows that the app may; without one they are asked.

use serde::{Deserialize, Serialize};

use super::Params;
use crate::core::Core;
use crate::domain::app::App;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Problem, ids};
use crate::lane_a::{Visit, logout};
use crate::store::apps;
use crate::store::seal::Place;
use crate::tokens;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

/// As long as a person may think about it.
const LIFE_MS: i64 = 10 * 60_000;

/// What an app wants ended, once it is judged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ending {
    /// Whose sign-in, where the app has shown that.
    subject: Option<String>,
    /// Where the browser goes afterwards, with the app's `state`.
    to: Option<String>,
    asked_at: i64,
}

impl Ending {
    /// Where the browser goes afterwards.
    pub fn target(&self) -> Option<&str> {
        self.to.as_deref()
    }
}

fn refused(detail: &str) -> Problem {
    Problem::new(Code::InvalidRequest, detail)
}

/// Reads what an app sends.
///
/// # Errors
/// `invalid_request`: nothing is ended and nothing leaves.
pub async fn read(core: &Core, tenant: &Tenant, params: &Params) -> Result<Ending, Problem> {
    if params.check().is_err() {
        return Err(refused("The parameters of the app cannot be read."));
    }
    let hint = match params.get("id_token_hint") {
        None => None,
        Some(token) => {
            let claims = tokens::verify_hint(&core.keys, tenant, token).await?;
            let unknown = || refused("id_token_hint is not an ID token of ours.");
            Some(claims.ok_or_else(unknown)?)
        }
    };
    let named = params.get("client_id");
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint.aud != named
    {
        return Err(refused("id_token_hint belongs to another app."));
    }
    let id = hint.as_ref().map(|hint| hint.aud.as_str()).or(named);
    let app = match id {
        Some(id) if id.contains("://") => apps::find_by_document(&core.db, &tenant.id, id).await?,
        Some(id) if ids::plausible(id) => apps::find(&core.db, &tenant.id, id).await?,
        Some(_) | None => None,
    };
    Ok(Ending {
        subject: hint.map(|hint| hint.sub),
        to: afterwards(app.as_ref(), params)?,
        asked_at: core.now(),
    })
}

fn afterwards(app: Option<&App>, params: &Params) -> Result<Option<String>, Problem> {
    let Some(uri) = params.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let Some(app) = app else {
        return Err(refused(
            "Send id_token_hint or client_id with post_logout_redirect_uri: it is not known which app asks.",
        ));
    };
    if !app.may_end_at(uri) {
        return Err(refused(
            "post_logout_redirect_uri is not registered for this app.",
        ));
    }
    let Some(state) = params.get("state") else {
        return Ok(Some(uri.to_owned()));
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("state", state).finish();
    let join = if uri.contains('?') { '&' } else { '?' };
    Ok(Some(format!("{uri}{join}{query}")))
}

/// The same for the next request of this browser.
///
/// # Errors
/// `internal`.
pub fn seal(core: &Core, tenant: &Tenant, ending: &Ending) -> Result<String, Problem> {
    let plain = serde_json::to_vec(ending)
        .map_err(|error| Problem::new(Code::Internal, "logout").because(error))?;
    Ok(B64.encode(core.sealer.seal(place(tenant), &plain)))
}

/// Reads what was sealed.
///
/// # Errors
/// `expired`.
pub fn open(core: &Core, tenant: &Tenant, sealed: &str) -> Result<Ending, Problem> {
    let over = || {
        Problem::new(
            Code::Expired,
            "This request of an app is over. Start again in the app.",
        )
    };
    let bytes = B64.decode(sealed).map_err(|_| over())?;
    let plain = core
        .sealer
        .open(place(tenant), &bytes)
        .map_err(|_| over())?;
    let ending: Ending = serde_json::from_slice(&plain).map_err(|_| over())?;
    if core.now() - ending.asked_at > LIFE_MS {
        return Err(over());
    }
    Ok(ending)
}

fn place(tenant: &Tenant) -> Place<'_> {
    Place {
        tenant: tenant.id.as_str(),
        table: "oauth",
        column: "ending",
        row: "",
    }
}

/// Does the person have to be asked first? Not when the app has their ID token, and not when
/// nobody is signed in.
pub fn is_open(visit: &Visit<'_>, ending: &Ending) -> bool {
    match &visit.live {
        Some(live) => ending.subject.as_ref() != Some(&live.session.user.0),
        None => false,
    }
}

/// Ends the sign-in of this browser, if there is one; where the browser goes.
///
/// # Errors
/// `store_unavailable`.
pub async fn end(visit: &Visit<'_>, ending: &Ending) -> Result<String, Problem> {
    let home = ending
        .to
        .clone()
        .unwrap_or_else(|| visit.site.tenant.address("/logged-out"));
    if visit.live.is_none() {
        return Ok(home);
    }
    // The provider's session ends too, where there is one.
    let path = logout::logout(visit, false, ending.to.clone()).await?;
    Ok(path.unwrap_or(home))
}
