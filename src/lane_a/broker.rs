//! Connections that the tenant's upstream speaks to: it is told what it has to have before
//! anybody is sent there, and nothing is believed that it has told otherwise.
//!
//! One connection has one place at the upstream, whose address the customer has registered. A
//! draft that is tested takes that place for as long as the test runs; sign-ins wait meanwhile.
//!
//! Owns: whose turn it is, and what is known of the upstream. No transaction is open while it is
//! called. Must not know: what it is told.

use crate::core::Core;
use crate::domain::connection::{Connection, State};
use crate::domain::tenant::Tenant;
use crate::domain::{Code, ConnectionId, OrgId, Problem, TenantId};
use crate::providers::Configured;
use crate::store::brokered::{self, Outcome, Told};
use crate::store::{connections, revisions, tenants};

/// Longer than a call may take.
const TURN_MS: i64 = 30_000;
/// A test login may keep sign-ins waiting so long and no longer.
pub const HOLD_MS: i64 = 300_000;

/// Why the upstream is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Somebody signs in.
    SignIn,
    /// It is to be tested, or to go live.
    Set,
}

/// Makes sure that the upstream has exactly this revision, where one is in between.
///
/// # Errors
/// `upstream_unavailable` while another revision is tested or told, and those of the upstream.
pub async fn ensure(
    core: &Core,
    tenant: &Tenant,
    configured: &Configured,
    why: Why,
) -> Result<(), Problem> {
    let Some(attached) = configured.attached.as_ref() else {
        return Ok(());
    };
    if !attached.is_brokered() {
        return Ok(());
    }
    let id = &attached.connection;
    let told = told(core, &tenant.id, id).await?;
    if told.on.as_deref() == Some(&attached.hash) {
        return Ok(());
    }
    let now = core.now();
    if why == Why::SignIn && told.held_until > now {
        return Err(wait(
            "A change of this sign-in is being tested. Try again in a few minutes.",
            told.held_until - now,
        ));
    }
    let attempt = claim(core, &tenant.id, id).await?;
    let done = core.providers.apply(configured).await;
    let outcome = match &done {
        Ok(()) => Outcome::On(&attached.hash),
        Err(_) => Outcome::Unknown,
    };
    settle(core, &tenant.id, id, (attempt, outcome)).await?;
    done
}

async fn told(core: &Core, tenant: &TenantId, id: &ConnectionId) -> Result<Told, Problem> {
    let found = brokered::find(&core.db, tenant, id).await?;
    found.ok_or_else(Problem::not_found)
}

async fn claim(core: &Core, tenant: &TenantId, id: &ConnectionId) -> Result<i64, Problem> {
    let mut write = core.begin().await?;
    let now = write.now();
    let turn = brokered::claim(&mut write.tx, tenant, id, (now, now + TURN_MS)).await?;
    core.commit(write).await?;
    turn.ok_or_else(|| {
        wait(
            "The identity provider is being told something about this sign-in. Try again at once.",
            1000,
        )
    })
}

async fn settle(
    core: &Core,
    tenant: &TenantId,
    id: &ConnectionId,
    came: (i64, Outcome<'_>),
) -> Result<(), Problem> {
    let mut write = core.begin().await?;
    brokered::settle(&mut write.tx, tenant, id, came).await?;
    core.commit(write).await?;
    Ok(())
}

fn wait(detail: &str, ms: i64) -> Problem {
    let seconds = u64::try_from(ms / 1000).unwrap_or_default();
    Problem::new(Code::UpstreamUnavailable, detail).retry_in(seconds.max(1))
}

/// Does a test of the draft take the place of what is live, so that sign-ins wait for it?
///
/// # Errors
/// `store_unavailable`.
pub async fn replaces(core: &Core, tenant: &TenantId, one: &Connection) -> Result<bool, Problem> {
    if one.through.is_none() || !one.is_active() {
        return Ok(false);
    }
    let live = revisions::active_hash(&core.db, tenant, &one.id).await?;
    Ok(live.as_ref() != Some(&one.draft_hash))
}

/// Makes the upstream have the draft that is tested. Sign-ins wait where it takes the place of
/// what is live.
///
/// # Errors
/// As [`ensure`].
pub async fn begin_test(
    core: &Core,
    tenant: &Tenant,
    one: &Connection,
    draft: &Configured,
) -> Result<(), Problem> {
    if one.through.is_none() {
        return Ok(());
    }
    if one.state == State::Disabled || replaces(core, &tenant.id, one).await? {
        hold(core, &tenant.id, &one.id, core.now() + HOLD_MS).await?;
    }
    ensure(core, tenant, draft, Why::Set).await
}

/// Gives the place back to what is live. What fails here is made good by the next sign-in.
pub async fn end_test(core: &Core, tenant: &Tenant, one: &Connection) {
    if one.through.is_none() {
        return;
    }
    let outcome = async {
        hold(core, &tenant.id, &one.id, 0).await?;
        match (one.state, one.active) {
            (State::Active, Some(number)) => restore(core, tenant, one, number).await,
            (State::Disabled, _) => {
                switch_off(core, tenant, one).await;
                Ok(())
            }
            _ => Ok(()),
        }
    };
    if let Err(problem) = outcome.await {
        tracing::warn!(connection = %one.id, source = problem.source,
            "what is live is not back at the upstream yet");
    }
}

async fn hold(
    core: &Core,
    tenant: &TenantId,
    id: &ConnectionId,
    until: i64,
) -> Result<(), Problem> {
    let mut write = core.begin().await?;
    brokered::hold(&mut write.tx, tenant, id, until).await?;
    core.commit(write).await?;
    Ok(())
}

/// Makes sure that the upstream has a revision that goes live next.
///
/// # Errors
/// As [`ensure`].
pub async fn restore(
    core: &Core,
    tenant: &Tenant,
    one: &Connection,
    number: i64,
) -> Result<(), Problem> {
    if one.through.is_none() {
        return Ok(());
    }
    let configured = core.providers.revision(tenant, one, number).await?;
    ensure(core, tenant, &configured, Why::Set).await
}

/// Switches a connection off at its upstream. It is off here already: what fails is logged, and
/// done by [`switch_off_due`] later.
pub async fn switch_off(core: &Core, tenant: &Tenant, one: &Connection) {
    if one.through.is_none() {
        return;
    }
    let outcome = async {
        let attempt = claim(core, &tenant.id, &one.id).await?;
        let done = core.providers.switch_off(tenant, one).await;
        let outcome = match &done {
            Ok(()) => Outcome::Off,
            Err(_) => Outcome::Unknown,
        };
        settle(core, &tenant.id, &one.id, (attempt, outcome)).await?;
        done
    };
    if let Err(problem) = outcome.await {
        tracing::warn!(connection = %one.id, source = problem.source,
            "the connection is off here, and not yet at the upstream");
    }
}

/// Switches off what an upstream has not heard of yet.
///
/// # Errors
/// `store_unavailable`.
pub async fn switch_off_due(core: &Core) -> Result<(), Problem> {
    for (tenant, id) in brokered::still_on(&core.db, core.now()).await? {
        let Some(tenant) = tenants::find(&core.db, &tenant).await? else {
            continue;
        };
        let found = connections::find(&core.db, &tenant.id, id.as_str()).await?;
        if let Some(one) = found.filter(|one| one.state == State::Disabled) {
            switch_off(core, &tenant, &one).await;
        }
    }
    Ok(())
}

/// An organization's connections that an upstream speaks to, to be switched off there once the
/// organization is gone.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn of_org(
    core: &Core,
    tenant: &TenantId,
    org: &OrgId,
) -> Result<Vec<Connection>, Problem> {
    let all = connections::list(&core.db, tenant, Some(org), "", 1000).await?;
    Ok(all
        .into_iter()
        .filter(|one| one.through.is_some())
        .collect())
}

/// Switches off at the upstream what no longer exists here.
pub(super) async fn abandon(core: &Core, tenant: &Tenant, all: &[Connection]) {
    for one in all {
        if let Err(problem) = core.providers.switch_off(tenant, one).await {
            tracing::warn!(connection = %one.id, source = problem.source,
                "a connection that is gone here is still at the upstream");
        }
    }
}
