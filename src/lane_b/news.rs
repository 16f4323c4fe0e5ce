//! What was found anew about a connection, and the letters about it.
//!
//! Owns: what counts as new.
//! Must not know: how a finding comes about (`drafts`, `drift`, `secret_end`).

use std::collections::BTreeSet;

use super::check::Check;
use super::drift;
use crate::core::Core;
use crate::domain::connection::Connection;
use crate::domain::tenant::Tenant;
use crate::domain::{Lang, Problem};
use crate::lane_a::mail::{self, Finding};
use crate::store::{Write, orgs};

/// Findings that last: told again where they say something else than before.
const LASTING: &[&str] = &[
    "certificate_expired",
    "certificate_expiring",
    "client_secret_expired",
    "client_secret_expiring",
    "discovery_changed",
    "metadata_changed",
    "metadata_moved",
];

/// What was not found the last time. Of a fault that comes in many words, such as an address that
/// does not answer, only the code counts.
pub(super) fn of<'a>(before: &[Check], now: &'a [Check]) -> Vec<&'a Check> {
    let mark = |check: &Check| {
        let lasting = LASTING.contains(&check.code.as_str());
        let said = lasting.then(|| (check.received.clone(), check.expected.clone()));
        (check.code.clone(), said)
    };
    let mut seen: BTreeSet<_> = before.iter().filter(|check| !check.ok).map(mark).collect();
    let bad = now.iter().filter(|check| !check.ok);
    // Keys come and go by themselves: nobody is written to about them.
    let bad = bad.filter(|check| check.code != drift::KEYS_CHANGED);
    bad.filter(|check| seen.insert(mark(check))).collect()
}

/// What a letter is about.
pub(super) struct About<'a> {
    pub connection: &'a Connection,
    /// The provider.
    pub issuer: &'a str,
    /// A domain that leads to the connection, where it is about that.
    pub domain: Option<&'a str>,
}

/// Writes to the contacts: what is new, where, and the page on which it can be mended.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn tell(
    core: &Core,
    write: &mut Write,
    tenant: &Tenant,
    about: &About<'_>,
    (contacts, new): (&[String], &[&Check]),
) -> Result<(), Problem> {
    let one = about.connection;
    let org = match &one.org {
        Some(org) => orgs::find(&mut write.tx, &tenant.id, org.as_str()).await?,
        None => None,
    };
    let path = match &org {
        Some(org) if about.domain.is_some() => format!("/org/{}/domains", org.slug),
        Some(org) => format!("/org/{}/connections/{}", org.slug, one.id),
        None => "/admin/connections".to_owned(),
    };
    let url = tenant.address(&path);
    let org = org.map_or_else(|| tenant.name.clone(), |org| org.name);
    let help = |check: &Check| tenant.address(&format!("/help/checks#{}", check.code));
    let findings: Vec<Finding> = new
        .iter()
        .map(|check| Finding {
            code: check.code.clone(),
            said: check.received.clone().unwrap_or_default(),
            help: help(check),
            left: left(check),
        })
        .collect();
    // Nobody knows their language; the page that it leads to has both.
    let lang = tenant.settings.locale.unwrap_or(Lang::En);
    for to in contacts {
        let name = about.domain.unwrap_or(&one.name);
        let what = (name, org.as_str(), about.issuer);
        let message = mail::connection_note(tenant, (lang, to), what, &findings, &url);
        mail::enqueue(core, write, tenant, &message, true).await?;
    }
    Ok(())
}

/// Of something that will end: the step at which it is told, from what would have to be left.
fn left(check: &Check) -> Option<i64> {
    if !check.code.ends_with("_expiring") {
        return None;
    }
    let wanted = check.expected.as_deref()?;
    wanted.split(' ').next()?.parse().ok()
}
