//! One sign-in.

use laneway_contract::Acr;
use serde::{Deserialize, Serialize};

use super::ids::{AppId, DeviceId, OrgId, Sid, TenantId, UpstreamId, UserId};

/// Where a session came from, upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionUpstream {
    /// The upstream.
    pub id: UpstreamId,
    /// Its short name, as `/bff/user` shows it.
    pub slug: String,
    /// The person's subject there.
    pub subject: String,
    /// Its session id, where it names one.
    pub sid: Option<String>,
    /// Set for a customer's own provider: its word counts in this organization only.
    pub within: Option<OrgId>,
}

/// The app that a session without a browser belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionApp {
    /// The app.
    pub id: AppId,
    /// As people read it.
    pub name: String,
}

/// A session row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Public id; stays for the life of the sign-in.
    pub sid: Sid,
    /// Tenant.
    pub tenant: TenantId,
    /// Whose.
    pub user: UserId,
    /// Active organization.
    pub org: Option<OrgId>,
    /// Rung reached.
    pub acr: Acr,
    /// RFC 8176 values.
    pub amr: Vec<String>,
    /// Epoch ms of the last proof.
    pub auth_time: i64,
    /// Upstream it hangs on.
    pub upstream: Option<SessionUpstream>,
    /// The device it was begun on.
    pub device: Option<DeviceId>,
    /// Set where it is an app's own, kept for access while somebody is away; such a one has no
    /// cookie.
    pub app: Option<SessionApp>,
    /// Address of the browser at sign-in.
    pub ip: String,
    /// Browser as it named itself, cut to a sane length.
    pub user_agent: String,
    /// Epoch ms.
    pub created_at: i64,
    /// Epoch ms, in steps of a minute.
    pub last_seen_at: i64,
    /// Idle limit in ms.
    pub idle_ms: i64,
    /// Absolute end, epoch ms.
    pub expires_at: i64,
    /// Epoch ms of the provider's last word on it; `None` where there is nobody to ask.
    pub checked_at: Option<i64>,
}

impl Session {
    /// The one organization that this session is good for, where a customer's own provider
    /// vouches for it.
    pub fn within(&self) -> Option<&OrgId> {
        self.upstream.as_ref()?.within.as_ref()
    }

    /// The instant after which an unused session is over.
    pub fn idle_until(&self) -> i64 {
        self.last_seen_at.saturating_add(self.idle_ms)
    }

    /// Over by either limit?
    pub fn is_over(&self, now: i64) -> bool {
        now >= self.expires_at || now >= self.idle_until()
    }

    /// The session that an app keeps when the person has gone: as strong as this one, with limits
    /// of its own. `None` for a sign-in that was given less time than others have: what it
    /// leaves behind would outlive it.
    pub fn kept_for(&self, app: SessionApp, sid: Sid, usual_ms: i64) -> Option<Self> {
        if self.expires_at - self.created_at < usual_ms {
            return None;
        }
        Some(Self {
            sid,
            app: Some(app),
            // The end of one session at the provider is not the end of it (OpenID Back-Channel
            // Logout §2.7); the end of the account there is.
            upstream: self
                .upstream
                .clone()
                .map(|tie| SessionUpstream { sid: None, ..tie }),
            device: None,
            checked_at: None,
            ..self.clone()
        })
    }

    /// Strong and fresh enough?
    pub fn satisfies(&self, acr: Option<Acr>, max_age_s: Option<u64>, now: i64) -> bool {
        let strong = acr.is_none_or(|wanted| self.acr >= wanted);
        let fresh = max_age_s.is_none_or(|seconds| {
            let limit = i64::try_from(seconds)
                .unwrap_or(i64::MAX)
                .saturating_mul(1000);
            now.saturating_sub(self.auth_time) <= limit
        });
        strong && fresh
    }
}
