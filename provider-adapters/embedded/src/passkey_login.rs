//! Signing in by passkey: discoverable (the passkey says who), or bound to one person for
//! step-up. What was typed never decides whose passkey it is.

use laneway_contract::{Acr, BeginHeadless, Challenge, Denial, LoginStep, MethodKind, SubjectHint};
use serde::Deserialize as _;
use serde_json::Value;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, PublicKeyCredential, WebauthnError,
};

use crate::account;
use crate::challenge::{self, Ceremony, New, Stored};
use crate::fault::Fault;
use crate::passkey;
use crate::provider::{Embedded, state};
use crate::session::Proof;
use crate::webauthn::{CEREMONY_MS, Party, user_handle};

/// What was asked for at the start.
pub(crate) struct Wanted {
    pub(crate) party: Party,
    pub(crate) subject: Option<String>,
    pub(crate) webauthn: DiscoverableAuthentication,
}

impl Embedded {
    pub(crate) async fn begin_assertion(&self, request: BeginHeadless) -> Result<LoginStep, Fault> {
        let tenant_id = &self.config.tenant_id;
        let party = Party::from(request.relying_party);
        let (subject, allowed) = match request.subject {
            SubjectHint::Known(subject) => {
                let own = passkey::ids_of(&self.db, tenant_id, &subject, &party.id).await?;
                if own.is_empty() {
                    // An empty list would mean "any passkey" to the browser.
                    return Ok(LoginStep::Denied(Denial::Refused("no_passkey".to_owned())));
                }
                (Some(subject), own)
            }
            SubjectHint::Unknown | SubjectHint::Candidate(_) => (None, Vec::new()),
        };
        let (options, webauthn) = party.begin_assertion(&allowed)?;
        let ceremony = Ceremony::Assertion {
            party,
            subject: subject.clone(),
            webauthn: Box::new(webauthn),
        };
        let id = self.store_ceremony(subject.as_deref(), &ceremony).await?;
        Ok(LoginStep::Challenge(Box::new(Challenge {
            method: MethodKind::Passkey,
            public_key: Some(options),
            resend_in: None,
            delivery: None,
            state: state(&id)?,
        })))
    }

    pub(crate) async fn judge_assertion(
        &self,
        stored: &Stored,
        wanted: Wanted,
        credential: &Value,
    ) -> Result<LoginStep, Fault> {
        let Ok(credential) = PublicKeyCredential::deserialize(credential) else {
            return self.wrong(&stored.id).await;
        };
        let tenant_id = &self.config.tenant_id;
        let found =
            passkey::by_credential_id(&self.db, tenant_id, credential.get_credential_id()).await?;
        let Some(found) = found.filter(|found| may_answer(found, &wanted, &credential)) else {
            return self.wrong(&stored.id).await;
        };
        match wanted
            .party
            .finish_assertion(&credential, wanted.webauthn, &found.passkey)?
        {
            Ok(result) => self.finish_assertion(stored, found, &result).await,
            Err(WebauthnError::CredentialPossibleCompromise) => {
                self.wrong(&stored.id).await?;
                Ok(regressed())
            }
            Err(error) => {
                tracing::debug!(%error, "a passkey assertion was refused");
                self.wrong(&stored.id).await
            }
        }
    }

    /// One short transaction: close the challenge, move the counter, look whether the
    /// person may enter.
    async fn finish_assertion(
        &self,
        stored: &Stored,
        mut found: passkey::Stored,
        result: &AuthenticationResult,
    ) -> Result<LoginStep, Fault> {
        let now_ms = self.env.clock.now_ms();
        let (tenant_id, max_tries) = (&self.config.tenant_id, self.config.max_tries);
        found.passkey.update_credential(result);
        let mut tx = self.db.begin().await?;
        if !challenge::consume(&mut tx, tenant_id, stored, max_tries, now_ms).await? {
            tx.rollback().await?;
            return Ok(LoginStep::Denied(Denial::Expired));
        }
        let counted = passkey::used(
            &mut tx,
            tenant_id,
            &found,
            i64::from(result.counter()),
            now_ms,
        )
        .await?;
        let account = account::by_subject(&mut tx, tenant_id, &found.subject).await?;
        tx.commit().await?;
        if !counted {
            return Ok(regressed());
        }
        Ok(match account {
            None => LoginStep::Denied(Denial::Expired),
            Some(account) if !account.enabled => LoginStep::Denied(Denial::Disabled),
            Some(account) => {
                // RFC 8176: a synced key lives in software, wherever it was made.
                let key = if result.backup_eligible() {
                    "swk"
                } else {
                    "hwk"
                };
                let amr = vec![key.to_owned(), "user".to_owned()];
                let proof = Proof {
                    address: None,
                    amr,
                    acr: Acr::Phr,
                };
                LoginStep::Authenticated(self.identity(account, proof))
            }
        })
    }

    /// Writes down a passkey ceremony that has just begun; its id.
    pub(crate) async fn store_ceremony(
        &self,
        subject: Option<&str>,
        ceremony: &Ceremony,
    ) -> Result<String, Fault> {
        let now_ms = self.env.clock.now_ms();
        let tenant_id = &self.config.tenant_id;
        let id = self.new_id();
        let mut tx = self.db.begin().await?;
        challenge::purge(&mut tx, tenant_id, now_ms).await?;
        let new = New {
            tenant_id,
            id: &id,
            subject,
            ceremony,
            answer_mac: &[],
            now_ms,
            expires_at: now_ms + CEREMONY_MS,
        };
        challenge::insert(&mut tx, new).await?;
        tx.commit().await?;
        Ok(id)
    }
}

/// Whether this passkey is one that was asked for and its owner the one it names
/// (WebAuthn L3 §7.2 step 6): a discoverable ceremony must carry the handle.
fn may_answer(found: &passkey::Stored, wanted: &Wanted, credential: &PublicKeyCredential) -> bool {
    let handle = credential.get_user_unique_id();
    let named = handle.is_some_and(|handle| handle == user_handle(&found.subject));
    let owner_fits = match &wanted.subject {
        Some(subject) => *subject == found.subject && (handle.is_none() || named),
        None => named,
    };
    owner_fits && found.rp_id == wanted.party.id
}

/// The counter went backwards or stood still: there may be a copy of the key.
fn regressed() -> LoginStep {
    LoginStep::Denied(Denial::Refused("sign_count_regressed".to_owned()))
}
