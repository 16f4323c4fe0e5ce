//! Six digits by e-mail: for signing in, signing up, and proving an address. The same
//! reads and writes happen whether the name is known, unknown or disabled, so that neither
//! text nor time tells them apart; only the mail does, and only its owner reads that.

use laneway_contract::{
    Acr, BeginHeadless, Challenge, Delivery, Denial, LoginStep, MethodKind, SubjectHint,
};
use laneway_sqlkit::Tx;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::account::{self, Account, normalise};
use crate::challenge::{self, Ceremony, New, Replacement, Stored, Who};
use crate::code;
use crate::fault::Fault;
use crate::provider::{Embedded, state};
use crate::session::Proof;

/// Codes sent for one challenge, the first included.
const MAX_SENDS: i64 = 5;

/// Who is meant by what was typed, and where a code would go.
struct Target {
    who: Who,
    subject: Option<String>,
    address: Option<String>,
}

impl Embedded {
    pub(crate) async fn begin_code(&self, request: BeginHeadless) -> Result<LoginStep, Fault> {
        let now_ms = self.env.clock.now_ms();
        let tenant_id = &self.config.tenant_id;
        let typed = request
            .login_name
            .as_deref()
            .map(normalise)
            .filter(|name| !name.is_empty());
        let id = self.new_id();
        let code = code::draw(&*self.env.random);

        let mut tx = self.db.begin().await?;
        challenge::purge(&mut tx, tenant_id, now_ms).await?;
        let target = self.target(&mut tx, typed, request.subject).await?;
        let address = target.address.filter(|_| request.deliver);
        let answer_mac = self.answer_mac(&id, &code, address.is_some())?;
        let ceremony = Ceremony::Code {
            who: target.who,
            address: address.clone(),
        };
        challenge::insert(
            &mut tx,
            New {
                tenant_id,
                id: &id,
                subject: target.subject.as_deref(),
                ceremony: &ceremony,
                answer_mac: &answer_mac,
                now_ms,
                expires_at: self.code_expiry(now_ms),
            },
        )
        .await?;
        tx.commit().await?;
        code_challenge(
            &id,
            Some(self.config.resend_after_s),
            self.delivery(address, code),
        )
    }

    /// Exactly one of many right answers gets past `consume`. Account and consumption are
    /// one transaction: a crash leaves both or neither.
    pub(crate) async fn judge_code(
        &self,
        stored: &Stored,
        who: Who,
        address: Option<String>,
        typed: &SecretString,
    ) -> Result<LoginStep, Fault> {
        let typed = SecretString::from(code::tidy(typed.expose_secret()));
        let mac = self.mac(&stored.id, typed.expose_secret())?;
        let right: bool = mac.as_slice().ct_eq(stored.answer_mac.as_slice()).into();
        let Some(address) = address.filter(|_| right) else {
            return self.wrong(&stored.id).await;
        };

        let now_ms = self.env.clock.now_ms();
        let (tenant_id, max_tries) = (&self.config.tenant_id, self.config.max_tries);
        let mut tx = self.db.begin().await?;
        if !challenge::consume(&mut tx, tenant_id, stored, max_tries, now_ms).await? {
            tx.rollback().await?;
            return Ok(LoginStep::Denied(Denial::Expired));
        }
        let account = self.settle(&mut tx, who, &address, now_ms).await?;
        tx.commit().await?;
        Ok(match account {
            None => LoginStep::Denied(Denial::Expired),
            Some(account) if !account.enabled => LoginStep::Denied(Denial::Disabled),
            Some(account) => LoginStep::Authenticated(self.identity(
                account,
                Proof {
                    address: Some(address),
                    amr: vec!["email".to_owned()],
                    acr: Acr::Aal1,
                },
            )),
        })
    }

    /// Another code for the same challenge. Too early or too often: the same answer, but
    /// nothing is sent and the code that is out stays valid.
    pub(crate) async fn resend(
        &self,
        stored: &Stored,
        address: Option<String>,
    ) -> Result<LoginStep, Fault> {
        let now_ms = self.env.clock.now_ms();
        let code = code::draw(&*self.env.random);
        let answer_mac = self.answer_mac(&stored.id, &code, address.is_some())?;
        let wait_ms = i64::from(self.config.resend_after_s) * 1000;
        let replacement = Replacement {
            answer_mac: &answer_mac,
            expires_at: self.code_expiry(now_ms),
            sent_before: now_ms - wait_ms,
            max_sends: MAX_SENDS,
            max_tries: self.config.max_tries,
            now_ms,
        };
        let mut tx = self.db.begin().await?;
        let tenant_id = &self.config.tenant_id;
        let sent = challenge::replace_code(&mut tx, tenant_id, &stored.id, &replacement).await?;
        tx.commit().await?;
        if sent {
            let again = (stored.sends + 1 < MAX_SENDS).then_some(self.config.resend_after_s);
            return code_challenge(&stored.id, again, self.delivery(address, code));
        }
        let left_ms = (stored.sent_at + wait_ms - now_ms).clamp(0, wait_ms);
        let left_s = u32::try_from((left_ms + 999) / 1000).unwrap_or(self.config.resend_after_s);
        let again = (stored.sends < MAX_SENDS).then_some(left_s);
        code_challenge(&stored.id, again, None)
    }

    /// One lookup in every case. A subject named by the core wins over the owner of the
    /// typed name; the code goes to what was typed, or to the account's own address where
    /// that is not an address.
    async fn target(
        &self,
        tx: &mut Tx,
        typed: Option<String>,
        hint: SubjectHint,
    ) -> Result<Target, Fault> {
        let tenant_id = &self.config.tenant_id;
        let typed_address = typed.clone().filter(|typed| typed.contains('@'));
        if let SubjectHint::Known(subject) = hint {
            let account = account::by_subject(tx, tenant_id, &subject).await?;
            return Ok(Target {
                who: Who::Subject(subject.clone()),
                address: typed_address.or(account.and_then(|account| account.email)),
                subject: Some(subject),
            });
        }
        let login_name = typed.unwrap_or_default();
        let owner = account::by_login_name(tx, tenant_id, &login_name).await?;
        Ok(match (owner, hint) {
            (Some(owner), _) => Target {
                who: Who::Owner(login_name),
                subject: Some(owner.subject),
                address: typed_address.or(owner.email),
            },
            (None, SubjectHint::Candidate(subject)) => Target {
                who: Who::New {
                    login_name,
                    subject,
                },
                subject: None,
                address: typed_address,
            },
            (None, _) => Target {
                who: Who::Nobody,
                subject: None,
                address: None,
            },
        })
    }

    /// The account that the right code belongs to, made if that was agreed at the start.
    async fn settle(
        &self,
        tx: &mut Tx,
        who: Who,
        address: &str,
        now_ms: i64,
    ) -> Result<Option<Account>, Fault> {
        let tenant_id = &self.config.tenant_id;
        let proven = |account: Account| Account {
            email: Some(address.to_owned()),
            email_verified: true,
            ..account
        };
        let subject = match who {
            Who::Nobody => return Ok(None),
            // A companion's row gets no login name: such a person is found by the core.
            Who::Subject(subject) => {
                account::insert(tx, tenant_id, &proven(Account::bare(&subject)), now_ms).await?;
                subject
            }
            Who::Owner(login_name) => {
                let owner = account::by_login_name(&mut *tx, tenant_id, &login_name).await?;
                let Some(owner) = owner else { return Ok(None) };
                owner.subject
            }
            Who::New {
                login_name,
                subject,
            } => {
                let new = Account {
                    login_name: Some(login_name.clone()),
                    ..proven(Account::bare(&subject))
                };
                // Of two sign-ups for one address the first to finish makes the account
                // and the second enters it.
                account::insert(tx, tenant_id, &new, now_ms).await?;
                let owner = account::by_login_name(&mut *tx, tenant_id, &login_name).await?;
                let Some(owner) = owner else { return Ok(None) };
                owner.subject
            }
        };
        account::mark_proven(tx, tenant_id, &subject, address).await?;
        Ok(account::by_subject(tx, tenant_id, &subject).await?)
    }

    /// What the right answer must look like. Without a recipient nothing is right: the row
    /// gets random bytes that no code has as its MAC, at the same cost.
    fn answer_mac(&self, id: &str, code: &str, sent: bool) -> Result<Vec<u8>, Fault> {
        let mac = self.mac(id, code)?;
        let nothing = self.env.bytes::<32>().to_vec();
        Ok(if sent { mac } else { nothing })
    }

    fn mac(&self, id: &str, code: &str) -> Result<Vec<u8>, Fault> {
        code::mac(self.mac_key(), &self.config.tenant_id, id, code).ok_or_else(code::unusable)
    }

    fn code_expiry(&self, now_ms: i64) -> i64 {
        now_ms + i64::from(self.config.code_ttl_s) * 1000
    }

    fn delivery(&self, address: Option<String>, code: String) -> Option<Delivery> {
        let code = SecretString::from(code);
        address.map(|to| Delivery {
            to,
            code,
            expires_in: self.config.code_ttl_s,
        })
    }
}

fn code_challenge(
    id: &str,
    resend_in: Option<u32>,
    delivery: Option<Delivery>,
) -> Result<LoginStep, Fault> {
    Ok(LoginStep::Challenge(Box::new(Challenge {
        method: MethodKind::EmailCode,
        public_key: None,
        resend_in,
        delivery,
        state: state(id)?,
    })))
}
