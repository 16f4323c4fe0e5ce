//! Apps hear that a sign-in has ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! At least once, until the app has answered or an hour is over: a node that dies between the
//! app's answer and its own note leaves a notice that is sent again, in a new token.

use bytes::Bytes;
use futures::future::join_all;
use http::{Method, Request, StatusCode, header};
use serde_json::json;
use url::Url;
use url::form_urlencoded::Serializer;

use super::token::alg_of;
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::Core;
use crate::domain::Problem;
use crate::domain::app::{App, AppState};
use crate::store::logout_notices::{self as notices, Notice};
use crate::store::{apps, tenants};
use crate::tokens::LogoutClaims;

/// Notices under way at once, on one node.
const BATCH: i64 = 16;
/// Longer than a call may take.
const LEASE_MS: i64 = 60_000;
const FIRST_PAUSE_MS: i64 = 2_000;
const LONGEST_PAUSE_MS: i64 = 10 * 60_000;
/// Afterwards an app that never answered is not asked again.
const GIVE_UP_MS: i64 = 60 * 60_000;
/// How long a logout token may be looked at, s (Back-Channel Logout §2.4: two minutes at most).
const TOKEN_S: i64 = 120;
/// What makes a token one of these.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What came of a try.
enum Tried {
    /// The app has heard it, or there is nobody to tell any more.
    Done,
    /// The app says that it never will take it.
    Refused(String),
    /// Again later.
    Failed(String),
}

/// Tells apps what is due; how many were tried.
///
/// # Errors
/// `store_unavailable`.
pub async fn send_due(core: &Core) -> Result<usize, Problem> {
    let mut tried = 0;
    loop {
        let now = core.now();
        let due = notices::claim(&core.db, now, now + LEASE_MS, BATCH).await?;
        let outcomes = join_all(due.iter().map(|notice| attempt(core, notice))).await;
        for (notice, outcome) in due.iter().zip(outcomes) {
            note(core, notice, outcome?).await?;
        }
        tried += due.len();
        if due.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok(tried);
        }
    }
}

async fn attempt(core: &Core, notice: &Notice) -> Result<Tried, Problem> {
    let found = apps::find(&core.db, &notice.tenant, notice.app.as_str()).await?;
    let found = found.filter(|app| app.state == AppState::Active);
    let Some(app) = found else {
        return Ok(Tried::Done);
    };
    let Some(uri) = &app.registration.backchannel_logout_uri else {
        return Ok(Tried::Done);
    };
    let Some(token) = token(core, &app, notice).await? else {
        return Ok(Tried::Done);
    };
    Ok(call(core, &app, uri, &token).await)
}

/// The logout token; `None` when the tenant is gone.
async fn token(core: &Core, app: &App, notice: &Notice) -> Result<Option<String>, Problem> {
    let Some(tenant) = tenants::find(&core.db, &notice.tenant).await? else {
        return Ok(None);
    };
    let user = notices::user_of(&core.db, &notice.tenant, &notice.sid).await?;
    let now = core.now() / 1000;
    let claims = LogoutClaims {
        iss: tenant.issuer(),
        aud: app.client_id().to_owned(),
        iat: now,
        exp: now + TOKEN_S,
        jti: core.new_id(),
        sid: notice.sid.0.clone(),
        sub: user.map(|user| user.0),
        events: json!({ EVENT: {} }),
    };
    let how = (alg_of(app), "logout+jwt");
    Ok(Some(core.keys.sign(&notice.tenant, how, &claims).await?))
}

async fn call(core: &Core, app: &App, uri: &Url, token: &str) -> Tried {
    let body = Serializer::new(String::new())
        .append_pair("logout_token", token)
        .finish();
    let form = "application/x-www-form-urlencoded";
    let request = Request::builder()
        .method(Method::POST)
        .uri(uri.as_str())
        .header(header::CONTENT_TYPE, form)
        .body(Bytes::from(body));
    let Ok(request) = request else {
        return Tried::Refused("the address cannot be called".into());
    };
    match core.providers.fetch(app.trust, request).await {
        Ok(answer) if answer.status().is_success() => Tried::Done,
        // §2.8: it cannot do anything with it, and will not next time.
        Ok(answer) if answer.status() == StatusCode::BAD_REQUEST => {
            Tried::Refused("the app answered 400".into())
        }
        Ok(answer) => Tried::Failed(format!("the app answered {}", answer.status().as_u16())),
        Err(error) => Tried::Failed(error.to_string()),
    }
}

async fn note(core: &Core, notice: &Notice, tried: Tried) -> Result<(), Problem> {
    let now = core.now();
    let late = now - notice.created_at >= GIVE_UP_MS;
    let (word, why) = match tried {
        Tried::Done => ("heard", None),
        Tried::Failed(_) if !late => ("later", None),
        Tried::Refused(why) | Tried::Failed(why) => ("given_up", Some(why)),
    };
    metrics::counter!("laneway_logout_notices_total", "outcome" => word).increment(1);
    if word == "later" {
        notices::put_off(&core.db, notice, now + pause(notice.attempts)).await?;
        return Ok(());
    }
    let mut write = core.begin().await?;
    let own = notices::delete(&mut write.tx, notice).await?;
    if let Some(why) = why.filter(|_| own) {
        tracing::warn!(app = %notice.app, attempts = notice.attempts, why, "an app did not hear of a logout");
        let target = ("app", notice.app.as_str());
        let event = Event::new(kind::LOGOUT_UNDELIVERED, Outcome::Failure, target)
            .by("system", "")
            .detail(json!({ "sid": notice.sid, "attempts": notice.attempts, "why": why }));
        let meta = RequestMeta::default();
        core.audit(&mut write, &notice.tenant, &meta, event).await?;
    }
    core.commit(write).await?;
    Ok(())
}

/// Twice as long after each try.
fn pause(attempts: i64) -> i64 {
    let doubled = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    (FIRST_PAUSE_MS << doubled).min(LONGEST_PAUSE_MS)
}
