//! People who come from another system, with the passwords that they have there.
//!
//! Owns: what is asked of a record before anything is made, and what becomes of it. Whoever is
//! there is never changed, so that an import can be told again.
//! Must not know: files.

use std::sync::Arc;

use laneway_contract::{
    DirectoryUser, ForeignHash, Imported, ImportedUser, NewUser, ProviderError, UserDirectory,
};
use serde_json::{Value, json};

use super::Act;
use super::users::{left_behind, new_link, take_back};
use crate::audit::{Event, Outcome, kind};
use crate::domain::user::{LinkKind, User, UserState};
use crate::domain::{Code, Email, Problem, UserId};
use crate::lane_a::submit::check_name;
use crate::providers::{Configured, EMBEDDED, read_hash};
use crate::store::{Write, links, users};

/// How many are made in one transaction.
pub const BATCH: usize = 100;

/// Somebody as they are known elsewhere.
pub struct Newcomer {
    /// Address, also the login name.
    pub email: String,
    /// Whether the operator vouches for it.
    pub email_verified: bool,
    /// Display name.
    pub name: Option<String>,
    /// Disabled people are kept out from the start.
    pub disabled: bool,
    /// The hash of their password: a text, or an export's documents.
    pub password_hash: Option<Value>,
}

/// A record that has been judged.
pub struct Ready {
    email: Email,
    email_verified: bool,
    name: Option<String>,
    state: UserState,
    password: Option<ForeignHash>,
}

impl Ready {
    /// The address in its one form, by which two records of one person are told.
    pub fn address(&self) -> &str {
        self.email.as_str()
    }
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// A person.
    Created(UserId),
    /// Nothing: the address is somebody's.
    Present,
    /// Nothing: the provider does not take this member.
    Refused(&'static str),
}

/// Where people are imported to: the tenant's primary, which must let us create them.
pub struct Importer(Arc<Configured>);

impl Importer {
    /// Of this tenant.
    ///
    /// # Errors
    /// `not_supported_by_upstream`.
    pub async fn of(act: &Act<'_>) -> Result<Self, Problem> {
        let primary = act.core.providers.primary(act.tenant).await?;
        let importer = Self(primary);
        importer.directory()?;
        Ok(importer)
    }

    /// Judges a record. Asks nobody and changes nothing.
    ///
    /// # Errors
    /// `invalid_field` that names the member; nothing of a hash is in it.
    pub fn judge(&self, person: Newcomer) -> Result<Ready, Problem> {
        let email = Email::parse(&person.email);
        let email = email.ok_or_else(|| {
            Problem::field("/email", "invalid_email", "Give a full email address.")
        })?;
        let name = person.name.as_deref().map(str::trim);
        let name = name.filter(|name| !name.is_empty()).map(check_name);
        let password = person.password_hash.as_ref().map(|hash| self.hash(hash));
        Ok(Ready {
            email,
            email_verified: person.email_verified,
            name: name.transpose()?,
            state: if person.disabled {
                UserState::Disabled
            } else {
                UserState::Active
            },
            password: password.transpose()?,
        })
    }

    fn hash(&self, handed: &Value) -> Result<ForeignHash, Problem> {
        let hash = read_hash(handed)
            .map_err(|fault| Problem::field("/password_hash", "invalid", fault.advice()))?;
        if self.directory()?.checks(&hash) {
            return Ok(hash);
        }
        let text = format!(
            "The identity provider cannot check {}. Leave the hash out: the person sets a new password there.",
            hash.algorithm()
        );
        Err(Problem::field("/password_hash", "not_supported", text))
    }

    /// Who of them is there already. Changes nothing.
    ///
    /// # Errors
    /// `upstream_unavailable`, `store_unavailable`.
    pub async fn known(&self, act: &Act<'_>, people: &[Ready]) -> Result<Vec<bool>, Problem> {
        let mut known = Vec::with_capacity(people.len());
        for person in people {
            known.push(self.is_known(act, person).await?);
        }
        Ok(known)
    }

    async fn is_known(&self, act: &Act<'_>, person: &Ready) -> Result<bool, Problem> {
        let core = act.core;
        if users::has_address(&core.db, &act.tenant.id, &person.email).await? {
            return Ok(true);
        }
        let address = person.email.as_str();
        let work = self.directory()?.is_taken(address, address);
        let taken = core.providers.call(&self.0, "find", work).await?;
        if !taken || self.0.row.kind != EMBEDDED {
            return Ok(taken);
        }
        // Left by a try that died between the two: the next one goes on with it.
        let left = left_behind(core, act.tenant, &self.0, address).await;
        unless_taken(left).map(|left| left.is_none())
    }

    /// Makes them, first at the provider, then here; [`BATCH`] at most. One answer for each.
    ///
    /// # Errors
    /// `upstream_unavailable`, `store_unavailable`: told again, it goes on where it stopped.
    pub async fn import(&self, act: &Act<'_>, people: Vec<Ready>) -> Result<Vec<Became>, Problem> {
        let mut all = vec![Became::Present; people.len()];
        let mut wanted = Vec::new();
        for (place, person) in people.into_iter().enumerate() {
            if !users::has_address(&act.core.db, &act.tenant.id, &person.email).await? {
                wanted.push((place, UserId(act.core.new_id()), person));
            }
        }
        let mut made = Vec::with_capacity(wanted.len());
        let mut stopped = None;
        // An outside provider is asked for one at a time: each call has its deadline.
        let step = if self.0.row.kind == EMBEDDED {
            BATCH
        } else {
            1
        };
        for some in chunks(wanted, step) {
            match self.make(act, &some).await {
                Ok(answers) => made.extend(some.into_iter().zip(answers)),
                Err(problem) => {
                    stopped = Some(problem);
                    break;
                }
            }
        }
        // Also when it stopped: who is made there already is written down here.
        self.keep(act, made, &mut all).await?;
        stopped.map_or(Ok(all), Err)
    }

    async fn make(
        &self,
        act: &Act<'_>,
        people: &[(usize, UserId, Ready)],
    ) -> Result<Vec<Imported>, Problem> {
        let wanted: Vec<_> = people
            .iter()
            .map(|(_, id, person)| self.as_wanted(id, person))
            .collect();
        let work = self.directory()?.import(wanted);
        let answers = act.core.providers.call(&self.0, "import", work).await?;
        if answers.len() == people.len() {
            return Ok(answers);
        }
        let error = ProviderError::InvalidResponse("an import was answered in part".into());
        Err(crate::providers::problem(&error))
    }

    fn as_wanted(&self, id: &UserId, person: &Ready) -> ImportedUser {
        let address = person.email.as_str().to_owned();
        // Who is switched off here is switched off, wherever they sign in.
        let embedded = self.0.row.kind == EMBEDDED;
        ImportedUser {
            user: NewUser {
                subject: Some(id.0.clone()),
                login_name: address.clone(),
                email: Some(address),
                email_verified: person.email_verified,
                name: person.name.clone(),
            },
            enabled: embedded || person.state == UserState::Active,
            password: person.password.clone(),
        }
    }

    /// Writes down, in one transaction, who was made.
    async fn keep(
        &self,
        act: &Act<'_>,
        made: Vec<((usize, UserId, Ready), Imported)>,
        all: &mut [Became],
    ) -> Result<(), Problem> {
        let mut kept = Vec::with_capacity(made.len());
        for ((place, id, person), answer) in made {
            let account = match answer {
                Imported::Made(account) => Some(account),
                Imported::Present if self.0.row.kind == EMBEDDED => {
                    let email = person.email.as_str();
                    unless_taken(left_behind(act.core, act.tenant, &self.0, email).await)?
                }
                Imported::Present => None,
                Imported::Refused(member) => {
                    all[place] = Became::Refused(member);
                    None
                }
            };
            if let Some(account) = account {
                kept.push((place, id, person, account));
            }
        }
        let written = self.write(act, &kept).await;
        if let Err(problem) = &written {
            for (.., account) in &kept {
                take_back(act.core, &self.0, account, problem).await;
            }
        }
        for (place, id) in written? {
            all[place] = Became::Created(id);
        }
        Ok(())
    }

    async fn write(
        &self,
        act: &Act<'_>,
        people: &[(usize, UserId, Ready, DirectoryUser)],
    ) -> Result<Vec<(usize, UserId)>, Problem> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let mut write = act.core.begin().await?;
        let mut written = Vec::with_capacity(people.len());
        for (place, id, person, account) in people {
            let user = self.as_user(act, id, person, account);
            self.put(act, &mut write, &user, account, person).await?;
            written.push((*place, user.id));
        }
        act.core.commit(write).await?;
        Ok(written)
    }

    fn as_user(&self, act: &Act<'_>, id: &UserId, person: &Ready, account: &DirectoryUser) -> User {
        let embedded = self.0.row.kind == EMBEDDED;
        User {
            id: if embedded {
                UserId(account.subject.clone())
            } else {
                id.clone()
            },
            email: Some(person.email.as_str().to_owned()),
            email_verified: person.email_verified,
            name: person.name.clone(),
            locale: None,
            state: person.state,
            version: 1,
            created_at: act.core.now(),
        }
    }

    async fn put(
        &self,
        act: &Act<'_>,
        write: &mut Write,
        user: &User,
        account: &DirectoryUser,
        person: &Ready,
    ) -> Result<(), Problem> {
        let (core, tenant) = (act.core, &act.tenant.id);
        let of = Some(&*self.0);
        let link = new_link(core, &user.id, LinkKind::Upstream, of, &account.subject);
        if !users::create(&mut write.tx, tenant, user).await?
            || !links::create(&mut write.tx, tenant, &link).await?
        {
            return Err(Problem::new(
                Code::Conflict,
                "Two imports ran at once. Run this one again.",
            ));
        }
        let target = ("user", user.id.as_str());
        let event = Event::new(kind::USER_CREATED, Outcome::Success, target);
        let with = person.password.as_ref().map(ForeignHash::algorithm);
        let detail = json!({ "by": "import", "password": with, "state": user.state });
        act.audit(write, event.detail(detail)).await
    }

    fn directory(&self) -> Result<&dyn UserDirectory, Problem> {
        self.0.provider()?.user_directory().ok_or_else(|| {
            Problem::new(
                Code::NotSupportedByUpstream,
                "The identity provider creates its own users; import them there.",
            )
        })
    }
}

fn unless_taken(left: Result<DirectoryUser, Problem>) -> Result<Option<DirectoryUser>, Problem> {
    match left {
        Ok(left) => Ok(Some(left)),
        Err(problem) if problem.code == Code::Duplicate => Ok(None),
        Err(problem) => Err(problem),
    }
}

fn chunks<T>(all: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut all = all.into_iter();
    let mut some = Vec::new();
    loop {
        let next: Vec<T> = all.by_ref().take(size).collect();
        if next.is_empty() {
            return some;
        }
        some.push(next);
    }
}
