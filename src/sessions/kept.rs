//! A session as it lies in memory: a hundred thousand of them are kept for each that is
//! looked at, so they lie packed.
//!
//! Owns: what is packed, what is shared between sessions, and the way back.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use laneway_contract::Acr;
use serde::{Deserialize, Serialize};

use super::log::AsOf;
use super::rendered::Rendered;
use super::tokens::Held;
use crate::domain::session::{Session, SessionApp, SessionUpstream};
use crate::domain::user::{Membership, User, UserState};
use crate::domain::{AppId, DeviceId, Lang, OrgId, Sid, TenantId, UpstreamId, UserId};
use crate::store::invalidations::Scope;

/// A packed session.
pub(super) struct Kept {
    packed: Box<[u8]>,
    alike: Arc<Alike>,
    user_agent: Arc<str>,
    /// What an invalidation may name: session and user.
    names: [u32; 2],
    /// The log's epoch and position when the row was read.
    pub(super) epoch: u64,
    pub(super) position: i64,
    expires_at: i64,
    last_seen: AtomicI64,
    /// When the provider is to be asked about it, epoch ms; never: the end of time.
    ask_at: AtomicI64,
    /// Made for the few that are proxied, not for all that are kept.
    rendered: OnceLock<Box<Rendered>>,
}

/// What many sessions say alike: kept once.
#[derive(PartialEq, Eq, Hash)]
struct Alike {
    tenant: TenantId,
    host: String,
    active: Option<OrgId>,
    org: Option<Membership>,
    upstream: Option<Tie>,
    token: Option<Box<Held>>,
    idle_ms: i64,
    /// What an invalidation may name: organization, upstream, tenant, a token's sign-in.
    names: [u32; 4],
}

/// What it came from, without the person there: which, how it is called, and where alone its
/// word counts.
type Tie = (UpstreamId, String, Option<OrgId>);

/// What is left, the part that every question needs first: that part can be read alone.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    #[serde(borrow)]
    front: Front<'a>,
    rest: Rest<'a>,
}

#[derive(Serialize, Deserialize)]
struct Front<'a> {
    sid: Sid,
    user: UserId,
    acr: Acr,
    email: Option<&'a str>,
    email_verified: bool,
    name: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
struct Rest<'a> {
    amr: Vec<&'a str>,
    auth_time: i64,
    /// Subject and session id there.
    upstream: Option<(&'a str, Option<&'a str>)>,
    device: Option<DeviceId>,
    /// Id and name.
    #[serde(borrow)]
    app: Option<(&'a str, &'a str)>,
    ip: &'a str,
    created_at: i64,
    last_seen_at: i64,
    checked_at: Option<i64>,
    locale: Option<Lang>,
    version: i64,
    user_created_at: i64,
}

/// A session, readable.
pub struct Whole {
    /// The row.
    pub session: Session,
    /// The host its cookie was set for: it counts on no other.
    pub host: String,
    /// The person.
    pub user: User,
    /// The active organization with effective roles; `None` without one, or when the
    /// membership has ended.
    pub org: Option<Membership>,
    /// Set where no session but an API token lies here.
    pub token: Option<Box<Held>>,
}

/// What the question of a proxy needs of a session.
pub struct Glance<'a> {
    /// Its id.
    pub sid: Sid,
    /// The person.
    pub user: UserId,
    /// Rung reached.
    pub acr: Acr,
    /// Their address, if it is proven: applications take it for an identifier, whatever we say.
    pub email: Option<&'a str>,
    /// Display name.
    pub name: Option<&'a str>,
    /// The active organization.
    pub org: Option<&'a Membership>,
}

impl Kept {
    pub(super) fn idle_until(&self) -> i64 {
        self.last_seen
            .load(Ordering::Relaxed)
            .saturating_add(self.alike.idle_ms)
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

    /// Is its provider to be asked now? Says so once; the next time is at `next`.
    pub(super) fn falls_due(&self, now: i64, next: i64) -> bool {
        let at = self.ask_at.load(Ordering::Relaxed);
        let turn = |ask_at: &AtomicI64| {
            ask_at.compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed)
        };
        now >= at && turn(&self.ask_at).is_ok()
    }

    pub(super) fn rendered(&self) -> &Rendered {
        self.rendered.get_or_init(Box::default)
    }

    pub(super) fn names(&self) -> [u32; 6] {
        let ([session, user], [org, upstream, tenant, sign_in]) = (self.names, self.alike.names);
        [session, user, org, upstream, tenant, sign_in]
    }

    pub(super) fn org(&self) -> Option<&Membership> {
        self.alike.org.as_ref()
    }

    pub(super) fn token(&self) -> Option<&Held> {
        self.alike.token.as_deref()
    }

    pub(super) fn tenant(&self) -> &TenantId {
        &self.alike.tenant
    }

    pub(super) fn host(&self) -> &str {
        &self.alike.host
    }

    /// `None`: it cannot be read back, which [`Packer::pack`] has made sure of.
    pub(super) fn glance(&self) -> Option<Glance<'_>> {
        let (front, _) = postcard::take_from_bytes::<Front<'_>>(&self.packed).ok()?;
        Some(Glance {
            sid: front.sid,
            user: front.user,
            acr: front.acr,
            email: front.email.filter(|_| front.email_verified),
            name: front.name,
            org: self.alike.org.as_ref(),
        })
    }

    /// As [`Kept::glance`].
    pub(super) fn whole(&self) -> Option<Whole> {
        let Packed { front, rest } = postcard::from_bytes(&self.packed).ok()?;
        let alike = &self.alike;
        let upstream = rest.upstream.zip(alike.upstream.as_ref());
        let owned = |text: &str| text.to_owned();
        Some(Whole {
            session: Session {
                sid: front.sid,
                tenant: alike.tenant.clone(),
                user: front.user.clone(),
                org: alike.active.clone(),
                acr: front.acr,
                amr: rest.amr.into_iter().map(owned).collect(),
                auth_time: rest.auth_time,
                upstream: upstream.map(|((subject, sid), (id, slug, within))| SessionUpstream {
                    id: id.clone(),
                    slug: slug.clone(),
                    subject: subject.to_owned(),
                    sid: sid.map(owned),
                    within: within.clone(),
                }),
                device: rest.device,
                app: rest.app.map(|(id, name)| SessionApp {
                    id: AppId(id.to_owned()),
                    name: name.to_owned(),
                }),
                ip: rest.ip.to_owned(),
                user_agent: self.user_agent.to_string(),
                created_at: rest.created_at,
                last_seen_at: rest.last_seen_at,
                idle_ms: alike.idle_ms,
                expires_at: self.expires_at,
                checked_at: rest.checked_at,
            },
            host: alike.host.clone(),
            user: User {
                id: front.user,
                email: front.email.map(owned),
                email_verified: front.email_verified,
                name: front.name.map(owned),
                locale: rest.locale,
                // Nobody else has a session that counts.
                state: UserState::Active,
                version: rest.version,
                created_at: rest.user_created_at,
            },
            org: alike.org.clone(),
            token: alike.token.clone(),
        })
    }
}

/// Packs sessions, and keeps once what many of them say alike.
#[derive(Default)]
pub(super) struct Packer {
    /// How old a provider's word may become before it is asked again.
    pub(super) revalidate_ms: i64,
    hasher: RandomState,
    texts: Mutex<HashSet<Arc<str>>>,
    alikes: Mutex<HashSet<Arc<Alike>>>,
}

impl Packer {
    /// For sessions whose provider is asked about them again after so long, in milliseconds.
    pub(super) fn asking_after(revalidate_ms: i64) -> Self {
        Self {
            revalidate_ms,
            ..Self::default()
        }
    }

    /// The short form of what an invalidation names. Two names may share one: then a
    /// session is read again for nothing.
    pub(super) fn name(&self, scope: Scope, id: &str) -> u32 {
        let hash = self.hasher.hash_one((scope, id));
        u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
    }

    /// `None`: it could not be read back.
    pub(super) fn pack(&self, read: Whole, last_seen: i64, as_of: AsOf) -> Option<Kept> {
        let ask_at = self.ask_at(&read.session, read.org.as_ref());
        let packed = packed(&read)?;
        let Whole {
            session,
            host,
            org,
            token,
            ..
        } = read;
        let upstream = session.upstream.map(|tie| (tie.id, tie.slug, tie.within));
        let name = |scope, id: Option<&str>| self.name(scope, id.unwrap_or_default());
        let names = [
            name(Scope::Org, session.org.as_ref().map(OrgId::as_str)),
            name(
                Scope::Upstream,
                upstream.as_ref().map(|(id, ..)| id.as_str()),
            ),
            name(Scope::Tenant, Some(session.tenant.as_str())),
            name(
                Scope::Session,
                token
                    .as_ref()
                    .and_then(|held| held.sign_in.as_ref())
                    .map(Sid::as_str),
            ),
        ];
        let alike = Alike {
            tenant: session.tenant,
            host,
            active: session.org,
            org,
            upstream,
            token,
            idle_ms: session.idle_ms,
            names,
        };
        let kept = Kept {
            packed,
            alike: shared(&self.alikes, alike),
            user_agent: self.text(&session.user_agent),
            names: [
                name(Scope::Session, Some(session.sid.as_str())),
                name(Scope::User, Some(session.user.as_str())),
            ],
            epoch: as_of.epoch,
            position: as_of.position,
            expires_at: session.expires_at,
            last_seen: AtomicI64::new(last_seen),
            ask_at: AtomicI64::new(ask_at.unwrap_or(i64::MAX)),
            rendered: OnceLock::new(),
        };
        kept.whole().is_some().then_some(kept)
    }

    /// After the usual time and up to a tenth of it more: those who came at the same time must
    /// not be asked about at the same time.
    fn ask_at(&self, session: &Session, org: Option<&Membership>) -> Option<i64> {
        // Well before an organization's own bound, so that whoever is at work never meets it.
        let bound = org.and_then(|org| org.max_staleness);
        let within = bound.map_or(i64::MAX, |seconds| seconds.saturating_mul(1000) / 2);
        let usual = self.revalidate_ms.min(within);
        let spread = u64::try_from(usual / 10).unwrap_or(0).max(1);
        let more = self.hasher.hash_one(session.sid.as_str()) % spread;
        let after = usual + i64::try_from(more).unwrap_or(0);
        Some(session.checked_at?.saturating_add(after))
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

fn packed(read: &Whole) -> Option<Box<[u8]>> {
    let (session, user) = (&read.session, &read.user);
    let packed = Packed {
        front: Front {
            sid: session.sid.clone(),
            user: session.user.clone(),
            acr: session.acr,
            email: user.email.as_deref(),
            email_verified: user.email_verified,
            name: user.name.as_deref(),
        },
        rest: Rest {
            amr: session.amr.iter().map(String::as_str).collect(),
            auth_time: session.auth_time,
            upstream: session
                .upstream
                .as_ref()
                .map(|tie| (tie.subject.as_str(), tie.sid.as_deref())),
            device: session.device.clone(),
            app: session
                .app
                .as_ref()
                .map(|app| (app.id.as_str(), app.name.as_str())),
            ip: &session.ip,
            created_at: session.created_at,
            last_seen_at: session.last_seen_at,
            checked_at: session.checked_at,
            locale: user.locale,
            version: user.version,
            user_created_at: user.created_at,
        },
    };
    let bytes = postcard::to_allocvec(&packed).ok()?;
    Some(bytes.into_boxed_slice())
}

fn shared<T: Eq + std::hash::Hash>(known: &Mutex<HashSet<Arc<T>>>, value: T) -> Arc<T> {
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
#[path = "kept_tests.rs"]
mod tests;
