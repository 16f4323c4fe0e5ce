//! The people of this provider, for administrators and for the core's own flows.

use async_trait::async_trait;
use laneway_contract::{
    DirectoryUser, ForeignHash, Imported, ImportedUser, NewUser, ProviderError, UserDirectory,
};
use laneway_sqlkit::{DbError, Tx};
use secrecy::ExposeSecret as _;

use crate::account::{self, Account, normalise};
use crate::challenge;
use crate::fault::Fault;
use crate::password::{self, Stored};
use crate::provider::Embedded;

type Result<T> = std::result::Result<T, ProviderError>;

#[async_trait]
impl UserDirectory for Embedded {
    async fn create(&self, user: NewUser) -> Result<DirectoryUser> {
        let account = self.account(user, true);
        let tenant_id = &self.config.tenant_id;
        let now_ms = self.env.clock.now_ms();
        let added = self
            .write(async |tx| account::insert(tx, tenant_id, &account, now_ms).await)
            .await?;
        if added {
            Ok(shown(account))
        } else {
            Err(ProviderError::Conflict)
        }
    }

    async fn find(&self, login_name: &str) -> Result<Option<DirectoryUser>> {
        let login_name = normalise(login_name);
        let found = account::by_login_name(&self.db, &self.config.tenant_id, &login_name).await;
        Ok(found.map_err(Fault::from)?.map(shown))
    }

    async fn get(&self, subject: &str) -> Result<Option<DirectoryUser>> {
        let found = account::by_subject(&self.db, &self.config.tenant_id, subject).await;
        Ok(found.map_err(Fault::from)?.map(shown))
    }

    async fn update(&self, user: DirectoryUser) -> Result<()> {
        let account = Account {
            login_name: Some(normalise(&user.login_name)).filter(|name| !name.is_empty()),
            email: user.email.as_deref().map(normalise),
            email_verified: user.email_verified,
            name: user.name,
            ..Account::bare(&user.subject)
        };
        let tenant_id = &self.config.tenant_id;
        known(
            self.write(async |tx| {
                // A code that is out for the old address must not let anybody in.
                challenge::delete_of(tx, tenant_id, &account.subject).await?;
                account::update(tx, tenant_id, &account).await
            })
            .await?,
        )
    }

    async fn set_enabled(&self, subject: &str, enabled: bool) -> Result<()> {
        let tenant_id = &self.config.tenant_id;
        known(
            self.write(async |tx| account::set_enabled(tx, tenant_id, subject, enabled).await)
                .await?,
        )
    }

    async fn delete(&self, subject: &str) -> Result<()> {
        let tenant_id = &self.config.tenant_id;
        known(
            self.write(async |tx| {
                // A ceremony that is still open must not bring the person back.
                challenge::delete_of(tx, tenant_id, subject).await?;
                account::delete(tx, tenant_id, subject).await
            })
            .await?,
        )
    }

    async fn is_taken(&self, login_name: &str, _: &str) -> Result<bool> {
        Ok(self.find(login_name).await?.is_some())
    }

    fn checks(&self, _: &ForeignHash) -> bool {
        true
    }

    /// All of them in one transaction.
    async fn import(&self, people: Vec<ImportedUser>) -> Result<Vec<Imported>> {
        let (tenant_id, now_ms) = (&self.config.tenant_id, self.env.clock.now_ms());
        let people: Vec<_> = people
            .into_iter()
            .map(|person| (self.account(person.user, person.enabled), person.password))
            .collect();
        let all = self.write(async |tx| {
            let mut all = Vec::with_capacity(people.len());
            for (account, hash) in people {
                if !account::insert(tx, tenant_id, &account, now_ms).await? {
                    all.push(Imported::Present);
                    continue;
                }
                if let Some(hash) = hash {
                    let stored = foreign(&account, &hash);
                    password::put_foreign(tx, tenant_id, &stored, now_ms).await?;
                }
                all.push(Imported::Made(shown(account)));
            }
            Ok(all)
        });
        Ok(all.await?)
    }
}

impl Embedded {
    fn account(&self, user: NewUser, enabled: bool) -> Account {
        Account {
            subject: user.subject.unwrap_or_else(|| self.new_id()),
            login_name: Some(normalise(&user.login_name)).filter(|name| !name.is_empty()),
            email: user.email.as_deref().map(normalise),
            email_verified: user.email_verified,
            name: user.name,
            enabled,
        }
    }

    /// One writing transaction around `work`.
    pub(crate) async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut Tx) -> std::result::Result<T, DbError>,
    ) -> std::result::Result<T, Fault> {
        let mut tx = self.db.begin().await?;
        let outcome = work(&mut tx).await?;
        tx.commit().await?;
        Ok(outcome)
    }
}

/// A password that the person has elsewhere is taken as it is, however long.
fn foreign(account: &Account, hash: &ForeignHash) -> Stored {
    Stored {
        subject: account.subject.clone(),
        hash: hash.text().expose_secret().to_owned(),
        alone: true,
        likeness: Some(hash.likeness()),
    }
}

fn known(touched: bool) -> Result<()> {
    if touched {
        Ok(())
    } else {
        Err(ProviderError::NotFound)
    }
}

/// A companion's person has no login name here; their subject is all there is to show.
fn shown(account: Account) -> DirectoryUser {
    DirectoryUser {
        login_name: account
            .login_name
            .unwrap_or_else(|| account.subject.clone()),
        subject: account.subject,
        email: account.email,
        email_verified: account.email_verified,
        name: account.name,
        enabled: account.enabled,
    }
}
