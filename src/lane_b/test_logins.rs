//! Test logins: the same way to the provider and back as a sign-in, which signs nobody in.
//!
//! Whoever has the link can run it, in any browser; the browser's own session stays as it is,
//! and nothing is kept but the trace.
//!
//! Owns: the way there and back, and what a passed test does to the connection.
//! Must not know: what the rules make of an answer (`trace`).

use laneway_contract::{
    AdapterState, BeginRedirect, Callback, Check as Finding, LoginStep, Trial, UpstreamSession, Who,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::check::Check;
use super::connections::{event, get};
use super::drafts;
use super::home::Home;
use super::trace::{Moment, Trace};
use crate::audit::kind;
use crate::core::{Core, hash_token};
use crate::domain::connection::Connection;
use crate::domain::flow::Private;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Problem, TenantId, ids};
use crate::lane_a::operator::Act;
use crate::lane_a::{Visit, broker, posted};
use crate::providers::Configured;
use crate::store::seal::Place;
use crate::store::test_logins::{self, TestLogin, TestState};
use crate::store::{connections, revisions};

/// A link is good for so long.
const LIFE_MS: i64 = 3_600_000;

/// What is remembered for the way back.
#[derive(Serialize, Deserialize)]
struct Pending {
    state: AdapterState,
    nonce: Private,
    begun_at: i64,
    /// The page to go on with, on this host.
    return_to: Option<String>,
}

/// Makes a test of the draft; its link's value is shown once.
///
/// # Errors
/// `not_found`, `store_unavailable`.
pub async fn create(
    act: &Act<'_>,
    home: impl Into<Home<'_>>,
    name: &str,
) -> Result<(TestLogin, String), Problem> {
    let one = get(act, home, name).await?;
    let (plain, hash) = act.core.new_token();
    let now = act.core.now();
    let test = TestLogin {
        id: act.core.new_id(),
        connection: one.id.clone(),
        revision: one.draft,
        hash: one.draft_hash.clone(),
        state: TestState::Waiting,
        browser: None,
        pending: None,
        answer: None,
        trace: None,
        created_at: now,
        finished_at: None,
        expires_at: now + LIFE_MS,
    };
    let mut write = act.core.begin().await?;
    test_logins::create(&mut write.tx, &act.tenant.id, &test, &hash).await?;
    act.core.commit(write).await?;
    Ok((test, plain.expose().to_owned()))
}

/// A test of a connection, by id.
///
/// # Errors
/// `not_found`.
pub async fn find(act: &Act<'_>, one: &Connection, id: &str) -> Result<TestLogin, Problem> {
    let found = test_logins::find(&act.core.db, &act.tenant.id, id).await?;
    found
        .filter(|test| test.connection == one.id)
        .ok_or_else(Problem::not_found)
}

/// The test behind a link.
///
/// # Errors
/// `not_found`, `expired`.
pub async fn by_link(core: &Core, tenant: &TenantId, token: &str) -> Result<TestLogin, Problem> {
    let found = test_logins::find_by_hash(&core.db, tenant, &hash_token(token)).await?;
    let test = found.ok_or_else(Problem::not_found)?;
    if test.state == TestState::Waiting && test.expires_at <= core.now() {
        return Err(over());
    }
    Ok(test)
}

fn over() -> Problem {
    Problem::new(
        Code::Expired,
        "This test link is over. Ask for another one.",
    )
}

/// A test as it is now.
///
/// # Errors
/// `not_found`.
pub async fn again(core: &Core, tenant: &TenantId, test: &TestLogin) -> Result<TestLogin, Problem> {
    let found = test_logins::find(&core.db, tenant, &test.id).await?;
    found.ok_or_else(Problem::not_found)
}

/// Sends this browser to the provider.
///
/// # Errors
/// `expired`, `denied` for an organization or a connection that is gone, those of the provider.
pub async fn begin(
    visit: &Visit<'_>,
    test: &TestLogin,
    return_to: Option<String>,
) -> Result<String, Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let (one, configured) = drafted(core, tenant, test).await?;
    let provider = configured.provider()?;
    let login = provider.redirect_login().ok_or_else(Problem::not_found)?;
    if broker::replaces(core, &tenant.id, &one).await? {
        can_pass(core, tenant, &one, test.revision).await?;
    }
    broker::begin_test(core, tenant, &one, &configured).await?;
    let nonce = nonce(core);
    let request = BeginRedirect {
        redirect_uri: configured.callback(tenant)?,
        state: state(&test.id, &nonce),
        login_hint: None,
        prompt: None,
        acr: None,
        max_age: None,
        ui_locales: visit.ui_locales.clone(),
    };
    let work = login.begin(request);
    let target = core.providers.call(&configured, "begin", work).await?;
    let pending = Pending {
        state: target.state,
        nonce: Private(nonce),
        begun_at: core.now(),
        return_to,
    };
    let plain = serde_json::to_vec(&pending).map_err(garbled)?;
    let sealed = core
        .sealer
        .seal(place(&tenant.id, &test.id, "pending"), &plain);
    let mut write = core.begin().await?;
    let now = write.now();
    let browser = &visit.browser;
    if !test_logins::begin(&mut write.tx, &tenant.id, &test.id, browser, sealed, now).await? {
        return Err(over());
    }
    core.commit(write).await?;
    Ok(target.url.into())
}

/// People who sign in wait for no test that is known to fail.
async fn can_pass(
    core: &Core,
    tenant: &Tenant,
    one: &Connection,
    number: i64,
) -> Result<(), Problem> {
    let found = revisions::find(&core.db, &tenant.id, &one.id, number).await?;
    let draft = found.ok_or_else(Problem::not_found)?;
    let checks = drafts::look(core, tenant, one, &draft).await?;
    if checks.iter().any(Check::blocks) {
        return Err(Problem::new(
            Code::Conflict,
            "The check of these settings found a fault, and live sign-ins would wait for the test. Correct it first.",
        ));
    }
    Ok(())
}

/// As `RelayState` a state may have 80 bytes (SAML Bindings §3.5.3): 240 random bits fit.
const NONCE: usize = 40;

fn nonce(core: &Core) -> String {
    let (plain, _) = core.new_token();
    plain.expose().chars().take(NONCE).collect()
}

/// The `state` of a test: no flow's looks like it.
fn state(id: &str, nonce: &str) -> String {
    format!("t.{id}.{nonce}")
}

/// The id of the test whose answer this is.
pub fn id_of_state(state: &str) -> Option<&str> {
    let (id, nonce) = state.strip_prefix("t.")?.split_once('.')?;
    (ids::plausible(id) && nonce.len() == NONCE).then_some(id)
}

async fn drafted(
    core: &Core,
    tenant: &Tenant,
    test: &TestLogin,
) -> Result<(Connection, std::sync::Arc<Configured>), Problem> {
    let found = connections::find(&core.db, &tenant.id, test.connection.as_str()).await?;
    let one = found.ok_or_else(Problem::not_found)?;
    let configured = core.providers.revision(tenant, &one, test.revision).await?;
    Ok((one, configured))
}

/// Keeps the answer of a cross-site POST, which carries no cookie: nothing is judged yet. The
/// ticket that asks for it.
///
/// # Errors
/// `not_found` when no test waits for it.
pub async fn keep_answer(
    core: &Core,
    tenant: &TenantId,
    id: &str,
    params: &[(String, String)],
) -> Result<String, Problem> {
    let (plain, ticket) = posted::keep(core, params)?;
    let sealed = core.sealer.seal(place(tenant, id, "answer"), &plain);
    let mut write = core.begin().await?;
    let now = write.now();
    let kept = test_logins::keep_answer(&mut write.tx, tenant, id, sealed, now).await?;
    core.commit(write).await?;
    if kept {
        Ok(ticket)
    } else {
        Err(Problem::not_found())
    }
}

/// The kept answer of this browser's test; `None` where no test of that id is its.
///
/// # Errors
/// `store_unavailable`.
pub async fn kept_answer(
    visit: &Visit<'_>,
    id: &str,
    ticket: &str,
) -> Result<Option<Vec<(String, String)>>, Problem> {
    let tenant = &visit.site.tenant.id;
    let found = test_logins::find(&visit.core.db, tenant, id).await?;
    let Some(test) = found.filter(|test| is_of(test, visit)) else {
        return Ok(None);
    };
    let Some(sealed) = &test.answer else {
        return Ok(None);
    };
    let plain = visit
        .core
        .sealer
        .open(place(tenant, id, "answer"), sealed)?;
    Ok(posted::take(&plain, ticket))
}

/// Was it begun in this browser?
pub fn is_of(test: &TestLogin, visit: &Visit<'_>) -> bool {
    test.browser
        .as_ref()
        .is_some_and(|browser| bool::from(browser.as_slice().ct_eq(visit.browser.as_slice())))
}

/// Judges the provider's answer and keeps the trace; the test and the page to go on with.
/// `at` is the callback that was called: an answer that another provider gave is none, else a
/// provider could have a code of another one sent to itself (RFC 9700 §4.4).
///
/// # Errors
/// `not_found` for a test of another browser, `wrong_step` for an answer nobody waits for.
pub async fn complete(
    visit: &Visit<'_>,
    at: &str,
    id: &str,
    params: Vec<(String, String)>,
) -> Result<(TestLogin, Option<String>), Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let found = test_logins::find(&core.db, &tenant.id, id).await?;
    let test = found
        .filter(|test| is_of(test, visit))
        .ok_or_else(Problem::not_found)?;
    let pending = pending(core, &tenant.id, &test)?;
    let (one, configured) = drafted(core, tenant, &test).await?;
    let own = configured.attached.as_ref();
    if own.is_none_or(|own| at != own.callback) {
        return Err(wrong());
    }
    let callback = Callback {
        redirect_uri: configured.callback(tenant)?,
        params,
    };
    let expected = state(&test.id, &pending.nonce.0);
    let found = callback.single("state").unwrap_or_default();
    if !bool::from(found.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(wrong());
    }
    // Claimed before the code is exchanged: of many copies of one answer one is judged.
    let mut write = core.begin().await?;
    let now = write.now();
    let claimed = test_logins::claim(&mut write.tx, &tenant.id, &test.id, now).await?;
    core.commit(write).await?;
    if !claimed {
        return Err(wrong());
    }
    let trial = try_out(core, &configured, &pending.state, callback).await;
    broker::end_test(core, tenant, &one).await;
    let trace = traced(visit, &pending, trial);
    finish(visit, &one, &test, &configured, trace).await?;
    Ok((test, pending.return_to))
}

fn pending(core: &Core, tenant: &TenantId, test: &TestLogin) -> Result<Pending, Problem> {
    let sealed = test.pending.as_ref().ok_or_else(wrong)?;
    let plain = core
        .sealer
        .open(place(tenant, &test.id, "pending"), sealed)?;
    serde_json::from_slice(&plain).map_err(garbled)
}

async fn try_out(
    core: &Core,
    configured: &Configured,
    state: &AdapterState,
    callback: Callback,
) -> Trial {
    let silent = |text: String| Trial {
        checks: vec![Finding::fail(
            "timeout",
            text,
            "an answer",
            Who::Customer,
            "Make the provider reachable from the internet.",
        )],
        outcome: Err(laneway_contract::ProviderError::Unreachable(String::new())),
    };
    let Ok(provider) = configured.provider() else {
        return silent("the settings do not fit".into());
    };
    let Some(login) = provider.redirect_login() else {
        return silent("no sign-in by redirect".into());
    };
    let work = async { Ok(login.trial(state, callback).await) };
    match core.providers.call(configured, "trial", work).await {
        Ok(trial) => trial,
        Err(_) => silent("no answer in time".into()),
    }
}

fn traced(visit: &Visit<'_>, pending: &Pending, trial: Trial) -> Trace {
    let now = visit.core.now();
    let moment = |at: i64, what: &str| Moment {
        at,
        what: what.to_owned(),
    };
    let identity = match trial.outcome {
        Ok(LoginStep::Authenticated(mut identity)) => {
            identity.session = identity.session.map(|session| UpstreamSession {
                sid: session.sid,
                ..UpstreamSession::default()
            });
            Some(*identity)
        }
        _ => None,
    };
    let end = if identity.is_some() {
        "identity_received"
    } else {
        "refused"
    };
    Trace {
        checks: trial.checks.into_iter().map(Check::from).collect(),
        identity,
        timeline: vec![
            moment(pending.begun_at, "sent_to_provider"),
            moment(now, "answer_received"),
            moment(visit.core.now(), end),
        ],
        by: visit.live.as_ref().map(|live| live.session.user.clone()),
    }
}

async fn finish(
    visit: &Visit<'_>,
    one: &Connection,
    test: &TestLogin,
    configured: &Configured,
    trace: Trace,
) -> Result<(), Problem> {
    let (core, tenant) = (visit.core, &visit.site.tenant);
    let attached = configured
        .attached
        .as_ref()
        .ok_or_else(Problem::not_found)?;
    let reading = trace.read(core, tenant, one, &attached.config).await?;
    let state = reading.state();
    let sealed = trace.seal(core, &tenant.id, &test.id)?;
    let mut write = core.begin().await?;
    let now = write.now();
    test_logins::finish(&mut write.tx, &tenant.id, &test.id, state, sealed, now).await?;
    if state == TestState::Passed {
        let tested = (test.revision, test.hash.as_str());
        connections::note_tested(&mut write.tx, &tenant.id, &one.id, tested).await?;
    }
    let failed: Vec<&str> = reading
        .checks
        .iter()
        .filter(|check| check.blocks())
        .map(|check| check.code.as_str())
        .collect();
    let mut event = event(kind::CONNECTION_TESTED, one).detail(json!({
        "test": test.id, "state": state.as_str(), "hash": test.hash, "failed": failed,
    }));
    if let Some(by) = &trace.by {
        event = event.by_user(by);
    }
    core.audit(&mut write, &tenant.id, visit.meta, event)
        .await?;
    core.commit(write).await?;
    Ok(())
}

fn wrong() -> Problem {
    Problem::new(
        Code::WrongStep,
        "Nobody waits for this answer. Start the test again.",
    )
}

fn place<'a>(tenant: &'a TenantId, id: &'a str, column: &'a str) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "test_logins",
        column,
        row: id,
    }
}

fn garbled(source: serde_json::Error) -> Problem {
    Problem::new(
        Code::Internal,
        "The incident is logged under the reference below.",
    )
    .because(source)
}
