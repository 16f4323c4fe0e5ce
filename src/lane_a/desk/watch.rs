//! Upstreams, probed in the background and on demand; the last answer is kept.

use std::pin::Pin;

use futures::{StreamExt as _, stream};
use laneway_contract::Check;
use serde_json::json;

use super::super::operator;
use crate::audit::{Event, Outcome, RequestMeta, kind};
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::upstream::{Role, Upstream};
use crate::domain::{Code, Problem, TenantId, UpstreamId, UserId};
use crate::providers::{Configured, EMBEDDED};
use crate::store::upstream_states::{self as rows, Probed, StateRow};
use crate::store::{links, tenants};

const WELL_MS: i64 = 300_000;
const FAILING_MS: i64 = 60_000;
const LEASE_MS: i64 = 60_000;
const AT_ONCE: i64 = 20;
type Look<'a> = Pin<Box<dyn Future<Output = Result<(), Problem>> + Send + 'a>>;

/// Checks whose failure means that nobody can sign in there at all.
const SILENT: [&str; 3] = ["reachable", "answers", "discovery"];

/// An upstream with its last probe.
#[derive(Debug, Clone)]
pub struct UpstreamView {
    /// Its row.
    pub row: Upstream,
    /// Why no adapter could be built from it, if so.
    pub fault: Option<String>,
    /// The last probe; `None` before the first.
    pub probe: Option<StateRow>,
    /// What the last probe found.
    pub checks: Vec<Check>,
}

impl UpstreamView {
    /// Do people sign in by it?
    pub fn in_use(&self) -> bool {
        matches!(self.row.role, Role::Primary | Role::Companion)
    }

    /// Did the last probe fail?
    pub fn is_failing(&self) -> bool {
        self.probe.as_ref().is_some_and(|p| p.state == "failing")
    }

    /// Did it not answer at all?
    pub fn is_silent(&self) -> bool {
        let silent = |check: &Check| !check.ok && SILENT.contains(&check.name.as_str());
        self.is_failing() && self.checks.iter().any(silent)
    }
}

/// Probes what is due; on one node at a time.
///
/// # Errors
/// `store_unavailable`.
pub async fn watch_upstreams(core: &Core) -> Result<(), Problem> {
    let now = core.now();
    for (tenant, upstream) in core.providers.take_troubled() {
        let mut write = core.begin().await?;
        rows::hasten(&mut write.tx, &tenant, &upstream, now).await?;
        core.commit(write).await?;
    }
    if !rows::is_due(&core.db, now).await? {
        return Ok(());
    }
    rows::notice_new(&core.db, now).await?;
    let due = rows::claim(&core.db, now, now + LEASE_MS, AT_ONCE).await?;
    let mut probes: Vec<Look<'_>> = Vec::new();
    for (tenant, upstream) in &due {
        probes.push(Box::pin(look(core, tenant, upstream)));
    }
    let outcomes: Vec<_> = stream::iter(probes).buffer_unordered(5).collect().await;
    outcomes.into_iter().collect()
}

async fn look(core: &Core, tenant: &TenantId, upstream: &UpstreamId) -> Result<(), Problem> {
    let Some(tenant) = tenants::find(&core.db, tenant).await? else {
        return Ok(());
    };
    match core.providers.get(&tenant, upstream).await {
        Ok(configured) if configured.row.role != Role::Retired => {
            probe_now(core, &tenant, &configured).await.map(|_| ())
        }
        Err(problem) if problem.code != Code::NotFound => Err(problem),
        _ => {
            let mut write = core.begin().await?;
            rows::forget(&mut write.tx, &tenant.id, upstream).await?;
            Ok(core.commit(write).await?)
        }
    }
}

/// Probes an upstream now and keeps what was found. Changes of state of one that people
/// sign in by are events.
///
/// # Errors
/// What [`operator::probe`] says.
pub async fn probe_now(
    core: &Core,
    tenant: &Tenant,
    configured: &Configured,
) -> Result<Vec<Check>, Problem> {
    let started = core.now();
    let checks = operator::probe(core, tenant, configured).await?;
    let now = core.now();
    let ok = checks.iter().all(|check| check.ok);
    let text = serde_json::to_string(&checks)
        .map_err(|error| Problem::new(Code::Internal, "checks").because(error))?;
    let probed = Probed {
        state: if ok { "answering" } else { "failing" },
        at: now,
        next_at: now + if ok { WELL_MS } else { FAILING_MS },
        took_ms: now - started,
        checks: &text,
    };
    let id = &configured.row.id;
    let mut write = core.begin().await?;
    let old = rows::put(&mut write.tx, &tenant.id, id, &probed).await?;
    let in_use = matches!(configured.row.role, Role::Primary | Role::Companion);
    let (was, since) = old.unwrap_or_else(|| ("unknown".into(), now));
    let event = match (was.as_str(), ok) {
        ("unknown" | "answering", false) => {
            let failed: Vec<&str> = checks
                .iter()
                .filter(|check| !check.ok)
                .map(|check| check.name.as_str())
                .collect();
            Some((
                kind::UPSTREAM_FAILED,
                Outcome::Failure,
                json!({ "checks": failed }),
            ))
        }
        ("failing", true) => {
            let detail = json!({ "failed_since": since, "failed_for_s": (now - since) / 1000 });
            Some((kind::UPSTREAM_RECOVERED, Outcome::Success, detail))
        }
        _ => None,
    };
    if let Some((kind, outcome, detail)) = event.filter(|_| in_use) {
        let event = Event::new(kind, outcome, ("upstream", id.as_str()))
            .by("system", &core.node.name)
            .detail(detail);
        core.audit(&mut write, &tenant.id, &RequestMeta::default(), event)
            .await?;
    }
    core.commit(write).await?;
    Ok(checks)
}

/// Could this person sign in at an upstream as themselves? Whoever activates one that they
/// are not linked to locks themselves out.
///
/// # Errors
/// `store_unavailable`.
pub async fn can_come_back(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
    configured: &Configured,
) -> Result<bool, Problem> {
    // Everybody has an identity there: its subjects are our ids.
    if configured.row.kind == EMBEDDED {
        return Ok(true);
    }
    let all = links::list(&core.db, &tenant.id, user).await?;
    Ok(all.iter().any(|link| link.issuer == configured.row.issuer))
}

/// All upstreams of a tenant with their last probes.
///
/// # Errors
/// `store_unavailable`.
pub async fn upstreams(core: &Core, tenant: &Tenant) -> Result<Vec<UpstreamView>, Problem> {
    let states = rows::list(&core.db, &tenant.id).await?;
    let all = core.providers.of_tenant(tenant).await?;
    Ok(all
        .iter()
        .map(|configured| {
            let probe = states
                .iter()
                .find(|state| state.upstream == configured.row.id && state.state != "unknown")
                .cloned();
            let checks = probe
                .as_ref()
                .and_then(|probe| serde_json::from_str(&probe.checks).ok())
                .unwrap_or_default();
            UpstreamView {
                row: configured.row.clone(),
                fault: configured.fault().map(str::to_owned),
                probe,
                checks,
            }
        })
        .collect())
}
