//! A session as it lies in memory: a hundred thousand of them are kept for each that is
//! looked at, so they lie packed.
//!
//! Owns: what is packed, what is shared between sessions, and the way back.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde::{Deserialize, Serialize};

use super::rendered::Rendered;
use crate::domain::session::Session;
use crate::domain::user::{Membership, User};
use crate::domain::{TenantId, UserId};
use crate::store::invalidations::Scope;

/// A packed session.
pub(super) struct Kept {
    packed: Box<[u8]>,
    tenant: Arc<str>,
    host: Arc<str>,
    user_agent: Arc<str>,
    org: Option<Arc<Membership>>,
    /// What an invalidation may name: session, user, organization, upstream, tenant.
    names: [u32; 5],
    /// The log's epoch when the row was read.
    pub(super) epoch: u64,
    expires_at: i64,
    idle_ms: i64,
    last_seen: AtomicI64,
    /// Made for the few that are proxied, not for all that are kept.
    rendered: OnceLock<Box<Rendered>>,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    session: Session,
    user: User,
}

/// The same session, readable.
pub(super) struct Unpacked {
    pub(super) session: Session,
    pub(super) host: String,
    pub(super) user: User,
    pub(super) org: Option<Membership>,
}

impl Kept {
    pub(super) fn idle_until(&self) -> i64 {
        self.last_seen
            .load(Ordering::Relaxed)
            .saturating_add(self.idle_ms)
    }

    pub(super) fn is_over(&self, now: i64) -> bool {
        now >= self.expires_at || now >= self.idle_until()
    }

    pub(super) fn last_seen(&self) -> i64 {
        self.last_seen.load(Ordering::Relaxed)
    }

    pub(super) fn seen(&self, now: i64) {
        self.last_seen.store(now, Ordering::Relaxed);
    }

    pub(super) fn rendered(&self) -> &Rendered {
        self.rendered.get_or_init(Box::default)
    }

    pub(super) fn names(&self) -> &[u32] {
        &self.names
    }

    /// `None`: it cannot be read back, and the row has to be read again.
    pub(super) fn unpack(&self) -> Option<Unpacked> {
        let Packed {
            mut session,
            mut user,
        } = postcard::from_bytes(&self.packed).ok()?;
        session.tenant = TenantId(self.tenant.to_string());
        session.user_agent = self.user_agent.to_string();
        user.id = session.user.clone();
        Some(Unpacked {
            session,
            host: self.host.to_string(),
            user,
            org: self.org.as_deref().cloned(),
        })
    }
}

/// Packs sessions, and keeps once what many of them say alike.
#[derive(Default)]
pub(super) struct Packer {
    hasher: RandomState,
    texts: Mutex<HashSet<Arc<str>>>,
    memberships: Mutex<HashSet<Arc<Membership>>>,
}

impl Packer {
    /// The short form of what an invalidation names. Two names may share one: then a
    /// session is read again for nothing.
    pub(super) fn name(&self, scope: Scope, id: &str) -> u32 {
        let hash = self.hasher.hash_one((scope, id));
        u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
    }

    pub(super) fn pack(&self, read: Unpacked, last_seen: i64, epoch: u64) -> Option<Kept> {
        let Unpacked {
            mut session,
            host,
            mut user,
            org,
        } = read;
        let upstream = session.upstream.as_ref().map_or("", |u| u.id.as_str());
        let active = session.org.as_ref().map_or("", |org| org.as_str());
        let names = [
            self.name(Scope::Session, session.sid.as_str()),
            self.name(Scope::User, session.user.as_str()),
            self.name(Scope::Org, active),
            self.name(Scope::Upstream, upstream),
            self.name(Scope::Tenant, session.tenant.as_str()),
        ];
        let tenant = self.text(&session.tenant.0);
        let user_agent = self.text(&session.user_agent);
        let (expires_at, idle_ms) = (session.expires_at, session.idle_ms);
        session.tenant = TenantId(String::new());
        session.user_agent = String::new();
        user.id = UserId(String::new());
        Some(Kept {
            packed: postcard::to_allocvec(&Packed { session, user })
                .ok()?
                .into_boxed_slice(),
            tenant,
            host: self.text(&host),
            user_agent,
            org: org.map(|org| shared(&self.memberships, org)),
            names,
            epoch,
            expires_at,
            idle_ms,
            last_seen: AtomicI64::new(last_seen),
            rendered: OnceLock::new(),
        })
    }

    fn text(&self, text: &str) -> Arc<str> {
        let Ok(mut known) = self.texts.lock() else {
            return text.into();
        };
        if let Some(found) = known.get(text) {
            return Arc::clone(found);
        }
        make_room(&mut known);
        let made: Arc<str> = text.into();
        known.insert(Arc::clone(&made));
        made
    }
}

fn shared(known: &Mutex<HashSet<Arc<Membership>>>, value: Membership) -> Arc<Membership> {
    let Ok(mut known) = known.lock() else {
        return Arc::new(value);
    };
    if let Some(found) = known.get(&value) {
        return Arc::clone(found);
    }
    make_room(&mut known);
    let made = Arc::new(value);
    known.insert(Arc::clone(&made));
    made
}

/// Forgets what no session says any more, each time the set has doubled.
fn make_room<T: ?Sized + Eq + std::hash::Hash>(known: &mut HashSet<Arc<T>>) {
    if known.len() == known.capacity() {
        known.retain(|one| Arc::strong_count(one) > 1);
    }
}

#[cfg(test)]
mod tests {
    use laneway_contract::Acr;

    use super::*;
    use crate::domain::session::SessionUpstream;
    use crate::domain::user::UserState;
    use crate::domain::{Lang, OrgId, Sid, UpstreamId};

    fn sample(user: &str) -> Unpacked {
        let session = Session {
            sid: Sid("0199aaaa-0000-7000-8000-000000000000".into()),
            tenant: TenantId("t1".into()),
            user: UserId(user.into()),
            org: Some(OrgId("o1".into())),
            acr: Acr::Aal2,
            amr: vec!["pwd".into(), "otp".into()],
            auth_time: 1,
            upstream: Some(SessionUpstream {
                id: UpstreamId("kc".into()),
                slug: "keycloak".into(),
                subject: "f:1:ana".into(),
                sid: None,
            }),
            device: None,
            ip: "2001:db8::1".into(),
            user_agent: "Mozilla/5.0".into(),
            created_at: 2,
            last_seen_at: 3,
            idle_ms: 600,
            expires_at: 4_000,
        };
        let user = User {
            id: UserId(user.into()),
            email: Some("ana@x.test".into()),
            email_verified: true,
            name: Some("Ana \u{1f33b}".into()),
            locale: Some(Lang::De),
            state: UserState::Active,
            version: 7,
            created_at: 5,
        };
        let org = Membership {
            org: OrgId("o1".into()),
            slug: "acme".into(),
            name: "Acme".into(),
            roles: vec!["admin".into()],
            permissions: vec!["members:read".into()],
        };
        Unpacked {
            session,
            host: "app.test".into(),
            user,
            org: Some(org),
        }
    }

    #[test]
    fn what_is_packed_comes_back_whole() {
        let kept = Packer::default()
            .pack(sample("u1"), 900, 4)
            .expect("packed");
        let (back, expected) = (kept.unpack().expect("read back"), sample("u1"));
        assert_eq!(back.session, expected.session);
        assert_eq!(back.user, expected.user);
        assert_eq!(back.host, expected.host);
        assert_eq!(back.org, expected.org);
        assert_eq!((kept.idle_until(), kept.epoch), (1_500, 4));
        assert!(!kept.is_over(1_499) && kept.is_over(1_500));
    }

    #[test]
    fn what_sessions_say_alike_is_kept_once_and_forgotten_with_the_last() {
        let packer = Packer::default();
        let one = packer.pack(sample("u1"), 0, 0).expect("packed");
        let two = packer.pack(sample("u2"), 0, 0).expect("packed");
        assert!(Arc::ptr_eq(&one.user_agent, &two.user_agent));
        assert!(Arc::ptr_eq(&one.tenant, &two.tenant));
        let org = |kept: &Kept| kept.org.clone().expect("a membership");
        assert!(Arc::ptr_eq(&org(&one), &org(&two)));
        drop((one, two));
        for number in 0..100 {
            packer.text(&number.to_string());
        }
        let texts = packer.texts.lock().expect("a lock");
        assert!(texts.len() < 100 && !texts.contains("Mozilla/5.0"));
    }

    #[test]
    fn names_tell_scopes_and_ids_apart() {
        let packer = Packer::default();
        let kept = packer.pack(sample("u1"), 0, 0).expect("packed");
        for (scope, id) in [
            (Scope::Session, "0199aaaa-0000-7000-8000-000000000000"),
            (Scope::User, "u1"),
            (Scope::Org, "o1"),
            (Scope::Upstream, "kc"),
            (Scope::Tenant, "t1"),
        ] {
            assert!(kept.names().contains(&packer.name(scope, id)), "{scope:?}");
        }
        assert!(!kept.names().contains(&packer.name(Scope::User, "o1")));
    }
}
