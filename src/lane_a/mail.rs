//! Messages to people: written into the outbox by the transaction that causes them.
//!
//! Owns: what a message is made of and how it is kept.
//! Must not know: when and how it leaves (`lane_a::outbox`).

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::Visit;
use crate::config;
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::{Code, Email, Lang, Problem, TenantId};
use crate::store::outbox::{self, OutboxRow};
use crate::store::seal::Place;
use crate::store::{Write, users};
use crate::views::agent;
use crate::views::mail::{Asked, CodeMail, ExistingAccountMail, Letterhead};

pub use crate::views::mail::Finding;
pub(super) use crate::views::mail::NoteMail;

/// How long a message is worth trying that holds nothing with an end of its own.
const NOTICE_MS: i64 = 3 * 24 * 3_600_000;

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
    /// Epoch ms after which it is of no use any more.
    #[serde(default)]
    pub expires_at: Option<i64>,
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
    let now = write.now();
    let row = OutboxRow {
        id,
        tenant: tenant.id.clone(),
        sealed,
        attempts: 0,
        created_at: now,
        expires_at: Some(message.expires_at.unwrap_or(now + NOTICE_MS)),
    };
    outbox::create(&mut write.tx, &row, state).await?;
    Ok(())
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

pub(super) fn open(core: &Core, row: &OutboxRow) -> Result<Message, String> {
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

/// The language of a mail to an address: its owner's own, else `otherwise`. Looked up for
/// every address alike, or the time would tell which of them somebody has.
///
/// # Errors
/// `store_unavailable`.
pub(super) async fn lang_of(
    write: &mut Write,
    tenant: &TenantId,
    to: &str,
    otherwise: Lang,
) -> Result<Lang, Problem> {
    let own = match Email::parse(to) {
        Some(address) => users::locale_at(&mut write.tx, tenant, &address).await?,
        None => None,
    };
    Ok(own.unwrap_or(otherwise))
}

/// Who asked for a mail, so that its receiver can tell whether it was them; and whose it is.
pub(super) fn asked(visit: &Visit<'_>, to: &str, lang: Lang) -> Asked {
    let tenant = &visit.site.tenant;
    Asked {
        to: to.to_owned(),
        host: host_of(tenant),
        head: Letterhead::of(tenant),
        browser: agent::name(lang, &visit.meta.user_agent),
        network: visit.meta.ip.clone(),
        at: visit.core.now(),
    }
}

fn host_of(tenant: &Tenant) -> String {
    tenant.public_url.host_str().unwrap_or_default().to_owned()
}

/// A code on its way to its one reader.
pub(super) fn code_message(
    visit: &Visit<'_>,
    delivery: &laneway_contract::Delivery,
    link: String,
    lang: Lang,
) -> Message {
    let tenant = &visit.site.tenant;
    let code = delivery.code.expose_secret().to_owned();
    let until = visit.core.now() + i64::from(delivery.expires_in) * 1000;
    let mail = CodeMail {
        tenant_name: tenant.name.clone(),
        code: code.clone(),
        link: link.clone(),
        minutes: delivery.expires_in / 60,
        until,
        account_url: tenant.address("/account"),
        asked: asked(visit, &delivery.to, lang),
    };
    Message {
        to: delivery.to.clone(),
        subject: mail.subject(lang),
        html: mail.html(lang),
        text: mail.text(lang),
        code: Some(code),
        links: vec![link],
        expires_at: Some(until),
    }
}

/// A mail about an account, on its way to an address.
pub(super) fn note(tenant: &Tenant, lang: Lang, to: &str, note: NoteMail) -> Message {
    let note = note.sent_to(to, &host_of(tenant), Letterhead::of(tenant));
    Message {
        to: to.to_owned(),
        subject: note.subject(lang),
        html: note.html(lang),
        text: note.text(lang),
        code: note.code().map(str::to_owned),
        links: note.link().map(str::to_owned).into_iter().collect(),
        expires_at: None,
    }
}

/// Something new was found about a connection: its name, whose it is and at which provider; of each
/// finding the code, what was seen, and where more is said.
pub fn connection_note(
    tenant: &Tenant,
    (lang, to): (Lang, &str),
    what: (&str, &str, &str),
    findings: &[Finding],
    url: &str,
) -> Message {
    let mail = NoteMail::connection(&tenant.name, what, findings, url);
    note(tenant, lang, to, mail)
}

/// To whoever is asked to set a connection up: the code that opens their link.
pub fn setup_code(
    tenant: &Tenant,
    (lang, to): (Lang, &str),
    org: &str,
    (code, minutes): (&str, u32),
) -> Message {
    note(
        tenant,
        lang,
        to,
        NoteMail::setup_code(&tenant.name, org, code, minutes),
    )
}

/// Somebody tried to sign up with an address that has an account.
pub(super) fn existing_account_message(visit: &Visit<'_>, to: &str, lang: Lang) -> Message {
    let tenant = &visit.site.tenant;
    let login_url = tenant.address("/login");
    let mail = ExistingAccountMail {
        tenant_name: tenant.name.clone(),
        login_url: login_url.clone(),
        asked: asked(visit, to, lang),
    };
    Message {
        to: to.to_owned(),
        subject: mail.subject(lang),
        html: mail.html(lang),
        text: mail.text(lang),
        code: None,
        links: vec![login_url],
        expires_at: None,
    }
}
