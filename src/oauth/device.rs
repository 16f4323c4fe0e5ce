//! A device without a browser asks, and somebody allows it in theirs (RFC 8628, RFC 10027).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::entry::{self, Entry};
use super::token::Desk;
use super::{Fault, Params, consent, request};
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::app::{App, AppState, GrantType};
use crate::domain::scope::Scope;
use crate::domain::{Code, OrgId, Problem, TenantId, user_code};
use crate::lane_a::{Visit, limits};
use crate::store::device_grants::{self as grants, Grant, State};
use crate::store::{apps, sessions};

/// How long a device waits between two questions at first, ms.
const INTERVAL_MS: i64 = 5_000;

/// What a device asked for, as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Details {
    pub scope: Scope,
    pub audiences: Vec<String>,
    /// The organization that it wants, by id or short name.
    pub org: Option<String>,
}

/// Gives a device its two codes.
///
/// # Errors
/// [`Fault`].
pub async fn begin(desk: Desk<'_>, app: &App, params: &Params) -> Result<Value, Fault> {
    if !app.may_use(GrantType::Device) {
        let words = "this app is not registered for device codes";
        return Err(Fault::new("unauthorized_client", words));
    }
    let details = Details {
        scope: scope(app, params)?,
        audiences: request::audiences(desk.tenant, app, params)?,
        org: wanted_org(params)?,
    };
    let details = serde_json::to_string(&details)
        .map_err(|error| Problem::new(Code::Internal, "device grant").because(error))?;
    let (core, tenant) = (desk.core, desk.tenant);
    let now = core.now();
    let life = i64::try_from(core.config.flow.code_ttl.as_millis()).unwrap_or(600_000);
    let grant = Grant {
        app: app.id.clone(),
        details,
        ip: desk.meta.ip.clone(),
        state: State::Pending,
        entered: None,
        user: None,
        org: None,
        interval_ms: INTERVAL_MS,
        polled_at: None,
        created_at: now,
        expires_at: now + life,
    };
    let (device_code, typed) = codes(core, &tenant.id, &grant).await?;
    let page = tenant.address("/device");
    Ok(json!({
        "device_code": device_code, "user_code": typed, "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={typed}"),
        "expires_in": life / 1000, "interval": INTERVAL_MS / 1000,
    }))
}

/// RFC 8628 §3.1: the parameter may be left out. Then it is all that is registered.
fn scope(app: &App, params: &Params) -> Result<Scope, Fault> {
    match params.get("scope") {
        Some(_) => request::scope(app, params),
        None if app.may_use(GrantType::Refresh) => Ok(app.registration.scope.clone()),
        None => Ok(app.registration.scope.clone().without("offline_access")),
    }
}

fn wanted_org(params: &Params) -> Result<Option<String>, Fault> {
    let given = params.get("organization").or_else(|| params.get("org"));
    match given {
        Some(text) if text.len() > 254 => Err(Fault::request("organization is too long")),
        given => Ok(given.map(str::to_owned)),
    }
}

/// Stores a grant under two new codes.
async fn codes(core: &Core, tenant: &TenantId, grant: &Grant) -> Result<(String, String), Problem> {
    // What people type is short: it may be taken, though hardly ever.
    for _ in 0..4 {
        let (plain, hash) = core.new_token();
        let mut random = [0u8; 32];
        core.random.fill(&mut random);
        let Some(typed) = user_code::from_random(&random) else {
            continue;
        };
        let mut write = core.begin().await?;
        let keys = (hash.as_slice(), &mac(core, tenant, &typed)[..]);
        if grants::create(&mut write.tx, tenant, keys, grant).await? {
            core.commit(write).await?;
            return Ok((plain.expose().to_owned(), user_code::shown(&typed)));
        }
    }
    Err(Problem::new(Code::Internal, "no free code for a device"))
}

/// A short code lies keyed in the store: its hash alone could be reversed.
fn mac(core: &Core, tenant: &TenantId, code: &str) -> [u8; 32] {
    let text = format!("{tenant}\0{code}");
    core.sealer.mac("device user code", text.as_bytes())
}

/// What somebody is asked about a device.
pub struct Question {
    /// Whose device.
    pub app: App,
    /// What it would get.
    pub scope: Scope,
    /// Whom its tokens would be for.
    pub audiences: Vec<String>,
    /// The organization that they would be for.
    pub org: Option<OrgId>,
    /// The code, as people read it.
    pub code: String,
    /// From where it was asked.
    pub ip: String,
    /// Epoch ms.
    pub asked_at: i64,
}

/// Somebody enters a code. `None` for one that is not there, is over, or was entered by another
/// session.
///
/// # Errors
/// `rate_limited` after too many that were not there; `step_up_required` and `sso_required` where
/// the organization asks for more; `forbidden` where it is not theirs.
pub async fn enter(visit: &Visit<'_>, typed: &str) -> Result<Option<Question>, Problem> {
    let session = &visit.session()?.session;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    limits::device_code_open(core, &session.user).await?;
    let found = match user_code::normalized(typed) {
        Some(code) => {
            let most = i64::from(core.config.flow.code_tries);
            let mut write = core.begin().await?;
            let when = (most, write.now());
            let key = mac(core, tenant, &code);
            let grant = grants::enter(&mut write.tx, tenant, &key, &session.sid, when).await?;
            core.commit(write).await?;
            grant.map(|grant| (code, grant))
        }
        None => None,
    };
    // The approval belongs to the session that entered the code (RFC 10027): to another, even of
    // the same person, it is one that is not there.
    let found = found.filter(|(_, grant)| grant.entered.as_ref() == Some(&session.sid));
    match found {
        Some((code, grant)) => question(visit, &code, &grant).await,
        None => {
            limits::device_code_missed(core, &session.user).await?;
            Ok(None)
        }
    }
}

async fn question(
    visit: &Visit<'_>,
    code: &str,
    grant: &Grant,
) -> Result<Option<Question>, Problem> {
    let tenant = &visit.site.tenant.id;
    let app = apps::find(&visit.core.db, tenant, grant.app.as_str()).await?;
    // Switched off or changed meanwhile: what was right then need not be now.
    let app = app.filter(|app| app.state == AppState::Active && app.may_use(GrantType::Device));
    let Some(app) = app else {
        return Ok(None);
    };
    let details = details(grant)?;
    let live = visit.session()?;
    let org = match entry::enter(visit, live, details.org.as_deref()).await? {
        Entry::In(org) => org,
        Entry::Wants(problem) => return Err(problem),
        Entry::NotTheirs => {
            let detail = "This account is not a member of that organization.";
            return Err(Problem::new(Code::Forbidden, detail));
        }
    };
    Ok(Some(Question {
        app,
        scope: details.scope,
        audiences: details.audiences,
        org,
        code: user_code::shown(code),
        ip: grant.ip.clone(),
        asked_at: grant.created_at,
    }))
}

pub(super) fn details(grant: &Grant) -> Result<Details, Problem> {
    serde_json::from_str(&grant.details)
        .map_err(|error| Problem::new(Code::Internal, "device grant").because(error))
}

/// The answer to the question; false when it is over, or answered already.
///
/// # Errors
/// As [`enter`].
pub async fn answer(visit: &Visit<'_>, typed: &str, allowed: bool) -> Result<bool, Problem> {
    let session = &visit.session()?.session;
    let (core, tenant) = (visit.core, &visit.site.tenant.id);
    let Some(code) = user_code::normalized(typed) else {
        return Ok(false);
    };
    let key = mac(core, tenant, &code);
    let found = grants::entered(&core.db, tenant, &key, &session.sid, core.now()).await?;
    // Judged again: the person, the session or the app may have changed since the page.
    let asked = match &found {
        Some(grant) => question(visit, &code, grant).await?,
        None => None,
    };
    let Some(asked) = asked else {
        return Ok(false);
    };
    let mut write = core.begin().await?;
    if sessions::find(&mut write.tx, tenant, &session.sid)
        .await?
        .is_none()
    {
        return Ok(false);
    }
    let (state, org) = if allowed {
        (State::Allowed, asked.org.as_ref())
    } else {
        (State::Refused, None)
    };
    let (what, now) = ((state, &session.user, org), write.now());
    if !grants::answer(&mut write.tx, tenant, (&key, &session.sid), what, now).await? {
        return Ok(false);
    }
    if allowed && !asked.app.registration.first_party {
        let what = (&asked.scope, asked.audiences.as_slice());
        consent::give(&mut write, &asked.app, &session.user, what).await?;
    }
    let mut event = event(&asked, allowed).by_user(&session.user);
    if let Some(org) = org {
        event = event.org(org.as_str());
    }
    core.audit(&mut write, tenant, visit.meta, event).await?;
    core.commit(write).await?;
    Ok(true)
}

fn event(asked: &Question, allowed: bool) -> Event {
    let (kind, outcome) = if allowed {
        (kind::AUTHORIZATION_GRANTED, Outcome::Success)
    } else {
        (kind::CONSENT_REFUSED, Outcome::Denied)
    };
    Event::new(kind, outcome, ("app", asked.app.id.as_str())).detail(json!({
        "scope": asked.scope, "audiences": asked.audiences, "way": "device", "device_ip": asked.ip,
    }))
}
