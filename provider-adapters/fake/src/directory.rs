//! The fake provider's management API.

use async_trait::async_trait;
use laneway_contract::{
    DirectoryUser, ForeignHash, Imported, ImportedUser, NewUser, ProviderError, UserDirectory,
};

use crate::{Fake, Person};

type Result<T> = std::result::Result<T, ProviderError>;

#[async_trait]
impl UserDirectory for Fake {
    async fn create(&self, user: NewUser) -> Result<DirectoryUser> {
        self.obey().await?;
        accept(user.name.as_deref())?;
        let subject = user.subject.unwrap_or_else(|| self.token("sub"));
        let mut script = self.script();
        let taken = script
            .people
            .values()
            .any(|person| person.login_name == user.login_name);
        if taken || script.people.contains_key(&subject) {
            return Err(ProviderError::Conflict);
        }
        let person = Person {
            login_name: user.login_name,
            email: user.email,
            email_verified: user.email_verified,
            name: user.name,
            ..Person::new(&subject, "")
        };
        let created = person.as_directory_user();
        script.people.insert(subject, person);
        Ok(created)
    }

    async fn find(&self, login_name: &str) -> Result<Option<DirectoryUser>> {
        self.obey().await?;
        let script = self.script();
        let found = script
            .people
            .values()
            .find(|person| person.login_name == login_name);
        Ok(found.map(Person::as_directory_user))
    }

    async fn get(&self, subject: &str) -> Result<Option<DirectoryUser>> {
        self.obey().await?;
        Ok(self
            .script()
            .people
            .get(subject)
            .map(Person::as_directory_user))
    }

    async fn update(&self, user: DirectoryUser) -> Result<()> {
        self.obey().await?;
        accept(user.name.as_deref())?;
        self.must_change(&user.subject, |person| {
            person.login_name = user.login_name;
            person.email = user.email;
            person.email_verified = user.email_verified;
            person.name = user.name;
        })
    }

    async fn set_enabled(&self, subject: &str, enabled: bool) -> Result<()> {
        self.obey().await?;
        self.must_change(subject, |person| {
            person.enabled = enabled;
            if enabled {
                person.locked = None;
            }
        })
    }

    async fn delete(&self, subject: &str) -> Result<()> {
        self.obey().await?;
        self.must_change(subject, |_| {})?;
        self.remove(subject);
        Ok(())
    }

    async fn is_taken(&self, login_name: &str, _: &str) -> Result<bool> {
        Ok(self.find(login_name).await?.is_some())
    }

    fn checks(&self, _: &ForeignHash) -> bool {
        false
    }

    async fn import(&self, people: Vec<ImportedUser>) -> Result<Vec<Imported>> {
        let mut all = Vec::new();
        for person in people {
            all.push(match self.create(person.user).await {
                Ok(mut made) => {
                    if !person.enabled {
                        self.set_enabled(&made.subject, false).await?;
                        made.enabled = false;
                    }
                    Imported::Made(made)
                }
                Err(ProviderError::Conflict) => Imported::Present,
                Err(ProviderError::Unacceptable(member)) => Imported::Refused(member),
                Err(other) => return Err(other),
            });
        }
        Ok(all)
    }
}

impl Fake {
    pub(crate) fn must_change(
        &self,
        subject: &str,
        change: impl FnOnce(&mut Person),
    ) -> Result<()> {
        if self.change(subject, change) {
            Ok(())
        } else {
            Err(ProviderError::NotFound)
        }
    }
}

/// A rule of its own, as providers have them.
fn accept(name: Option<&str>) -> Result<()> {
    if name.is_some_and(|name| name.contains('<')) {
        return Err(ProviderError::Unacceptable("name"));
    }
    Ok(())
}
