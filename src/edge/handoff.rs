//! A sign-in on the login host becomes a cookie on an app host: one ticket, one use,
//! thirty seconds, bound to that host and that browser.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;

use laneway_contract::{Acr, Prompt};

use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::{Core, Site, hash_token};
use crate::domain::return_to::ReturnTo;
use crate::domain::session::Session;
use crate::domain::tenant::Purpose;
use crate::domain::{Code, Problem, Sid};
use crate::store::invalidations::{Change, Scope};
use crate::store::seal::Place;
use crate::store::secrets::{self, SecretPurpose};
use crate::store::sessions;

const REQUEST_MS: i64 = 10 * 60_000;
const TICKET_MS: i64 = 30_000;

/// What an app host asks the login host for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// Host key of the app host.
    pub host: String,
    /// Its origin as the browser wrote it.
    pub origin: String,
    browser: Vec<u8>,
    /// Where to go in the end.
    pub rd: ReturnTo,
    /// Demanded rung.
    pub acr: Option<Acr>,
    /// Oldest acceptable proof in seconds.
    pub max_age: Option<u64>,
    /// Interaction.
    pub prompt: Option<Prompt>,
    /// Who is probably signing in.
    pub login_hint: Option<String>,
    /// Upstream to use.
    pub connection: Option<String>,
    /// Organization to enter.
    pub org: Option<String>,
    asked_at: i64,
}

#[derive(Serialize, Deserialize)]
struct Ticket {
    sid: Sid,
    host: String,
    browser: Vec<u8>,
    rd: ReturnTo,
}

/// What a sign-in request demands.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Demanded rung.
    pub acr: Option<Acr>,
    /// Oldest acceptable proof in seconds.
    pub max_age: Option<u64>,
    /// Interaction.
    pub prompt: Option<Prompt>,
    /// Who is probably signing in.
    pub login_hint: Option<String>,
    /// Upstream to use.
    pub connection: Option<String>,
    /// Organization to enter.
    pub org: Option<String>,
}

/// On the app host: the address on the login host that goes on.
pub fn start(
    core: &Core,
    site: &Site,
    origin: String,
    browser: [u8; 32],
    rd: ReturnTo,
    ask: Ask,
) -> String {
    let request = Request {
        host: site.host.host.clone(),
        origin,
        browser: browser.to_vec(),
        rd,
        acr: ask.acr,
        max_age: ask.max_age,
        prompt: ask.prompt,
        login_hint: ask.login_hint,
        connection: ask.connection,
        org: ask.org,
        asked_at: core.now(),
    };
    let plain = serde_json::to_vec(&request).unwrap_or_default();
    let sealed = B64.encode(core.sealer.seal(request_place(site), &plain));
    site.tenant
        .address(&format!("/bff/handoff?request={sealed}"))
}

fn request_place(site: &Site) -> Place<'_> {
    Place {
        tenant: site.tenant.id.as_str(),
        table: "handoff",
        column: "request",
        row: "",
    }
}

fn ticket_place(site: &Site) -> Place<'_> {
    Place {
        tenant: site.tenant.id.as_str(),
        table: "one_time_secrets",
        column: "sealed",
        row: "ticket",
    }
}

/// On the login host: reads what an app host of the same tenant asked for.
///
/// # Errors
/// `invalid_request`, `expired`.
pub fn read(core: &Core, site: &Site, sealed: &str) -> Result<Request, Problem> {
    let bad = || {
        Problem::new(
            Code::InvalidRequest,
            "This sign-in request is damaged. Start again in the app.",
        )
    };
    let bytes = B64.decode(sealed).map_err(|_| bad())?;
    let plain = core
        .sealer
        .open(request_place(site), &bytes)
        .map_err(|_| bad())?;
    let request: Request = serde_json::from_slice(&plain).map_err(|_| bad())?;
    if core.now() - request.asked_at > REQUEST_MS {
        return Err(Problem::new(
            Code::Expired,
            "This sign-in request is too old. Start again in the app.",
        ));
    }
    let listed = site
        .hosts
        .iter()
        .any(|h| h.host == request.host && (h.purpose == Purpose::App || h.org.is_some()));
    if listed { Ok(request) } else { Err(bad()) }
}

impl Request {
    /// Is a session good enough for this request? `prompt=login` is served by a proof that
    /// is newer than the request.
    pub fn served_by(&self, session: &Session, now: i64) -> bool {
        let again = self.prompt == Some(Prompt::Login) && session.auth_time < self.asked_at;
        !again && session.satisfies(self.acr, self.max_age, now)
    }
}

/// On the login host: a ticket for the app host; the address to send the browser to.
///
/// # Errors
/// `store_unavailable`.
pub async fn issue(
    core: &Core,
    site: &Site,
    request: &Request,
    sid: &Sid,
) -> Result<String, Problem> {
    let ticket = Ticket {
        sid: sid.clone(),
        host: request.host.clone(),
        browser: request.browser.clone(),
        rd: request.rd.clone(),
    };
    let plain = serde_json::to_vec(&ticket)
        .map_err(|error| Problem::new(Code::Internal, "ticket").because(error))?;
    let sealed = core.sealer.seal(ticket_place(site), &plain);
    let (token, hash) = core.new_token();
    let mut write = core.begin().await?;
    let now = write.now();
    let tenant = &site.tenant.id;
    secrets::create(
        &mut write.tx,
        tenant,
        SecretPurpose::Ticket,
        &hash,
        sealed,
        now,
        now + TICKET_MS,
    )
    .await?;
    core.commit(write).await?;
    Ok(format!(
        "{}/.laneway/callback?ticket={}",
        request.origin,
        token.expose()
    ))
}

/// On the app host: the ticket becomes a cookie of this host. Answers cookie value and
/// where to go.
///
/// # Errors
/// `expired` for a ticket that is unknown, used, too old, for another host or browser, or
/// whose session has ended.
pub async fn redeem(
    core: &Core,
    site: &Site,
    meta: &RequestMeta,
    token: &str,
    browser: &[u8; 32],
    old_cookie: Option<[u8; 32]>,
) -> Result<(String, ReturnTo), Problem> {
    let over = || {
        Problem::new(
            Code::Expired,
            "This sign-in is over. Start again in the app.",
        )
    };
    let tenant = &site.tenant.id;
    let mut write = core.begin().await?;
    let now = write.now();
    let hash = hash_token(token);
    let sealed = secrets::consume(&mut write.tx, tenant, SecretPurpose::Ticket, &hash, now)
        .await?
        .ok_or_else(over)?;
    let plain = core.sealer.open(ticket_place(site), &sealed)?;
    let ticket: Ticket = serde_json::from_slice(&plain).map_err(|_| over())?;
    let same_browser: bool = ticket.browser.as_slice().ct_eq(browser).into();
    if ticket.host != site.host.host || !same_browser {
        // Consumed all the same: a ticket that went astray must not be tried again.
        core.commit(write).await?;
        return Err(over());
    }
    let session = sessions::find(&mut write.tx, tenant, &ticket.sid)
        .await?
        .ok_or_else(over)?;
    if let Some(old) = old_cookie {
        // It may be another sign-in's: caches must forget that one too.
        if let Some((other, _)) = sessions::find_by_cookie(&mut write.tx, &old).await? {
            write.invalidate(Change::Changed, Scope::Session, other.sid.as_str());
        }
        sessions::retire_cookie(&mut write.tx, &old, now).await?;
    }
    let (cookie, hash) = core.new_token();
    sessions::add_cookie(
        &mut write.tx,
        tenant,
        &ticket.sid,
        &site.host.host,
        &hash,
        now,
    )
    .await?;
    write.invalidate(Change::Changed, Scope::Session, ticket.sid.as_str());
    let event = Event::new(
        kind::HANDOFF_COMPLETED,
        Outcome::Success,
        ("host", &site.host.host),
    )
    .by_user(&session.user)
    .detail(json!({ "sid": ticket.sid }));
    core.audit(&mut write, tenant, meta, event).await?;
    core.commit(write).await?;
    Ok((cookie.expose().to_owned(), ticket.rd))
}
