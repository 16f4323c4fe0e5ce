//! Mails with a link that an identity provider writes to somebody itself: to choose a password,
//! to prove an address.
//!
//! Owns: who is written to by which provider, and what a refusal tells an operator to do.
//! Must not know: how a provider sends mail.

use laneway_contract::{AccountMail, MailSent};
use serde_json::json;

use super::super::limits;
use super::Act;
use super::directory::{Account, accounts_with};
use super::users::find_below;
use crate::audit::{Event, Outcome, kind};
use crate::core::Core;
use crate::domain::tenant::Tenant;
use crate::domain::user::UserState;
use crate::domain::{Code, Problem, UserId};

/// The name of the provider that would write to this person, where one does.
///
/// # Errors
/// `store_unavailable`.
pub async fn mails_by(
    core: &Core,
    tenant: &Tenant,
    user: &UserId,
) -> Result<Option<String>, Problem> {
    let account = account(core, tenant, user).await?;
    Ok(account.map(|account| account.upstream.row.label()))
}

/// Has the provider that somebody signs in at write to them; the short name of that provider.
///
/// # Errors
/// `not_found`, `forbidden` for somebody above the caller, `conflict` for what stands in the way
/// of the mail, `rate_limited`, `not_supported_by_upstream`, `upstream_unavailable`.
pub async fn send_account_mail(
    act: &Act<'_>,
    id: &UserId,
    mail: AccountMail,
) -> Result<String, Problem> {
    let (core, tenant) = (act.core, act.tenant);
    let mut look = core.begin().await?;
    let user = find_below(act, &mut look, id).await?;
    // Nothing is held while a provider is asked.
    drop(look);
    if user.state == UserState::Disabled {
        let text = "They are switched off here. Switch them on first.";
        return Err(Problem::new(Code::Conflict, text));
    }
    let account = account(core, tenant, id).await?.ok_or_else(|| {
        let text = "No identity provider of this person sends mails for Laneway.";
        Problem::new(Code::NotSupportedByUpstream, text)
    })?;
    if !limits::unasked_mail_allowed(core, &tenant.id, "account", id.as_str()).await? {
        let text = "This address got many mails in the last hour. Try again later.";
        return Err(Problem::new(Code::RateLimited, text).retry_in(600));
    }
    let upstream = &account.upstream;
    let mails = upstream.provider()?.account_mails();
    let mails = mails.ok_or_else(Problem::not_found)?;
    let work = mails.send(&account.subject, mail);
    let sent = core.providers.call(upstream, "account_mail", work).await?;
    unless_hindered(sent)?;
    let slug = upstream.row.slug.clone();
    let after = json!({ "upstream": slug, "mail": mail.as_str() });
    let event = Event::new(kind::USER_MAILED, Outcome::Success, ("user", id.as_str()));
    let mut write = core.begin().await?;
    act.audit(&mut write, event.change(None, Some(after)))
        .await?;
    core.commit(write).await?;
    Ok(slug)
}

async fn account(core: &Core, tenant: &Tenant, user: &UserId) -> Result<Option<Account>, Problem> {
    let all = accounts_with(core, tenant, user, |provider| {
        provider.account_mails().is_some()
    });
    Ok(all.await?.into_iter().next())
}

/// What stands in the way, and what to do about it.
fn unless_hindered(sent: MailSent) -> Result<(), Problem> {
    let text = match sent {
        MailSent::Sent => return Ok(()),
        MailSent::NoAddress => {
            "The identity provider keeps no address of this person. Give them one first.".to_owned()
        }
        MailSent::Disabled => {
            "They are switched off at the identity provider. Switch them on there first.".to_owned()
        }
        MailSent::NotDelivered(words) => format!(
            "The identity provider could not send the mail. Look at its mail settings and its log. It says: {words}"
        ),
    };
    Err(Problem::new(Code::Conflict, text))
}
