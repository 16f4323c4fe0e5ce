//! A person's passkeys: adding, listing, removing.

use async_trait::async_trait;
use laneway_contract::{
    BeginEnrol, Credential, CredentialAdmin, EnrolStep, FinishEnrol, MethodKind, ProviderError,
};

use crate::account::{self, Account};
use crate::challenge::{self, Ceremony};
use crate::fault::Fault;
use crate::passkey;
use crate::provider::{Embedded, state};
use crate::webauthn::{Owner, Party};

const MAX_LABEL: usize = 80;
const DEFAULT_LABEL: &str = "Passkey";

#[async_trait]
impl CredentialAdmin for Embedded {
    async fn begin_enrol(&self, request: BeginEnrol) -> Result<EnrolStep, ProviderError> {
        if request.kind != MethodKind::Passkey {
            return Err(ProviderError::Misconfigured(
                "only passkeys are enrolled".to_owned(),
            ));
        }
        self.offers(MethodKind::Passkey)?;
        Ok(self.begin_passkey(request).await?)
    }

    async fn finish_enrol(&self, request: FinishEnrol) -> Result<Credential, ProviderError> {
        Ok(self.finish_passkey(request).await?)
    }

    async fn list(&self, subject: &str) -> Result<Vec<Credential>, ProviderError> {
        let listed = passkey::list(&self.db, &self.config.tenant_id, subject).await;
        Ok(listed.map_err(Fault::from)?)
    }

    async fn remove(&self, subject: &str, id: &str) -> Result<(), ProviderError> {
        let tenant_id = &self.config.tenant_id;
        let removed = self.write(async |tx| passkey::remove(tx, tenant_id, subject, id).await);
        if removed.await? {
            Ok(())
        } else {
            Err(ProviderError::NotFound)
        }
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

    /// Judges first, writes then: closing the ceremony, the account where there is none yet
    /// (a companion's person), and the passkey are one transaction.
    async fn finish_passkey(&self, request: FinishEnrol) -> Result<Credential, Fault> {
        let now_ms = self.env.clock.now_ms();
        let max_tries = self.config.max_tries;
        let stored = self.challenge(&request.state).await?.ok_or_else(over)?;
        let (
            stored,
            Ceremony::Enrolment {
                party,
                subject,
                webauthn,
            },
        ) = stored
        else {
            return Err(over());
        };
        if stored.closed(max_tries, now_ms).is_some() {
            return Err(over());
        }
        let new = match party.finish_enrolment(&request.credential, &webauthn) {
            Ok(new) => new,
            Err(error) => {
                self.wrong(&stored.id).await?;
                return Err(error.into());
            }
        };

        let tenant_id = &self.config.tenant_id;
        let (id, label) = (self.new_id(), label(&request.label));
        let mut tx = self.db.begin().await?;
        if !challenge::consume(&mut tx, tenant_id, &stored, max_tries, now_ms).await? {
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
        })
    }
}

/// The person's own name for it, cut to what a settings page can show.
fn label(given: &str) -> String {
    let tidy: String = given
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_LABEL)
        .collect();
    if tidy.is_empty() {
        DEFAULT_LABEL.to_owned()
    } else {
        tidy
    }
}

fn over() -> Fault {
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
