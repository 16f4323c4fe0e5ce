//! Whom the fake provider keeps out, and what it writes to people.

use async_trait::async_trait;
use laneway_contract::{AccountMail, AccountMails, LockOut, LockOuts, MailSent, ProviderError};

use crate::Fake;

type Result<T> = std::result::Result<T, ProviderError>;

#[async_trait]
impl LockOuts for Fake {
    async fn lock_out(&self, subject: &str) -> Result<Option<LockOut>> {
        self.obey().await?;
        let script = self.script();
        let person = script.people.get(subject);
        Ok(person.ok_or(ProviderError::NotFound)?.locked)
    }

    async fn unlock(&self, subject: &str) -> Result<()> {
        self.obey().await?;
        self.must_change(subject, |person| person.locked = None)
    }
}

#[async_trait]
impl AccountMails for Fake {
    async fn send(&self, subject: &str, mail: AccountMail) -> Result<MailSent> {
        self.obey().await?;
        let mut script = self.script();
        let person = script.people.get_mut(subject);
        let person = person.ok_or(ProviderError::NotFound)?;
        if !person.enabled {
            return Ok(MailSent::Disabled);
        }
        if person.email.is_none() {
            return Ok(MailSent::NoAddress);
        }
        person.mails.push(mail);
        Ok(MailSent::Sent)
    }
}
