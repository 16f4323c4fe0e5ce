//! Service accounts by what they prove themselves with: a key of ours, or a public key of theirs.
//! An access token that came of it counts for as long as both do, so the store is asked each time.
//!
//! Must not know: how somebody proves to hold a key.

use std::sync::Arc;

use laneway_sqlkit::DbError;

use super::cache::{Live, Sessions};
use super::tokens::whole;
use crate::domain::session::Session;
use crate::domain::user::{User, UserState};
use crate::domain::{TenantId, UserId};
use crate::store::api_tokens::{self, ApiToken, Principal, Token, Usage};
use crate::store::public_keys;
use crate::store::service_accounts::{self as accounts, Standing};

/// A service account with what it has proven itself by, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// What it is.
    pub account: Standing,
    /// What its key is limited to; `None`: all that the account may.
    pub scopes: Option<Vec<String>>,
    /// Epoch ms, where that ends.
    pub ends_at: Option<i64>,
}

/// An access token of a service account that was shown.
pub struct ByAccount<'a> {
    /// The account.
    pub account: &'a str,
    /// What it had proven itself by.
    pub proof: &'a str,
    /// What the token is limited to.
    pub scopes: Vec<String>,
    /// Epoch ms.
    pub issued_at: i64,
    /// Epoch ms.
    pub expires_at: i64,
}

impl Sessions {
    /// A service account by the id of a key of either kind; `None` when the account is switched
    /// off or gone, or the key is not its own, over or gone.
    ///
    /// # Errors
    /// [`DbError`] when the store could not answer.
    pub async fn proven(
        &self,
        tenant: &TenantId,
        account: &str,
        proof: &str,
    ) -> Result<Option<Proven>, DbError> {
        let own = Principal::ServiceAccount(account.to_owned());
        let (scopes, ends_at) = match api_tokens::find_by_id(&self.db, proof).await? {
            Some(Token::Api(token)) if token.tenant == *tenant && token.principal == own => {
                (token.scopes, Some(token.expires_at))
            }
            None if public_keys::is_there(&self.db, tenant, account, proof).await? => (None, None),
            Some(_) | None => return Ok(None),
        };
        if ends_at.is_some_and(|end| end <= self.now()) {
            return Ok(None);
        }
        let found = accounts::standing(&self.db, tenant, account).await?;
        Ok(found.map(|account| Proven {
            account,
            scopes,
            ends_at,
        }))
    }

    /// The caller behind an access token of a service account, in the form of a session.
    ///
    /// # Errors
    /// [`DbError`] when the store could not answer.
    pub async fn account_shown(
        &self,
        tenant: &TenantId,
        shown: ByAccount<'_>,
    ) -> Result<Option<Arc<Live>>, DbError> {
        let as_of = self.log.as_of();
        let found = self.proven(tenant, shown.account, shown.proof).await?;
        let Some(Proven { account, .. }) = found else {
            return Ok(None);
        };
        let user = caller(shown.account, &account);
        let token = ApiToken {
            id: shown.proof.to_owned(),
            prefix: String::new(),
            name: String::new(),
            tenant: tenant.clone(),
            principal: Principal::ServiceAccount(shown.account.to_owned()),
            org: None,
            scopes: Some(shown.scopes),
            sign_in: None,
            created_at: shown.issued_at,
            expires_at: shown.expires_at,
            usage: Usage::default(),
        };
        let read = whole(token, user, account.org, true);
        let kept = self.packer.pack(read, self.now(), as_of);
        let kept = kept.ok_or_else(|| {
            DbError::Broken("a token of a service account could not be packed".into())
        })?;
        Ok(Some(Live::of(Arc::new(kept))))
    }

    /// Does what was true of a service account when an exchange began still hold?
    pub(super) async fn account_still_good(&self, live: &Live) -> Result<bool, DbError> {
        let Session {
            tenant, user, sid, ..
        } = &live.session;
        if live.ends_at() <= self.now() {
            return Ok(false);
        }
        let found = self.proven(tenant, user.as_str(), sid.as_str()).await?;
        Ok(found.is_some_and(|proven| proven.account.org == live.org))
    }
}

/// A service account as callers are known.
pub(super) fn caller(id: &str, account: &Standing) -> User {
    User {
        id: UserId(id.to_owned()),
        email: None,
        email_verified: false,
        name: Some(account.name.clone()),
        locale: None,
        state: UserState::Active,
        version: 1,
        created_at: account.created_at,
    }
}
