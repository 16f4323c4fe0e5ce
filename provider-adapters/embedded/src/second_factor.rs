//! The second factor: codes of an authenticator app, and the recovery codes that stand in
//! for it. Neither says who somebody is; both are asked only of a person who is known.

use laneway_contract::{
    Acr, AdapterState, BeginEnrol, BeginHeadless, Credential, Denial, EnrolStep, LoginStep,
    MethodKind, ProviderError, SubjectHint,
};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::account::{self, Account};
use crate::challenge::{self, Ceremony, Stored};
use crate::code;
use crate::enrol::over;
use crate::fault::Fault;
use crate::password;
use crate::password_login::challenge as question;
use crate::provider::{Embedded, Memory, state};
use crate::recovery;
use crate::session::Proof;
use crate::totp;
use crate::vault::VaultPlace;

const LABEL: &str = "Authenticator app";

impl Embedded {
    pub(crate) fn begin_second(request: BeginHeadless) -> Result<LoginStep, Fault> {
        let SubjectHint::Known(subject) = request.subject else {
            return Ok(LoginStep::Denied(Denial::Refused(
                "nobody_known".to_owned(),
            )));
        };
        let kind = request.method;
        question(kind, &Memory::Second { kind, subject })
    }

    /// The code must fit and its step must be new; of many copies of one code one counts.
    pub(crate) async fn judge_totp(
        &self,
        state: &AdapterState,
        subject: String,
        typed: &SecretString,
    ) -> Result<LoginStep, Fault> {
        let wrong = || Ok(LoginStep::Denied(Denial::WrongAnswer(state.clone())));
        let (tenant_id, now_ms) = (&self.config.tenant_id, self.env.clock.now_ms());
        let Some(stored) = totp::find(&self.db, tenant_id, &subject).await? else {
            return wrong();
        };
        let secret = self.open(totp_place(&stored.id), &stored.secret)?;
        let code = code::tidy(typed.expose_secret());
        let Some(step) = totp::step(&secret, &code, now_ms)? else {
            return wrong();
        };
        let mut tx = self.db.begin().await?;
        let spent = totp::spend(&mut tx, tenant_id, &stored, &subject, step, now_ms).await?;
        let account = account::by_subject(&mut tx, tenant_id, &subject).await?;
        tx.commit().await?;
        if !spent {
            return wrong();
        }
        Ok(self.second_proven(account))
    }

    pub(crate) async fn judge_recovery(
        &self,
        state: &AdapterState,
        subject: String,
        typed: &SecretString,
    ) -> Result<LoginStep, Fault> {
        let tenant_id = &self.config.tenant_id;
        let code = recovery::tidy(typed.expose_secret());
        let mut tx = self.db.begin().await?;
        let mut spent = false;
        for key in &self.keys.mac {
            let mac = self.recovery_mac(key.expose_secret(), &subject, &code)?;
            spent = spent || recovery::spend(&mut tx, tenant_id, &subject, &mac).await?;
        }
        let account = account::by_subject(&mut tx, tenant_id, &subject).await?;
        tx.commit().await?;
        if !spent {
            return Ok(LoginStep::Denied(Denial::WrongAnswer(state.clone())));
        }
        Ok(self.second_proven(account))
    }

    fn second_proven(&self, account: Option<Account>) -> LoginStep {
        match account {
            None => LoginStep::Denied(Denial::Expired),
            Some(account) if !account.enabled => LoginStep::Denied(Denial::Disabled),
            Some(account) => LoginStep::Authenticated(self.identity(
                account,
                Proof {
                    address: None,
                    amr: vec!["otp".to_owned()],
                    acr: Acr::Aal1,
                },
            )),
        }
    }

    /// A new secret. It is kept sealed beside the question and becomes a factor only when a
    /// code from the app has come back.
    pub(crate) async fn begin_totp(&self, request: BeginEnrol) -> Result<EnrolStep, Fault> {
        let (tenant_id, subject) = (&self.config.tenant_id, request.subject);
        if totp::find(&self.db, tenant_id, &subject).await?.is_some() {
            return Err(ProviderError::Conflict.into());
        }
        let secret = Zeroizing::new(self.env.bytes::<{ totp::SECRET_BYTES }>());
        let app = totp::authenticator(&*secret, &request.relying_party.name, &request.login_name)?;
        let url = app
            .to_url()
            .map_err(|error| ProviderError::InvalidResponse(error.to_string()))?;
        // The id of the future row: what is sealed here opens there, and only there.
        let row = self.new_id();
        let sealed = self.keys.vault.seal(totp_place(&row), &*secret);
        let ceremony = Ceremony::Totp {
            subject: subject.clone(),
            row,
            secret: sealed,
        };
        let id = self.store_ceremony(Some(&subject), &ceremony).await?;
        Ok(EnrolStep::Secret {
            otpauth_uri: SecretString::from(url),
            secret: SecretString::from(app.secret().to_base32()),
            state: state(&id)?,
        })
    }

    pub(crate) async fn finish_totp(
        &self,
        stored: &Stored,
        (subject, row, sealed): (String, String, Vec<u8>),
        typed: &SecretString,
        label: &str,
    ) -> Result<Credential, Fault> {
        let (tenant_id, now_ms) = (&self.config.tenant_id, self.env.clock.now_ms());
        let secret = self.open(totp_place(&row), &sealed)?;
        let code = code::tidy(typed.expose_secret());
        let Some(step) = totp::step(&secret, &code, now_ms)? else {
            self.wrong(&stored.id).await?;
            return Err(ProviderError::InvalidResponse("the code does not fit".to_owned()).into());
        };
        let label = if label.trim().is_empty() {
            LABEL
        } else {
            label.trim()
        };
        let mut tx = self.db.begin().await?;
        if !challenge::consume(&mut tx, tenant_id, stored, self.config.max_tries, now_ms).await? {
            tx.rollback().await?;
            return Err(over());
        }
        account::insert(&mut tx, tenant_id, &Account::bare(&subject), now_ms).await?;
        // The code that proved the enrolment is spent with it.
        let new = totp::New {
            tenant_id,
            subject: &subject,
            id: &row,
            secret: &sealed,
            label,
            step,
            now_ms,
        };
        let added = totp::insert(&mut tx, new).await?;
        tx.commit().await?;
        if !added {
            return Err(ProviderError::Conflict.into());
        }
        Ok(Credential {
            id: row,
            kind: MethodKind::Totp,
            label: label.to_owned(),
            created_at_ms: now_ms,
            last_used_at_ms: None,
            remaining: None,
        })
    }

    /// The recovery codes go with what they stand in for. `None` where a password would be
    /// left that is too short to stand alone.
    pub(crate) async fn remove_totp(&self, subject: &str, id: &str) -> Result<bool, Fault> {
        let tenant_id = &self.config.tenant_id;
        let mut tx = self.db.begin().await?;
        let removed = totp::remove(&mut tx, tenant_id, subject, id).await?;
        let password = password::by_subject(&mut tx, tenant_id, subject).await?;
        if removed && password.is_some_and(|password| !password.alone) {
            tx.rollback().await?;
            return Err(ProviderError::Conflict.into());
        }
        if removed {
            recovery::delete(&mut tx, tenant_id, subject).await?;
        }
        tx.commit().await?;
        Ok(removed)
    }

    pub(crate) async fn new_recovery_codes(
        &self,
        subject: &str,
    ) -> Result<Vec<SecretString>, Fault> {
        let (tenant_id, now_ms) = (&self.config.tenant_id, self.env.clock.now_ms());
        let codes: Vec<String> = (0..recovery::CODES)
            .map(|_| recovery::draw(&*self.env.random))
            .collect();
        let key = self.mac_key();
        let macs = codes
            .iter()
            .map(|code| self.recovery_mac(key, subject, &recovery::tidy(code)))
            .collect::<Result<Vec<_>, _>>()?;
        let mut tx = self.db.begin().await?;
        if totp::find(&mut tx, tenant_id, subject).await?.is_none() {
            tx.rollback().await?;
            return Err(ProviderError::NotFound.into());
        }
        recovery::replace(&mut tx, tenant_id, subject, &macs, now_ms).await?;
        tx.commit().await?;
        Ok(codes.into_iter().map(SecretString::from).collect())
    }

    fn recovery_mac(&self, key: &[u8], subject: &str, code: &str) -> Result<Vec<u8>, Fault> {
        let parts = [
            "laneway-embedded recovery-code",
            &self.config.tenant_id,
            subject,
            code,
        ];
        code::fingerprint(key, &parts).ok_or_else(code::unusable)
    }

    fn open(&self, place: VaultPlace<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let opened = self.keys.vault.open(place, sealed);
        opened.map(Zeroizing::new).ok_or_else(|| {
            Fault::Provider(ProviderError::Misconfigured(
                "an authenticator secret does not open: the master key it was sealed with is gone"
                    .to_owned(),
            ))
        })
    }

    /// Everything of one person but passkeys, for a settings page.
    pub(crate) async fn other_credentials(&self, subject: &str) -> Result<Vec<Credential>, Fault> {
        let (db, tenant_id) = (&self.db, &self.config.tenant_id);
        let plain = |kind: MethodKind, created: i64, used: Option<i64>| Credential {
            id: kind.as_str().to_owned(),
            kind,
            label: String::new(),
            created_at_ms: created,
            last_used_at_ms: used,
            remaining: None,
        };
        let mut all = Vec::new();
        if let Some((changed, used)) = password::dates(db, tenant_id, subject).await? {
            all.push(plain(MethodKind::Password, changed, used));
        }
        if let Some(app) = totp::find(db, tenant_id, subject).await? {
            all.push(Credential {
                id: app.id,
                label: app.label,
                ..plain(MethodKind::Totp, app.created_at, app.last_used_at)
            });
        }
        if let Some((remaining, since)) = recovery::left(db, tenant_id, subject).await? {
            all.push(Credential {
                remaining: Some(remaining),
                ..plain(MethodKind::RecoveryCode, since, None)
            });
        }
        Ok(all)
    }
}

fn totp_place(row: &str) -> VaultPlace<'_> {
    VaultPlace {
        table: "embedded_totp",
        column: "secret",
        row,
    }
}
