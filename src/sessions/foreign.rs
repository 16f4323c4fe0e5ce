//! Access tokens of upstreams on this node. One lies in memory in the form of a session, for
//! moments only: what ends or changes its person, their place or its upstream is heard in the
//! same way as for sessions.
//!
//! Owns: whom such a token stands for, found by link alone, and how long that is kept.
//! Must not know: whether a token counts.

use std::sync::Arc;

use laneway_contract::Acr;
use laneway_sqlkit::DbError;

use super::cache::{Live, Sessions, key};
use super::kept::{Kept, Whole};
use super::log::AsOf;
use super::tokens::Held;
use crate::domain::bearer::is_outlived;
use crate::domain::session::{Session, SessionUpstream};
use crate::domain::upstream::Role;
use crate::domain::user::{LinkKind, User, UserState};
use crate::domain::{Sid, TenantId};
use crate::store::{links, sessions, upstreams, users};

/// So long one is kept without being judged again. With the seconds that an answer may be old
/// already, a provider's yes counts for at most half a minute.
const KEPT_MS: i64 = 25_000;

/// A token in memory, with the instant up to which it counts unseen.
pub(super) type Vouching = (Arc<Kept>, i64);

/// What an upstream has vouched for by a token.
pub struct Vouched {
    /// Whose upstream.
    pub tenant: TenantId,
    /// Which, and whom it calls so.
    pub upstream: SessionUpstream,
    /// Who asserts.
    pub issuer: String,
    /// Rung reached.
    pub acr: Acr,
    /// RFC 8176 values.
    pub amr: Vec<String>,
    /// Epoch ms of the proof.
    pub auth_time: i64,
    /// Epoch ms, where it is known.
    pub issued_at: Option<i64>,
    /// Epoch ms, where it is known.
    pub expires_at: Option<i64>,
    /// What it is limited to.
    pub grants: Vec<String>,
}

/// Why nobody is behind a token that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nobody {
    /// Nobody is linked to whom it names.
    Unlinked,
    /// The person is switched off, or gone.
    Inactive,
    /// Their sessions have been ended since it was issued.
    Outlived,
}

impl Sessions {
    /// A token that was judged a moment ago; `None`: it has to be judged again.
    pub fn kept_foreign(&self, hash: &[u8; 32]) -> Option<Arc<Live>> {
        if !self.log.is_fresh() {
            return None;
        }
        let (kept, until) = self.foreign.get(&key(hash))?;
        let good = self.now() < until && !self.marks.outdate(&kept.names(), kept.epoch);
        good.then(|| Live::of(kept))
    }

    /// The person behind a token that counts. `as_of` is from before it was judged.
    ///
    /// # Errors
    /// [`DbError`] when the store could not answer.
    pub async fn admit_foreign(
        &self,
        hash: &[u8; 32],
        vouched: Vouched,
        as_of: AsOf,
    ) -> Result<Result<Arc<Live>, Nobody>, DbError> {
        let who = Named {
            tenant: &vouched.tenant,
            upstream: &vouched.upstream,
            issuer: &vouched.issuer,
            issued_at: vouched.issued_at,
        };
        let user = match self.person_behind(&who).await? {
            Ok(user) => user,
            Err(nobody) => return Ok(Err(nobody)),
        };
        let now = self.now();
        let until = vouched.expires_at.unwrap_or(i64::MAX).min(now + KEPT_MS);
        let read = whole(hash, vouched, user, until);
        let kept = self.packer.pack(read, now, as_of);
        let kept =
            Arc::new(kept.ok_or_else(|| {
                DbError::Broken("a token of an upstream could not be packed".into())
            })?);
        if self.log.is_fresh() && self.log.epoch() == as_of.epoch {
            self.foreign.insert(key(hash), (Arc::clone(&kept), until));
            // As with sessions: a mark may have come and gone in between.
            if self.log.epoch() != as_of.epoch {
                self.foreign.remove(&key(hash));
            }
        }
        Ok(Ok(Live::of(kept)))
    }

    async fn person_behind(&self, who: &Named<'_>) -> Result<Result<User, Nobody>, DbError> {
        let (db, tenant, tie) = (&self.db, who.tenant, who.upstream);
        let kind = LinkKind::Upstream;
        let found = links::find_user(db, tenant, kind, who.issuer, &tie.subject).await?;
        let Some(id) = found else {
            return Ok(Err(Nobody::Unlinked));
        };
        let user = users::find(db, tenant, &id).await?;
        let Some(user) = user.filter(|user| user.state == UserState::Active) else {
            return Ok(Err(Nobody::Inactive));
        };
        let marked = users::sessions_ended_at(db, tenant, &id).await?;
        let ended = match &tie.sid {
            Some(sid) => sessions::upstream_ended_at(db, tenant, &tie.id, sid).await?,
            None => None,
        };
        let now = self.now();
        let outlived = [marked, ended]
            .into_iter()
            .flatten()
            .any(|at| is_outlived(who.issued_at, at, now));
        Ok(if outlived {
            Err(Nobody::Outlived)
        } else {
            Ok(user)
        })
    }

    /// Does what was true of a token when an exchange began still hold? The upstream is not asked:
    /// what it says is heard with the next call.
    pub(super) async fn foreign_still_good(
        &self,
        live: &Live,
        issuer: &str,
    ) -> Result<bool, DbError> {
        let session = &live.session;
        let Some(tie) = &session.upstream else {
            return Ok(false);
        };
        let row = upstreams::find(&self.db, &session.tenant, &tie.id).await?;
        let taken = row.is_some_and(|row| {
            let said = row.options.get(crate::domain::bearer::OPTION);
            row.role != Role::Retired && said.is_some_and(|said| !said.is_null())
        });
        if !taken || live.ends_at() <= self.now() {
            return Ok(false);
        }
        let who = Named {
            tenant: &session.tenant,
            upstream: tie,
            issuer,
            issued_at: (session.created_at != 0).then_some(session.created_at),
        };
        let found = self.person_behind(&who).await?;
        Ok(found.is_ok_and(|user| user.id == session.user))
    }
}

/// Whom a token names.
struct Named<'a> {
    tenant: &'a TenantId,
    upstream: &'a SessionUpstream,
    issuer: &'a str,
    issued_at: Option<i64>,
}

/// A token in the form of a session. Its id tells it from others and opens nothing.
fn whole(hash: &[u8; 32], vouched: Vouched, user: User, until: i64) -> Whole {
    let issued_at = vouched.issued_at.unwrap_or(0);
    let session = Session {
        sid: Sid(uuid::Builder::from_custom_bytes(key(hash))
            .into_uuid()
            .to_string()),
        tenant: vouched.tenant,
        user: user.id.clone(),
        org: None,
        acr: vouched.acr,
        amr: vouched.amr,
        auth_time: vouched.auth_time,
        upstream: Some(vouched.upstream),
        device: None,
        app: None,
        ip: String::new(),
        user_agent: String::new(),
        created_at: issued_at,
        last_seen_at: issued_at,
        idle_ms: i64::MAX,
        expires_at: vouched.expires_at.unwrap_or(until),
        checked_at: None,
    };
    Whole {
        session,
        host: String::new(),
        user,
        org: None,
        token: Some(Box::new(Held {
            scopes: Some(vouched.grants),
            service: false,
            sign_in: None,
            admitted: true,
            issuer: Some(vouched.issuer),
            app: None,
        })),
    }
}
