//! Messages to people: written into the outbox by the transaction that causes them, sent
//! by a job.

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::config;
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Problem, TenantId};
use crate::outbound::{Mail, MailError};
use crate::store::Write;
use crate::store::outbox::{self, OutboxRow};
use crate::store::seal::Place;

/// Give up after so many tries (about a day with the back-off below).
const MAX_ATTEMPTS: i64 = 12;

/// A message as it lies sealed in the outbox.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    /// Receiver.
    pub to: String,
    /// Subject line.
    pub subject: String,
    /// HTML body.
    pub html: String,
    /// Text body.
    pub text: String,
    /// The code in it, for the readable outbox of development.
    pub code: Option<String>,
    /// The links in it, likewise.
    pub links: Vec<String>,
}

/// Puts a message into the outbox. With `send` false only the motions are gone through.
///
/// # Errors
/// `store_unavailable`.
pub async fn enqueue(
    core: &Core,
    write: &mut Write,
    tenant: &Tenant,
    message: &Message,
    send: bool,
) -> Result<(), Problem> {
    let id = core.new_id();
    let plain = serde_json::to_vec(message)
        .map_err(|error| Problem::new(Code::Internal, "mail").because(error))?;
    let sealed = core.sealer.seal(place(&tenant.id, &id), &plain);
    let state = match &core.config.mail {
        _ if !send => "sent",
        config::Mail::Outbox { .. } => "kept",
        _ => "pending",
    };
    let row = OutboxRow {
        id,
        tenant: tenant.id.clone(),
        sealed,
        attempts: 0,
    };
    let now = write.now();
    outbox::create(&mut write.tx, &row, state, now).await?;
    Ok(())
}

/// Sends what is due; how many messages were tried.
///
/// # Errors
/// `store_unavailable`.
pub async fn send_due(core: &Core) -> Result<usize, Problem> {
    let now = core.now();
    // Claimed for two minutes: longer than a delivery may take, so that no other node
    // picks it up meanwhile.
    let due = outbox::claim(&core.db, now, now + 120_000, 20).await?;
    for row in &due {
        let outcome = deliver(core, row).await;
        match outcome {
            Ok(()) => outbox::finish(&core.db, &row.id, "sent").await?,
            Err(error) => {
                tracing::warn!(mail = %row.id, attempt = row.attempts, %error, "a mail could not be sent");
                if matches!(error, MailError::Permanent(_)) || row.attempts >= MAX_ATTEMPTS {
                    outbox::finish(&core.db, &row.id, "failed").await?;
                }
            }
        }
    }
    Ok(due.len())
}

async fn deliver(core: &Core, row: &OutboxRow) -> Result<(), MailError> {
    let message = open(core, row).map_err(MailError::Permanent)?;
    let from = core
        .mailer
        .from()
        .cloned()
        .ok_or_else(|| MailError::Permanent("no mail is configured".to_owned()))?;
    let host = core
        .config
        .server
        .public_url
        .host_str()
        .unwrap_or("localhost");
    let mail = Mail {
        to: message.to,
        from,
        subject: message.subject,
        html: message.html,
        text: message.text,
        message_id: format!("{}@{host}", row.id),
    };
    core.mailer.send(&mail).await
}

/// The readable outbox: what `outbox:` kept, oldest first.
///
/// # Errors
/// `store_unavailable`.
pub async fn kept(core: &Core) -> Result<Vec<Message>, Problem> {
    let rows = outbox::kept(&core.db, 1000).await?;
    let open = rows.iter().map(|row| open(core, row));
    open.collect::<Result<_, String>>()
        .map_err(|error| Problem::new(Code::Internal, "The outbox cannot be read.").because(error))
}

fn open(core: &Core, row: &OutboxRow) -> Result<Message, String> {
    let plain = core
        .sealer
        .open(place(&row.tenant, &row.id), &row.sealed)
        .map_err(|e| e.to_string())?;
    serde_json::from_slice(&plain).map_err(|_| "a mail in the outbox is garbled".to_owned())
}

fn place<'a>(tenant: &'a TenantId, id: &'a str) -> Place<'a> {
    Place {
        tenant: tenant.as_str(),
        table: "outbox",
        column: "sealed",
        row: id,
    }
}

/// A code on its way to its one reader.
pub fn code_message(
    tenant: &Tenant,
    delivery: &laneway_contract::Delivery,
    link: String,
) -> Message {
    let code = delivery.code.expose_secret().to_owned();
    let mail = crate::views::mail::CodeMail {
        tenant_name: tenant.name.clone(),
        code: code.clone(),
        link: link.clone(),
        minutes: delivery.expires_in / 60,
    };
    Message {
        to: delivery.to.clone(),
        subject: mail.subject(),
        html: mail.html(),
        text: mail.text(),
        code: Some(code),
        links: vec![link],
    }
}

/// Somebody tried to sign up with an address that has an account.
pub fn existing_account_message(tenant: &Tenant, to: &str) -> Message {
    let login_url = tenant.address("/login");
    let mail = crate::views::mail::ExistingAccountMail {
        tenant_name: tenant.name.clone(),
        login_url: login_url.clone(),
    };
    Message {
        to: to.to_owned(),
        subject: mail.subject(),
        html: mail.html(),
        text: mail.text(),
        code: None,
        links: vec![login_url],
    }
}
