//! Signing in by password, and setting one. Known, unknown and disabled people cost the
//! same reads and the same hash; only who types the right password learns anything.

use laneway_contract::{
    Acr, AdapterState, BeginHeadless, Challenge, Denial, LoginStep, MethodKind, PasswordBy,
    PasswordFault, PasswordSet, ProviderError, SetPassword, SubjectHint,
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::account::{self, Account, normalise as normal_name};
use crate::fault::Fault;
use crate::hashing::{self, Judged, Verified};
use crate::password::{self, Stored};
use crate::provider::{Embedded, Memory};
use crate::session::Proof;
use crate::strength;
use crate::totp;

impl Embedded {
    /// No row is written: there is nothing to consume, and counting wrong answers per
    /// account is the core's.
    pub(crate) fn begin_password(request: BeginHeadless) -> Result<LoginStep, Fault> {
        let memory = Memory::Password {
            login_name: request.login_name.as_deref().map(normal_name),
            subject: match request.subject {
                SubjectHint::Known(subject) => Some(subject),
                SubjectHint::Unknown | SubjectHint::Candidate(_) => None,
            },
        };
        challenge(MethodKind::Password, &memory)
    }

    pub(crate) async fn judge_password(
        &self,
        state: &AdapterState,
        login_name: Option<String>,
        subject: Option<String>,
        typed: &SecretString,
    ) -> Result<LoginStep, Fault> {
        let tenant_id = &self.config.tenant_id;
        let stored = match &subject {
            Some(subject) => password::by_subject(&self.db, tenant_id, subject).await?,
            None => {
                let name = login_name.unwrap_or_default();
                password::by_login_name(&self.db, tenant_id, &name).await?
            }
        };
        let verified = self.verify(typed, stored.as_ref()).await?;
        let (Some(stored), Verified::Right | Verified::Outdated(_)) = (&stored, &verified) else {
            return Ok(LoginStep::Denied(Denial::WrongAnswer(state.clone())));
        };
        let hash = match &verified {
            Verified::Outdated(new) => new,
            _ => &stored.hash,
        };
        let now_ms = self.env.clock.now_ms();
        let mut tx = self.db.begin().await?;
        let current = password::used(&mut tx, tenant_id, stored, hash, now_ms).await?;
        let account = account::by_subject(&mut tx, tenant_id, &stored.subject).await?;
        tx.commit().await?;
        Ok(match account {
            // Changed between the look and the judgement.
            _ if !current => LoginStep::Denied(Denial::WrongAnswer(state.clone())),
            None => LoginStep::Denied(Denial::Expired),
            Some(account) if !account.enabled => LoginStep::Denied(Denial::Disabled),
            Some(account) => LoginStep::Authenticated(self.identity(
                account,
                Proof {
                    address: None,
                    amr: vec!["pwd".to_owned()],
                    acr: Acr::Aal1,
                },
            )),
        })
    }

    async fn verify(
        &self,
        typed: &SecretString,
        stored: Option<&Stored>,
    ) -> Result<Verified, Fault> {
        let others = password::likenesses(&self.db, &self.config.tenant_id).await?;
        let plain = typed.expose_secret();
        // What cannot be a password costs the same as one that is wrong.
        let fits = plain.len() <= strength::MAX_BYTES * 4;
        let plain = if fits { plain } else { "" };
        let stored = stored.filter(|_| !plain.is_empty());
        let one = Judged {
            typed: SecretString::from(plain),
            password: SecretString::from(strength::normalise(plain)),
            stored: stored.map(|stored| stored.hash.clone()),
            likeness: stored.and_then(|stored| stored.likeness.clone()),
            others,
        };
        let (cost, salt) = (self.config.hash_cost, self.env.bytes::<16>());
        hashing::apart(move || hashing::verify(cost, &one, salt)).await?
    }

    /// Judges first, hashes then, writes last: account (a companion's person has none yet),
    /// login name and password are one transaction.
    pub(crate) async fn keep_password(&self, request: SetPassword) -> Result<PasswordSet, Fault> {
        let (tenant_id, subject) = (&self.config.tenant_id, &request.subject);
        let old = password::by_subject(&self.db, tenant_id, subject).await?;
        let mut instead_of = None;
        if let (PasswordBy::Person(current), Some(old)) = (&request.by, &old) {
            let current = current.clone().unwrap_or_default();
            if self.verify(&current, Some(old)).await? == Verified::Wrong {
                return Ok(PasswordSet::WrongCurrent);
            }
            instead_of = Some(old.hash.clone());
        }
        let second = totp::find(&self.db, tenant_id, subject).await?.is_some();
        let made = match self.judge_new(&request, second).await? {
            Ok(made) => made,
            Err(fault) => return Ok(PasswordSet::Refused(fault)),
        };
        let now_ms = self.env.clock.now_ms();
        let mut tx = self.db.begin().await?;
        account::insert(&mut tx, tenant_id, &Account::bare(subject), now_ms).await?;
        if let Some(name) = request.login_name.as_deref().map(normal_name) {
            account::name_once(&mut tx, tenant_id, subject, &name).await?;
        }
        let instead_of = instead_of.as_deref();
        let done = password::put(&mut tx, tenant_id, &made, instead_of, now_ms).await?;
        tx.commit().await?;
        Ok(if done {
            PasswordSet::Done
        } else {
            PasswordSet::WrongCurrent
        })
    }

    async fn judge_new(
        &self,
        request: &SetPassword,
        second: bool,
    ) -> Result<Result<Stored, PasswordFault>, Fault> {
        if request.new.expose_secret().len() > strength::MAX_BYTES * 4 {
            return Ok(Err(PasswordFault::TooLong));
        }
        let password = SecretString::from(strength::normalise(request.new.expose_secret()));
        let import = matches!(request.by, PasswordBy::Import);
        let (about, subject) = (request.about.clone(), request.subject.clone());
        let leaked = self.config.breached.clone();
        let (cost, salt) = (self.config.hash_cost, self.env.bytes::<16>());
        hashing::apart(move || {
            let plain = password.expose_secret();
            let judged = if import {
                strength::fits(plain, strength::WITH_SECOND)
            } else {
                let min = if second {
                    strength::WITH_SECOND
                } else {
                    strength::ALONE
                };
                strength::judge(plain, min, &about, leaked.as_deref())
            };
            if let Err(fault) = judged {
                return Ok(Err(fault));
            }
            // An import stands for what the person has elsewhere: it is taken as it is.
            let alone = import || strength::length(plain) >= strength::ALONE;
            let hash = hashing::hash(cost, &password, salt)?;
            Ok(Ok(Stored {
                subject,
                hash,
                alone,
                likeness: None,
            }))
        })
        .await?
    }
}

/// A question that needs no row.
pub(crate) fn challenge(method: MethodKind, memory: &Memory) -> Result<LoginStep, Fault> {
    Ok(LoginStep::Challenge(Box::new(Challenge {
        method,
        public_key: None,
        resend_in: None,
        delivery: None,
        state: AdapterState::encode(memory)
            .map_err(|error| Fault::Provider(ProviderError::InvalidResponse(error.to_string())))?,
    })))
}
