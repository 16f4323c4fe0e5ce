//! Our client's own account in the realm of people.
//!
//! Owns: its token, kept as long as it is good. Must not know: what is asked with it.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::Response;
use laneway_contract::{Env, ProviderError};
use url::Url;

use crate::admin::{Admin, Call, Seen};
use crate::realm::Realm;
use crate::{AdminCredential, KeycloakConfig};

/// Clocks that differ by no more are taken for the same: Keycloak tells its own in seconds.
const SAME_MS: i64 = 2_000;

/// The account.
pub(crate) struct Account {
    realm: Realm,
    credential: AdminCredential,
    kept: Mutex<Option<SignedIn>>,
}

/// The account with its token.
#[derive(Clone)]
pub(crate) struct SignedIn {
    pub(crate) admin: Admin,
    until_ms: i64,
    /// By how much Keycloak's clock is ahead of ours.
    pub(crate) ahead_ms: i64,
}

impl Account {
    pub(crate) fn new(config: &KeycloakConfig) -> Result<Self, ProviderError> {
        let realm = Realm::of_issuer(&config.issuer)?;
        Ok(Self {
            credential: AdminCredential::Client {
                realm: realm.name.clone(),
                client_id: config.client_id.clone(),
                client_secret: config.client_secret.clone(),
            },
            realm,
            kept: Mutex::default(),
        })
    }

    /// Signed in anew, with the rights that it has now.
    pub(crate) async fn fresh(&self, env: &Env) -> Result<Admin, ProviderError> {
        Admin::sign_in(&self.realm, &self.credential, env).await
    }

    /// The answer to one call. What is refused with the token that is kept was not done, and is
    /// asked once more with a new one: rights are in the token, and whoever signs everybody out
    /// of the realm signs us out too.
    pub(crate) async fn send(
        &self,
        call: &Call<'_>,
        env: &Env,
    ) -> Result<Response<Bytes>, ProviderError> {
        if let Some(kept) = self.kept(env.clock.now_ms()) {
            let answer = kept.admin.call(call).await?;
            if !matches!(answer.status().as_u16(), 401 | 403) {
                return Ok(answer);
            }
        }
        self.sign_in(env).await?.admin.call(call).await
    }

    /// What the administration says of a person.
    pub(crate) async fn seen(&self, subject: &str, env: &Env) -> Result<Seen, ProviderError> {
        let unseen = |error| match error {
            // No account, or a proxy in front of the administration.
            ProviderError::Misconfigured(_)
            | ProviderError::InvalidResponse(_)
            | ProviderError::GrantRevoked => Ok(Seen::Not),
            other => Err(other),
        };
        if let Some(kept) = self.kept(env.clock.now_ms()) {
            match kept.admin.seen(subject).await {
                Err(ProviderError::GrantRevoked) => {}
                other => return other.or_else(unseen),
            }
        }
        let signed_in = match self.sign_in(env).await {
            Ok(signed_in) => signed_in,
            Err(error) => return unseen(error),
        };
        signed_in.admin.seen(subject).await.or_else(unseen)
    }

    /// The address of a document.
    pub(crate) fn place(&self, path: &[&str]) -> Url {
        self.realm.admin_url(path)
    }

    /// The token that is kept, while it is good.
    pub(crate) fn kept(&self, now: i64) -> Option<SignedIn> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone().filter(|kept| kept.until_ms > now)
    }

    /// Signs in and keeps the token.
    pub(crate) async fn sign_in(&self, env: &Env) -> Result<SignedIn, ProviderError> {
        let asked = env.clock.now_ms();
        let admin = self.fresh(env).await?;
        let ahead = admin.issued_ms().map_or(0, |at| at + 500 - asked);
        let signed_in = SignedIn {
            // Half of its life: the other half is for a slow call.
            until_ms: asked + admin.lives_ms() / 2,
            ahead_ms: if ahead.abs() > SAME_MS { ahead } else { 0 },
            admin,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(signed_in.clone());
        Ok(signed_in)
    }
}
