//! Mail on its way: takes what is due, hands it to the relay, decides about another try.
//!
//! At least once: a node that dies between the relay's "yes" and its own note leaves a mail
//! that goes out again, with the same Message-ID. Otherwise once, however many nodes there
//! are: a try is a lease in the row.
//!
//! Must not know: what a mail is about.

use futures::future::join_all;

use super::mail;
use crate::config::MailFrom;
use crate::core::Core;
use crate::domain::Problem;
use crate::domain::tenant::Tenant;
use crate::outbound::{Mail, MailError};
use crate::store::outbox::{self, OutboxRow, Tried};
use crate::store::tenants;

/// Mails under way at once, on one node.
const BATCH: i64 = 8;
/// Longer than a delivery may take, with room for clocks that differ.
const LEASE_MS: i64 = 120_000;
const FIRST_PAUSE_MS: i64 = 10_000;
const LONGEST_PAUSE_MS: i64 = 30 * 60_000;

/// Sends what is due; how many messages were tried.
///
/// # Errors
/// `store_unavailable`.
pub async fn send_due(core: &Core) -> Result<usize, Problem> {
    let mut tried = 0;
    loop {
        let now = core.now();
        let due = outbox::claim(&core.db, now, now + LEASE_MS, BATCH).await?;
        let outcomes = join_all(due.iter().map(|row| attempt(core, row))).await;
        let mut reached = false;
        for (row, outcome) in due.iter().zip(outcomes) {
            reached |= !matches!(outcome, Err(MailError::Unreachable(_)));
            note(core, row, outcome).await?;
        }
        tried += due.len();
        // All of a batch went nowhere: the rest waits for the next round, not for ten
        // seconds each.
        if due.len() < usize::try_from(BATCH).unwrap_or(usize::MAX) || !reached {
            return Ok(tried);
        }
    }
}

async fn attempt(core: &Core, row: &OutboxRow) -> Result<(), MailError> {
    if row.expires_at.is_some_and(|at| at <= core.now()) {
        return Err(MailError::Expired);
    }
    let garbled = |why: String| MailError::Permanent(why);
    let message = mail::open(core, row).map_err(garbled)?;
    let tenant = tenants::find(&core.db, &row.tenant)
        .await
        .map_err(|_| MailError::Unreachable("the database cannot be reached".to_owned()))?
        .ok_or_else(|| garbled("the tenant is gone".to_owned()))?;
    let from = sender(core, &tenant).ok_or_else(|| garbled("no mail is configured".to_owned()))?;
    let domain = from.address.rsplit('@').next().unwrap_or("localhost");
    let mail = Mail {
        to: message.to,
        message_id: format!("{}@{domain}", row.id),
        written_at: row.created_at,
        subject: message.subject,
        html: message.html,
        text: message.text,
        from,
    };
    core.mailer.send(&mail).await
}

/// Who a tenant's mails come from: as its settings say, else the installation's address under
/// the tenant's name. The name that the operator wrote beside the address stands for the
/// tenant of the file.
pub fn sender(core: &Core, tenant: &Tenant) -> Option<MailFrom> {
    let from = core.mailer.from()?.clone();
    let settings = &tenant.settings;
    let own = tenant.slug == core.config.tenant.slug;
    let name = settings
        .mail_from_name
        .clone()
        .or(from.name.filter(|_| own))
        .unwrap_or_else(|| tenant.name.clone());
    Some(MailFrom {
        name: Some(name.replace(char::is_control, " ")),
        address: settings.mail_from_address.clone().unwrap_or(from.address),
    })
}

async fn note(core: &Core, row: &OutboxRow, outcome: Result<(), MailError>) -> Result<(), Problem> {
    let now = core.now();
    let (word, tried) = match outcome {
        Ok(()) => ("sent", Tried::Sent),
        Err(MailError::Expired) => ("expired", Tried::Failed(MailError::Expired.to_string())),
        Err(error @ MailError::Permanent(_)) => ("failed", Tried::Failed(error.to_string())),
        Err(error @ (MailError::Transient(_) | MailError::Unreachable(_))) => (
            "later",
            Tried::Later(now + pause(core, row.attempts), error.to_string()),
        ),
    };
    metrics::counter!("laneway_mails_total", "outcome" => word).increment(1);
    if let Tried::Failed(error) | Tried::Later(_, error) = &tried {
        tracing::warn!(mail = %row.id, attempt = row.attempts, outcome = word, %error, "a mail did not leave");
    }
    if !outbox::tried(&core.db, row, &tried, now).await? {
        tracing::warn!(mail = %row.id, "a mail was taken over by another node");
    }
    Ok(())
}

/// Twice as long after each try: greylisting ends after minutes, a relay that is down is
/// left alone. A fifth more or less, so that what failed together does not come together.
fn pause(core: &Core, attempts: i64) -> i64 {
    let doubled = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or(0);
    let pause = (FIRST_PAUSE_MS << doubled).min(LONGEST_PAUSE_MS);
    let mut random = [0u8; 1];
    core.random.fill(&mut random);
    pause * (90 + i64::from(random[0] % 21)) / 100
}
