//! How it goes with a connection after it went live: sign-ins, causes of failure, what ends soon,
//! and what has changed at the other side.
//!
//! Owns: looking each day, and whom that is told to.
//! Must not know: how a finding comes about (`drafts`).

use std::collections::{BTreeMap, BTreeSet};

use laneway_saml::Certificate;
use serde::Serialize;

use super::check::Check;
use super::drafts;
use super::drift::{self, Changed, Stated};

use super::{news, secret_end};
use crate::core::Core;
use crate::domain::connection::{Config, Connection, Revision};
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Email, Problem};
use crate::lane_a::operator::Act;
use crate::store::connection_health::{self as rows, Counted};
use crate::store::{Write, connections, revisions, tenants};

const DAY_MS: i64 = 24 * 3_600_000;
/// Sign-ins are shown for so many days.
const SHOWN_MS: i64 = 30 * DAY_MS;

/// Sign-ins of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Begin of the day, epoch ms.
    pub day: i64,
    /// How many worked.
    pub worked: i64,
    /// How many did not.
    pub failed: i64,
}

/// Failures of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The code: that of a check, or why a door was shut.
    pub code: String,
    /// How many.
    pub n: i64,
    /// The last one, epoch ms.
    pub last_at: i64,
}

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// `certificate` or `client_secret`.
    pub what: &'static str,
    /// The certificate's key: `RSA 2048`; empty for a secret.
    pub name: String,
    /// Epoch ms.
    pub at: i64,
}

/// All of it.
pub struct Health {
    /// When it was last looked at, epoch ms.
    pub looked_at: Option<i64>,
    /// What was found then.
    pub findings: Vec<Check>,
    /// Who is told.
    pub contacts: Vec<String>,
    /// By day, oldest first, without days on which nothing happened.
    pub days: Vec<Day>,
    /// The most frequent first.
    pub causes: Vec<Cause>,
    /// The next first.
    pub endings: Vec<Ending>,
    /// End of the client secret, epoch ms.
    pub secret_end: Option<i64>,
    /// What the provider states otherwise than what was taken as right, and the hash of it.
    pub changes: Option<(String, Vec<Changed>)>,
}

/// How it goes with a connection.
///
/// # Errors
/// `store_unavailable`.
pub async fn of(act: &Act<'_>, one: &Connection) -> Result<Health, Problem> {
    let (db, tenant) = (&act.core.db, &act.tenant.id);
    let known = rows::find(db, tenant, &one.id).await?;
    let since = act.core.now() - SHOWN_MS;
    let counted = rows::counted(db, tenant, &one.id, since).await?;
    let number = one.active.unwrap_or(one.draft);
    let revision = revisions::find(db, tenant, &one.id, number).await?;
    let mut endings = revision.map_or_else(Vec::new, |revision| endings(&revision.config));
    endings.extend(known.secret_expires_at.map(secret_end::ending));
    endings.sort_by_key(|ending| ending.at);
    let changes = changes(&known);
    Ok(Health {
        looked_at: (known.looked_at > 0).then_some(known.looked_at),
        findings: serde_json::from_str(&known.findings).unwrap_or_default(),
        contacts: known.contacts,
        days: days(&counted),
        causes: causes(&counted),
        endings,
        secret_end: known.secret_expires_at,
        changes,
    })
}

fn days(counted: &[Counted]) -> Vec<Day> {
    let mut all: BTreeMap<i64, Day> = BTreeMap::new();
    for one in counted {
        let day = all.entry(one.day).or_insert(Day {
            day: one.day,
            worked: 0,
            failed: 0,
        });
        if one.cause.is_empty() {
            day.worked += one.n;
        } else {
            day.failed += one.n;
        }
    }
    all.into_values().collect()
}

fn causes(counted: &[Counted]) -> Vec<Cause> {
    let mut all: BTreeMap<&str, Cause> = BTreeMap::new();
    for one in counted.iter().filter(|one| !one.cause.is_empty()) {
        let cause = all.entry(&one.cause).or_insert(Cause {
            code: one.cause.clone(),
            n: 0,
            last_at: 0,
        });
        cause.n += one.n;
        cause.last_at = cause.last_at.max(one.last_at);
    }
    let mut all: Vec<Cause> = all.into_values().collect();
    all.sort_by_key(|cause| (-cause.n, cause.code.clone()));
    all
}

/// What is stated now, by its hash, and how it differs from what was taken as right.
fn changes(known: &rows::Health) -> Option<(String, Vec<Changed>)> {
    let stated = Stated::kept(known.stated.as_deref())?;
    let approved = Stated::kept(known.approved.as_deref())?;
    let all = approved.changes(&stated);
    (!all.is_empty()).then(|| (stated.hash(), all))
}

/// What is known to end.
fn endings(config: &Config) -> Vec<Ending> {
    let Config::Saml(saml) = config else {
        return Vec::new();
    };
    saml.certificates
        .iter()
        .filter_map(|text| Certificate::read(text).ok())
        .map(|one| Ending {
            what: "certificate",
            name: one.key,
            at: one.not_after_ms,
        })
        .collect()
}

/// Replaces whom to tell.
///
/// # Errors
/// `invalid_field`.
pub(super) async fn set_contacts(
    act: &Act<'_>,
    write: &mut Write,
    one: &Connection,
    contacts: &[String],
) -> Result<(), Problem> {
    if contacts.len() > 10 {
        let detail = "Name at most 10 addresses.";
        return Err(Problem::field("/contacts", "too_many", detail));
    }
    let mut all = BTreeSet::new();
    for (index, text) in contacts.iter().enumerate() {
        let refused = || {
            let pointer = format!("/contacts/{index}");
            Problem::field(&pointer, "invalid_email", "Give an e-mail address.")
        };
        let email = Email::parse(text).ok_or_else(refused)?;
        all.insert(email.as_str().to_owned());
    }
    let all: Vec<String> = all.into_iter().collect();
    rows::set_contacts(&mut write.tx, &act.tenant.id, &one.id, &all).await?;
    Ok(())
}

/// Takes as right what the provider states, if it is still what somebody has looked at.
///
/// # Errors
/// `conflict` where it is not.
pub(super) async fn approve(
    act: &Act<'_>,
    write: &mut Write,
    one: &Connection,
    hash: &str,
) -> Result<(), Problem> {
    let known = rows::find(&mut write.tx, &act.tenant.id, &one.id).await?;
    let stated = Stated::kept(known.stated.as_deref()).filter(|stated| stated.hash() == hash);
    let stated = stated.ok_or_else(|| {
        Problem::new(
            Code::Conflict,
            "The provider states something else by now. Look at it once more.",
        )
    })?;
    let text = stated.to_text();
    rows::set_stated(&mut write.tx, &act.tenant.id, &one.id, (&text, &text)).await?;
    // What was found about it is answered by this.
    forget(write, one, &known, |code| drift::CODES.contains(&code)).await
}

/// Looks at live connections that nobody has looked at for a day, and tells what is new.
///
/// # Errors
/// `store_unavailable`.
pub async fn look_due(core: &Core) -> Result<(), Problem> {
    for _ in 0..50 {
        let mut write = core.begin().await?;
        let now = write.now();
        let taken = rows::take_due(&mut write.tx, now - DAY_MS, now).await?;
        core.commit(write).await?;
        let Some((tenant, id)) = taken else {
            return Ok(());
        };
        let Some(tenant) = tenants::find(&core.db, &tenant).await? else {
            continue;
        };
        if let Some(one) = connections::find(&core.db, &tenant.id, id.as_str()).await? {
            look(core, &tenant, &one).await?;
        }
    }
    Ok(())
}

/// Looks at one, keeps what was found, and writes to its contacts about what is new.
///
/// # Errors
/// `store_unavailable`.
pub async fn look(core: &Core, tenant: &Tenant, one: &Connection) -> Result<(), Problem> {
    let (db, number) = (&core.db, one.active.unwrap_or(one.draft));
    let Some(revision) = revisions::find(db, &tenant.id, &one.id, number).await? else {
        return Ok(());
    };
    let mut found = drafts::look(core, tenant, one, &revision).await?;
    let stated = drift::stated(core, &revision).await;
    let mut write = core.begin().await?;
    let now = write.now();
    let known = rows::find(&mut write.tx, &tenant.id, &one.id).await?;
    found.extend(
        known
            .secret_expires_at
            .and_then(|at| secret_end::finding(at, now)),
    );
    if let Some(stated) = stated {
        // The first time, and with another provider, it is as it should be: it was tested.
        let approved = Stated::kept(known.approved.as_deref())
            .filter(|approved| approved.is_of(&stated))
            .unwrap_or_else(|| stated.clone());
        found.extend(drift::finding(&approved.changes(&stated)));
        let kept = (approved.to_text(), stated.to_text());
        let kept = (kept.0.as_str(), kept.1.as_str());
        rows::set_stated(&mut write.tx, &tenant.id, &one.id, kept).await?;
    }
    let text = serde_json::to_string(&found).unwrap_or_else(|_| "[]".into());
    let before: Vec<Check> = serde_json::from_str(&known.findings).unwrap_or_default();
    rows::note(&mut write.tx, &tenant.id, &one.id, &text, now).await?;
    let new = news::of(&before, &found);
    if !new.is_empty() && !known.contacts.is_empty() {
        let about = news::About {
            connection: one,
            issuer: revision.config.issuer(),
            domain: None,
        };
        news::tell(core, &mut write, tenant, &about, (&known.contacts, &new)).await?;
    }
    core.commit(write).await?;
    Ok(())
}

/// What a new revision answers: what was found about certificates, metadata and, with another
/// one, about the client secret, whose end goes with it.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn replaced(
    write: &mut Write,
    one: &Connection,
    old: Option<&Revision>,
) -> Result<(), Problem> {
    let (tenant, id) = (&one.tenant, &one.id);
    let number = one.active.unwrap_or(one.draft);
    let new = revisions::find(&mut write.tx, tenant, id, number).await?;
    let secret_id = new.and_then(|new| new.secret_id);
    let secret = old.is_some_and(|old| old.secret_id != secret_id);
    let known = rows::find(&mut write.tx, tenant, id).await?;
    if secret {
        rows::set_secret_end(&mut write.tx, tenant, id, None).await?;
    }
    let answered = |code: &str| {
        let given = ["metadata_", "certificate_"]
            .iter()
            .any(|all| code.starts_with(all));
        given || (secret && (code.starts_with("client_secret_") || code == "client_refused"))
    };
    forget(write, one, &known, answered).await
}

/// Takes findings off, until somebody looks again.
pub(super) async fn forget(
    write: &mut Write,
    one: &Connection,
    known: &rows::Health,
    answered: impl Fn(&str) -> bool,
) -> Result<(), Problem> {
    let found: Vec<Check> = serde_json::from_str(&known.findings).unwrap_or_default();
    let rest = found.into_iter().filter(|check| !answered(&check.code));
    let rest = serde_json::to_string(&rest.collect::<Vec<_>>()).unwrap_or_else(|_| "[]".into());
    rows::note(&mut write.tx, &one.tenant, &one.id, &rest, known.looked_at).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Counted, causes, days};

    fn counted(day: i64, cause: &str, n: i64) -> Counted {
        Counted {
            day,
            cause: cause.into(),
            n,
            last_at: day + n,
        }
    }

    #[test]
    fn days_and_causes_are_added_up() {
        let all = [
            counted(1, "", 3),
            counted(1, "wrong_certificate", 2),
            counted(2, "kept_out", 5),
            counted(2, "wrong_certificate", 1),
        ];
        let told: Vec<(i64, i64, i64)> = days(&all)
            .iter()
            .map(|day| (day.day, day.worked, day.failed))
            .collect();
        assert_eq!(told, [(1, 3, 2), (2, 0, 6)]);
        let told: Vec<(String, i64)> = causes(&all)
            .into_iter()
            .map(|cause| (cause.code, cause.n))
            .collect();
        assert_eq!(
            told,
            [
                ("kept_out".to_owned(), 5),
                ("wrong_certificate".to_owned(), 3)
            ]
        );
    }
}
