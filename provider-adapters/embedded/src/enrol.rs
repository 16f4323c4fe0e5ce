//! A person's credentials: adding, listing, removing.

use async_trait::async_trait;
use laneway_contract::{
    Answer, BeginEnrol, Credential, CredentialAdmin, EnrolStep, FinishEnrol, MethodKind,
    PasswordSet, ProviderError, SetPassword,
};
use secrecy::SecretString;
use webauthn_rs::prelude::Passkey;

use crate::account::{self, Account};
use crate::challenge::{self, Ceremony, Stored};
use crate::fault::Fault;
use crate::passkey;
use crate::provider::{Embedded, state};
use crate::webauthn::{Owner, Party};

const MAX_LABEL: usize = 80;
const DEFAULT_LABEL: &str = "Passkey";

#[async_trait]
impl CredentialAdmin for Embedded {
    async fn begin_enrol(&self, request: BeginEnrol) -> Result<EnrolStep, ProviderError> {
        self.offers(request.kind)?;
        Ok(match request.kind {
            MethodKind::Passkey => self.begin_passkey(request).await?,
            MethodKind::Totp => self.begin_totp(request).await?,
            other => {
                let text = format!("{} is not enrolled", other.as_str());
                return Err(ProviderError::Misconfigured(text));
            }
        })
    }

    async fn finish_enrol(&self, request: FinishEnrol) -> Result<Credential, ProviderError> {
        Ok(self.finish(request).await?)
    }

    async fn list(&self, subject: &str) -> Result<Vec<Credential>, ProviderError> {
        let listed = passkey::list(&self.db, &self.config.tenant_id, subject).await;
        let mut all = listed.map_err(Fault::from)?;
        all.extend(self.other_credentials(subject).await?);
        Ok(all)
    }

    async fn remove(&self, subject: &str, id: &str) -> Result<(), ProviderError> {
        let tenant_id = &self.config.tenant_id;
        let removed = self.write(async |tx| passkey::remove(tx, tenant_id, subject, id).await);
        if removed.await? || self.remove_totp(subject, id).await? {
            Ok(())
        } else {
            Err(ProviderError::NotFound)
        }
    }

    async fn set_password(&self, request: SetPassword) -> Result<PasswordSet, ProviderError> {
        Ok(self.keep_password(request).await?)
    }

    async fn renew_recovery_codes(
        &self,
        subject: &str,
    ) -> Result<Vec<SecretString>, ProviderError> {
        Ok(self.new_recovery_codes(subject).await?)
    }
}

impl Embedded {
    async fn begin_passkey(&self, request: BeginEnrol) -> Result<EnrolStep, Fault> {
        let party = Party::from(request.relying_party);
        let tenant_id = &self.config.tenant_id;
        let existing = passkey::ids_of(&self.db, tenant_id, &request.subject, &party.id).await?;
        let (public_key, webauthn) = party.begin_enrolment(Owner {
            subject: &request.subject,
            login_name: &request.login_name,
            display_name: &request.display_name,
            existing,
        })?;
        let subject = request.subject;
        let ceremony = Ceremony::Enrolment {
            party,
            subject: subject.clone(),
            webauthn: Box::new(webauthn),
        };
        let id = self.store_ceremony(Some(&subject), &ceremony).await?;
        Ok(EnrolStep::Challenge {
            public_key,
            state: state(&id)?,
        })
    }

    async fn finish(&self, request: FinishEnrol) -> Result<Credential, Fault> {
        let (stored, ceremony) = self.challenge(&request.state).await?.ok_or_else(over)?;
        let now_ms = self.env.clock.now_ms();
        if stored.closed(self.config.max_tries, now_ms).is_some() {
            return Err(over());
        }
        match (ceremony, request.answer) {
            (
                Ceremony::Enrolment {
                    party,
                    subject,
                    webauthn,
                },
                Answer::Credential(credential),
            ) => {
                let new = match party.finish_enrolment(&credential, &webauthn) {
                    Ok(new) => new,
                    Err(error) => {
                        self.wrong(&stored.id).await?;
                        return Err(error.into());
                    }
                };
                self.keep_passkey(&stored, (party, subject, new), &request.label)
                    .await
            }
            (
                Ceremony::Totp {
                    subject,
                    row,
                    secret,
                },
                Answer::Code(code),
            ) => {
                let label = tidy_label(&request.label);
                self.finish_totp(&stored, (subject, row, secret), &code, &label)
                    .await
            }
            _ => Err(over()),
        }
    }

    /// Closing the ceremony, the account where there is none yet (a companion's person), and
    /// the passkey are one transaction.
    async fn keep_passkey(
        &self,
        stored: &Stored,
        (party, subject, new): (Party, String, Passkey),
        given: &str,
    ) -> Result<Credential, Fault> {
        let (now_ms, max_tries) = (self.env.clock.now_ms(), self.config.max_tries);
        let tenant_id = &self.config.tenant_id;
        let (id, label) = (self.new_id(), label(given));
        let mut tx = self.db.begin().await?;
        if !challenge::consume(&mut tx, tenant_id, stored, max_tries, now_ms).await? {
            tx.rollback().await?;
            return Err(over());
        }
        account::insert(&mut tx, tenant_id, &Account::bare(&subject), now_ms).await?;
        let row = passkey::New {
            tenant_id,
            id: &id,
            subject: &subject,
            rp_id: &party.id,
            passkey: &new,
            label: &label,
            now_ms,
        };
        let added = passkey::insert(&mut tx, row).await?;
        tx.commit().await?;
        if !added {
            return Err(ProviderError::Conflict.into());
        }
        Ok(Credential {
            id,
            kind: MethodKind::Passkey,
            label,
            created_at_ms: now_ms,
            last_used_at_ms: None,
            remaining: None,
        })
    }
}

/// The person's own name for it, cut to what a settings page can show.
fn label(given: &str) -> String {
    let tidy = tidy_label(given);
    if tidy.is_empty() {
        DEFAULT_LABEL.to_owned()
    } else {
        tidy
    }
}

fn tidy_label(given: &str) -> String {
    given
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_LABEL)
        .collect()
}

pub(crate) fn over() -> Fault {
    ProviderError::InvalidResponse("this enrolment is over, start again".to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn labels_are_trimmed_cut_and_never_empty() {
        assert_eq!(label("  my\u{7} phone "), "my phone");
        assert_eq!(label(&"ä".repeat(100)).chars().count(), 80);
        assert_eq!(label(" \n "), "Passkey");
    }
}
