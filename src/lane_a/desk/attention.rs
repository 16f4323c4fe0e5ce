//! What needs an operator: each finding with the facts that its sentence is made of.

use crate::config;
use crate::core::Core;
use crate::domain::Problem;
use crate::domain::tenant::Tenant;
use crate::store::{audit_search, keys, outbox};

use super::nodes::{Trust, nodes};
use super::watch::{UpstreamView, upstreams};
use crate::audit::kind;

const DAY_MS: i64 = 86_400_000;
/// A mail that has waited for so long is late.
const LATE_MS: i64 = 120_000;

/// Something that needs an operator, or that one should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nobody can sign in: there is no primary upstream.
    NoPrimary,
    /// An upstream cannot be used as it is set up.
    UpstreamFault {
        /// Its name.
        label: String,
        /// Short name.
        slug: String,
        /// What does not fit.
        fault: String,
    },
    /// An upstream does not answer.
    UpstreamSilent {
        /// Its name.
        label: String,
        /// Short name.
        slug: String,
        /// Epoch ms.
        since: i64,
        /// People sign in by it.
        in_use: bool,
    },
    /// An upstream answers, and is no longer set up as it must be.
    UpstreamDrift {
        /// Its name.
        label: String,
        /// Short name.
        slug: String,
        /// Epoch ms.
        since: i64,
        /// How many checks fail.
        failed: usize,
        /// People sign in by it.
        in_use: bool,
    },
    /// An upstream failed within the last day and is well again.
    UpstreamRecovered {
        /// Its name.
        label: String,
        /// Short name.
        slug: String,
        /// Epoch ms.
        from: i64,
        /// Epoch ms.
        to: i64,
    },
    /// No mail can be sent at all.
    NoMail,
    /// Mails wait for longer than they should.
    MailLate {
        /// How many.
        count: i64,
        /// The oldest, epoch ms.
        since: i64,
    },
    /// Mails were given up in the last days.
    MailFailed {
        /// How many.
        count: i64,
    },
    /// A node was not heard of.
    NodeMissed {
        /// Its name.
        name: String,
        /// Epoch ms.
        since: i64,
    },
    /// A node does not hear of changes and reads the store for each request.
    NodeStale {
        /// Its name.
        name: String,
    },
    /// A signing key is published and does not sign yet.
    KeyWaits {
        /// Key id.
        kid: String,
        /// Epoch ms.
        signs_from: i64,
    },
}

impl Finding {
    /// How bad: `bad`, `warn` or `info`.
    pub fn tone(&self) -> &'static str {
        match self {
            Self::NoPrimary | Self::UpstreamSilent { in_use: true, .. } => "bad",
            Self::UpstreamFault { .. }
            | Self::MailFailed { .. }
            | Self::UpstreamSilent { .. }
            | Self::UpstreamDrift { .. }
            | Self::NoMail
            | Self::MailLate { .. }
            | Self::NodeMissed { .. }
            | Self::NodeStale { .. } => "warn",
            Self::UpstreamRecovered { .. } | Self::KeyWaits { .. } => "info",
        }
    }
}

/// What is to be said, worst first.
///
/// # Errors
/// `store_unavailable`.
pub async fn findings(core: &Core, tenant: &Tenant) -> Result<Vec<Finding>, Problem> {
    let mut all = Vec::new();
    let views = upstreams(core, tenant).await?;
    if !views
        .iter()
        .any(|view| view.row.role == crate::domain::upstream::Role::Primary)
    {
        all.push(Finding::NoPrimary);
    }
    all.extend(views.iter().filter_map(of_upstream));
    all.extend(recovered(core, tenant, &views).await?);
    mails(core, tenant, &mut all).await?;
    for node in nodes(core).await? {
        let name = node.row.name;
        match node.trust {
            Trust::Yes => {}
            Trust::CatchingUp => all.push(Finding::NodeStale { name }),
            Trust::Missed => all.push(Finding::NodeMissed {
                name,
                since: node.row.seen_at,
            }),
        }
    }
    let now = core.now();
    let published = keys::published(&core.db, &tenant.id, now).await?;
    all.extend(
        published
            .into_iter()
            .filter(|key| key.signs_from > now)
            .map(|key| Finding::KeyWaits {
                kid: key.id,
                signs_from: key.signs_from,
            }),
    );
    let rank = |finding: &Finding| {
        ["bad", "warn", "info"]
            .iter()
            .position(|t| *t == finding.tone())
    };
    all.sort_by_key(rank);
    Ok(all)
}

fn of_upstream(view: &UpstreamView) -> Option<Finding> {
    let (label, slug) = (view.row.label(), view.row.slug.clone());
    if let Some(fault) = view.fault.clone() {
        return Some(Finding::UpstreamFault { label, slug, fault });
    }
    let since = view.probe.as_ref().filter(|_| view.is_failing())?.since;
    let in_use = view.in_use();
    if view.is_silent() {
        return Some(Finding::UpstreamSilent {
            label,
            slug,
            since,
            in_use,
        });
    }
    let failed = view.checks.iter().filter(|check| !check.ok).count();
    Some(Finding::UpstreamDrift {
        label,
        slug,
        since,
        failed,
        in_use,
    })
}

/// The newest recovery of each upstream within a day that is still well.
async fn recovered(
    core: &Core,
    tenant: &Tenant,
    views: &[UpstreamView],
) -> Result<Vec<Finding>, Problem> {
    let search = audit_search::Search {
        kinds: vec![kind::UPSTREAM_RECOVERED.to_owned()],
        from: core.now() - DAY_MS,
        ..audit_search::Search::default()
    };
    let events = audit_search::list(&core.db, &tenant.id, &search, 20).await?;
    let newest = |view: &UpstreamView| {
        let target = format!("upstream:{}", view.row.id);
        let event = events.iter().find(|event| event.target == target)?;
        let detail: serde_json::Value = serde_json::from_str(&event.detail).ok()?;
        Some(Finding::UpstreamRecovered {
            label: view.row.label(),
            slug: view.row.slug.clone(),
            from: detail["failed_since"].as_i64()?,
            to: event.at,
        })
    };
    Ok(views
        .iter()
        .filter(|view| !view.is_failing() && view.fault.is_none())
        .filter_map(newest)
        .collect())
}

async fn mails(core: &Core, tenant: &Tenant, all: &mut Vec<Finding>) -> Result<(), Problem> {
    if matches!(core.config.mail, config::Mail::None) {
        all.push(Finding::NoMail);
        return Ok(());
    }
    let late_before = core.now() - LATE_MS;
    let (late, oldest, failed) = outbox::trouble(&core.db, &tenant.id, late_before).await?;
    if let Some(since) = oldest.filter(|_| late > 0) {
        all.push(Finding::MailLate { count: late, since });
    }
    if failed > 0 {
        all.push(Finding::MailFailed { count: failed });
    }
    Ok(())
}
