//! A set-up link that opens for the mailbox it was made for: whoever has the link alone, out of a
//! forwarded mail or a ticket, gets no further than its door.
//!
//! Owns: the code, its mail and how often it is guessed.
//! Must not know: pages.

use super::setup_links::{open_in, over};
use crate::audit::{Event, Outcome, kind};
use crate::domain::{Code, Email, Lang, Problem};
use crate::lane_a::operator::Act;
use crate::lane_a::{codes, limits, mail};
use crate::store::orgs::Organization;
use crate::store::setup_links::{self as rows, SetupLink};

/// So many wrong codes, and a link opens no more.
const TRIES: i64 = 20;

/// Sends a code to the address of a link.
///
/// # Errors
/// `conflict` where no mail can be sent, `rate_limited`, `expired`.
pub async fn send(act: &Act<'_>, org: &Organization, link: &SetupLink) -> Result<(), Problem> {
    let (core, tenant) = (act.core, act.tenant);
    let to = link.email.as_deref().and_then(Email::parse);
    let to = to.ok_or_else(Problem::not_found)?;
    if core.mailer.from().is_none() {
        let text = "No mail can be sent here, so no address can be confirmed.";
        return Err(Problem::new(Code::Conflict, text));
    }
    if !limits::unasked_mail_allowed(core, &tenant.id, "set-up", to.as_str()).await? {
        let text = "This address got many mails in the last hour. Try again later.";
        return Err(Problem::new(Code::RateLimited, text).retry_in(600));
    }
    let code = codes::draw(&*core.random);
    let mac = codes::mac(core, &["set-up", &link.id], &code);
    let life = core.config.flow.code_ttl;
    let mut write = core.begin().await?;
    let now = write.now();
    let until = now + i64::try_from(life.as_millis()).unwrap_or(600_000);
    if !rows::put_code(&mut write.tx, &tenant.id, &link.id, &mac, (now, until)).await? {
        return Err(over());
    }
    let minutes = u32::try_from(life.as_secs() / 60).unwrap_or(10);
    let lang = tenant.settings.locale.unwrap_or(act.lang);
    let message = message(act, lang, (to.as_str(), &org.name), (&code, minutes, until));
    mail::enqueue(core, &mut write, tenant, &message, true).await?;
    core.commit(write).await?;
    Ok(())
}

fn message(
    act: &Act<'_>,
    lang: Lang,
    (to, org): (&str, &str),
    (code, minutes, until): (&str, u32, i64),
) -> mail::Message {
    let mut message = mail::setup_code(act.tenant, (lang, to), org, (code, minutes));
    message.expires_at = Some(until);
    message
}

/// Opens a link for one browser with the code from its mailbox.
///
/// # Errors
/// `invalid_credentials` for a wrong one, `expired` for one that is over, or a link that is.
pub async fn open(
    act: &Act<'_>,
    link: &SetupLink,
    browser: &[u8; 32],
    typed: &str,
) -> Result<(), Problem> {
    let (core, tenant) = (act.core, &act.tenant.id);
    let per_code = i64::from(core.config.flow.code_tries);
    let mut write = core.begin().await?;
    let now = write.now();
    let bounds = (per_code, TRIES);
    let kept = rows::use_try(&mut write.tx, tenant, &link.id, bounds, now).await?;
    let kept =
        kept.ok_or_else(|| Problem::new(Code::Expired, "This code is over. Ask for a new one."))?;
    let mac = codes::mac(core, &["set-up", &link.id], &codes::tidy(typed));
    if codes::equal(&kept, &mac) {
        open_in(act, &mut write, link, browser).await?;
        core.commit(write).await?;
        return Ok(());
    }
    let target = ("setup_link", link.id.as_str());
    let event = Event::new(kind::SETUP_LINK_OPENED, Outcome::Failure, target);
    let event = event.org(link.org.as_str());
    act.audit(&mut write, event).await?;
    core.commit(write).await?;
    Err(Problem::new(
        Code::InvalidCredentials,
        "This code is not right. Look at the newest mail.",
    ))
}
