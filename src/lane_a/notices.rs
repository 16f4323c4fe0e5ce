//! Mails that tell people about their own account: a new device, a factor that came or went,
//! another password. Written by the transaction that does it, so that none is without the
//! other.
//!
//! Must not know: how mail leaves.

use super::Visit;
use super::mail::{self, Message};
use crate::audit::Event;
use crate::domain::user::User;
use crate::domain::{Problem, UserId};
use crate::store::{Write, users};
use crate::views::mail::NoticeMail;

pub use crate::views::mail::Notice;

/// Tells a person, at the address that somebody vouches for. Who has none is not told.
///
/// # Errors
/// `store_unavailable`.
pub async fn tell(
    visit: &Visit<'_>,
    write: &mut Write,
    user: &User,
    notice: Notice,
) -> Result<(), Problem> {
    let Some(to) = user.email.as_ref().filter(|_| user.email_verified) else {
        return Ok(());
    };
    let lang = user.locale.unwrap_or(visit.lang);
    let tenant = &visit.site.tenant;
    let account_url = tenant.address("/account");
    let mail = NoticeMail {
        tenant_name: tenant.name.clone(),
        notice,
        account_url: account_url.clone(),
        asked: mail::asked(visit, to, lang),
    };
    let message = Message {
        to: to.clone(),
        subject: mail.subject(lang),
        html: mail.html(lang),
        text: mail.text(lang),
        code: None,
        links: vec![account_url],
        expires_at: None,
    };
    mail::enqueue(visit.core, write, tenant, &message, true).await
}

/// Writes an event about a person's factors, and the mail that tells them. The provider has
/// done it already, and trouble of ours cannot undo it: it is only logged. Somebody who is
/// just signing up chose the factor a moment ago and has no record yet.
pub(super) async fn after(visit: &Visit<'_>, user: &UserId, event: Event, notice: Notice) {
    let outcome = async {
        let mut write = visit.core.begin().await?;
        let tenant = &visit.site.tenant.id;
        visit
            .core
            .audit(&mut write, tenant, visit.meta, event)
            .await?;
        if let Some(user) = users::find(&mut write.tx, tenant, user).await? {
            tell(visit, &mut write, &user, notice).await?;
        }
        visit.core.commit(write).await?;
        Ok::<_, Problem>(())
    };
    if let Err(problem) = outcome.await {
        tracing::error!(
            source = problem.source,
            "a change of factors could not be told"
        );
    }
}
